"""The health of the service, for monitoring programs: the answer to /health."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime

from flask import Blueprint, Response

from publisher.model.deliveries import DeliveryCounts

STALLED_AFTER = 4
"""The number of intervals without the end of a pass (collect, publish, compose) after which the service counts as
stalled.
"""


class PassHealth:
    """The health of a service: when the last pass (collect, publish, compose) ended, and how many problems it met."""

    def __init__(self, interval_s: float, steady: Callable[[], float] = time.monotonic) -> None:
        """Prepare for a pass (collect, publish, compose) every `interval_s` seconds. `steady` is a monotonic clock, in
        seconds.
        """
        self._steady = steady
        self.expect_every(interval_s)
        self._ended = steady()
        self._problems: int | None = None
        """How many problems the last pass (collect, publish, compose) met, or `None` if none has ended yet."""
        self._why = "no pass has ended yet"
        self._mail_problems = 0
        self._mails: list[dict[str, object]] | None = None
        """The counts of mails that the last delivery left, or `None` if this service sends no mails or has not sent any
        yet.
        """

    def expect_every(self, interval_s: float) -> None:
        """Set how many seconds lie between two passes (collect, publish, compose)."""
        self._patience_s = STALLED_AFTER * interval_s

    def note(self, problems: int, why: str = "") -> None:
        """Record that a pass (collect, publish, compose) ended with this number of problems. `why` says in public what
        is wrong.
        """
        self._ended, self._problems = self._steady(), problems
        self._why = why

    def is_stalled(self) -> bool:
        """Whether the last pass (collect, publish, compose) ended so long ago that the service must hang."""
        return self._steady() - self._ended > self._patience_s

    def note_mails(self, problems: int, mails: Sequence[DeliveryCounts]) -> None:
        """Record how many problems the delivery met, and the counts of editions whose mails are not all sent."""
        # servers' replies contain addresses, and everybody may read the page
        counts = [{name: value for name, value in asdict(each).items() if name != "reply"} for each in mails]
        self._mail_problems, self._mails = problems, counts

    def state(self) -> tuple[bool, dict[str, object]]:
        """Return whether passes (collect, publish, compose) and the sending of mails are well, and the values that
        /health shows to the public.
        """
        is_stalled = self.is_stalled()
        age_s = round(self._steady() - self._ended)
        told: dict[str, object] = {"problems": self._problems, "last_pass_age_s": age_s}
        if self._mails is not None:
            told |= {"mail_problems": self._mail_problems, "mails": self._mails}
        mail_words = "problems with mails" if self._mail_problems else ""
        if why := "no pass has ended for too long" if is_stalled else self._why or mail_words:
            told["why"] = why
        return self._problems == 0 and not self._mail_problems and not is_stalled, told


def health_page(health: PassHealth) -> Blueprint:
    """Return the part of the application that answers /health: 200 if all is well, otherwise 503."""
    part = Blueprint("health", __name__)

    @part.get("/health")
    def answer() -> Response:
        is_well, numbers = health.state()
        body = json.dumps({"status": "ok" if is_well else "failing", **numbers}, default=datetime.isoformat) + "\n"
        return Response(body, 200 if is_well else 503, {"Cache-Control": "no-store"}, mimetype="application/json")

    return part
