"""Reads the items of an edition (a digest for a mailing list) as they were when it was composed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Select, Table, bindparam, case, func, select

from publisher.model.editions import SourceChange
from publisher.model.records import ChangeKind, Record
from publisher.store.content import item_of, record_of
from publisher.store.edition_schema import edition_items
from publisher.store.schema import IS_LIVE, items, log


def records_of(
    connection: Connection, table: Table, audience: str, number: int, *, newest: int | None = None
) -> tuple[Record, ...]:
    """Return the items (or the corrections) of an edition in `table`, as they were when it was composed.

    Items withdrawn since are left out. An item has the title that the editor gave it.

    With `newest`, only as many are returned: those published last, newest first.
    """
    query, edition = _select_records(table, is_cut=newest is not None), {"audience": audience, "number": number}
    titles = _titles_of(connection, audience, number) if table is edition_items else {}
    return tuple(_retitled(record_of(row), titles) for row in connection.execute(query, {**edition, "newest": newest}))


def newest_of(
    connection: Connection, audience: str, numbers: Sequence[int], *, newest: int
) -> dict[int, tuple[int, tuple[Record, ...]]]:
    """Return, for each of these editions, how many of its items are not withdrawn, and the latest `newest` of these
    items in the form of `records_of`. An edition without items is left out.
    """
    found: dict[int, tuple[int, tuple[Record, ...]]] = {}
    for row in connection.execute(_select_newest(), {"audience": audience, "numbers": numbers, "newest": newest}):
        _, before = found.get(row.edition, (0, ()))
        titles = {} if row.title is None else {row.number: row.title}
        found[row.edition] = (row.live, (*before, _retitled(record_of(row), titles)))
    return found


def followed_of(connection: Connection, audience: str, number: int) -> tuple[SourceChange, ...]:
    """Return the items of an edition that have changed since it was composed, each with its words then and now, in the
    edition's order.
    """
    rows = connection.execute(_FOLLOWED, {"audience": audience, "number": number}).all()
    if not rows:
        return ()
    records = {record.number: record for record in records_of(connection, edition_items, audience, number)}
    return tuple(
        SourceChange(record=records[row.item], was=item_of(row.was), now=item_of(row.now))
        for row in rows
        if row.item in records
    )


# Statements are built once: building one costs more than a query for a few rows in SQLite.


@cache
def _select_records(table: Table, *, is_cut: bool) -> Select[Any]:
    """Return the query for `records_of`; its parameters are `audience` and `number`, and `newest` if `is_cut`."""
    query = _live(table).where(table.c.audience == bindparam("audience"), table.c.number == bindparam("number"))
    if not is_cut:
        return query.order_by(table.c.position)
    return query.order_by(items.c.published.desc(), table.c.position).limit(bindparam("newest", type_=Integer))


@cache
def _select_newest() -> Select[Any]:
    """Return the query for `newest_of`; its parameters are `audience`, `numbers` and `newest`."""
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
        .where(edition_items.c.audience == bindparam("audience"), edition.in_(bindparam("numbers", expanding=True)))
        .subquery()
    )
    return select(ranked).where(ranked.c.place <= bindparam("newest")).order_by(ranked.c.edition, ranked.c.place)


def _live(table: Table) -> Select[Any]:
    """Return a query for the items of editions as they were when composed, without items withdrawn since."""
    columns: list[ColumnElement[Any]] = [
        *items.c["number", "source", "uid", "path", "published", "added_seq", "added_at", "pass_start", "state"],
        *table.c["seq", "themes"],
        *log.c["revision", "content"],
        case((log.c.kind == ChangeKind.ADDED, items.c.published), else_=log.c.at).label("updated"),
    ]
    query = select(*columns).join(items, items.c.number == table.c.item).join(log, log.c.seq == table.c.seq)
    return query.where(IS_LIVE)


_COMPOSED = log.alias("composed")
_FOLLOWED = (
    select(edition_items.c.item, _COMPOSED.c.content.label("was"), log.c.content.label("now"))
    .join(_COMPOSED, _COMPOSED.c.seq == edition_items.c.composed_seq)
    .join(log, log.c.seq == edition_items.c.seq)
    .where(
        edition_items.c.audience == bindparam("audience"),
        edition_items.c.number == bindparam("number"),
        edition_items.c.composed_seq != edition_items.c.seq,
    )
    .order_by(edition_items.c.position)
)
_TITLES = select(edition_items.c.item, edition_items.c.title).where(
    edition_items.c.audience == bindparam("audience"),
    edition_items.c.number == bindparam("number"),
    edition_items.c.title.is_not(None),
)


def _titles_of(connection: Connection, audience: str, number: int) -> dict[int, str]:
    """Return the titles that the editor gave to items of an edition in place of their own, by item number."""
    return {row.item: row.title for row in connection.execute(_TITLES, {"audience": audience, "number": number})}


def _retitled(record: Record, titles: Mapping[int, str]) -> Record:
    title = titles.get(record.number)
    return record if title is None else replace(record, item=replace(record.item, title=title))
