"""Interprets the replies of a mail server: what each means for the mail, and what it says about the server. Pure.

A reply belongs to a step of SMTP, has a code (RFC 5321 section 4.2) and often a status (RFC 3463): 550 5.1.1 after RCPT
says that the mailbox does not exist; the same code after MAIL says that the server does not accept this site as a
sender. `meaning_of` has the whole table.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from typing import NamedTuple

_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?=\s|$)")
GONE = frozenset({"5.1.1", "5.1.2", "5.1.10"})
"""Statuses that mean that the mailbox or its domain does not exist."""
NOT_TRUSTED = frozenset({"5.7.515", "5.7.26"})
"""Statuses that mean that our mail is not authenticated: our domain is set up wrongly, and the mailbox is not
at fault.
"""
SUSPECT = "5.7.1"
"""The status of a refusal by policy: the policy of one mailbox, or, if many mails are refused so, a policy against this
site.
"""
RETRIES = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 45, 120, 240, 480))
"""How long a mail waits after its first, second … failed attempt. The last value applies to all later attempts."""
JITTER = 0.2
GIVE_UP = timedelta(days=4)
"""The time after which a temporary refusal counts as permanent (RFC 5321 section 4.5.4.1)."""
DROPPED = timedelta(minutes=1)
"""How long a mail waits if its connection broke before the mail was handed over. Other mails go first."""
CLOSING = 421
"""The reply code with which a server closes the connection (RFC 5321 section 3.8)."""


class SmtpStep(Enum):
    """The step of SMTP that a reply answers."""

    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    DOT = auto()
    """The line with a dot that ends the mail."""


class Fate(Enum):
    """What happens to a mail after a reply of the mail server."""

    SENT = auto()
    REFUSED = auto()
    """The mail is refused permanently."""
    LATER = auto()
    """The mail is retried later, and the attempt counts."""
    AGAIN = auto()
    """The mail is retried, and the attempt does not count, because the recipient had no part in the failure."""


class Sign(Enum):
    """What a reply says about the mail server."""

    WELL = auto()
    BUSY = auto()
    """The server closes the connection, so fewer connections should be used."""
    THROTTLING = auto()
    """The server gets too many mails from this site, so mails should be sent more slowly."""
    OUR_FAULT = auto()
    """The server refuses all mail of this site, whatever the recipient. Three replies of this kind in a row stop all
    sending.
    """
    SUSPICIOUS = auto()
    """The server may be refusing this site's mail. If half of the latest replies are like this, all sending stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply of the mail server."""

    code: int
    text: str
    """The text of the reply, printable and on one line, without the code."""

    @property
    def status(self) -> str:
        """The enhanced status code, such as 5.1.1, or an empty string if the reply has none."""
        found = _STATUS.match(self.text)
        return found[1] if found else ""

    def __str__(self) -> str:
        return f"{self.code} {self.text}".rstrip()


class Meaning(NamedTuple):
    """What a reply of the mail server means for the mail, and what it says about the server."""

    fate: Fate
    sign: Sign = Sign.WELL
    is_gone: bool = False
    """Whether the mailbox does not exist."""


def meaning_of(step: SmtpStep, reply: Reply) -> Meaning:
    """Return what a reply means that ends an attempt to send a mail. It may be any reply after the whole mail, or an
    earlier refusal.
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
    """Whether a temporary refusal says that this site sends too fast. The replies 450 and 451 4.7.1 after a whole mail
    are greylisting instead.
    """
    code, status = reply.code, reply.status
    if step is SmtpStep.DOT and code in (450, 451) and status == "4.7.1":
        return False
    return code == 454 or status in ("4.4.5", "4.3.2") or status.startswith("4.7.")  # noqa: PLR2004


def wait_before(attempts: int, *, luck: float) -> timedelta:
    """Return how long a mail waits after a number of failed attempts. `luck`, from 0 to 1, spreads the retries of mails
    that failed together.
    """
    wait = RETRIES[min(max(attempts, 1), len(RETRIES)) - 1]
    return wait * (1 + JITTER * (2 * luck - 1))


def wait_after(meaning: Meaning, *, is_used: bool) -> timedelta:
    """Return how long a mail waits after a failure that was not about its recipient. Return 0 if a new connection may
    help, because the failed connection had sent mails before (`is_used`).
    """
    is_fresh_start = meaning.sign is Sign.BUSY and is_used
    return timedelta(0) if is_fresh_start else DROPPED
