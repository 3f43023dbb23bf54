"""Queries for items. The cost of a query grows with its answer, not with the number of stored items."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Select, func, or_, select

from publisher.model.editions import Formerly
from publisher.model.feeds import ALL
from publisher.model.items import Item
from publisher.model.records import Record, State
from publisher.model.themes import ThemeChoice
from publisher.store import item_queries as queries
from publisher.store.content import item_of, record_of
from publisher.store.engine import Database, batches
from publisher.store.formerly import formerly_of
from publisher.store.schema import IS_HIDDEN, IS_LIVE, IS_WAITING, WAKES, item_feeds, items, log

if TYPE_CHECKING:
    from publisher.store.retheme import ItemBatch


class ItemAddress(NamedTuple):
    """An item's address on the web."""

    path: str
    link: str
    """The item's own address, from the source; empty if it has none."""
    updated: datetime


class ChangedItem(NamedTuple):
    """An item that an audience got in an edition, and that changed since."""

    record: Record
    """The item as it is now."""
    told: Item
    """The item as the audience last got it."""
    formerly: Formerly
    """The version `told`, with the number of the edition that had it and the title that the editor gave it there."""


class Waiting(NamedTuple):
    """An item that will appear, for the first time or again after a withdrawal."""

    number: int
    source: str
    until: datetime
    item: Item
    is_back: bool
    """Whether readers had the item before, and it was withdrawn."""


