"""Bounces: what mail servers and mailboxes report about a mail after our mail server accepted it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from publisher.model.deliveries import Secret, Security


class BounceKind(StrEnum):
    """The kinds of mail that come to the mailbox for bounces."""

    FAILED = "failed"
    """A mail could not be delivered."""
    DELAYED = "delayed"
    """A mail is not delivered yet, and the server goes on trying."""
    COMPLAINT = "complaint"
    """A reader called a mail spam."""
    UNSUBSCRIBE = "unsubscribe"
    """A reader unsubscribed by mail."""
    AUTOMATIC = "automatic"
    """A machine answered, for example for somebody on leave."""
    UNKNOWN = "unknown"
    """Something else, perhaps for a human."""

    @property
    def is_report(self) -> bool:
        """Whether the mail reports what happened to another mail."""
        return self in (BounceKind.FAILED, BounceKind.DELAYED, BounceKind.COMPLAINT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """What a mail in the mailbox for bounces says."""

    kind: BounceKind
    token: str = ""
    """The text after the `+` in the address that the mail came to, or that the returned mail was sent from. It
    identifies the reader (VERP). Empty: there is none.
    """
    stop_token: str = ""
    """The token of the unsubscribe link, from the returned mail or from the subject of this one; empty: there is none.
    """
    message_ids: tuple[str, ...] = ()
    """Message-IDs in angle brackets, the likeliest first: one of them may be the ID of the returned mail."""
    recipient: str = ""
    """The address that did not get the mail; empty: unknown."""
    status: str = ""
    """The enhanced status code, such as 5.1.1; empty: it has none."""
    words: str = ""
    """What the server said, on one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceRow:
    """A bounce as the store keeps it."""

    mark: str
    """The SHA-256 of the whole mail, in hexadecimal digits: a mail that is read twice counts once."""
    at: datetime
    """UTC; when it was read."""
    kind: BounceKind
    name: str
    """The name of the edition, round or letter; empty: only the token says which reader the bounce is about."""
    recipient: str
    token: str
    status: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceScore:
    """The score of a reader whose mails came back lately."""

    points: int
    last_at: datetime
    """UTC; when his last mail came back."""
    suspended_at: datetime | None = None
    """UTC; when we stopped sending him digests. None: he gets them."""
    probed_at: datetime | None = None
    """UTC; when the probe was queued, a letter that tests whether mails arrive again. None: no probe was queued."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapSettings:
    """A folder on an IMAP server."""

    host: str
    port: int
    security: Security
    user: str
    password: Secret
    ca_file: Path | None = None
    """Certificates of the authority that signed the server's certificate; None: the system's."""
    folder: str = "INBOX"


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceSettings:
    """The mailboxes in which bounces are read."""

    maildir: Path | None = None
    mbox: Path | None = None
    imap: ImapSettings | None = None
    every: timedelta = timedelta(minutes=5)
    """How often the service reads them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceReport:
    """Counts of the mails that were read in a mailbox."""

    recorded: tuple[BounceRow, ...] = ()
    repeated: int = 0
    """Mails that an earlier reading had recorded."""
    suspended: int = 0
    """Readers who get no digests from now on, because too many of their mails came back."""
    ended: int = 0
    """Readers whose subscriptions ended: a probe came back, they reported spam, or they unsubscribed by mail."""
    automatic: int = 0
    """Automatic replies; they stay in the mailbox."""
    unknown: int = 0
    """Mails that are no reports, or are not about mails of this site; they stay in the mailbox."""

    def __add__(self, other: "BounceReport") -> "BounceReport":
        """Return the sum of two reports."""
        return BounceReport(
            recorded=(*self.recorded, *other.recorded),
            repeated=self.repeated + other.repeated,
            suspended=self.suspended + other.suspended,
            ended=self.ended + other.ended,
            automatic=self.automatic + other.automatic,
            unknown=self.unknown + other.unknown,
        )
