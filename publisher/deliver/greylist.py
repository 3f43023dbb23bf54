"""Greylisting: a domain that refuses unknown senders for a while gets one attempt a minute until it accepts a mail.

A domain refuses this site, not single mailboxes: if each mail were attempted, a thousand subscribers of one domain
would be refused one by one.
"""

from datetime import datetime, timedelta

from publisher.deliver.answers import Reply, SmtpStep

EVERY = timedelta(minutes=1)
_ABOUT_A_MAILBOX = "4.2."
"""The beginning of statuses that are about a mailbox, such as a full one (RFC 3463 section 3.3)."""


class Greylist:
    """The domains that refuse this site by greylisting now, as far as this process knows."""

    def __init__(self) -> None:
        self._next: dict[str, datetime] = {}

    def wait(self, recipient: str, now: datetime) -> timedelta:
        """Return how long to wait before a mail to this recipient is attempted. If that is 0, the mail may be attempted
        now, and the next attempt for his domain must wait a minute.
        """
        domain = _domain(recipient)
        if domain not in self._next:
            return timedelta(0)
        wait = self._next[domain] - now
        if wait <= timedelta(0):
            self._next[domain] = now + EVERY  # this mail is attempted, and the others wait for its outcome
            return timedelta(0)
        return wait

    def note(self, recipient: str, step: SmtpStep, reply: Reply, now: datetime) -> None:
        """Record the server's reply for a recipient. If his domain refuses by greylisting, further mails to it must
        wait; if it accepted a mail, they need not wait any more.
        """
        if step is SmtpStep.RCPT and reply.code // 100 == 4 and not reply.status.startswith(_ABOUT_A_MAILBOX):  # noqa: PLR2004
            self._next.setdefault(_domain(recipient), now + EVERY)
        elif step is SmtpStep.DOT and reply.code // 100 == 2:  # noqa: PLR2004
            self._next.pop(_domain(recipient), None)


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
