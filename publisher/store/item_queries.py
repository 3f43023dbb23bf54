"""The SQL with which `items` finds items.

Statements are built once, with parameters: building one costs more than a query for a few rows in SQLite. `of_all` says
whether a query is for the feed of all items, or else for the feed of the parameter `feed`.
"""

from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, exists, func, or_, select

from publisher.model.editions import TakenOut
from publisher.model.themes import ThemeChoice
from publisher.store.edition_schema import dropped_items, edition_corrections, edition_items, editions
from publisher.store.schema import (
    IS_GONE,
    IS_LIVE,
    IS_LIVE_REVISION,
    IS_REVISED,
    WAKES,
    counters,
    item_feeds,
    items,
    log,
    sent_before,
    withdrawals,
)

_FEED: BindParameter[str] = bindparam("feed")
_AFTER: BindParameter[int] = bindparam("after")
_UPTO: BindParameter[int] = bindparam("upto")
_LIMIT: BindParameter[int] = bindparam("limit")
_AUDIENCE: BindParameter[str] = bindparam("audience")

BY_NUMBER = select(items).where(items.c.number.in_(bindparam("numbers", expanding=True)))
VERSIONS = select(*items.c["number", "seq"]).where(items.c.number.in_(bindparam("numbers", expanding=True)), IS_LIVE)
COUNT = select(counters.c.live_items)
LAST_NUMBER = select(counters.c.last_item)
SOURCES_DUE = select(items.c.source).distinct().where(WAKES, items.c.wakes <= bindparam("now")).order_by(items.c.source)
ADDRESSES = (
    select(*items.c["path", "content", "updated"])
    .where(items.c.number > _AFTER, items.c.number <= _UPTO, IS_LIVE)
    .order_by(items.c.number)
)
WITHDRAWN_FEEDS = select(withdrawals.c.feed).distinct()
IS_ANY_GONE = select(exists().where(IS_GONE))
LATEST_UPTO = (
    select(editions.c.upto).where(editions.c.audience == _AUDIENCE).order_by(editions.c.number.desc()).limit(1)
)

_seq: BindParameter[int] = bindparam("seq")
_OF_PASS = select(log.c.at).where(log.c.seq == _seq).scalar_subquery()
BEFORE_PASS = select(log.c.seq).where(log.c.seq < _seq, log.c.at != _OF_PASS).order_by(log.c.seq.desc()).limit(1)
"""The query for the last log number before the reading of a source that made a given change. All changes of one reading
have the same instant in the log.
"""


@cache
def added_last(*, of_all: bool) -> Select[Any]:
    """Return the query for the live items of a feed added after `after`, latest first, at most `limit`."""
    added_seq = _added_seq(of_all=of_all)
    return live(of_all=of_all).where(added_seq > _AFTER).order_by(added_seq.desc()).limit(_LIMIT)


@cache
def revised_last(*, of_all: bool) -> Select[Any]:
    """Return the query for the live items of a feed revised after `after`, latest first."""
    query, seq = live(of_all=of_all), items.c.seq if of_all else item_feeds.c.revised_seq
    return _told_last(query.where(IS_LIVE_REVISION if of_all else IS_REVISED), seq)


@cache
def withdrawn_last(*, of_all: bool) -> Select[Any]:
    """Return the query for the items withdrawn from a feed after `after`, latest first."""
    query, seq = _withdrawn(of_all=of_all), items.c.seq if of_all else withdrawals.c.seq
    return _told_last(query.where(IS_GONE) if of_all else query, seq)


@cache
def cut(query: Select[Any]) -> Select[Any]:
    """Return one of this module's queries, limited to as many rows as its parameter `limit` says."""
    return query.limit(_LIMIT)


def _told_last(query: Select[Any], seq: ColumnElement[Any]) -> Select[Any]:
    return query.add_columns(seq.label("told_seq")).where(seq > _AFTER).order_by(seq.desc())


@cache
def added_between(*, of_all: bool) -> Select[Any]:
    """Return the query for the live items of a feed added under log numbers in (after, upto], in the order of these
    numbers.
    """
    added_seq = _added_seq(of_all=of_all)
    return live(of_all=of_all).where(added_seq > _AFTER, added_seq <= _UPTO).order_by(added_seq)


