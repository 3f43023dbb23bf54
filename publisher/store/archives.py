"""The closed documents of feed archives (RFC 5005), which hold items that no longer fit into the feed. The range of log
numbers that a closed document covers never changes.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select

from publisher.store.engine import Database
from publisher.store.schema import archives


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """One document of a feed's archive: the items added under log numbers in (after, upto]."""

    feed: str
    """The feed's slug."""
    number: int
    """The number of the document within the archive: 1 is the oldest."""
    after: int
    upto: int


class Archives:
    """The closed documents of feeds' archives."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last(self, feed: str) -> Archive | None:
        """Return the newest closed document of a feed's archive, or `None` if the archive has none. In the
        result `after` equals `upto`: where the document begins is not read.
        """
        query = select(archives.c.number, archives.c.upto).where(archives.c.feed == feed)
        with self._database.reading() as connection:
            row = connection.execute(query.order_by(archives.c.number.desc()).limit(1)).one_or_none()
        return row and Archive(feed=feed, number=row.number, after=row.upto, upto=row.upto)

    def holding(self, feed: str, seqs: Collection[int]) -> list[Archive]:
        """Return the closed documents of a feed that hold items added under the log numbers `seqs`, oldest first."""
        query = select(archives.c.number, archives.c.upto).where(archives.c.feed == feed).order_by(archives.c.number)
        with self._database.reading() as connection:
            rows = connection.execute(query).all() if seqs else []
        starts = [0, *(row.upto for row in rows)]
        return [
            Archive(feed=feed, number=row.number, after=after, upto=row.upto)
            for after, row in zip(starts, rows, strict=False)
            if any(after < seq <= row.upto for seq in seqs)
        ]

    def close(self, closed: Sequence[Archive]) -> None:
        """Record these archive documents as closed, each with the log number of its last item."""
        if not closed:
            return
        rows = [{"feed": archive.feed, "number": archive.number, "upto": archive.upto} for archive in closed]
        with self._database.writing() as connection:
            connection.execute(insert(archives), rows)
