"""Queries for items. The cost of a query grows with its answer, not with the number of stored items."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, exists, func, or_, select

from publisher.model.corrections import Formerly
from publisher.model.editions import TakenOut
from publisher.model.feeds import ALL
from publisher.model.items import Item
from publisher.model.records import Record, State
from publisher.model.themes import ThemeChoice
from publisher.store.content import item_of, record_of
from publisher.store.edition_schema import dropped_items, edition_corrections, edition_items, editions
from publisher.store.engine import Database, batches
from publisher.store.formerly import formerly_of
from publisher.store.retheme import ItemBatch
from publisher.store.schema import (
    IS_GONE,
    IS_HIDDEN,
    IS_LIVE,
    IS_LIVE_REVISION,
    IS_REVISED,
    IS_WAITING,
    WAKES,
    counters,
    item_feeds,
    items,
    log,
    sent_before,
    withdrawals,
)

_BY_NUMBER = select(items).where(items.c.number.in_(bindparam("numbers", expanding=True)))
_VERSIONS = select(*items.c["number", "seq"]).where(items.c.number.in_(bindparam("numbers", expanding=True)), IS_LIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAddress:
    """An item's address on the web."""

    path: str
    link: str
    """The item's own address, from the source; empty if it has none."""
    updated: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedItem:
    """An item that an audience got in an edition, and that changed since."""

    record: Record
    """The item as it is now."""
    told: Item
    """The item as the audience last got it."""
    formerly: Formerly
    """The same version of the item, with the number of its edition and the title that the editor gave it there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
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
            return int(connection.execute(select(counters.c.live_items)).scalar_one())

    def last_number(self) -> int:
        """Return the highest number of an item; all lower numbers are used too."""
        with self._database.reading() as connection:
            return int(connection.execute(select(counters.c.last_item)).scalar_one())

    def next_wake(self, *, after: datetime) -> datetime | None:
        """Return the next moment later than `after` at which an item appears or expires, or None if there is none."""
        query = select(func.min(items.c.wakes)).where(WAKES, items.c.wakes > after)
        with self._database.reading() as connection:
            wakes: datetime | None = connection.execute(query).scalar_one()
            return wakes

    def sources_due(self, now: datetime) -> list[str]:
        """Return the names of the sources that have items due to appear or expire by `now`, sorted."""
        query = select(items.c.source).distinct().where(WAKES, items.c.wakes <= now).order_by(items.c.source)
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

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
        """Return how many items of each source are hidden; a source without any is missing."""
        query = select(items.c.source, func.count().label("hidden")).where(IS_HIDDEN).group_by(items.c.source)
        with self._database.reading() as connection:
            return {row.source: row.hidden for row in connection.execute(query)}

    def addresses(self, after: int, upto: int) -> list[ItemAddress]:
        """Return the addresses of live items whose numbers are in (after, upto], in order."""
        is_between = (items.c.number > after, items.c.number <= upto)
        query = select(*items.c["path", "content", "updated"]).where(*is_between, IS_LIVE).order_by(items.c.number)
        with self._database.reading() as connection:
            return [
                ItemAddress(path=row.path, link=item_of(row.content).link, updated=row.updated)
                for row in connection.execute(query)
            ]

    def by_number(self, numbers: Sequence[int]) -> list[Record]:
        """Return the items with these numbers, in any order."""
        found: list[Record] = []
        with self._database.reading() as connection:
            for some in batches(numbers):
                found += [record_of(row) for row in connection.execute(_BY_NUMBER, {"numbers": some})]
        return found

    def versions(self, numbers: Sequence[int]) -> dict[int, int]:
        """Return the log number of the latest change of each of these items that is live, by item number."""
        found: dict[int, int] = {}
        with self._database.reading() as connection:
            for some in batches(numbers):
                found |= {row.number: row.seq for row in connection.execute(_VERSIONS, {"numbers": some})}
        return found

    # --- in a feed ---------------------------------------------------------------------------------------------------

    def added_last(self, feed: str, *, limit: int, after: int = 0) -> list[Record]:
        """Return live items of a feed that were added after log number `after`, latest first, at most `limit`."""
        return self._fetch(_added_last(of_all=feed == ALL), feed=feed, limit=limit, after=after)

    def revised_last(self, feed: str, *, limit: int) -> list[Record]:
        """Return live items of a feed that were revised, or moved into it, latest first.

        The result has the last `limit` items, and all others that changed in the same pass as the earliest of them.
        """
        return self._fetch_whole_pass(_revised_last(of_all=feed == ALL), feed=feed, limit=limit)

    def withdrawn_last(self, feed: str, *, limit: int) -> list[Record]:
        """Return items that were withdrawn while they were in a feed, latest first.

        The result has the last `limit` items, and all others that changed in the same pass as the earliest of them.
        """
        return self._fetch_whole_pass(_withdrawn_last(of_all=feed == ALL), feed=feed, limit=limit)

    def withdrawn_feeds(self) -> frozenset[str]:
        """Return the slugs of the feeds that had items which were withdrawn."""
        with self._database.reading() as connection:
            feeds = connection.execute(select(withdrawals.c.feed).distinct()).scalars().all()
            is_any = connection.execute(select(exists().where(IS_GONE))).scalar_one()
        return frozenset((*feeds, ALL) if is_any else feeds)

    def added_between(self, feed: str, after: int, upto: int) -> list[Record]:
        """Return live items of a feed that were added under log numbers in (after, upto], in that order."""
        return self._fetch(_added_between(of_all=feed == ALL), feed=feed, after=after, upto=upto)

    def withdrawn_between(self, feed: str, after: int, upto: int) -> list[Record]:
        """Return items that were added under log numbers in (after, upto] and withdrawn while they were in a feed, in
        the order of adding.
        """
        return self._fetch(_withdrawn_between(of_all=feed == ALL), feed=feed, after=after, upto=upto)

    def unchanged(self, feed: str, *, upto: int, limit: int) -> list[Record]:
        """Return live items of a feed whose latest change has at most log number `upto`, the first added first, at most
        `limit`.
        """
        query = _live(of_all=feed == ALL).where(items.c.seq <= upto).order_by(item_feeds.c.added_seq)
        return self._fetch(query.limit(limit), feed=feed)

    # --- for an audience ---------------------------------------------------------------------------------------------

    def latest(self, themes: ThemeChoice, *, limit: int) -> list[Record]:
        """Return the latest `limit` live items of these themes, in the order in which they were added."""
        if themes.without:
            query = select(items).where(IS_LIVE, _is_in(themes)).order_by(items.c.added_seq.desc()).limit(limit)
            return self._fetch(query)[::-1]
        found: dict[int, Record] = {}
        for theme in [ALL] if themes.is_all else themes.named:
            found.update((record.number, record) for record in self.added_last(theme, limit=limit))
        return sorted(found.values(), key=lambda record: record.added_seq)[-limit:]

    def due_for(self, audience: str, *, themes: ThemeChoice, after: int, upto: int, start: int) -> list[Record]:
        """Return live items that an audience has not had, in the order in which they were added.

        Each item changed under a log number in (after, upto], was added after log number `start`, is in one of
        `themes`, is in no edition of the audience, and was never permanently taken out of one.
        """
        query = last_changes(after, upto).where(IS_LIVE, items.c.added_seq > start, ~_was_sent(audience))
        if not themes.is_all:
            query = query.where(_is_in(themes))
        return sorted(self._fetch(query), key=lambda record: record.added_seq)

    def changed_since_told(self, audience: str, *, upto: int) -> list[ChangedItem]:
        """Return live items of an audience's editions that changed after the audience last got them.

        Only changes after the audience's latest edition and up to log number `upto` count. The items are in the order
        of those changes.
        """
        its = select(editions.c.upto).where(editions.c.audience == audience)
        with self._database.reading() as connection:
            after = connection.execute(its.order_by(editions.c.number.desc()).limit(1)).scalar()
            if after is None:
                return []
            rows = connection.execute(_told_before(audience, after, upto)).all()
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
    def open_batch(self, *, after: int) -> Iterator[ItemBatch]:
        """Open the next batch of items with numbers above `after`; changes to them are committed when the
        `with` ends.
        """
        with self._database.writing() as connection:
            yield ItemBatch(connection, after=after)

    def _fetch_whole_pass(self, query: Select[Any], *, feed: str, limit: int) -> list[Record]:
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(_LIMIT), {"feed": feed, "limit": limit, "after": 0}).all()
            if len(rows) == limit:
                after = connection.execute(_BEFORE_PASS, {"seq": rows[-1].told_seq}).scalar() or 0
                rows = connection.execute(query, {"feed": feed, "after": min(after, rows[-1].told_seq - 1)}).all()
            return [record_of(row) for row in rows]

    def _fetch(self, query: Select[Any], **values: object) -> list[Record]:
        with self._database.reading() as connection:
            return [record_of(row) for row in connection.execute(query, values)]


# Statements are built once: building one costs more than a query for a few rows in SQLite.
_FEED: BindParameter[str] = bindparam("feed")
_AFTER: BindParameter[int] = bindparam("after")
_UPTO: BindParameter[int] = bindparam("upto")
_LIMIT: BindParameter[int] = bindparam("limit")


_seq: BindParameter[int] = bindparam("seq")
_OF_PASS = select(log.c.at).where(log.c.seq == _seq).scalar_subquery()
_BEFORE_PASS = select(log.c.seq).where(log.c.seq < _seq, log.c.at != _OF_PASS).order_by(log.c.seq.desc()).limit(1)
"""The last log number before the pass that wrote a given log number. All changes of a pass have the same instant in the
log.
"""


@cache
def _added_last(*, of_all: bool) -> Select[Any]:
    added_seq = _added_seq(of_all=of_all)
    return _live(of_all=of_all).where(added_seq > _AFTER).order_by(added_seq.desc()).limit(_LIMIT)


@cache
def _revised_last(*, of_all: bool) -> Select[Any]:
    query, seq = _live(of_all=of_all), items.c.seq if of_all else item_feeds.c.revised_seq
    return _told_last(query.where(IS_LIVE_REVISION if of_all else IS_REVISED), seq)


@cache
def _withdrawn_last(*, of_all: bool) -> Select[Any]:
    query, seq = _withdrawn(of_all=of_all), items.c.seq if of_all else withdrawals.c.seq
    return _told_last(query.where(IS_GONE) if of_all else query, seq)


def _told_last(query: Select[Any], seq: ColumnElement[Any]) -> Select[Any]:
    return query.add_columns(seq.label("told_seq")).where(seq > _AFTER).order_by(seq.desc())


@cache
def _added_between(*, of_all: bool) -> Select[Any]:
    added_seq = _added_seq(of_all=of_all)
    return _live(of_all=of_all).where(added_seq > _AFTER, added_seq <= _UPTO).order_by(added_seq)


@cache
def _withdrawn_between(*, of_all: bool) -> Select[Any]:
    query = _withdrawn(of_all=of_all).where(IS_GONE, items.c.added_seq > _AFTER, items.c.added_seq <= _UPTO)
    return query.order_by(items.c.added_seq)


def _live(*, of_all: bool) -> Select[Any]:
    if of_all:
        return select(items).where(IS_LIVE)
    return select(items).join(item_feeds, item_feeds.c.item == items.c.number).where(item_feeds.c.feed == _FEED)


def _withdrawn(*, of_all: bool) -> Select[Any]:
    if of_all:
        return select(items)
    return select(items).join(withdrawals, withdrawals.c.item == items.c.number).where(withdrawals.c.feed == _FEED)


def _added_seq(*, of_all: bool) -> ColumnElement[int]:
    return items.c.added_seq if of_all else item_feeds.c.added_seq


def last_changes(after: int, upto: int) -> Select[Any]:
    """Return a query for the items that changed under log numbers in (after, upto], each once, with the number of its
    last change (`log_seq`).
    """
    later = log.alias("later")
    is_later = and_(later.c.item == log.c.item, later.c.seq > log.c.seq, later.c.seq <= upto)
    query = select(items, log.c.seq.label("log_seq")).join(items, items.c.number == log.c.item).order_by(log.c.seq)
    return query.where(log.c.seq > after, log.c.seq <= upto, ~exists().where(is_later))


def _told_before(audience: str, after: int, upto: int) -> Select[Any]:
    """Return a query for live items that changed under log numbers in (after, upto]. For each, it gives the log number
    of the version that an audience got before.
    """
    told = log.alias("told")
    query = last_changes(after, upto).join(told, told.c.seq == _told_seq(audience))
    return query.where(IS_LIVE, items.c.revision > told.c.revision).add_columns(told.c.content.label("told_content"))


def _is_in(themes: ThemeChoice) -> ColumnElement[bool]:
    """Return the SQL condition that an item is in one of the themes; slugs of feeds that are no themes contain
    a slash.
    """
    feed = item_feeds.c.feed
    is_followed: ColumnElement[bool] = feed.in_(sorted(themes.named))
    if themes.has_others:
        is_followed = or_(is_followed, and_(feed.not_in(sorted(themes.without)), ~feed.contains("/")))
    return exists().where(item_feeds.c.item == items.c.number, is_followed)


def _was_sent(audience: str) -> ColumnElement[bool]:
    sent, dropped = (
        exists().where(table.c.audience == audience, table.c.item == items.c.number)
        for table in (edition_items, dropped_items)
    )
    before = exists().where(sent_before.c.audience == audience, sent_before.c.mark.in_([items.c.uid, items.c.path]))
    return or_(sent, dropped.where(dropped_items.c.reason.not_in([TakenOut.PUT_OFF, TakenOut.WITHDRAWN])), before)


def _told_seq(audience: str) -> ColumnElement[int]:
    """Return an SQL expression for the log number of the version of an item that an audience got last; it is null if
    the audience never got the item.

    That version is the latest correction of the item in an edition, or else the item as first sent.
    """
    corrected, sent = (
        select(func.max(table.c.seq)).where(table.c.audience == audience, table.c.item == items.c.number)
        for table in (edition_corrections, edition_items)
    )
    return func.coalesce(corrected.scalar_subquery(), sent.scalar_subquery())
