"""The documents that hold what feeds have become too long for. What one holds is settled for ever when it is closed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from publisher.store.records import full_stretches
from publisher.store.schema import archives


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """One document of a feed's archive: the items added in (after, upto]."""

    feed: str
    """Its slug."""
    number: int
    """1, 2, 3 … from the oldest on."""
    after: int
    upto: int


def archives_of(connection: Connection, feed: str) -> list[Archive]:
    """The documents of a feed's archive that are closed, oldest first."""
    query = select(archives.c.number, archives.c.upto).where(archives.c.feed == feed).order_by(archives.c.number)
    found: list[Archive] = []
    for number, upto in connection.execute(query):
        found.append(Archive(feed=feed, number=number, after=found[-1].upto if found else 0, upto=upto))
    return found


def last_archive(connection: Connection, feed: str) -> Archive | None:
    """The newest document of a feed's archive; None: it has none. Where it begins is not asked for."""
    query = select(archives.c.number, archives.c.upto).where(archives.c.feed == feed)
    row = connection.execute(query.order_by(archives.c.number.desc()).limit(1)).one_or_none()
    return row and Archive(feed=feed, number=row.number, after=row.upto, upto=row.upto)


def due_archives(connection: Connection, feed: str, *, size: int) -> list[Archive]:
    """The documents to close so that fewer items than go into the feed itself, `size`, are in none."""
    last = last_archive(connection, feed)
    number, after = (last.number, last.upto) if last else (0, 0)
    stretches = full_stretches(connection, feed, after=after, size=size)
    return [
        Archive(feed=feed, number=each, after=start, upto=upto)
        for each, (start, upto) in enumerate(stretches, start=number + 1)
    ]


def close_archives(connection: Connection, closed: Sequence[Archive]) -> None:
    """Settle what these documents hold."""
    if closed:
        rows = [{"feed": archive.feed, "number": archive.number, "upto": archive.upto} for archive in closed]
        connection.execute(insert(archives), rows)
