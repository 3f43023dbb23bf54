"""The items of an edition as they were when it was composed."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, case, select

from publisher.model.records import ChangeKind, Record
from publisher.store.content import record_of
from publisher.store.schema import IS_LIVE, items, log


def records_of(
    connection: Connection, table: Table, audience: str, number: int, *, newest: int | None = None
) -> tuple[Record, ...]:
    """Items that a table (of items, or of corrections) has of an edition, as they were then; withdrawn ones are out.

    `newest`: only so many, those published last, the newest first.
    """
    columns: list[ColumnElement[Any]] = [
        *items.c["number", "source", "uid", "path", "published", "added_seq", "pass_start", "state"],
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
    return tuple(record_of(row) for row in connection.execute(query))
