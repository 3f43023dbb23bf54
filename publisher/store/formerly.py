"""What items said when an audience (a mailing list) last got them, before they were corrected."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, null, select, union_all

from publisher.model.editions import Formerly
from publisher.store.content import item_of
from publisher.store.edition_schema import edition_corrections, edition_items
from publisher.store.engine import batches
from publisher.store.schema import log


def formerly_of(
    connection: Connection, audience: str, items: Sequence[int], *, before: int | None = None
) -> tuple[Formerly, ...]:
    """Return these items as shown in the latest edition that has each, in the order of `items`.

    Only editions before number `before` count; `None` means that all count. An item that was in no edition is left out.
    """
    latest: dict[int, Formerly] = {}
    for some in batches(items):
        for query in (_told(edition_items, some), _told(edition_corrections, some)):
            its = query.where(query.selected_columns.audience == audience)
            if before is not None:
                its = its.where(query.selected_columns.number < before)
            for row in connection.execute(its):
                if row.item not in latest or latest[row.item].edition < row.number:
                    latest[row.item] = _formerly(row)
    return tuple(latest[number] for number in items if number in latest)


def told_of(
    connection: Connection, items: Sequence[int], *, upto: Mapping[str, int]
) -> dict[int, list[tuple[str, Formerly]]]:
    """Return, by item number, the earlier versions of these items that editions show, each with the name of the
    edition's audience, latest version first.

    `upto` gives, by audience, the number of the latest edition that counts.
    """
    found: dict[int, list[tuple[str, Formerly]]] = {}
    for some in batches(items) if upto else ():
        told = union_all(_told(edition_items, some), _told(edition_corrections, some)).subquery()
        by_version = select(told).order_by(told.c.seq.desc(), told.c.audience, told.c.number.desc())
        for row in connection.execute(by_version):
            if row.number <= upto.get(row.audience, 0):
                found.setdefault(row.item, []).append((row.audience, _formerly(row)))
    return found


def _formerly(row: Row[Any]) -> Formerly:
    was = item_of(row.content)
    return Formerly(item=row.item, edition=row.number, was=was if row.title is None else replace(was, title=row.title))


def _told(table: Table, some: Sequence[int]) -> Select[Any]:
    title = table.c.title if "title" in table.c else null().label("title")
    query = select(*table.c["audience", "item", "number", "seq"], log.c.content, title)
    return query.join(log, log.c.seq == table.c.seq).where(table.c.item.in_(some))
