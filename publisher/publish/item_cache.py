"""Caches the items of one publishing pass: an item is in four or five feeds, on the pages of these feeds and in their
archives.
"""

from collections.abc import Iterable, Sequence

from publisher.model.records import Record
from publisher.publish.feed_items import KEPT
from publisher.store import Store
from publisher.store.sequences import FeedSequence


class ItemCache:
    """A cache of live items by number, which keeps items while there is room."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[int, Record] = {}

    def keep(self, records: Iterable[Record]) -> None:
        """Add items that were read for another reason to the cache."""
        for record in records:
            if len(self._kept) >= KEPT:
                return
            self._kept[record.number] = record

    def get(self, numbers: Sequence[int]) -> list[Record]:
        """Return the items with these numbers, in the order of `numbers`."""
        missing = [number for number in numbers if number not in self._kept]
        read = {record.number: record for record in self._store.items.by_number(missing)} if missing else {}
        found = [self._kept.get(number) or read[number] for number in numbers]
        self.keep(read.values())
        return found

    def added_between(self, sequence: FeedSequence, after: int, upto: int) -> list[Record]:
        """Return the items of a feed that were added under log numbers in (after, upto], in that order."""
        if after >= sequence.after:
            return self.get(sequence.between(after, upto))
        return self._store.items.added_between(sequence.feed, after, upto)

    def added_last(self, sequence: FeedSequence, *, limit: int, after: int = 0) -> list[Record]:
        """Return the items of a feed that were added after log number `after`, latest first, at most `limit`."""
        beyond = sequence.beyond(max(after, sequence.after))
        if len(beyond) >= limit or after >= sequence.after:
            return self.get(beyond[: -limit - 1 : -1])
        return self._store.items.added_last(sequence.feed, limit=limit, after=after)
