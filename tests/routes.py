"""Routes that are compiled once per process. Most sites of tests have the same forty routes, which would take 12 ms
each time.
"""

from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

_BUILDERS: dict[tuple[Any, ...], Callable[..., tuple[str, str]]] = {}


class KnownRule(Rule):
    """A route that shares what Werkzeug compiles for making its address with all routes of the same path."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        if self.defaults:
            return super()._compile_builder(append_unknown)
        key = (append_unknown, self.rule, *self._trace)
        if key not in _BUILDERS:
            _BUILDERS[key] = super()._compile_builder(append_unknown)
        return _BUILDERS[key]


def share_routes() -> None:
    """Let every application of this process make its routes in this way."""
    Flask.url_rule_class = KnownRule
