"""Routes that are compiled once a process: most sites of tests have the same forty, which would take each 12 ms."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

_BUILDERS: dict[tuple[Any, ...], Callable[..., tuple[str, str]]] = {}


class KnownRule(Rule):
    """A route that shares with all of the same path what Werkzeug compiles to make its address."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        if self.defaults:
            return super()._compile_builder(append_unknown)
        key = (append_unknown, self.rule, *self._trace)
        if key not in _BUILDERS:
            _BUILDERS[key] = super()._compile_builder(append_unknown)
        return _BUILDERS[key]


def share_routes() -> None:
    """Have every application of this process make its routes so."""
    Flask.url_rule_class = KnownRule
