"""Domains that refuse unknown senders for a while: each gets one attempt a minute until it takes a mail.

Greylisting is about this site and not about a mailbox: a thousand readers of one domain need not all be refused in
turn.
"""

from datetime import datetime, timedelta

from publisher.deliver.answers import Reply, SmtpStep

EVERY = timedelta(minutes=1)
_ABOUT_A_MAILBOX = "4.2."
"""Statuses that begin so are about a mailbox, such as a full one (RFC 3463 section 3.3)."""


class Greylist:
    """The domains that refuse us for now, as one process has met them."""

    def __init__(self) -> None:
        self._next: dict[str, datetime] = {}

    def wait(self, recipient: str, now: datetime) -> timedelta:
        """Return how long to wait before a mail to this recipient is tried. 0: go now; this takes the domain's turn."""
        domain = _domain(recipient)
        if domain not in self._next:
            return timedelta(0)
        wait = self._next[domain] - now
        if wait <= timedelta(0):
            self._next[domain] = now + EVERY  # this one tries, and the others wait for what becomes of it
            return timedelta(0)
        return wait

    def note(self, recipient: str, step: SmtpStep, reply: Reply, now: datetime) -> None:
        """Note the answer about a recipient: a greylisting domain waits, one that takes a mail is free."""
        if step is SmtpStep.RCPT and reply.code // 100 == 4 and not reply.status.startswith(_ABOUT_A_MAILBOX):  # noqa: PLR2004
            self._next.setdefault(_domain(recipient), now + EVERY)
        elif step is SmtpStep.DOT and reply.code // 100 == 2:  # noqa: PLR2004
            self._next.pop(_domain(recipient), None)


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
