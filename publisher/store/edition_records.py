"""The items of an edition as they were when it was composed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, case, select

from publisher.model.records import ChangeKind, Record
from publisher.store.content import record_of
from publisher.store.schema import IS_LIVE, edition_items, items, log


def records_of(
    connection: Connection, table: Table, audience: str, number: int, *, newest: int | None = None
) -> tuple[Record, ...]:
    """Items that a table (of items, or of corrections) has of an edition, as they were then; withdrawn ones are out.

    An item has the title that the editor gave it.

    `newest`: only so many, those published last, the newest first.
    """
    columns: list[ColumnElement[Any]] = [
        *items.c["number", "source", "uid", "path", "published", "added_seq", "added_at", "pass_start", "state"],
        *table.c["seq", "themes"],
        *log.c["revision", "content"],
        case((log.c.kind == ChangeKind.ADDED, items.c.published), else_=log.c.at).label("updated"),
    ]
    query = (
        select(*columns)
        .join(items, items.c.number == table.c.item)
        .join(log, log.c.seq == table.c.seq)
        .where(table.c.audience == audience, table.c.number == number, IS_LIVE)
    )
    if newest is None:
        query = query.order_by(table.c.position)
    else:
        query = query.order_by(items.c.published.desc(), table.c.position).limit(newest)
    titles = _titles_of(connection, audience, number) if table is edition_items else {}
    return tuple(_retitled(record_of(row), titles) for row in connection.execute(query))


def _titles_of(connection: Connection, audience: str, number: int) -> dict[int, str]:
    """The titles that the editor gave items of an edition, by the items' numbers."""
    its = (edition_items.c.audience == audience, edition_items.c.number == number, edition_items.c.title.is_not(None))
    query = select(edition_items.c.item, edition_items.c.title).where(*its)
    return {row.item: row.title for row in connection.execute(query)}


def _retitled(record: Record, titles: Mapping[int, str]) -> Record:
    title = titles.get(record.number)
    return record if title is None else replace(record, item=replace(record.item, title=title))
