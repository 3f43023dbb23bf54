"""Gives listed items without a date (undated items) the date they have in the log, if the log knows them; pure."""

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from publisher.collect.likeness import find_alike
from publisher.model.changes import STANDING, Known
from publisher.model.contents import digest_of_text
from publisher.model.items import Item
from publisher.model.links import id_key, link_key
from publisher.model.records import State

_THERE = (State.LISTED, State.HIDDEN, State.WAITING)
"""States of items that the last reading listed, or may have listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dating:
    """Finds out which undated listed items are known by id, link or words, and which may be edited versions of known
    items.
    """

    listed: Sequence[Item]
    known: Mapping[int, Known]
    """The known item that each listed item is, by the place of the listed item."""
    missing: Sequence[Known]
    """Known items of the last reading that match no listed item by id, link or words."""
    is_complete: bool

    @property
    def to_compare(self) -> list[int]:
        """Numbers of the known items whose words `date_items` compares with the words of undated items."""
        return [old.number for old in self.missing] if self._open else []

    @property
    def _open(self) -> list[int]:
        """Places of the undated items that are not known."""
        return [place for place, item in enumerate(self.listed) if item.is_undated and place not in self.known]

    def date_items(self, said: Mapping[int, Item]) -> tuple[Item, ...]:
        """Return the listed items. An undated item that is known gets the date it has in the log; the other items stay
        unchanged.

        Args:
            said: the known items in `to_compare`, as their source last listed them, by number.
        """
        known = {**self.known}
        old_words = {old.number: _words(said[old.number]) for old in self.missing if old.number in said}
        new_words = {place: _words(self.listed[place]) for place in self._open} if old_words else {}
        missing = {old.number: old for old in self.missing}
        for number, place in find_alike(old_words, new_words):
            if place not in known and number in missing and self._may_be(missing[number], place):
                known[place] = missing.pop(number)
        return tuple(
            replace(item, date=known[place].date) if item.is_undated and place in known else item
            for place, item in enumerate(self.listed)
        )

    def _may_be(self, old: Known, place: int) -> bool:
        """Whether the missing item `old` may be the listed item at this place, with other words.

        Between known items nothing new appears. An item above all known items may be new, while the missing item
        scrolled off, unless the missing item stood above all known items too; the same is true below all known items.
        """
        item = self.listed[place]
        if (old.native_id or old.link) and (id_key(item.native_id) or link_key(item.link)):
            return False
        above = [one.number for there, one in self.known.items() if there < place]
        below = [one.number for there, one in self.known.items() if there > place]
        if self.is_complete or (above and below) or not self.known:
            return True
        return old.number > max(below) if below else old.number < min(above)


def match_undated(
    known: Sequence[Known], listed: Sequence[Item], *, shared: Collection[str] = (), is_complete: bool = False
) -> Dating:
    """Find out which listed items are known, before undated items get a date.

    An item is known by its id (unless the id is `shared`), or else by its link, or else by its words;
    `Dating.date_items` then adds edited items. If several items share id, link or words, the n-th listed item is the
    n-th known item.
    """
    left = {old.number: old for old in sorted(known, key=lambda old: (STANDING.index(old.state), old.number))}
    found: dict[int, Known] = {}
    if any(item.is_undated for item in listed):
        for is_undated in (True, False):
            places = [place for place, item in enumerate(listed) if item.is_undated is is_undated]
            _join(left, {place: listed[place] for place in places}, found, shared)
    missing = [old for old in left.values() if old.state in _THERE]
    return Dating(listed=listed, known=found, missing=missing, is_complete=is_complete)


def _join(left: dict[int, Known], listed: Mapping[int, Item], found: dict[int, Known], shared: Collection[str]) -> None:
    """Move known items that are listed from `left` to `found`."""
    keys: tuple[tuple[Callable[[Known], str], Callable[[Item], str]], ...] = (
        (lambda old: old.native_id, lambda new: "" if id_key(new.native_id) in shared else id_key(new.native_id)),
        (lambda old: old.link, lambda new: link_key(new.link)),
        (lambda old: old.text_digest, digest_of_text),
    )
    for key_of_known, key_of_item in keys:
        waiting: dict[str, deque[Known]] = defaultdict(deque)
        for old in left.values():
            waiting[key_of_known(old)].append(old)
        for place, item in listed.items():
            key = key_of_item(item)
            if key and place not in found and waiting[key]:
                found[place] = waiting[key].popleft()
                del left[found[place].number]


def _words(item: Item) -> str:
    return f"{item.title} {item.text}"
