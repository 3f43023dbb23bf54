"""Finds the latest items of a withdrawn item's theme, which the item's page shows instead of the item.

Every new item of the theme changes such pages. So only the pages of the items that were withdrawn last show the latest
items; pages of items withdrawn earlier link to the theme. So the cost of a publishing pass does not grow with the
number of withdrawals.
"""

from collections.abc import Iterable, Sequence

from publisher.model.records import Record, State
from publisher.publish.feeds import newest_items
from publisher.publish.item_cache import ItemCache
from publisher.store import Store

FOLLOWED = 10
"""How many of a theme's last withdrawn items have pages that show what is new. All items withdrawn in the same pass as
one of these have such pages too.
"""
SHOWN = 3
"""How many of a theme's latest items the page of a withdrawn item shows."""


class Instead:
    """Finds, for one pass, the latest items in the themes of withdrawn items."""

    def __init__(self, store: Store, items: ItemCache) -> None:
        self._store = store
        self._items = items
        self._found: dict[str, tuple[frozenset[int], Sequence[Record]]] = {}

    def of(self, record: Record) -> Sequence[Record]:
        """Return the latest items of a withdrawn item's first theme, latest first, or none if the item was withdrawn
        long ago.
        """
        slug = record.themes[0].slug
        if slug not in self._found:
            last = self._store.items.withdrawn_last(slug, limit=FOLLOWED)
            latest = newest_items(self._items, self._store.feeds.end(slug), limit=SHOWN) if last else []
            self._found[slug] = (frozenset(each.number for each in last), latest[:SHOWN])
        followed, newest = self._found[slug]
        return newest if record.number in followed else ()


def touched_withdrawn(after: int, upto: int, *, store: Store, themes: Iterable[str]) -> list[Record]:
    """Return the withdrawn items whose pages show, or showed, an item that changed under a log number in (after, upto].

    `themes` are the slugs of the themes with changed items.
    """
    positions = store.log.positions(after, upto)
    found = {
        record.number: record
        for slug in sorted(set(themes) & positions.keys())
        for record in store.items.withdrawn_last(slug, limit=FOLLOWED + len(positions[slug]))
        if record.state is State.WITHDRAWN and record.themes[0].slug == slug
    }
    return [found[number] for number in sorted(found)]
