"""The rule for subscribers whose mails come back: points, suspension, probe, end. Pure. The rule is Mailman's.

- A failed mail is worth a point, at most one a day. If no point was added for some time, the points are stale and
  counting begins at one again.
- Five points suspend: no digests are sent, and the subscriber's cursors stay. A mailbox that does not exist (5.1.x)
  suspends at once, but does not end the subscriptions: large providers have reported that for all their mailboxes for
  an hour.
- A week later a letter (a probe) tests whether mails arrive again. If the probe comes back, the subscriptions end. If
  it does not come back within another week, or if the subscriber follows its link, digests are sent again.

A temporary failure (4.x.x), greylisting or a delay never counts, even if the server gives up in the end: otherwise an
outage of the site's own network would count against every subscriber. A failure that is about this site does not count
either, such as mail that is not authenticated.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from publisher.model.bounces import BounceKind, BounceScore
from publisher.model.settings import Pace

SUSPEND_AT = 5
STALE_AFTER = timedelta(days=7)
"""A subscriber's points (one for each failed mail) are stale if at least this time has passed without a failed mail.
The time is longer for subscribers who get mails more rarely.
"""
PROBE_AFTER = timedelta(days=7)
_ABOUT_US = frozenset({"5.1.7", "5.1.8", *(f"5.7.{number}" for number in range(20, 28)), "5.7.515"})
"""Statuses that say that the site's sender address is refused, or that its mail is not authenticated (RFC 3463 section
3.2, RFC 7372 section 3).
"""
_GONE = re.compile(r"5\.1\.\d+")


class Weight(Enum):
    """How much one failed mail counts."""

    NOTHING = auto()
    POINT = auto()
    GONE = auto()
    """The mailbox or its domain does not exist."""


class BounceAction(Enum):
    """What is done because of a failed mail."""

    NOTHING = auto()
    COUNT = auto()
    """A failed mail counts: a point is added, or counting starts again at one point."""
    SUSPEND = auto()
    END = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceVerdict:
    """The result of counting a failed mail: the subscriber's new bounce score, and what is done."""

    step: BounceAction
    score: BounceScore | None
    """The subscriber's new bounce score, or `None` if he has none, as before."""


def weight_of(kind: BounceKind, status: str) -> Weight:
    """Return how much a report of a failed mail counts; `status` is the report's enhanced status code, or its reply
    code if it has none.
    """
    if kind is not BounceKind.FAILED or status.startswith("4") or status in _ABOUT_US:
        return Weight.NOTHING
    return Weight.GONE if _GONE.fullmatch(status) else Weight.POINT


def count_failure(
    before: BounceScore | None, weight: Weight, *, stale_after: timedelta = STALE_AFTER, now: datetime
) -> BounceVerdict:
    """Return the result of a failed mail of this weight (how much it counts) for a subscriber with the bounce score
    `before`. At most one point is added per UTC day.
    """
    if weight is not Weight.NOTHING and before is not None and before.probed_at is not None:
        return BounceVerdict(step=BounceAction.END, score=before)
    if weight is Weight.NOTHING or (before is not None and before.suspended_at is not None):
        return BounceVerdict(step=BounceAction.NOTHING, score=before)
    is_gone = weight is Weight.GONE
    after = BounceScore(points=SUSPEND_AT, last_at=now) if is_gone else _with_point(before, stale_after, now)
    if after == before:
        return BounceVerdict(step=BounceAction.NOTHING, score=before)
    if after.points >= SUSPEND_AT:
        return BounceVerdict(step=BounceAction.SUSPEND, score=replace(after, suspended_at=now))
    return BounceVerdict(step=BounceAction.COUNT, score=after)


def _with_point(before: BounceScore | None, stale_after: timedelta, now: datetime) -> BounceScore:
    if before is None or now - before.last_at > stale_after:
        return BounceScore(points=1, last_at=now)
    if now.date() <= before.last_at.date():
        return before
    return replace(before, points=before.points + 1, last_at=now)


def stale_after(paces: Iterable[Pace], *, now: datetime) -> timedelta:
    """Return how long points (one for each failed mail) count for a subscriber who gets mails at these paces: twice the
    longest wait between his mails, at least a week.

    If points counted for a week for everybody, a subscriber who gets mails weekly or monthly would never reach five
    points.
    """
    waits = (_wait_of(pace, now) for pace in paces)
    return max([STALE_AFTER, *(2 * wait for wait in waits)])


def _wait_of(pace: Pace, now: datetime) -> timedelta:
    first = pace.schedule.next_after(now)
    return pace.schedule.next_after(first) - first