class Items:
    """Queries for items in their present state. The argument `feed` is always a slug."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self) -> int:
        """Return how many live items there are."""
        with self._database.reading() as connection:
            return int(connection.execute(queries.COUNT).scalar_one())

    def last_number(self) -> int:
        """Return the highest number of an item; all lower numbers are used too."""
        with self._database.reading() as connection:
            return int(connection.execute(queries.LAST_NUMBER).scalar_one())

    def next_wake(self, *, after: datetime) -> datetime | None:
        """Return the next moment later than `after` at which an item appears or expires, or `None` if there is none."""
        query = select(func.min(items.c.wakes)).where(WAKES, items.c.wakes > after)
        with self._database.reading() as connection:
            wakes: datetime | None = connection.execute(query).scalar_one()
            return wakes

    def sources_due(self, now: datetime) -> list[str]:
        """Return the names of the sources that have items due to appear or expire by `now`, sorted."""
        with self._database.reading() as connection:
            return list(connection.execute(queries.SOURCES_DUE, {"now": now}).scalars())

    def waiting(self) -> list[Waiting]:
        """Return the items that will appear at a later moment, the next one first, including withdrawn items that will
        appear again.
        """
        waits = or_(IS_WAITING, items.c.state == State.WITHDRAWN)
        query = select(*items.c["number", "source", "wakes", "content", "state"]).where(WAKES, waits)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(items.c.wakes, items.c.source, items.c.number))
            return [
                Waiting(
                    number=row.number,
                    source=row.source,
                    until=row.wakes,
                    item=item_of(row.content),
                    is_back=row.state is State.WITHDRAWN,
                )
                for row in rows
            ]

    def hidden_counts(self) -> dict[str, int]:
        """Return how many items of each source editors hid from readers; a source without any is missing."""
        query = select(items.c.source, func.count().label("hidden")).where(IS_HIDDEN).group_by(items.c.source)
        with self._database.reading() as connection:
            return {row.source: row.hidden for row in connection.execute(query)}

    def addresses(self, after: int, upto: int) -> list[ItemAddress]:
        """Return the addresses of live items whose numbers are in (after, upto], in order."""
        with self._database.reading() as connection:
            return [
                ItemAddress(path=row.path, link=item_of(row.content).link, updated=row.updated)
                for row in connection.execute(queries.ADDRESSES, {"after": after, "upto": upto})
            ]

    def by_number(self, numbers: Sequence[int]) -> list[Record]:
        """Return the items with these numbers, in any order."""
        found: list[Record] = []
        with self._database.reading() as connection:
            for some in batches(numbers):
                found += [record_of(row) for row in connection.execute(queries.BY_NUMBER, {"numbers": some})]
        return found

    def versions(self, numbers: Sequence[int]) -> dict[int, int]:
        """Return the log number of the latest change of each of these items that is live, by item number."""
        found: dict[int, int] = {}
        with self._database.reading() as connection:
            for some in batches(numbers):
                found |= {row.number: row.seq for row in connection.execute(queries.VERSIONS, {"numbers": some})}
        return found

    # --- in a feed ---------------------------------------------------------------------------------------------------

    def added_last(self, feed: str, *, limit: int, after: int = 0) -> list[Record]:
        """Return live items of a feed that were added after log number `after`, latest first, at most `limit`."""
        return self._fetch(queries.added_last(of_all=feed == ALL), feed=feed, limit=limit, after=after)

    def revised_last(self, feed: str, *, limit: int) -> list[Record]:
        """Return live items of a feed that were revised, or moved into it, latest first.

        The result has the last `limit` items, and all others that changed in the same reading of a source as the
        earliest of them.
        """
        return self._fetch_whole_pass(queries.revised_last(of_all=feed == ALL), feed=feed, limit=limit)

    def withdrawn_last(self, feed: str, *, limit: int) -> list[Record]:
        """Return items that were withdrawn while they were in a feed, latest first.

        The result has the last `limit` items, and all others that changed in the same reading of a source as the
        earliest of them.
        """
        return self._fetch_whole_pass(queries.withdrawn_last(of_all=feed == ALL), feed=feed, limit=limit)

    def withdrawn_feeds(self) -> frozenset[str]:
        """Return the slugs of the feeds that had items which were withdrawn."""
        with self._database.reading() as connection:
            feeds = connection.execute(queries.WITHDRAWN_FEEDS).scalars().all()
            is_any = connection.execute(queries.IS_ANY_GONE).scalar_one()
        return frozenset((*feeds, ALL) if is_any else feeds)

    def added_between(self, feed: str, after: int, upto: int) -> list[Record]:
        """Return live items of a feed that were added under log numbers in (after, upto], in the order of these
        numbers.
        """
        return self._fetch(queries.added_between(of_all=feed == ALL), feed=feed, after=after, upto=upto)

    def withdrawn_between(self, feed: str, after: int, upto: int) -> list[Record]:
        """Return items that were added under log numbers in (after, upto] and withdrawn while they were in a feed, in
        the order of adding.
        """
        return self._fetch(queries.withdrawn_between(of_all=feed == ALL), feed=feed, after=after, upto=upto)

    def unchanged(self, feed: str, *, upto: int, limit: int) -> list[Record]:
        """Return live items of a feed whose latest change has at most log number `upto`, the first added first, at most
        `limit`.
        """
        query = queries.live(of_all=feed == ALL).where(items.c.seq <= upto).order_by(item_feeds.c.added_seq)
        return self._fetch(query.limit(limit), feed=feed)

    # --- for an audience ---------------------------------------------------------------------------------------------

    def latest(self, themes: ThemeChoice, *, limit: int) -> list[Record]:
        """Return the latest `limit` live items of these themes, in the order in which they were added."""
        if themes.without:
            query = select(items).where(IS_LIVE, queries.is_in(themes)).order_by(items.c.added_seq.desc()).limit(limit)
            return self._fetch(query)[::-1]
        found: dict[int, Record] = {}
        for theme in [ALL] if themes.is_all else themes.named:
            found.update((record.number, record) for record in self.added_last(theme, limit=limit))
        return sorted(found.values(), key=lambda record: record.added_seq)[-limit:]

    def due_for(self, audience: str, *, themes: ThemeChoice, after: int, upto: int, start: int) -> list[Record]:
        """Return live items that an audience has not had, in the order in which they were added.

        Each item changed under a log number in (after, upto], was added after log number `start`, is in one of
        `themes`, is in no edition of the audience, and was never removed from one for good by an editor.
        """
        query = queries.due_for() if themes.is_all else queries.due_for().where(queries.is_in(themes))
        due = self._fetch(query, audience=audience, after=after, upto=upto, start=start)
        return sorted(due, key=lambda record: record.added_seq)

    def changed_since_told(self, audience: str, *, upto: int) -> list[ChangedItem]:
        """Return live items of an audience's editions that changed after the audience last got them.

        Only changes after the audience's latest edition and up to log number `upto` count. The items are in the order
        of those changes.
        """
        with self._database.reading() as connection:
            after = connection.execute(queries.LATEST_UPTO, {"audience": audience}).scalar()
            if after is None:
                return []
            rows = connection.execute(queries.told_before(), {"audience": audience, "after": after, "upto": upto}).all()
            told = {each.item: each for each in formerly_of(connection, audience, [row.number for row in rows])}
            return [
                ChangedItem(record=record_of(row), told=item_of(row.told_content), formerly=told[row.number])
                for row in rows
            ]

    def as_added(self, numbers: Sequence[int]) -> dict[int, Item]:
        """Return the items with these numbers as they were when they were added. Items that never changed since are
        left out.
        """
        query = select(items.c.number, log.c.content).join(log, log.c.seq == items.c.added_seq)
        query = query.where(items.c.revision > log.c.revision, log.c.content != "")
        found: dict[int, Item] = {}
        with self._database.reading() as connection:
            for some in batches(numbers):
                rows = connection.execute(query.where(items.c.number.in_(some)))
                found |= {row.number: item_of(row.content) for row in rows}
        return found

    # --- after a change of config.toml -------------------------------------------------------------------------------

    @contextmanager
    def open_batch(self, *, after: int) -> Iterator["ItemBatch"]:
        """Open the next batch of items with numbers above `after`; changes to them are committed when the
        `with` ends.
        """
        from publisher.store.retheme import ItemBatch  # late: the themes of config.toml seldom change

        with self._database.writing() as connection:
            yield ItemBatch(connection, after=after)

    def _fetch_whole_pass(self, query: Select[Any], *, feed: str, limit: int) -> list[Record]:
        with self._database.reading() as connection:
            rows = connection.execute(queries.cut(query), {"feed": feed, "limit": limit, "after": 0}).all()
            if len(rows) == limit:
                after = connection.execute(queries.BEFORE_PASS, {"seq": rows[-1].told_seq}).scalar() or 0
                rows = connection.execute(query, {"feed": feed, "after": min(after, rows[-1].told_seq - 1)}).all()
            return [record_of(row) for row in rows]

    def _fetch(self, query: Select[Any], **values: object) -> list[Record]:
        with self._database.reading() as connection:
            return [record_of(row) for row in connection.execute(query, values)]
