"""What the page of a withdrawn item shows in its place: the latest items of its theme.

Every new item changes that, so only the items of a theme that were withdrawn last show it, and a pass costs the same
however many were withdrawn; the pages of the others link to the theme.
"""

from collections.abc import Iterable, Sequence

from publisher.model.records import Record, State
from publisher.publish.feeds import newest_items
from publisher.publish.item_cache import ItemCache
from publisher.store import Store

FOLLOWED = 10
"""How many of a theme's items, those withdrawn last, show what is new; and all that were withdrawn with one of them."""
SHOWN = 3
"""How many items each of them shows."""


class Instead:
    """The latest items in the themes of withdrawn items, as one pass finds them."""

    def __init__(self, store: Store, items: ItemCache) -> None:
        self._store = store
        self._items = items
        self._found: dict[str, tuple[frozenset[int], Sequence[Record]]] = {}

    def of(self, record: Record) -> Sequence[Record]:
        """The latest items of a withdrawn item's first theme, the latest first; empty: it was withdrawn long ago."""
        slug = record.themes[0].slug
        if slug not in self._found:
            last = self._store.items.withdrawn_last(slug, limit=FOLLOWED)
            latest = newest_items(self._items, self._store.feeds.end(slug), limit=SHOWN) if last else []
            self._found[slug] = (frozenset(each.number for each in last), latest[:SHOWN])
        followed, newest = self._found[slug]
        return newest if record.number in followed else ()


def touched_withdrawn(after: int, upto: int, *, store: Store, themes: Iterable[str]) -> list[Record]:
    """Return the withdrawn items whose pages show, or showed, an item that changed in (after, upto].

    `themes` are the slugs of the themes whose items changed.
    """
    positions = store.log.positions(after, upto)
    found = {
        record.number: record
        for slug in sorted(set(themes) & positions.keys())
        for record in store.items.withdrawn_last(slug, limit=FOLLOWED + len(positions[slug]))
        if record.state is State.WITHDRAWN and record.themes[0].slug == slug
    }
    return [found[number] for number in sorted(found)]
