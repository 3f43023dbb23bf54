"""Decides when a round of mails to subscribers begins, and which items each of some thousand people gets in it. Pure.

The items for a subscription are computed once for all subscriptions that are equal but for their subscriber. After
that, a subscriber's items cost a few operations on integers. Only a subscriber whose mail cannot hold all items, or to
whom an item is due that moved to another theme, is examined individually.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from publisher.model.schedules import is_due, tick_to_record
from publisher.model.settings import Pace
from publisher.store.people import FollowRow, Moved
from publisher.subscribers.rule import Follow, Window, moved, share_of


class Ticks(NamedTuple):
    """The paces (how often subscribers get mails) that are due at one moment, and those that are new."""

    due: Mapping[str, datetime]
    """The due paces (how often mails come), each with the latest moment of its schedule: mails are made for all moments
    up to that one.
    """
    watched: Mapping[str, datetime]
    """New paces (how often mails come), each with the present moment: only later moments of its schedule count."""


def ticks_of(paces: Collection[Pace], last_ticks: Mapping[str, datetime], *, default: str, now: datetime) -> Ticks:
    """Return the paces (how often mails come) whose schedules had a moment between `last_ticks` and now. One mail makes
    up for any number of missed moments.

    A pace that config.toml no longer has is due together with the pace `default`; otherwise its subscribers would get
    nothing.
    """
    due: dict[str, datetime] = {}
    watched: dict[str, datetime] = {}
    for pace in paces:
        last = last_ticks.get(pace.name)
        if last is None:
            watched[pace.name] = now
        elif is_due(pace.schedule, last=last, now=now):
            due[pace.name] = tick_to_record(last=last, now=now)
    if default in due:
        gone = last_ticks.keys() - {pace.name for pace in paces}
        due |= dict.fromkeys(sorted(gone), due[default])
    return Ticks(due=due, watched=watched)


@dataclass(slots=True, kw_only=True)
class PlannedRange:
    """The mails to some people, and up to which log number each of their subscriptions is dealt with afterwards."""

    mails: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """The numbers of the items of each mail, by subscriber, in the order in which the items were added."""
    moved: list[Moved] = field(default_factory=list)
    """The subscriptions that are dealt with only up to an item that did not fit into the mail."""


class Planner:
    """Plans one round (the mails to subscribers due at one moment), some thousand people at a time, and caches what
    many subscribers share.
    """

    def __init__(self, window: Window, *, current: Callable[[str], str], limit: int, upto: int) -> None:
        """Plan with the items of a window of the item log. `current` returns the present slug of a theme, and `limit`
        is the most items of a mail.
        """
        self._window = window
        self._current = lru_cache(None)(current)
        self._limit = limit
        self._upto = upto
        self.lowest_cursor = upto
        """The lowest cursor (log number up to which items were sent) of the people so far. `_window` must contain all
        items beyond it.
        """
        self._masks: dict[tuple[str, int, int, int], tuple[int, int]] = {}
        """For each (theme, whether its pace is due, start, cursor): the bit mask of the items to send, and the mask of
        those dealt with.
        """
        self._numbers: dict[int, tuple[int, ...]] = {}

    def plan(self, followed: Sequence[FollowRow]) -> PlannedRange:
        """Return the mails to the people with these subscriptions, and the log number up to which each subscription is
        dealt with afterwards. `followed` is sorted by subscriber.
        """
        planned = PlannedRange()
        for subscriber, new in self._new_items(followed):
            if new.bit_count() <= self._limit and not new & self._window.moved:
                planned.mails[subscriber] = self._numbers_of(new)
            else:
                self._plan_alone(subscriber, _rows_of(subscriber, followed), planned)
        return planned

    def _new_items(self, followed: Sequence[FollowRow]) -> Iterator[tuple[int, int]]:
        """Yield (number of the subscriber, bit mask of the items that are new to him), for each subscriber who has such
        items.
        """
        masks = self._masks
        subscriber = due = dealt = 0
        for row in followed:
            if row[0] != subscriber:
                if new := due & ~dealt:
                    yield subscriber, new
                subscriber, due, dealt = row[0], 0, 0
            key = row[2:6]
            found = masks.get(key)
            if found is None:
                found = self._find_masks(*key)
            due |= found[0]
            dealt |= found[1]
        if new := due & ~dealt:
            yield subscriber, new

    def _find_masks(self, theme: str, is_due: int, start: int, cursor: int) -> tuple[int, int]:
        if is_due:
            self.lowest_cursor = min(self.lowest_cursor, cursor)
        due, dealt = self._window.masks(self._current(theme), start, cursor)
        found = self._masks[theme, is_due, start, cursor] = (due if is_due else 0, dealt)
        return found

    def _numbers_of(self, mask: int) -> tuple[int, ...]:
        found = self._numbers.get(mask)
        if found is None:
            found = self._numbers[mask] = self._window.numbers(mask)
        return found

    def _plan_alone(self, subscriber: int, followed: Sequence[FollowRow], planned: PlannedRange) -> None:
        follows = [
            Follow(
                self._current(each.theme),
                each.start,
                each.cursor,
                is_due=bool(each.is_due),
                is_active=bool(each.is_active),
            )
            for each in followed
        ]
        share = share_of(follows, self._window, limit=self._limit)
        if share.items:
            planned.mails[subscriber] = self._window.numbers(share.items)
        for each, follow in zip(followed, follows, strict=True):
            cursor = moved(follow, share, self._window, upto=self._upto)
            if follow.is_due and cursor < self._upto:
                planned.moved.append(Moved(subscriber, each.number, cursor))


def _rows_of(subscriber: int, followed: Sequence[FollowRow]) -> Sequence[FollowRow]:
    """Return a subscriber's rows of `followed`, which is sorted by subscriber."""
    first = bisect_left(followed, subscriber, key=itemgetter(0))
    return followed[first : bisect_right(followed, subscriber, lo=first, key=itemgetter(0))]
