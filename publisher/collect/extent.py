"""What a listing covers, so that an item that is missing from it counts as withdrawn; pure.

A listing shows the newest items, unless its source is complete. Pinned old items do not mean that it reaches back so
far: what it covers ends with the longest run of items, from the newest one on, in which each is older than the one
before.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from publisher.collect.sources.unread import Unread
from publisher.model.links import id_key
from publisher.model.records import Known

_YEAR = timedelta(days=366)
_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
_FAR = 4
"""Items at the end of a listing stand apart if they are this many times further from the others than any two neighbours
among these.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Where in a listing an item stands that could not be read."""

    native_id: str
    """Empty: it has none, or that could not be read either."""
    since: date
    upto: date

    def may_be(self, old: Known) -> bool:
        """Whether the item may be this known one."""
        if self.native_id and old.native_id:
            return self.native_id == old.native_id
        return self.since <= old.date <= self.upto


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """The days that a listing covers, from its newest item to the last one in order."""

    after: date
    """A missing item is gone if its day is later than this. In a complete source every missing item is gone."""
    gaps: tuple[Gap, ...]
    is_complete: bool

    def covers(self, day: date) -> bool:
        """Whether an item of that day would be in the listing."""
        return self.is_complete or day > self.after

    def may_hold(self, old: Known) -> bool:
        """Whether a missing item may be listed after all, as one of the items that could not be read."""
        return any(gap.may_be(old) for gap in self.gaps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnover:
    """What is new in a listing since its last reading, and what is missing from it."""

    new: Collection[int] = ()
    """Places of the items that are listed and were not listed then."""
    missing: Sequence[date] = ()
    """Days of the items that were listed then and are not now, sorted."""
    scrolled_off: Sequence[date] = ()
    """Days of the items that had left the listing before, and that readers keep, sorted."""


_NO_TURNOVER = Turnover()


def extent_of(
    days: Sequence[date], unread: Sequence[Unread], *, is_complete: bool, turnover: Turnover = _NO_TURNOVER
) -> Extent:
    """Return what a listing covers. Its items have these days, at least one, in this order."""
    run = _without_pinned_end(days, longest_run(days), turnover)
    gaps = tuple(_gap(each, days, run) for each in unread)
    return Extent(after=days[run[-1]], gaps=gaps, is_complete=is_complete)


def longest_run(days: Sequence[date]) -> list[int]:
    """Return the places of the longest run of days that begins with the latest day and never rises.

    Everything above the latest day counts as pinned. Of several longest runs, the one whose last day is the latest is
    chosen: in doubt a listing covers less.
    """
    top = days.index(max(days)) if days else 0
    return [top + place for place in _longest_falling(days[top:])]


def _longest_falling(days: Sequence[date]) -> list[int]:
    # Patience sorting: ends[n] is the latest day with which a run of n + 1 days ends so far, as a negative number.
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
    """Return the run without items at its end that do not stand there by their date, such as pinned ones.

    They are known by one of these signs:

    - an item that scrolled off before belongs above them;
    - none of them was listed before, and as many items or fewer are missing that belong above them: the list is sorted
      by something else, such as the last change;
    - they are few and more than a year older than what stands above, and further from it than that goes back;
    - they are few and stand apart, and items that belong above them are missing, not more than have come in.
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
    """Return how many of the days, which are sorted, lie in (after, upto]."""
    return bisect_right(days, upto) - bisect_right(days, after)


def _gap(unread: Unread, days: Sequence[date], run: Sequence[int]) -> Gap:
    """Return where an unread item stands: on its own day, else between its neighbours, else anywhere.

    Above the newest item, pinned items of any day may stand.
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
