"""Bounces: what mail servers and mailboxes report about a mail after our mail server accepted it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class BounceKind(StrEnum):
    """The kinds of mail that come to the mailbox for bounces."""

    FAILED = "failed"
    """A mail could not be delivered."""
    DELAYED = "delayed"
    """A mail is not delivered yet, and the mail server goes on trying."""
    COMPLAINT = "complaint"
    """A subscriber called a mail spam."""
    UNSUBSCRIBE = "unsubscribe"
    """A subscriber unsubscribed by mail."""
    AUTOMATIC = "automatic"
    """A machine answered, for example for somebody on leave."""
    UNKNOWN = "unknown"
    """A mail of another kind, perhaps for a human."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """What a mail in the mailbox for bounces says."""

    kind: BounceKind
    token: str = ""
    """The text after the `+` in the address that the mail came to, or that the returned mail was sent from. It
    identifies the subscriber (VERP). Empty if there is no such text.
    """
    stop_token: str = ""
    """The token of the unsubscribe link, from the returned mail or from the subject of the bounce; empty if there is
    none.
    """
    message_ids: tuple[str, ...] = ()
    """Message-IDs in angle brackets, the likeliest first: one of them may be the ID of the returned mail."""
    recipient: str = ""
    """The address that did not get the mail; empty if it is unknown."""
    status: str = ""
    """The enhanced status code, such as 5.1.1; empty if the bounce has none."""
    words: str = ""
    """What the server that reports the failure said, on one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceRow:
    """A bounce as the store keeps it."""

    mark: str
    """The SHA-256 of the whole mail, in hexadecimal digits: a mail that is read twice counts once."""
    at: datetime
    """UTC; when the bounce was read."""
    kind: BounceKind
    name: str
    """The name of the edition, round or letter that bounced; empty if it is unknown, and only the token says which
    subscriber the bounce is about.
    """
    recipient: str
    token: str
    status: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceScore:
    """The score of a subscriber whose mails came back lately."""

    points: int
    last_at: datetime
    """UTC; when the last mail to the subscriber came back."""
    suspended_at: datetime | None = None
    """UTC; when digests to the subscriber were stopped. `None` if he gets digests."""
    probed_at: datetime | None = None
    """UTC; when the probe was queued, a letter that tests whether mails arrive again. `None` if no probe was queued."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceReport:
    """Counts of the mails that were read in a mailbox."""

    recorded: tuple[BounceRow, ...] = ()
    repeated: int = 0
    """Mails that an earlier reading of the mailbox had recorded."""
    suspended: int = 0
    """Subscribers who get no digests from now on, because too many of their mails came back."""
    ended: int = 0
    """Subscribers whose subscriptions ended: a probe (a test mail) came back, or they reported spam or unsubscribed by
    mail.
    """
    automatic: int = 0
    """Automatic replies, which stay in the mailbox."""
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
