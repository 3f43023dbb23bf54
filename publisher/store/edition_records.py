"""Reads the items of an edition as they were when it was composed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, case, func, select

from publisher.model.records import ChangeKind, Record
from publisher.store.content import record_of
from publisher.store.edition_schema import edition_items
from publisher.store.schema import IS_LIVE, items, log


def records_of(
    connection: Connection, table: Table, audience: str, number: int, *, newest: int | None = None
) -> tuple[Record, ...]:
    """Return the items, or corrections, that `table` has of an edition, as they were when it was composed.

    Items withdrawn since are left out. An item has the title that the editor gave it.

    `newest`: return only that many, those published last, the newest first.
    """
    query = _live(table).where(table.c.audience == audience, table.c.number == number)
    if newest is None:
        query = query.order_by(table.c.position)
    else:
        query = query.order_by(items.c.published.desc(), table.c.position).limit(newest)
    titles = _titles_of(connection, audience, number) if table is edition_items else {}
    return tuple(_retitled(record_of(row), titles) for row in connection.execute(query))


def newest_of(
    connection: Connection, audience: str, numbers: Sequence[int], *, newest: int
) -> dict[int, tuple[int, tuple[Record, ...]]]:
    """How many items each of these editions has that are not withdrawn, and the `newest` of them, as `records_of` has
    them. An edition without any is left out.
    """
    edition = edition_items.c.number
    ranked = (
        _live(edition_items)
        .add_columns(
            edition.label("edition"),
            edition_items.c.title,
            func.row_number()
            .over(partition_by=edition, order_by=(items.c.published.desc(), edition_items.c.position))
            .label("place"),
            func.count().over(partition_by=edition).label("live"),
        )
        .where(edition_items.c.audience == audience, edition.in_(numbers))
        .subquery()
    )
    query = select(ranked).where(ranked.c.place <= newest).order_by(ranked.c.edition, ranked.c.place)
    found: dict[int, tuple[int, tuple[Record, ...]]] = {}
    for row in connection.execute(query):
        _, before = found.get(row.edition, (0, ()))
        titles = {} if row.title is None else {row.number: row.title}
        found[row.edition] = (row.live, (*before, _retitled(record_of(row), titles)))
    return found


def _live(table: Table) -> Select[Any]:
    """Return a query of the items of editions as they were then, without those that are withdrawn."""
    columns: list[ColumnElement[Any]] = [
        *items.c["number", "source", "uid", "path", "published", "added_seq", "added_at", "pass_start", "state"],
        *table.c["seq", "themes"],
        *log.c["revision", "content"],
        case((log.c.kind == ChangeKind.ADDED, items.c.published), else_=log.c.at).label("updated"),
    ]
    query = select(*columns).join(items, items.c.number == table.c.item).join(log, log.c.seq == table.c.seq)
    return query.where(IS_LIVE)


def _titles_of(connection: Connection, audience: str, number: int) -> dict[int, str]:
    """The titles that the editor gave items of an edition, by the items' numbers."""
    its = (edition_items.c.audience == audience, edition_items.c.number == number, edition_items.c.title.is_not(None))
    query = select(edition_items.c.item, edition_items.c.title).where(*its)
    return {row.item: row.title for row in connection.execute(query)}


def _retitled(record: Record, titles: Mapping[int, str]) -> Record:
    title = titles.get(record.number)
    return record if title is None else replace(record, item=replace(record.item, title=title))
