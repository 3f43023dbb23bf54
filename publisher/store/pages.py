"""The full numbered pages of feeds (pagination). The range of log numbers of a full page never changes, so no item
moves to another page.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select

from publisher.store.engine import Database
from publisher.store.schema import pages


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRow:
    """One full page of a feed: the items added under log numbers in (after, upto]."""

    feed: str
    """The feed's slug."""
    number: int
    """The number of the page within the feed: 1 is the oldest."""
    after: int
    upto: int


class Pages:
    """The full pages of feeds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def between(self, feed: str, *, first: int, last: int) -> list[PageRow]:
        """Return the full pages of a feed from number `first` to `last`, oldest first."""
        if last < max(first, 1):
            return []
        query = select(pages.c.number, pages.c.upto).where(
            pages.c.feed == feed, pages.c.number.between(first - 1, last)
        )
        found: list[PageRow] = []
        after = 0
        with self._database.reading() as connection:
            for number, upto in connection.execute(query.order_by(pages.c.number)):
                found.append(PageRow(feed=feed, number=number, after=after, upto=upto))
                after = upto
        return [page for page in found if page.number >= first]

    def last_number(self, feed: str) -> int:
        """Return the number of a feed's newest full page, or 0 if it has none."""
        query = select(pages.c.number).where(pages.c.feed == feed).order_by(pages.c.number.desc()).limit(1)
        with self._database.reading() as connection:
            return connection.execute(query).scalar() or 0

    def numbers(self, feed: str, seqs: Sequence[int]) -> set[int]:
        """Return the numbers of the full pages that contain one of these log numbers."""
        holds = select(pages.c.number).where(pages.c.feed == feed).order_by(pages.c.number).limit(1)
        with self._database.reading() as connection:
            found = [connection.execute(holds.where(pages.c.upto >= seq)).scalar() for seq in sorted(set(seqs))]
        return {number for number in found if number is not None}

    def settle(self, full: Sequence[PageRow]) -> None:
        """Record which numbers of the item log these full pages of feeds cover; that never changes afterwards."""
        if not full:
            return
        rows = [{"feed": page.feed, "number": page.number, "upto": page.upto} for page in full]
        with self._database.writing() as connection:
            connection.execute(insert(pages), rows)
