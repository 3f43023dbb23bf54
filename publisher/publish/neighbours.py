"""The neighbours of an item: the items of its first theme that were published just before and after it. Its page links
to them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from publisher.model.records import Record
from publisher.model.themes import Theme
from publisher.publish.item_cache import ItemCache
from publisher.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The items published just before and after an item in one of its themes."""

    theme: Theme
    older: Record | None
    newer: Record | None


def neighbours_of(records: Sequence[Record], *, store: Store, items: ItemCache) -> Mapping[int, Neighbours]:
    """Return the neighbours of live items, each in the item's first theme, by item number."""
    by_theme: dict[Theme, list[Record]] = defaultdict(list)
    for record in records:
        if record.state.is_live:
            by_theme[record.themes[0]].append(record)
    beside = {
        record.number: (theme, pair)
        for theme, its in by_theme.items()
        for pairs in [store.feeds.neighbours(theme.slug, [record.added_seq for record in its])]
        for record in its
        if (pair := pairs.get(record.added_seq))
    }
    wanted = dict.fromkeys(number for _, pair in beside.values() for number in pair if number is not None)
    known = {record.number: record for record in items.get(list(wanted))}
    return {
        number: Neighbours(
            theme=theme,
            older=None if older is None else known[older],
            newer=None if newer is None else known[newer],
        )
        for number, (theme, (older, newer)) in beside.items()
    }


def touched_neighbours(
    after: int, upto: int, *, store: Store, items: ItemCache, themes: Iterable[str]
) -> Iterable[Record]:
    """Return the items whose page links to an item that changed under a log number in (after, upto]. `themes` are the
    slugs of the themes to look in.
    """
    positions, wanted = store.log.positions(after, upto), set[tuple[int, str]]()
    for slug in sorted(set(themes) & positions.keys()):
        for pair in store.feeds.neighbours(slug, sorted(set(positions[slug]))).values():
            wanted.update((number, slug) for number in pair if number is not None)
    records = {record.number: record for record in items.get(sorted({number for number, _ in wanted}))}
    return [record for number, record in records.items() if (number, record.themes[0].slug) in wanted]
