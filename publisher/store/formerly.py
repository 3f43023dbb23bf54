"""What an audience was last told of items, before they were corrected."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, Table, null, select

from publisher.model.corrections import Formerly
from publisher.store.content import item_of
from publisher.store.engine import batches
from publisher.store.schema import edition_corrections, edition_items, log


def formerly_of(
    connection: Connection, audience: str, items: Sequence[int], *, before: int | None = None
) -> tuple[Formerly, ...]:
    """The items with these numbers as the latest edition that told of each has them, in their order.

    Only editions before number `before` count; None: all do. An item that is in none of them is left out.
    """
    latest: dict[int, Formerly] = {}
    for some in batches(items):
        for query in (_told(edition_items, some), _told(edition_corrections, some)):
            its = query.where(query.selected_columns.audience == audience)
            if before is not None:
                its = its.where(query.selected_columns.number < before)
            for row in connection.execute(its):
                if row.item not in latest or latest[row.item].edition < row.number:
                    was = item_of(row.content)
                    was = was if row.title is None else replace(was, title=row.title)
                    latest[row.item] = Formerly(item=row.item, edition=row.number, was=was)
    return tuple(latest[number] for number in items if number in latest)


def _told(table: Table, some: Sequence[int]) -> Select[Any]:
    title = table.c.title if "title" in table.c else null().label("title")
    query = select(*table.c["audience", "item", "number"], log.c.content, title)
    return query.join(log, log.c.seq == table.c.seq).where(table.c.item.in_(some))
