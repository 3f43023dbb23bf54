"""How the service fares: what /health says, and which problems are news."""

import time
from collections.abc import Callable, Sequence

from publisher.model.problems import Problem

STALLED_AFTER = 4
"""Intervals without the end of a pass after which something must be wrong."""


class PassHealth:
    """How the last pass ended, for whoever watches over the service."""

    def __init__(self, interval_s: float, steady: Callable[[], float] = time.monotonic) -> None:
        self._patience_s = STALLED_AFTER * interval_s
        self._steady = steady
        self._ended = steady()
        self._problems: int | None = None
        self._told: set[tuple[str, str]] = set()

    def new(self, problems: Sequence[Problem]) -> list[Problem]:
        """Those that the pass before did not meet; a log that says the same at every pass is read by nobody."""
        before, self._told = self._told, {(problem.where, problem.what) for problem in problems}
        return [
            problem for problem in problems if not problem.is_repeated and (problem.where, problem.what) not in before
        ]

    def note(self, problems: int) -> None:
        """A pass ended, having met so many problems."""
        self._ended, self._problems = self._steady(), problems

    def told(self) -> tuple[bool, dict[str, object]]:
        """Whether all is well, and the numbers; what the problems are is for the operator only."""
        age_s = self._steady() - self._ended
        is_well = self._problems == 0 and age_s <= self._patience_s
        return is_well, {"problems": self._problems, "last_pass_age_s": round(age_s)}
