"""Reports about mails: what a delivery sent, and which rounds of mails to subscribers were planned."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.model.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryTally:
    """Counts of the mails of one edition, round or letter that a pass handed over."""

    name: str
    """Name of the edition, round or letter."""
    to: str
    """Address of the first recipient; empty if the recipients are subscribers, whose addresses are never shown."""
    planned: int = 0
    """How many mails would be handed over; counted only in a rehearsal (`--dry-run`)."""
    sent: int = 0
    refused: int = 0
    later: int = 0
    """How many mails were refused for now, and are tried again."""
    doubtful: int = 0
    """How many of the sent mails had been handed over before without an answer, so they may arrive twice."""

    @property
    def mails(self) -> int:
        return self.planned + self.sent + self.refused + self.later

    @property
    def is_news(self) -> bool:
        return self.mails > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverReport:
    """The result of a delivery pass."""

    editions: tuple[DeliveryTally, ...] = ()
    next_at: datetime | None = None
    """UTC; when the next mail is retried. `None` if no mail waits for a retry."""
    wait: timedelta | None = None
    """The time from the end of the pass to `next_at`."""
    problems: tuple[Problem, ...] = ()
    outage: str = ""
    """Why the mail server could not be used; empty if it could be used, or there was nothing to send."""
    paused: int = 0
    """How many mails wait for the end of a pause; counted only if there was nothing to send."""
    held: int = 0
    """How many mails wait for the operator because they waited longer than `smtp.max_age`; counted only if there was
    nothing to send.
    """

    @property
    def is_news(self) -> bool:
        return any(tally.is_news for tally in self.editions)

    @property
    def is_sent(self) -> bool:
        """Whether the mail server took any mail."""
        return any(tally.sent for tally in self.editions)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundReport:
    """What a pass did for a round of mails to subscribers."""

    name: str
    paces: tuple[str, ...]
    mails: int = 0
    """How many mails were queued."""
    is_planned: bool = True
    """Whether all mails of the round are queued; if not, the next pass continues."""
