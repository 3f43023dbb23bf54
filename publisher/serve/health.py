"""The health of the service, for a program that watches over it: what /health answers."""

import json
import time
from collections.abc import Callable

from flask import Blueprint, Response

STALLED_AFTER = 4
"""How many intervals may go by without the end of a pass; after that something must be wrong."""


class PassHealth:
    """When the last pass ended, and how many problems it met."""

    def __init__(self, interval_s: float, steady: Callable[[], float] = time.monotonic) -> None:
        """`interval_s`: how often a pass is due. `steady`: a clock that nobody sets, in seconds."""
        self._patience_s = STALLED_AFTER * interval_s
        self._steady = steady
        self._ended = steady()
        self._problems: int | None = None
        """None: no pass ended yet."""

    def note(self, problems: int) -> None:
        """Note that a pass ended and how many problems it met."""
        self._ended, self._problems = self._steady(), problems

    def state(self) -> tuple[bool, dict[str, object]]:
        """Whether passes end in time and without a problem; and the numbers, which everybody may see."""
        age_s = self._steady() - self._ended
        is_well = self._problems == 0 and age_s <= self._patience_s
        return is_well, {"problems": self._problems, "last_pass_age_s": round(age_s)}


def health_page(health: PassHealth) -> Blueprint:
    """The part of the web application that answers /health: 200 while all is well, else 503."""
    part = Blueprint("health", __name__)

    @part.get("/health")
    def answer() -> Response:
        is_well, numbers = health.state()
        body = json.dumps({"status": "ok" if is_well else "failing", **numbers}) + "\n"
        return Response(body, 200 if is_well else 503, {"Cache-Control": "no-store"}, mimetype="application/json")

    return part
