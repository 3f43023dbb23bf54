"""The health of the service: what /health answers, and which problems are new."""

import json
import time
from collections.abc import Callable, Sequence

from flask import Blueprint, Response

from publisher.model.problems import Problem

STALLED_AFTER = 4
"""Intervals without the end of a pass after which something must be wrong."""


class PassHealth:
    """How the last pass ended, for a program that watches over the service."""

    def __init__(self, interval_s: float, steady: Callable[[], float] = time.monotonic) -> None:
        self._patience_s = STALLED_AFTER * interval_s
        self._steady = steady
        self._ended = steady()
        self._problems: int | None = None
        self._told: set[tuple[str, str]] = set()

    def new(self, problems: Sequence[Problem]) -> list[Problem]:
        """The problems that the pass before did not meet; nobody reads a log that says the same at every pass."""
        before, self._told = self._told, {(problem.where, problem.what) for problem in problems}
        return [
            problem for problem in problems if not problem.is_repeated and (problem.where, problem.what) not in before
        ]

    def note(self, problems: int) -> None:
        """Note that a pass ended and how many problems it met."""
        self._ended, self._problems = self._steady(), problems

    def state(self) -> tuple[bool, dict[str, object]]:
        """Whether all is well, and the numbers that everybody may see; the problems' words are for the operator."""
        age_s = self._steady() - self._ended
        is_well = self._problems == 0 and age_s <= self._patience_s
        return is_well, {"problems": self._problems, "last_pass_age_s": round(age_s)}


def health_page(health: PassHealth) -> Blueprint:
    """The part of the application that answers /health: 200 while passes end in time and meet no problem, else 503."""
    part = Blueprint("health", __name__)

    @part.get("/health")
    def answer() -> Response:
        is_well, numbers = health.state()
        body = json.dumps({"status": "ok" if is_well else "failing", **numbers}) + "\n"
        return Response(body, 200 if is_well else 503, {"Cache-Control": "no-store"}, mimetype="application/json")

    return part
