"""Deliveries: mails that are to go out, each to one recipient; how the mail server is reached; what became of them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from pathlib import Path

# --- one mail to one recipient ---------------------------------------------------------------------------------------


PROBE = "probe-"
"""Letters whose names begin so try whether mails arrive again."""


class DeliveryKind(StrEnum):
    """What a delivery hands over."""

    EDITION = "edition"
    """An edition of an audience, to its mailing list."""
    ROUND = "round"
    """The digest of a round, to one subscriber."""
    LETTER = "letter"
    """A single mail with a text of its own: a notice, or a mail about a subscription."""


class Rank(IntEnum):
    """Which deliveries go first: those of a lower rank before all others."""

    NOTICE = 0
    """To the operator or an editor."""
    LETTER = 1
    """About a subscription: somebody waits for it."""
    DIGEST = 2
    RENEWAL = 3
    """Asks a reader whether he still wants his mails. There may be one for each reader, and nobody waits for them."""


class DeliveryState(StrEnum):
    """How far a delivery is."""

    QUEUED = "queued"
    """It waits for its turn, perhaps until later."""
    LEASED = "leased"
    """A process has claimed it. The server has not got the mail."""
    HANDING = "handing"
    """The mail is on its way to the server, which has not answered. If the process dies now, it is doubtful."""
    SENT = "sent"
    """The server took the mail."""
    REFUSED = "refused"
    """The server refused the mail for good."""
    CANCELLED = "cancelled"
    """It was taken back before the server got the mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """A mail to one recipient that is to be queued. What stands here never changes."""

    kind: DeliveryKind
    name: str
    """What it hands over, such as `weekly-3`: the name of the edition, round or letter."""
    recipient: str
    """A mail address as it goes over the wire: ASCII."""
    sender: str
    """The address of the author, in ASCII; answers of mail servers go there unless config.toml names another one."""
    message_id: str
    """In its angle brackets."""
    dated: datetime
    """UTC; the Date of the mail."""
    audience: str = ""
    """The audience whose mails can be paused alone, such as `weekly`; empty: this mail is paused only with all others.
    """
    rank: Rank = Rank.DIGEST
    return_path: str = ""
    """Where failures of this one mail are reported, in ASCII; empty: `smtp.bounces`, or `sender`."""

    @property
    def title(self) -> str:
        """What it hands over, in messages."""
        return f"{self.kind} {self.name}"

    @property
    def is_personal(self) -> bool:
        """Whether its recipient is a reader, whose address stands in no log."""
        return self.kind is DeliveryKind.ROUND or self.rank in {Rank.LETTER, Rank.RENEWAL}

    @property
    def is_to_reader(self) -> bool:
        """Whether it tells if mails reach a subscriber: his digest, or a probe."""
        is_probe = self.kind is DeliveryKind.LETTER and self.name.startswith(PROBE)
        return self.kind is DeliveryKind.ROUND or is_probe


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail with a text of its own, which the ledger keeps until it is sent, refused or cancelled."""

    delivery: NewDelivery
    mail: bytes
    """The whole mail, CRLF line ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(NewDelivery):
    """A delivery that a process has claimed."""

    id: int
    epoch: int
    """Counts its claims. Only the process of the latest claim may go on with it."""
    attempts: int
    """How often it was tried, with this time."""
    doubts: int
    """How often it was handed over without an answer of the server."""
    queued_at: datetime
    """UTC; when it was queued."""


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
        """Whether a process has claimed it."""
        return self.state in (DeliveryState.LEASED, DeliveryState.HANDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the operator told to be done with mails."""

    verb: str
    """`pause`, `resume`, `recall` or `again`."""
    about: str
    """The audience or edition; empty: all mails."""
    at: datetime
    mails: int
    """How many mails it concerned; of a pause and its end 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedMail:
    """An edition that a mail server refused for good, or that came back."""

    name: str
    """Of the edition."""
    recipient: str
    reply: str
    """What was said of it, on one line; may be empty."""
    at: datetime
    """UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A time in which the mail server cannot be used."""

    since: datetime
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a claimed delivery."""

    delivery: Delivery
    state: DeliveryState
    """`SENT`, `REFUSED`, `CANCELLED`, or `QUEUED`: it is tried again."""
    after: timedelta = timedelta(0)
    """When it is tried again, from now."""
    is_attempt: bool = True
    """Whether the try counts as an attempt. It does not if the recipient had no part in its failure."""
    is_doubtful: bool = False
    """Whether the mail was handed over and the server did not answer."""
    code: int | None = None
    """The code of the server's answer; None: it did not answer."""
    reply: str = ""
    """What the server answered, or what happened instead, on one line."""


# --- how the server is reached ---------------------------------------------------------------------------------------


class Security(StrEnum):
    """How a connection to the mail server is protected."""

    STARTTLS = "starttls"
    """It begins open, and is encrypted before anything is said."""
    TLS = "tls"
    """It is encrypted from the start."""
    NONE = "none"
    """It is never encrypted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A password or token, or where it is read each time it is needed."""

    value: str = field(default="", repr=False)
    file: Path | None = None
    command: tuple[str, ...] = ()
    """A program with its arguments; it prints the secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """How mails get to the mail server, and how many at once."""

    host: str
    port: int
    security: Security
    user: str = ""
    """Empty: no login."""
    password: Secret | None = None
    oauth: Secret | None = None
    """A token for XOAUTH2; None: the password is used."""
    ca_file: Path | None = None
    """Certificates of the authority that signed the server's; None: those that the system trusts."""
    bounces: str = ""
    """The envelope sender, as it goes over the wire; empty: the address in `from`."""
    connections: int = 4
    per_second: float | None = None
    """None, here and below: no limit."""
    per_hour: int | None = None
    per_day: int | None = None
    max_age: timedelta = timedelta(days=3)
    """A mail that waited for longer is not sent until the operator says so."""

    @property
    def place(self) -> str:
        """The server in messages."""
        return f"{self.host}:{self.port}"


# --- how deliveries fare ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryCounts:
    """How the deliveries of one edition, round or letter fare."""

    name: str
    """Of the edition, round or letter."""
    queued: int = 0
    """They wait for their turn, or are with the mail server now."""
    later: int = 0
    """They are tried again, the first of them at `next_at`."""
    next_at: datetime | None = None
    sent: int = 0
    refused: int = 0
    held: int = 0
    """They waited for longer than `smtp.max_age`."""
    cancelled: int = 0
    """They were taken back before the server got the mail."""
    doubtful: int = 0
    """They were handed over once without an answer of the server, so their mail may have come twice."""
    reply: str = ""
    """The last answer of the server to one of those that are not sent; may be empty."""

    @property
    def is_settled(self) -> bool:
        """Whether all was sent, each mail once."""
        return not (self.queued or self.later or self.refused or self.held or self.doubtful)
