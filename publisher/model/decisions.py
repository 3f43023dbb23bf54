"""Decisions and their reasons, logged where they are made, for operators who ask with `--verbose`.

The lines go to the standard library's loggers, at debug level: a program that uses this package and configures nothing
sees none of them. `cli/decisions` prints them, and `serve/logs` puts them into the log of the service.
"""

import logging
from collections.abc import Mapping
from datetime import date

from publisher.model.masking import without_addresses

LOGGER = "publisher"
"""The name of the logger above the loggers of all stages."""
_FACTS = "facts"


class DecisionLog:
    """Logs the decisions of one stage. Mail addresses are replaced by `(address)`."""

    def __init__(self, stage: str) -> None:
        self._logger = logging.getLogger(f"{LOGGER}.{stage}")

    @property
    def is_heard(self) -> bool:
        """Whether debug lines are read at all. If not, facts that only explain a decision need not be fetched."""
        return self._logger.isEnabledFor(logging.DEBUG)

    def debug(self, decision: str, *, because: str, **facts: object) -> None:
        """Log a decision, such as `item is revised`, with its reason and the facts behind it; facts that are `None` are
        left out.
        """
        if self.is_heard:
            told = {"because": because, **{name: value for name, value in facts.items() if value is not None}}
            self._logger.debug(decision, extra={_FACTS: {name: _printable(value) for name, value in told.items()}})


def facts_of(line: logging.LogRecord) -> Mapping[str, object]:
    """Return the facts of a logged decision, with its reason as `because`; return an empty mapping if the line is no
    decision.
    """
    facts: Mapping[str, object] = getattr(line, _FACTS, {})
    return facts


def _printable(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return without_addresses(value) if isinstance(value, str) else value
