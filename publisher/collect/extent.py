"""Decides which days a listing covers, so that an item missing from them counts as withdrawn; pure.

A listing shows the newest items, unless its source is complete. Pinned old items must not extend what it covers: the
covered days end with the longest run of items, from the newest one on, in which each is older than the one before.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from publisher.collect.sources.unread import Unread
from publisher.model.changes import Known
from publisher.model.links import id_key

_YEAR = timedelta(days=366)
_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
_FAR = 4
"""Items at the end of a listing are far from the other items if the distance, in days, is this many times the largest
gap between the other items.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The place in a listing of an item that could not be read."""

    native_id: str
    """The id of the unread item. Empty if the item has no id, or its id could not be read either."""
    since: date
    upto: date

    def may_be(self, old: Known) -> bool:
        """Whether the unread item may be the known item `old`."""
        if self.native_id and old.native_id:
            return self.native_id == old.native_id
        return self.since <= old.date <= self.upto


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """The days that a listing covers: from its newest item to the end of `longest_run`."""

    after: date
    """An item that the listing lacks is gone if its day is later than this one. In a complete source every missing item
    is gone.
    """
    gaps: tuple[Gap, ...]
    is_complete: bool

    def covers(self, day: date) -> bool:
        """Whether an item of that day would be in the listing."""
        return self.is_complete or day > self.after

    def may_hold(self, old: Known) -> bool:
        """Whether the missing item `old` may be listed after all, as an item that could not be read."""
        return any(gap.may_be(old) for gap in self.gaps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnover:
    """How a listing differs from the last reading: what is new in it, and what is missing."""

    new: Collection[int] = ()
    """Places of the items that the last reading did not have."""
    missing: Sequence[date] = ()
    """Days of the items that the last reading had and this reading lacks, sorted."""
    scrolled_off: Sequence[date] = ()
    """Days of the items that had left the listing earlier and stay with readers, sorted."""


_NO_TURNOVER = Turnover()


def extent_of(
    days: Sequence[date], unread: Sequence[Unread], *, is_complete: bool, turnover: Turnover = _NO_TURNOVER
) -> Extent:
    """Return the days that a listing covers. `days` are the days of the listing's items, at least one, in the listing's
    order.
    """
    run = _without_pinned_end(days, longest_run(days), turnover)
    gaps = tuple(_gap(each, days, run) for each in unread)
    return Extent(after=days[run[-1]], gaps=gaps, is_complete=is_complete)


def longest_run(days: Sequence[date]) -> list[int]:
    """Return the places of the longest run of days that begins with the latest day and in which no day is later than
    the day before it.

    All items above the item of the latest day count as pinned. Of several longest runs, the one with the latest last
    day wins: in doubt a listing covers less.
    """
    top = days.index(max(days)) if days else 0
    return [top + place for place in _longest_falling(days[top:])]


def _longest_falling(days: Sequence[date]) -> list[int]:
    # Patience sorting: ends[n] is the latest day, negated, with which a run of n + 1 days ends so far
    ends: list[int] = []
    last: list[int] = []
    before: list[int | None] = []
    for place, day in enumerate(days):
        length = bisect_right(ends, -day.toordinal())
        before.append(last[length - 1] if length else None)
        if length == len(ends):
            ends.append(-day.toordinal())
            last.append(place)
        else:
            ends[length], last[length] = -day.toordinal(), place
    run: list[int] = []
    place_before = last[-1] if last else None
    while place_before is not None:
        run.append(place_before)
        place_before = before[place_before]
    return run[::-1]


def _without_pinned_end(days: Sequence[date], run: list[int], turnover: Turnover) -> list[int]:
    """Return `run` (places in the listing whose days fall, as `longest_run` gives them), without the items at its end
    that do not stand there because of their date, such as pinned items.

    The items at the end do not stand there because of their date if one of these conditions holds:

    - By its date, an item that scrolled off earlier would stand above them.
    - None of them was listed before, and other items are missing that would stand above them by date, but not more than
      there are items at the end. Then the list is sorted by something else, such as the last change.
    - They are fewer than the items above, and more than a year older. This distance is longer than the time from the
      first to the last of the items above.
    - They are fewer than the items above, and far from these (`_FAR`). Other items are missing that would stand between
      both by date, at most as many as are new.
    """
    widest = timedelta(0)
    for place in range(1, len(run)):
        newer, older = days[run[place - 1]], days[run[place]]
        gap, below = newer - older, len(run) - place
        is_far = gap > max(_YEAR, days[run[0]] - newer)
        stands_apart = place > 2 and gap > max(_WEEK, _FAR * widest)  # noqa: PLR2004 - of two nothing is usual
        pushed_out = _count(turnover.missing, older, newer)
        is_pushing = 0 < pushed_out <= len(turnover.new)
        is_few = below < place and (is_far or (stands_apart and is_pushing))
        is_new = 0 < pushed_out <= below and all(each in turnover.new for each in run[place:])
        if is_few or is_new or _count(turnover.scrolled_off, older, newer - _DAY):
            return run[:place]
        widest = max(widest, gap)
    return run


def _count(days: Sequence[date], after: date, upto: date) -> int:
    """Return how many of the sorted days lie in (after, upto]."""
    return bisect_right(days, upto) - bisect_right(days, after)


def _gap(unread: Unread, days: Sequence[date], run: Sequence[int]) -> Gap:
    """Return the days on which an unread item may be: its own day if known, or else the days between its neighbours, or
    else any day.

    Above the newest item there may be pinned items of any day.
    """
    native_id = id_key(unread.native_id)
    if unread.day is not None:
        return Gap(native_id=native_id, since=unread.day, upto=unread.day)
    place = unread.place
    if place is None or (place <= run[0] and run[0] > 0):
        return Gap(native_id=native_id, since=date.min, upto=date.max)
    above = [days[each] for each in run if each < place]
    below = [days[each] for each in run if each >= place]
    return Gap(
        native_id=native_id,
        since=below[0] if below else date.min,
        upto=above[-1] if above else date.max,
    )
