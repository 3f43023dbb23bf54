"""Keeps the serialised items of one feed format. An item is in four or five feeds and their archives, but is serialised
only once per publishing pass.
"""

from collections.abc import Iterable, Mapping, Sequence

from publisher.publish.feed_items import KEPT, FeedItem


class Entries:
    """The serialised items of one feed format, kept for one publishing pass."""

    def __init__(self) -> None:
        self._kept: dict[FeedItem, bytes] = {}

    def missing(self, items: Iterable[FeedItem]) -> list[FeedItem]:
        """Return the items that are not serialised yet, in order."""
        return [item for item in items if item not in self._kept]

    def take(self, items: Sequence[FeedItem], made: Mapping[FeedItem, bytes]) -> list[bytes]:
        """Return the items as serialised bytes, in order. `made` has the newly serialised items, which are kept while
        there is room.
        """
        taken = [made.get(item) or self._kept[item] for item in items]
        if len(self._kept) + len(made) <= KEPT:
            self._kept.update(made)
        return taken
