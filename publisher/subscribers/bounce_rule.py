"""The rule for readers whose mails come back: points, a suspension, a probe, the end. Pure. The rule is Mailman's.

- A failure is worth a point, at most one a day. Points are stale when none was added for a while; then they count from
  one again.
- Five points suspend: from then on no digests are sent, and the reader's place in the log stays where it is. A mailbox
  that does not exist (5.1.x) suspends at once, but does not end: large providers have said so of all their mailboxes
  for an hour.
- A week later a letter tries whether mails arrive again. If it comes back, the subscriptions end. If it does not within
  another week, or the reader follows its link, mails go on.

A temporary failure (4.x.x), greylisting or a delay never counts, even if the server gives up at last: an outage of our
own network would be held against every reader. Nor does a failure that is about us, such as mail that is not
authenticated.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from publisher.model.bounces import BounceKind, BounceScore
from publisher.model.subscribers import Pace

SUSPEND_AT = 5
STALE_AFTER = timedelta(days=7)
"""The least time after which points are stale; it is longer for readers whose mails are rarer."""
PROBE_AFTER = timedelta(days=7)
_ABOUT_US = frozenset({"5.1.7", "5.1.8", *(f"5.7.{number}" for number in range(20, 28)), "5.7.515"})
"""Our sender address is refused, or our mail is not authenticated (RFC 3463 section 3.2, RFC 7372 section 3)."""
_GONE = re.compile(r"5\.1\.\d+")


class Weight(Enum):
    """How much one failure counts."""

    NOTHING = auto()
    POINT = auto()
    GONE = auto()
    """The mailbox or its domain does not exist."""


class BounceAction(Enum):
    """What follows from a failure."""

    NOTHING = auto()
    COUNT = auto()
    """A point is added, or the points start again from one."""
    SUSPEND = auto()
    END = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceVerdict:
    """What a failure leads to."""

    step: BounceAction
    score: BounceScore | None
    """The score from now on; None: there is none, as before."""


def weight_of(kind: BounceKind, status: str) -> Weight:
    """Return how much a report counts; `status` is its enhanced status code, or a reply code without one."""
    if kind is not BounceKind.FAILED or status.startswith("4") or status in _ABOUT_US:
        return Weight.NOTHING
    return Weight.GONE if _GONE.fullmatch(status) else Weight.POINT


def count_failure(
    before: BounceScore | None, weight: Weight, *, stale_after: timedelta = STALE_AFTER, now: datetime
) -> BounceVerdict:
    """Return what a failure of that weight leads to for a reader; at most one point a day of UTC."""
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
    """Return how long points of a reader of these paces count: two of his longest waits for a mail, and a week at
    least.

    With a week for all, a weekly or monthly reader would never get to five points.
    """
    waits = (_wait_of(pace, now) for pace in paces)
    return max([STALE_AFTER, *(2 * wait for wait in waits)])


def _wait_of(pace: Pace, now: datetime) -> timedelta:
    first = pace.schedule.next_after(now)
    return pace.schedule.next_after(first) - first