@cache
def withdrawn_between(*, of_all: bool) -> Select[Any]:
    """Return the query for the items added under log numbers in (after, upto] and withdrawn from a feed, in the order
    of adding.
    """
    query = _withdrawn(of_all=of_all).where(IS_GONE, items.c.added_seq > _AFTER, items.c.added_seq <= _UPTO)
    return query.order_by(items.c.added_seq)


def live(*, of_all: bool) -> Select[Any]:
    """Return the query for the live items of a feed."""
    if of_all:
        return select(items).where(IS_LIVE)
    return select(items).join(item_feeds, item_feeds.c.item == items.c.number).where(item_feeds.c.feed == _FEED)


def _withdrawn(*, of_all: bool) -> Select[Any]:
    if of_all:
        return select(items)
    return select(items).join(withdrawals, withdrawals.c.item == items.c.number).where(withdrawals.c.feed == _FEED)


def _added_seq(*, of_all: bool) -> ColumnElement[int]:
    return items.c.added_seq if of_all else item_feeds.c.added_seq


def last_changes() -> Select[Any]:
    """Return a query for the items that changed under log numbers in (after, upto], each once, with the number of its
    last change (`log_seq`). Its parameters are `after` and `upto`.
    """
    later = log.alias("later")
    is_later = and_(later.c.item == log.c.item, later.c.seq > log.c.seq, later.c.seq <= _UPTO)
    query = select(items, log.c.seq.label("log_seq")).join(items, items.c.number == log.c.item).order_by(log.c.seq)
    return query.where(log.c.seq > _AFTER, log.c.seq <= _UPTO, ~exists().where(is_later))


@cache
def due_for() -> Select[Any]:
    """Return the query for `due_for` with all themes; its parameters are `audience`, `after`, `upto` and `start`."""
    return last_changes().where(IS_LIVE, items.c.added_seq > bindparam("start"), ~_was_sent())


@cache
def told_before() -> Select[Any]:
    """Return a query for live items that changed under log numbers in (after, upto]. For each, it gives the log number
    of the version that an audience got before. Its parameters are `audience`, `after` and `upto`.
    """
    told = log.alias("told")
    query = last_changes().join(told, told.c.seq == _told_seq())
    return query.where(IS_LIVE, items.c.revision > told.c.revision).add_columns(told.c.content.label("told_content"))


def is_in(themes: ThemeChoice) -> ColumnElement[bool]:
    """Return the SQL condition that an item is in one of the themes; slugs of feeds that are no themes contain
    a slash.
    """
    feed = item_feeds.c.feed
    is_followed: ColumnElement[bool] = feed.in_(sorted(themes.named))
    if themes.has_others:
        is_followed = or_(is_followed, and_(feed.not_in(sorted(themes.without)), ~feed.contains("/")))
    return exists().where(item_feeds.c.item == items.c.number, is_followed)


def _was_sent() -> ColumnElement[bool]:
    """Return the SQL condition that an item went to the audience of the parameter `audience`, or that an editor removed
    it from an edition, so that it never goes to this audience.
    """
    sent, dropped = (
        exists().where(table.c.audience == _AUDIENCE, table.c.item == items.c.number)
        for table in (edition_items, dropped_items)
    )
    before = exists().where(sent_before.c.audience == _AUDIENCE, sent_before.c.mark.in_([items.c.uid, items.c.path]))
    return or_(sent, dropped.where(dropped_items.c.reason.not_in([TakenOut.PUT_OFF, TakenOut.WITHDRAWN])), before)


def _told_seq() -> ColumnElement[int]:
    """Return an SQL expression for the log number of the version of an item that the audience of the parameter
    `audience` got last; it is null if the audience never got the item.

    That version is the latest correction of the item in an edition, or else the item as first sent.
    """
    corrected, sent = (
        select(func.max(table.c.seq)).where(table.c.audience == _AUDIENCE, table.c.item == items.c.number)
        for table in (edition_corrections, edition_items)
    )
    return func.coalesce(corrected.scalar_subquery(), sent.scalar_subquery())
