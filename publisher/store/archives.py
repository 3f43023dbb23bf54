"""The closed documents of archives (RFC 5005): items that a feed has become too long for. Their range never changes."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from publisher.store.engine import Database
from publisher.store.items import full_stretches
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


class Archives:
    """The closed documents of archives."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, feed: str) -> list[Archive]:
        """The closed documents of a feed's archive, oldest first."""
        query = select(archives.c.number, archives.c.upto).where(archives.c.feed == feed).order_by(archives.c.number)
        found: list[Archive] = []
        with self._database.reading() as connection:
            for number, upto in connection.execute(query):
                found.append(Archive(feed=feed, number=number, after=found[-1].upto if found else 0, upto=upto))
        return found

    def last(self, feed: str) -> Archive | None:
        """The newest closed document of a feed's archive, with `after` unknown (`upto` again); None: it has none."""
        with self._database.reading() as connection:
            return _last(connection, feed)

    def due(self, feed: str, *, size: int) -> list[Archive]:
        """Documents of `size` items to close now, so that at most `size` live items are in none."""
        with self._database.reading() as connection:
            last = _last(connection, feed)
            number, after = (last.number, last.upto) if last else (0, 0)
            stretches = full_stretches(connection, feed, after=after, size=size)
            return [
                Archive(feed=feed, number=each, after=start, upto=upto)
                for each, (start, upto) in enumerate(stretches, start=number + 1)
            ]

    def close(self, closed: Sequence[Archive]) -> None:
        """Keep which items these documents hold."""
        if not closed:
            return
        rows = [{"feed": archive.feed, "number": archive.number, "upto": archive.upto} for archive in closed]
        with self._database.writing() as connection:
            connection.execute(insert(archives), rows)


def _last(connection: Connection, feed: str) -> Archive | None:
    query = select(archives.c.number, archives.c.upto).where(archives.c.feed == feed)
    row = connection.execute(query.order_by(archives.c.number.desc()).limit(1)).one_or_none()
    return row and Archive(feed=feed, number=row.number, after=row.upto, upto=row.upto)
