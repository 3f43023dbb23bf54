"""When items came into themes that they were not in when they were added; the first time counts.

What a subscriber has had is told by the order in which items came into the themes he follows.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, insert, select

from publisher.store.engine import batches
from publisher.store.people_schema import theme_joins

Join = tuple[int, int, Collection[str]]
"""An item's number, the log number of the revision, and the slugs of the themes it came into."""


def note_joins(connection: Connection, joined: Sequence[Join]) -> None:
    """Keep when items came into themes; an item that left a theme and comes back keeps its first time."""
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
    """The log numbers under which items came into themes that they were not in at first, by item and theme."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for some in batches(numbers):
        for row in connection.execute(select(theme_joins).where(theme_joins.c.item.in_(some))):
            found[row.item][row.theme] = row.seq
    return found
