"""Assigns themes and feeds to all stored items again, batch by batch, after a change of config.toml."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from publisher.model.feeds import Gathered
from publisher.model.items import Item
from publisher.model.slugs import Names, WantedNames
from publisher.store.content import item_of, themes_of, themes_text
from publisher.store.engine import BATCH
from publisher.store.joins import ThemeChange, note_theme_changes
from publisher.store.memberships import Membership, memberships_of, move_items
from publisher.store.names import settle_names
from publisher.store.schema import items


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredItem:
    """An item with the values that decide its themes and feeds."""

    number: int
    source: str
    item: Item
    is_kept_from_readers: bool


_BATCH = (
    select(*items.c["number", "source", "added_seq", "seq", "revision", "state", "content", "themes"])
    .where(items.c.number > bindparam("after"))
    .order_by(items.c.number)
    .limit(BATCH)
)


class ItemBatch:
    """The next items in the order of their numbers. All changes to a batch are committed together, or not at all."""

    def __init__(self, connection: Connection, *, after: int) -> None:
        self._connection = connection
        self._rows = connection.execute(_BATCH, {"after": after}).all()
        self.items = [
            StoredItem(
                number=row.number,
                source=row.source,
                item=item_of(row.content),
                is_kept_from_readers=row.added_seq == 0,
            )
            for row in self._rows
        ]
        """The items in the order of their numbers; empty if there are no more."""

    def name(self, wanted: WantedNames) -> Names:
        """Give labels (names of themes) and keywords their slugs, and return the slugs. Call this before items with
        these labels or keywords join feeds.
        """
        return settle_names(self._connection, wanted)

    def retheme(self, gathered: Mapping[int, Gathered], *, current: Callable[[str], str], now: datetime) -> None:
        """Give the items of the batch the themes and feeds in `gathered`, which has them by item number. `current`
        returns the present slug of a theme, which may have been renamed.

        Nothing is added to the item log: the organisation changed nothing, so no audience gets old items again.
        """
        pairs = [(row, gathered[row.number]) for row in self._rows]
        changed = [(row, new) for row, new in pairs if themes_text(new.themes) != row.themes]
        _write_themes(self._connection, changed)
        note_theme_changes(self._connection, [_theme_change(*each) for each in changed], current=current)
        old = memberships_of(self._connection, [row.number for row in self._rows])
        live = [(row, new.feeds) for row, new in pairs if row.state.is_live]
        moved = [
            Membership(
                number=row.number,
                added_seq=row.added_seq,
                feeds=feeds,
                revised_seqs={feed.slug: _revised_seq(row, old.get(row.number, {}), feed.slug) for feed in feeds},
            )
            for row, feeds in live
            if sorted(feed.slug for feed in feeds) != [*old.get(row.number, ())]
        ]
        left = {item.number: old[item.number] for item in moved if item.number in old}
        move_items(self._connection, moved, left, now=now)


def _revised_seq(row: Row[Any], old: Mapping[str, int | None], slug: str) -> int | None:
    return old.get(slug, row.seq if row.revision > 1 else None)


def _theme_change(row: Row[Any], new: Gathered) -> ThemeChange:
    before, after = ({theme.slug for theme in themes} for themes in (themes_of(row.themes), new.themes))
    return ThemeChange(row.number, row.added_seq, before, after, row.added_seq)


def _write_themes(connection: Connection, changed: Sequence[tuple[Row[Any], Gathered]]) -> None:
    assigned = update(items).where(items.c.number == bindparam("of_number")).values(themes=bindparam("new_themes"))
    if rows := [{"of_number": row.number, "new_themes": themes_text(new.themes)} for row, new in changed]:
        connection.execute(assigned, rows)
