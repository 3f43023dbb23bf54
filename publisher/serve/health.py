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
        self._steady = steady
        self.expect_every(interval_s)
        self._ended = steady()
        self._problems: int | None = None
        """None: no pass ended yet."""
        self._why = "no pass has ended yet"

    def expect_every(self, interval_s: float) -> None:
        """Expect a pass that often."""
        self._patience_s = STALLED_AFTER * interval_s

    def note(self, problems: int, why: str = "") -> None:
        """Note that a pass ended, how many problems it met, and in words that everybody may read what kind they are."""
        self._ended, self._problems = self._steady(), problems
        self._why = why

    def is_stalled(self) -> bool:
        """Whether no pass ended for so long that one must hang."""
        return self._steady() - self._ended > self._patience_s

    def state(self) -> tuple[bool, dict[str, object]]:
        """Whether passes end in time and without a problem; and what everybody may see of it."""
        is_stalled = self.is_stalled()
        age_s = round(self._steady() - self._ended)
        told: dict[str, object] = {"problems": self._problems, "last_pass_age_s": age_s}
        if why := "no pass has ended for too long" if is_stalled else self._why:
            told["why"] = why
        return self._problems == 0 and not is_stalled, told


def health_page(health: PassHealth) -> Blueprint:
    """The part of the web application that answers /health: 200 while all is well, else 503."""
    part = Blueprint("health", __name__)

    @part.get("/health")
    def answer() -> Response:
        is_well, numbers = health.state()
        body = json.dumps({"status": "ok" if is_well else "failing", **numbers}) + "\n"
        return Response(body, 200 if is_well else 503, {"Cache-Control": "no-store"}, mimetype="application/json")

    return part
