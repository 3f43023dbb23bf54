"""Decides when a source is read again: after failures with back-off, and not while its last answer is fresh. Pure."""

import hashlib
from datetime import datetime, timedelta

from publisher.collect.sources.base import Fetch
from publisher.model.errors import SourceError
from publisher.model.sources import LONGEST_WAIT

FIRST_WAIT = timedelta(minutes=5)
"""The wait after a first failure. Each further failure doubles it."""
_WORTH_NOTING = timedelta(minutes=10)
"""A freshness shorter than this is ignored: the source would hardly be read sooner anyway."""


def retry_at(failure: SourceError, *, failures: int, now: datetime) -> datetime | None:
    """Return when to read a source again after a number of failures in a row; return `None` if it may be read at any
    time.
    """
    if failure.wait is None:
        return None
    return now + back_off(failures, source=failure.source, asked=failure.wait)


def back_off(failures: int, *, source: str, asked: timedelta) -> timedelta:
    """Return how long to wait after a number of failures in a row; `asked` is the pause the server asked for, or 0.

    The wait doubles with each failure, up to a day. Up to a fifth is added, so that sources that failed together are
    not all read again at once. The same source and count give the same wait.
    """
    share = int.from_bytes(hashlib.sha256(f"{source} {failures}".encode()).digest()[:2]) / 0xFFFF
    wait: timedelta = min(FIRST_WAIT * 2 ** min(failures - 1, 12), LONGEST_WAIT) * (1 + 0.2 * share)
    return max(wait, min(asked, LONGEST_WAIT))


def fresh_until(fetch: Fetch, lifetime: timedelta, *, now: datetime) -> datetime | None:
    """Return until when the source's last answer counts as fresh, by the server or the source's own `lifetime`; return
    `None` if the source may be read at any time.
    """
    until = max(now + lifetime, fetch.fresh_until or now)
    return until if until - now > _WORTH_NOTING else None
