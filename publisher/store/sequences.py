"""A feed's items in the order in which they were added, and the cuts of that order into full pages and closed archives.

The log numbers that a full page or closed document covers never change. The package `publish` decides the next cuts.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

from sqlalchemy import BindParameter, Connection, Select, bindparam, select

from publisher.model.feeds import ALL
from publisher.store.archives import Archive
from publisher.store.engine import batches
from publisher.store.pages import PageRow
from publisher.store.schema import IS_LIVE, archives, item_feeds, items, log, pages

CHANGING_PAGES = 3
"""New items change at most this many of the last full pages: each page links to two pages before and after it."""
_ARCHIVES_READ = 3

_Cut: TypeAlias = tuple[int, int, int]
Neighbours: TypeAlias = tuple[int | None, int | None]
"""The numbers of the feed's items added just before and after an item, each `None` if there is none."""

# Statements are built once: building one costs more than a query for a few rows in SQLite.
_FEED: BindParameter[str] = bindparam("feed")
_AFTER: BindParameter[int] = bindparam("after")
_ITEMS = select(item_feeds.c.added_seq, item_feeds.c.item).where(item_feeds.c.feed == _FEED)
_ITEMS = _ITEMS.where(item_feeds.c.added_seq > _AFTER).order_by(item_feeds.c.added_seq)
_ALL_ITEMS = select(items.c.added_seq, items.c.number).where(IS_LIVE, items.c.added_seq > _AFTER)
_ALL_ITEMS = _ALL_ITEMS.order_by(items.c.added_seq)
_PAGES = select(pages.c.number, pages.c.upto).where(pages.c.feed == _FEED).order_by(pages.c.number.desc())
_ARCHIVES = select(archives.c.number, archives.c.upto).where(archives.c.feed == _FEED)
_ARCHIVES = _ARCHIVES.order_by(archives.c.number.desc())
_OF_FEED = select(item_feeds.c.item).where(item_feeds.c.feed == _FEED).limit(1)
_BEFORE = _OF_FEED.where(item_feeds.c.added_seq < log.c.seq).order_by(item_feeds.c.added_seq.desc())
_BEHIND = _OF_FEED.where(item_feeds.c.added_seq > log.c.seq).order_by(item_feeds.c.added_seq)
_NEIGHBOURS = select(
    log.c.seq,
    _BEFORE.correlate(log).scalar_subquery().label("before"),
    _BEHIND.correlate(log).scalar_subquery().label("behind"),
).where(log.c.seq.in_(bindparam("seqs", expanding=True)))
# one more page or document, which ends where the first of the others begins
_NEWEST_PAGES, _NEWEST_ARCHIVES = _PAGES.limit(CHANGING_PAGES + 1), _ARCHIVES.limit(_ARCHIVES_READ)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSequence:
    """A feed's live items in the order in which they were added, and where pages and archive documents begin and end.
    It may be only the last part of the feed.
    """

    feed: str
    """The feed's slug."""
    after: int
    """The sequence has the items added after this log number. With 0, it has all items of the feed."""
    seqs: Sequence[int]
    """The log numbers under which the items were added, ascending."""
    numbers: Sequence[int]
    """The items' own numbers, in the order in which the items were added."""
    pages: Sequence[PageRow]
    """The full pages, oldest first."""
    archives: Sequence[Archive]
    """The closed documents, oldest first."""

    def between(self, after: int, upto: int) -> Sequence[int]:
        """Return the numbers of the items added under log numbers in (after, upto], in the order of the log. `after`
        must not be below the sequence's own `after`.
        """
        return self.numbers[bisect_right(self.seqs, after) : bisect_right(self.seqs, upto)]

    def beyond(self, after: int) -> Sequence[int]:
        """Return the numbers of the items added under log numbers above `after`, in the order of the log."""
        return self.numbers[bisect_right(self.seqs, after) :]


def read_whole(connection: Connection, feed: str) -> FeedSequence:
    """Return all live items of a feed, in the order in which they were added, and where pages and archive documents
    begin and end.
    """
    full, closed = _cuts(connection, _PAGES, feed), _cuts(connection, _ARCHIVES, feed)
    return _sequence(connection, feed, after=0, full=full, closed=closed)


def read_end(connection: Connection, feed: str) -> FeedSequence:
    """Return the last part of a feed, the part that new items can change: the last full pages and closed archive
    documents, and the items after them.
    """
    full, closed = _cuts(connection, _NEWEST_PAGES, feed), _cuts(connection, _NEWEST_ARCHIVES, feed)
    after = min(full[0][1] if full else 0, closed[-1][2] if closed else 0)
    return _sequence(connection, feed, after=after, full=full, closed=closed)


def read_neighbours(connection: Connection, feed: str, seqs: Sequence[int]) -> dict[int, Neighbours]:
    """Return the items of a feed before and after each of these log numbers. A log number need not be one of an item of
    the feed.
    """
    found: dict[int, Neighbours] = {}
    for some in batches(seqs):
        rows = connection.execute(_NEIGHBOURS, {"feed": feed, "seqs": some})
        found.update((row.seq, (row.before, row.behind)) for row in rows)
    return found


def _cuts(connection: Connection, query: Select[Any], feed: str) -> list[_Cut]:
    """Return the full pages or closed archive documents of a feed as (number, after, upto), oldest first. The first one
    is left out if its `after` is unknown.
    """
    rows = connection.execute(query, {"feed": feed}).all()[::-1]
    found = [(number, before[1], upto) for before, (number, upto) in pairwise(rows)]
    if rows and rows[0][0] == 1:
        found.insert(0, (1, 0, rows[0][1]))
    return found


def _sequence(
    connection: Connection, feed: str, *, after: int, full: Sequence[_Cut], closed: Sequence[_Cut]
) -> FeedSequence:
    rows = connection.execute(_ALL_ITEMS if feed == ALL else _ITEMS, {"feed": feed, "after": after}).all()
    return FeedSequence(
        feed=feed,
        after=after,
        seqs=[row[0] for row in rows],
        numbers=[row[1] for row in rows],
        pages=[PageRow(feed=feed, number=number, after=start, upto=upto) for number, start, upto in full],
        archives=[Archive(feed=feed, number=number, after=start, upto=upto) for number, start, upto in closed],
    )
