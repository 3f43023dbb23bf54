"""The closed documents of archives (RFC 5005): items that a feed has become too long for. Their range never changes."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select

from publisher.store.engine import Database
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

    def last(self, feed: str) -> Archive | None:
        """The newest closed document of a feed's archive, with `after` unknown (`upto` again); None: it has none."""
        query = select(archives.c.number, archives.c.upto).where(archives.c.feed == feed)
        with self._database.reading() as connection:
            row = connection.execute(query.order_by(archives.c.number.desc()).limit(1)).one_or_none()
        return row and Archive(feed=feed, number=row.number, after=row.upto, upto=row.upto)

    def close(self, closed: Sequence[Archive]) -> None:
        """Record these archive documents as complete, each with the log number of its last item."""
        if not closed:
            return
        rows = [{"feed": archive.feed, "number": archive.number, "upto": archive.upto} for archive in closed]
        with self._database.writing() as connection:
            connection.execute(insert(archives), rows)
