"""The rule that decides which items a subscriber gets. Pure.

A subscription has dealt with the items that entered its theme under log numbers in (start, cursor]. In a round (the
mails due at one moment) a subscriber gets the items beyond the cursor of one of his due subscriptions that none of his
subscriptions, ended ones included, has dealt with. Then the cursor of each due subscription moves to the end of the
round, or stops before the first item that did not fit; it never moves back.

An item that moved to another theme counts for its former theme as well, so it does not come again to a subscriber who
had it there; but only subscribers who follow one of its present themes get it.

So nothing is lost or repeated when somebody changes pace, leaves, subscribes again, or follows themes that overlap.
Sets of items are bit masks, in the order in which the items were added. Each subscription has two such masks, and a
subscriber's items are computed by a few operations on them.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import or_
from typing import NamedTuple

from publisher.model.rounds import ItemEntry
from publisher.model.subscribers import EVERYTHING


class Follow(NamedTuple):
    """The parts of a subscription that decide which items its subscriber gets."""

    theme: str
    """The theme's present slug, or `EVERYTHING`."""
    start: int
    cursor: int
    is_due: bool
    """Whether the subscription is active, and mails at its pace (how often they come) are being made now."""
    is_active: bool = True
    """Whether the subscription has not ended."""


class Masks(NamedTuple):
    """Two sets of items for one subscription, as bit masks over the items of a window."""

    due: int
    """The items that the subscription may bring now: those beyond its cursor, the log number up to which items were
    sent.
    """
    dealt: int
    """The items that the subscription has dealt with."""


class Share(NamedTuple):
    """The items that a subscriber gets in his next mail, and those that must wait for a later one."""

    items: int
    """The bit mask of the items in the mail; 0 means that there is no mail."""
    later: int
    """The bit mask of the items that did not fit into the mail, and wait for a later one."""


@dataclass(frozen=True, slots=True)
class _InTheme:
    """The items of one theme in a window."""

    seqs: Sequence[int]
    """The log numbers under which items entered the theme, ascending."""
    upto: Sequence[int]
    """`upto[n]` is the bit mask of the first `n` items of the theme."""


class Window:
    """The items that may be new to somebody in a round of mails; `items` are in the order in which they were added.

    An item that entered a theme after the log number `upto`, the end of the round, is not in that theme yet.
    """

    def __init__(self, items: Sequence[ItemEntry], *, upto: int) -> None:
        self.items = items
        self._added = [item.added_seq for item in items]
        self._all = (1 << len(items)) - 1
        self.moved = sum(1 << place for place, item in enumerate(items) if item.left)
        """The bit mask of the items that left a theme."""
        entered: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for place, item in enumerate(items):
            entered[EVERYTHING].append((item.added_seq, 1 << place))
            for theme, seq in (*item.themes.items(), *item.left.items()):
                if seq <= upto:
                    entered[theme].append((seq, 1 << place))
        self._in_theme = {theme: _in_theme(pairs) for theme, pairs in entered.items()}
        self._masks: dict[tuple[str, int, int], Masks] = {}

    def masks(self, theme: str, start: int, cursor: int) -> Masks:
        """Return which items of this window a subscription to a theme brings now, and which it has dealt with. Items up
        to log number `start` are left out.
        """
        key = (theme, start, cursor)
        found = self._masks.get(key)
        if found is None:
            found = self._masks[key] = self._find_masks(theme, start, cursor)
        return found

    def _find_masks(self, theme: str, start: int, cursor: int) -> Masks:
        there = self._in_theme.get(theme)
        if there is None:
            return Masks(0, 0)
        concern = self._all >> (skipped := bisect_right(self._added, start)) << skipped
        dealt = there.upto[bisect_right(there.seqs, cursor)] & concern
        return Masks(there.upto[-1] & concern & ~dealt, dealt)

    def places(self, mask: int) -> Iterator[int]:
        """Yield the places (indexes in `items`) of the items in a bit mask, ascending."""
        while mask:
            lowest = mask & -mask
            yield lowest.bit_length() - 1
            mask ^= lowest

    def numbers(self, mask: int) -> tuple[int, ...]:
        """Return the numbers of the items in a bit mask, in the order in which the items were added."""
        return tuple(self.items[place].number for place in self.places(mask))

    def entered(self, place: int, theme: str) -> int | None:
        """Return the log number under which the item at a place (index in `items`) entered a theme, or `None` if it
        never was in the theme.
        """
        item = self.items[place]
        return item.added_seq if theme == EVERYTHING else item.themes.get(theme, item.left.get(theme))

    def strange(self, mask: int, themes: Collection[str]) -> int:
        """Return the items of a bit mask that are in none of these themes now."""
        if EVERYTHING in themes:
            return 0
        places = self.places(mask & self.moved)
        return sum(1 << place for place in places if self.items[place].themes.keys().isdisjoint(themes))


def _in_theme(pairs: list[tuple[int, int]]) -> _InTheme:
    pairs.sort()
    masks = accumulate((bit for _, bit in pairs), or_, initial=0)
    return _InTheme([seq for seq, _ in pairs], list(masks))


def share_of(follows: Sequence[Follow], window: Window, *, limit: int) -> Share:
    """Return what a subscriber with these subscriptions, ended ones included, gets in his next mail: at most `limit`
    items, oldest first.
    """
    due = dealt = 0
    for theme, start, cursor, is_due, _ in follows:
        masks = window.masks(theme, start, cursor)
        dealt |= masks.dealt
        if is_due:
            due |= masks.due
    new = due & ~dealt
    new &= ~window.strange(new, {each.theme for each in follows if each.is_active})
    if new.bit_count() <= limit:
        return Share(new, 0)
    return _cut(new, follows, window, limit)


def moved(follow: Follow, share: Share, window: Window, *, upto: int) -> int:
    """Return the cursor of a subscription (the log number up to which items were sent) after the mails up to log number
    `upto`. A cursor never moves back.
    """
    if not follow.is_due:
        return follow.cursor
    later = window.masks(follow.theme, follow.start, follow.cursor).due & share.later
    seqs = [seq for place in window.places(later) if (seq := window.entered(place, follow.theme)) is not None]
    return max(follow.cursor, min([upto, *(seq - 1 for seq in seqs)]))


def _cut(new: int, follows: Sequence[Follow], window: Window, limit: int) -> Share:
    """Return the first `limit` of the new items (a bit mask) as those to send; the others are for later mails.

    A subscription can be dealt with up to an item only if no later item is sent now. If an item entered a theme later
    than it was added, this may not hold: then the items before the later one are sent too, and the mail is a little
    longer. They need not be followed up in their other themes, because this subscription has dealt with them.
    """
    later = new
    for _ in range(limit):
        later &= later - 1
    later &= ~_passed_over(new & ~later, later, follows, window)
    return Share(new & ~later, later)


def _passed_over(taken: int, later: int, follows: Sequence[Follow], window: Window) -> int:
    """Return the items of `later` that cannot wait: in a theme of a due subscription, they precede an item that is sent
    now (`taken`). All sets are bit masks.
    """
    found = 0
    for follow in follows:
        if follow.is_due:
            due = window.masks(follow.theme, follow.start, follow.cursor).due
            entered = {place: window.entered(place, follow.theme) or 0 for place in window.places(due)}
            last = max((entered[place] for place in window.places(due & taken)), default=0)
            found |= sum(1 << place for place in window.places(due & later) if entered[place] < last)
    return found
