"""Joins: an item joins a theme when it enters the theme later than it was added. If it enters the theme twice, the
first time counts.

The order in which items enter the themes of a subscriber decides which items he has had.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, insert, select

from publisher.store.engine import batches
from publisher.store.people_schema import theme_joins

Join = tuple[int, int, Collection[str]]
"""An item's number, the log number of the revision that moved it, and the slugs of the themes that it entered."""


def note_joins(connection: Connection, joined: Sequence[Join]) -> None:
    """Record when items entered themes; an item that left a theme and enters it again keeps its first time."""
    new = [each for each in joined if each[2]]
    known = joins_of(connection, [number for number, _, _ in new])
    rows = [
        {"theme": slug, "item": number, "seq": seq}
        for number, seq, slugs in new
        for slug in sorted(slugs)
        if slug not in known[number]
    ]
    if rows:
        connection.execute(insert(theme_joins), rows)


def joins_of(connection: Connection, numbers: Sequence[int]) -> dict[int, dict[str, int]]:
    """Return the log numbers under which items entered themes that they were not in at first, by item and theme."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for some in batches(numbers):
        for row in connection.execute(select(theme_joins).where(theme_joins.c.item.in_(some))):
            found[row.item][row.theme] = row.seq
    return found
