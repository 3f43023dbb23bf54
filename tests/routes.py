"""Routes that are compiled once per process. Most sites of tests have the same forty routes, which would take 12 ms
each time.
"""

from collections.abc import Hashable, Mapping
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

_COMPILED: dict[Hashable, Mapping[str, Any]] = {}


class KnownRule(Rule):
    """A route that shares what compiling it gives with all routes of the same path."""

    def compile(self) -> None:
        if self.defaults:  # their values are compiled too
            super().compile()
            return
        path = (self.rule, self.subdomain, self.host, self.merge_slashes, self.map.host_matching)
        if path not in _COMPILED:
            before = dict(vars(self))
            super().compile()
            _COMPILED[path] = {
                name: value
                for name, value in vars(self).items()
                if name == "arguments" or value is not before.get(name)  # compiling adds to these arguments
            }
        vars(self).update(_COMPILED[path])


def share_routes() -> None:
    """Let every Flask application of this process use `KnownRule` for its routes."""
    Flask.url_rule_class = KnownRule
