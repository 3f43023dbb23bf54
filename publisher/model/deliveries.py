"""Deliveries: mails to send, each to one recipient, and what became of each."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

# --- one mail to one recipient ---------------------------------------------------------------------------------------


PROBE = "probe-"
"""The prefix of the names of probes: letters that test whether mails arrive again."""


class DeliveryKind(StrEnum):
    """What a delivery sends."""

    EDITION = "edition"
    """An edition of an audience, to its mailing list."""
    ROUND = "round"
    """A digest to one subscriber. All digests that subscribers get at one moment are a round."""
    LETTER = "letter"
    """A single mail with its own text: a notice, or a letter about a subscription."""


class Rank(IntEnum):
    """The order of deliveries: a lower rank goes first."""

    NOTICE = 0
    """A notice to the operator or an editor."""
    LETTER = 1
    """A letter about a subscription, such as a confirmation link: somebody waits for it."""
    DIGEST = 2
    RENEWAL = 3
    """A letter that asks a subscriber, or a person on an imported list, whether he wants the mails: a renewal. There
    may be one such letter per subscriber, and nobody waits for it.
    """


class DeliveryState(StrEnum):
    """How far a delivery has come."""

    QUEUED = "queued"
    """The delivery waits for its turn, or for the time of its next attempt."""
    LEASED = "leased"
    """A process has claimed the delivery. The server has not got the mail."""
    HANDING = "handing"
    """The mail is being handed over, and the server has not answered. If the process dies now, the delivery is
    doubtful.
    """
    SENT = "sent"
    """The server took the mail."""
    REFUSED = "refused"
    """The server refused the mail for good."""
    CANCELLED = "cancelled"
    """The delivery was taken back before the server got the mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """A mail to one recipient, to be queued. These values never change."""

    kind: DeliveryKind
    name: str
    """The name of the edition, round of mails or letter that is sent, such as `weekly-3`."""
    recipient: str
    """A mail address as it goes over the wire: ASCII."""
    sender: str
    """The address of the author, in ASCII. Mail servers report failures to it, unless config.toml names another
    address.
    """
    message_id: str
    """The Message-ID in its angle brackets."""
    dated: datetime
    """UTC; the Date header of the mail."""
    audience: str = ""
    """The audience of the mail, such as `weekly`. Mails of one audience can be paused. If empty, only a pause of all
    mails holds this mail.
    """
    rank: Rank = Rank.DIGEST
    return_path: str = ""
    """The envelope sender of this mail, in ASCII, to which failures are reported. If empty, `smtp.bounces`, or else
    `sender`, is used.
    """

    @property
    def title(self) -> str:
        """The kind and name of the mail, for messages."""
        return f"{self.kind} {self.name}"

    @property
    def is_personal(self) -> bool:
        """Whether the recipient is a subscriber. A subscriber's address is never logged."""
        return self.kind is DeliveryKind.ROUND or self.rank in {Rank.LETTER, Rank.RENEWAL}

    @property
    def is_to_reader(self) -> bool:
        """Whether the outcome of the delivery shows if mails reach a subscriber. It does for digests and probes
        (letters that test this).
        """
        is_probe = self.kind is DeliveryKind.LETTER and self.name.startswith(PROBE)
        return self.kind is DeliveryKind.ROUND or is_probe


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail with its own text, which the ledger keeps until it is sent, refused or cancelled."""

    delivery: NewDelivery
    mail: bytes
    """The whole mail, with CRLF line ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(NewDelivery):
    """A delivery that a process has claimed."""

    id: int
    epoch: int
    """How often the delivery was claimed. Only the process with the latest claim may go on with it."""
    attempts: int
    """How many attempts to send the mail were made, including the present one."""
    doubts: int
    """How often the mail was handed over and the server did not answer."""
    queued_at: datetime
    """UTC; when the delivery was queued."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDelivery:
    """All that the ledger knows of a delivery."""

    id: int
    kind: DeliveryKind
    name: str
    recipient: str
    state: DeliveryState
    attempts: int
    doubts: int
    reply: str
    queued_at: datetime
    finished_at: datetime | None

    @property
    def is_at_work(self) -> bool:
        """Whether a process has claimed the delivery."""
        return self.state in (DeliveryState.LEASED, DeliveryState.HANDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order by the operator about mails: to pause, resume, take back or repeat them."""

    verb: str
    """`pause`, `resume`, `recall` or `again` (send again)."""
    about: str
    """The audience or edition that the order is about; empty for all mails."""
    at: datetime
    mails: int
    """How many mails the order affected; 0 for `pause` and `resume`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedMail:
    """An edition whose mail the mail server refused for good, or whose mail bounced."""

    name: str
    """Name of the edition, such as `weekly-3`."""
    recipient: str
    reply: str
    """What the server said, on one line; may be empty."""
    at: datetime
    """UTC; when the failure became known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A period in which the mail server could not be used."""

    since: datetime
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of one attempt to send a mail that a process has claimed."""

    delivery: Delivery
    state: DeliveryState
    """`SENT`, `REFUSED`, `CANCELLED`, or, if the delivery is tried again, `QUEUED`."""
    after: timedelta = timedelta(0)
    """How long from now to the next attempt."""
    is_attempt: bool = True
    """Whether the attempt counts as one of the recipient's. It does not if the failure had nothing to do with the
    recipient.
    """
    is_doubtful: bool = False
    """Whether the mail was handed over and the server did not answer."""
    code: int | None = None
    """The code of the server's answer; `None` if the server did not answer."""
    reply: str = ""
    """What the server answered, or what happened instead, on one line."""


# --- counts for status ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryCounts:
    """Counts of the deliveries of one edition, round of mails or letter."""

    name: str
    """Name of the edition, round or letter."""
    queued: int = 0
    """Mails that wait for their turn, or are being handed over now."""
    later: int = 0
    """Mails that wait for another attempt; the first of these attempts is at `next_at`."""
    next_at: datetime | None = None
    sent: int = 0
    refused: int = 0
    held: int = 0
    """Mails that wait for the operator, because they waited longer than `smtp.max_age`."""
    cancelled: int = 0
    """Mails that were taken back before the server got them."""
    doubtful: int = 0
    """Mails that were once handed over without an answer of the server: they may arrive twice."""
    reply: str = ""
    """The server's last answer to a mail that is not sent yet; may be empty."""

    @property
    def is_settled(self) -> bool:
        """Whether every mail was sent exactly once, as far as is known."""
        return not (self.queued or self.later or self.refused or self.held or self.doubtful)
