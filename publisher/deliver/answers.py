"""Interprets the replies of a mail server, for the mail and for the server. Pure.

A reply belongs to a step of SMTP, has a code (RFC 5321 section 4.2) and often a status (RFC 3463): 550 5.1.1 after RCPT
says that the mailbox does not exist; the same code after MAIL says that the server does not accept this site as a
sender. `meaning_of` has the whole table.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?=\s|$)")
GONE = frozenset({"5.1.1", "5.1.2", "5.1.10"})
"""Statuses that mean that the mailbox or its domain does not exist."""
NOT_TRUSTED = frozenset({"5.7.515", "5.7.26"})
"""Statuses that mean that our mail is not authenticated: our domain is set up wrongly, and the mailbox is not
at fault.
"""
SUSPECT = "5.7.1"
"""The status of a refusal by policy: of one mailbox, or of us if it is frequent."""
RETRIES = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 45, 120, 240, 480))
"""How long a mail waits after its first, second … failed attempt; the last value applies from then on."""
JITTER = 0.2
GIVE_UP = timedelta(days=4)
"""After this time a temporary refusal counts as a final one (RFC 5321 section 4.5.4.1)."""
DROPPED = timedelta(minutes=1)
"""How long a mail waits whose connection broke before it was handed over; other mails go first."""
CLOSING = 421
"""The server closes the connection (RFC 5321 section 3.8)."""


class SmtpStep(Enum):
    """The step of SMTP that a reply answers."""

    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    DOT = auto()
    """The end of the mail."""


class Fate(Enum):
    """What happens to a mail after a reply of the mail server."""

    SENT = auto()
    REFUSED = auto()
    """The mail is refused for good."""
    LATER = auto()
    """The mail is retried later, and the attempt counts."""
    AGAIN = auto()
    """The mail is retried, and the attempt does not count, because the recipient had no part in the failure."""


class Sign(Enum):
    """What a reply says about the mail server."""

    WELL = auto()
    BUSY = auto()
    """The server closes the connection: use fewer connections."""
    THROTTLING = auto()
    """The server gets too many mails from this site: send more slowly."""
    OUR_FAULT = auto()
    """The server refuses all mail of this site, whatever the recipient; three in a row stop all sending."""
    SUSPICIOUS = auto()
    """The server may be refusing this site's mail; if half of the latest replies are like this, all sending stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply of the mail server."""

    code: int
    text: str
    """Printable, on one line, without the code."""

    @property
    def status(self) -> str:
        """The enhanced status code, such as 5.1.1, or an empty string if the reply has none."""
        found = _STATUS.match(self.text)
        return found[1] if found else ""

    def __str__(self) -> str:
        return f"{self.code} {self.text}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a reply of the mail server means for the mail, and what it says about the server."""

    fate: Fate
    sign: Sign = Sign.WELL
    is_gone: bool = False
    """Whether the mailbox does not exist."""


def meaning_of(step: SmtpStep, reply: Reply) -> Meaning:
    """Return what a reply means that ends an attempt to send a mail: any reply after the whole mail, or an earlier
    refusal.
    """
    code, status = reply.code, reply.status
    if code == CLOSING:
        return Meaning(fate=Fate.AGAIN, sign=Sign.BUSY)
    if step is SmtpStep.DOT and code // 100 == 2:  # noqa: PLR2004  (RFC 5321 section 4.2.1)
        return Meaning(fate=Fate.SENT)
    if code // 100 == 4:  # noqa: PLR2004
        is_throttled = step is not SmtpStep.RCPT and _names_a_rate(step, reply)
        return Meaning(fate=Fate.AGAIN, sign=Sign.THROTTLING) if is_throttled else Meaning(fate=Fate.LATER)
    if step in (SmtpStep.MAIL, SmtpStep.DATA) or status in NOT_TRUSTED:
        return Meaning(fate=Fate.AGAIN, sign=Sign.OUR_FAULT)
    sign = Sign.SUSPICIOUS if status == SUSPECT else Sign.WELL
    return Meaning(fate=Fate.REFUSED, sign=sign, is_gone=step is SmtpStep.RCPT and status in GONE)


def _names_a_rate(step: SmtpStep, reply: Reply) -> bool:
    """Whether a temporary refusal says that this site sends too fast. 450 and 451 4.7.1 to a whole mail are
    greylisting.
    """
    code, status = reply.code, reply.status
    if step is SmtpStep.DOT and code in (450, 451) and status == "4.7.1":
        return False
    return code == 454 or status in ("4.4.5", "4.3.2") or status.startswith("4.7.")  # noqa: PLR2004


def wait_before(attempts: int, *, luck: float) -> timedelta:
    """Return how long a mail waits after a number of failed attempts; `luck`, 0 to 1, spreads mails that failed
    together.
    """
    wait = RETRIES[min(max(attempts, 1), len(RETRIES)) - 1]
    return wait * (1 + JITTER * (2 * luck - 1))


def wait_after(meaning: Meaning, *, is_used: bool) -> timedelta:
    """Return how long a mail waits after a failure that was not about its recipient. Return 0 if a new connection may
    help, because the connection of the failure `is_used` for earlier mails.
    """
    is_fresh_start = meaning.sign is Sign.BUSY and is_used
    return timedelta(0) if is_fresh_start else DROPPED
