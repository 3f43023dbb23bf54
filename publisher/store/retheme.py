"""Gives items their themes and feeds anew, page by page, when the configuration has changed."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from publisher.model.feeds import Feed
from publisher.model.items import Item
from publisher.model.labels import Names, Wanted
from publisher.model.records import State
from publisher.model.themes import Theme
from publisher.store.content import item_of, themes_text
from publisher.store.engine import BATCH
from publisher.store.memberships import AlsoIn, FeedChanges, Membership, feeds_of, join_feeds, leave_feeds, slugs_of
from publisher.store.names import settle_names
from publisher.store.schema import items

Assign = Callable[[Item, str, Names], tuple[Theme, ...]]
"""The themes of an item of a source."""


def retheme_page(
    connection: Connection,
    assign: Assign,
    also_in: AlsoIn,
    wanted: Callable[[Iterable[Item]], Wanted],
    *,
    after: int,
    now: datetime,
) -> int | None:
    """Assign anew the feeds of the next `BATCH` items beyond number `after`; the last number seen, None at the end.

    The log does not grow: the organisation changed nothing, so no audience shall get old items again.
    """
    columns = items.c["number", "source", "added_seq", "seq", "revision", "state", "content", "themes"]
    page = select(*columns).where(items.c.number > after).order_by(items.c.number).limit(BATCH)
    rows = connection.execute(page).all()
    old = slugs_of(connection, [row.number for row in rows])
    said = [item_of(row.content) for row in rows]
    # What was kept from readers shall take no name from what they see.
    names = settle_names(connection, wanted(item for row, item in zip(rows, said, strict=True) if row.added_seq))
    assigned: list[tuple[Row[Any], tuple[Theme, ...], tuple[Feed, ...]]] = []
    for row, item in zip(rows, said, strict=True):
        themes = assign(item, row.source, names)
        assigned.append((row, themes, feeds_of(item, themes, also_in, names)))
    _retheme(connection, [(row, themes) for row, themes, _ in assigned if themes_text(themes) != row.themes])
    live = [(row, new) for row, _, new in assigned if row.state != State.WITHDRAWN]
    moved = [(row, new) for row, new in live if sorted(feed.slug for feed in new) != old.get(row.number, [])]
    _move(connection, moved, old, now=now)
    return rows[-1].number if rows else None


def _retheme(connection: Connection, changed: Sequence[tuple[Row[Any], tuple[Theme, ...]]]) -> None:
    assigned = update(items).where(items.c.number == bindparam("of_number")).values(themes=bindparam("new_themes"))
    if rows := [{"of_number": row.number, "new_themes": themes_text(themes)} for row, themes in changed]:
        connection.execute(assigned, rows)


def _move(
    connection: Connection,
    moved: Sequence[tuple[Row[Any], tuple[Feed, ...]]],
    old: Mapping[int, Sequence[str]],
    *,
    now: datetime,
) -> None:
    changes = FeedChanges(now)
    for row, new in moved:
        changes.left(old.get(row.number, ()))
        changes.joined(new)
    changes.write(connection)
    leave_feeds(connection, [row.number for row, _ in moved])
    join_feeds(connection, _memberships(moved))


def _memberships(moved: Iterable[tuple[Row[Any], tuple[Feed, ...]]]) -> Iterator[Membership]:
    for row, new in moved:
        revised_seq = row.seq if row.revision > 1 else None
        yield Membership(number=row.number, added_seq=row.added_seq, revised_seq=revised_seq, feeds=new)
