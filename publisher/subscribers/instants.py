"""Reads instants (dates with times) as other programs write them in lists of people."""

import re
from datetime import UTC, datetime

from publisher.model.errors import UsageError

FIRST_MAIL = datetime(1971, 1, 1, tzinfo=UTC)
"""The time before which nobody consented to mails. It is later than the zeros of time of other programs: the year 1
(Go), 1900 (Excel), 1970 (Unix).
"""
NO_DATE = "no date such as 2026-03-02T08:00:00+00:00"
TOO_OLD = "agreed before there were mails"
_LAST = 9990
"""The last year that is read: later years are no instants in some time zones."""
_GO_INSTANT = re.compile(r"(\S+ \d\d:\d\d:\d\d)(\.\d{1,6})?\d* ([+-]\d{4})\b.*")
"""An instant as Go, and so listmonk, writes it: 2024-01-02 03:04:05.678901 +0000 UTC."""


def read_instant(written: str) -> datetime:
    """Return the instant in a text. If the text has no offset, it is in UTC.

    Raises:
        UsageError: the text is no instant, or one from before there were mails.
    """
    if go := _GO_INSTANT.fullmatch(written):
        written = f"{go[1]}{go[2] or ''}{go[3]}"
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        raise UsageError(NO_DATE) from None
    if instant.year > _LAST:
        raise UsageError(NO_DATE)
    return checked_instant(instant if instant.tzinfo else instant.replace(tzinfo=UTC))


def checked_instant(instant: datetime) -> datetime:
    """Convert an instant to UTC.

    Raises:
        UsageError: the instant is from before there were mails.
    """
    if instant.year < FIRST_MAIL.year:
        raise UsageError(TOO_OLD)
    return instant.astimezone(UTC)
