"""Questions about items. Each costs what its answer weighs, however large the archive is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, or_, select

from publisher.model.feeds import ALL
from publisher.model.items import Item
from publisher.model.records import Record
from publisher.store.content import item_of, record_of
from publisher.store.schema import (
    IS_LIVE,
    IS_LIVE_REVISION,
    IS_REVISED,
    IS_WITHDRAWN,
    dropped_items,
    edition_corrections,
    edition_items,
    editions,
    item_feeds,
    items,
    log,
    withdrawals,
)

_STRETCH = 4
"""A feed grows to at most this many times its limit to hold all of one pass: readers that poll rarely miss nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAddress:
    """Where one item is found; the rest of it is not read."""

    path: str
    link: str
    """Its own, as the source gave it; empty: it has none."""
    updated: datetime


def touched_feeds(connection: Connection, after: int, upto: int) -> set[str]:
    """Slugs of the feeds that the changes in (after, upto] touch, the ones left and the ones joined."""
    rows = connection.execute(select(log.c.touched).distinct().where(log.c.seq > after, log.c.seq <= upto))
    return {slug for (touched,) in rows for slug in touched.split()}


def changed_page(connection: Connection, after: int, upto: int, *, limit: int) -> list[tuple[int, Record]]:
    """The next items whose last change in (after, upto] comes first, each with the log number of that change."""
    rows = connection.execute(_last_changes(after, upto).limit(limit))
    return [(row.log_seq, record_of(row)) for row in rows]


def feed_records(connection: Connection, feed: str, *, limit: int) -> list[Record]:
    """The live items that were added last, of a feed, newest published first.

    `limit` of them, or all that came with the newest one in one pass, up to four times `limit`; the first pass of a
    source, its whole archive, is not held together like that.
    """
    rows = connection.execute(newest_added(feed, limit=limit)).all()
    if len(rows) == limit and rows[0].pass_start is not None and rows[-1].added_seq > rows[0].pass_start + 1:
        of_pass = newest_added(feed, limit=_STRETCH * limit).where(_added_seq(feed) > rows[0].pass_start)
        of_pass_rows = connection.execute(of_pass).all()
        rows = of_pass_rows if len(of_pass_rows) > limit else rows
    return sorted(map(record_of, rows), key=lambda record: (record.published, record.added_seq), reverse=True)


def revised_records(connection: Connection, feed: str, *, limit: int) -> list[Record]:
    """The live items of a feed that were revised last, latest first."""
    query = _live(feed).limit(limit)
    if feed == ALL:
        query = query.where(IS_LIVE_REVISION).order_by(items.c.seq.desc())
    else:
        query = query.where(IS_REVISED).order_by(item_feeds.c.revised_seq.desc())
    return [record_of(row) for row in connection.execute(query)]


def withdrawn_records(connection: Connection, feed: str, *, limit: int) -> list[Record]:
    """The items that were withdrawn last while they were in a feed, latest first."""
    query = select(items).limit(limit)
    if feed == ALL:
        query = query.where(IS_WITHDRAWN).order_by(items.c.seq.desc())
    else:
        query = query.join(withdrawals, withdrawals.c.item == items.c.number).where(withdrawals.c.feed == feed)
        query = query.order_by(withdrawals.c.seq.desc())
    return [record_of(row) for row in connection.execute(query)]


def records_between(connection: Connection, feed: str, after: int, upto: int) -> list[Record]:
    """The live items of a feed that were added in (after, upto], in that order."""
    added_seq = _added_seq(feed)
    rows = connection.execute(_live(feed).where(added_seq > after, added_seq <= upto).order_by(added_seq))
    return [record_of(row) for row in rows]


def unchanged_records(connection: Connection, feed: str, *, upto: int, limit: int) -> list[Record]:
    """Some `limit` live items of a feed that did not change after `upto`; all when there are fewer."""
    rows = connection.execute(_live(feed).where(items.c.seq <= upto).order_by(item_feeds.c.added_seq).limit(limit))
    return [record_of(row) for row in rows]


def withdrawn_between(connection: Connection, feed: str, after: int, upto: int) -> list[Record]:
    """The items that were added in (after, upto] and withdrawn while they were in a feed."""
    query = select(items).where(IS_WITHDRAWN, items.c.added_seq > after, items.c.added_seq <= upto)
    if feed != ALL:
        query = query.join(withdrawals, withdrawals.c.item == items.c.number).where(withdrawals.c.feed == feed)
    return [record_of(row) for row in connection.execute(query.order_by(items.c.added_seq))]


def page_addresses(connection: Connection, after: int, upto: int) -> list[PageAddress]:
    """Where the live items with numbers in (after, upto] are found, in that order."""
    query = select(*items.c["path", "link", "updated"]).where(items.c.number > after, items.c.number <= upto, IS_LIVE)
    return [PageAddress(**row) for row in connection.execute(query.order_by(items.c.number)).mappings()]


def full_stretches(connection: Connection, feed: str, *, after: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches (after, upto] of `size` live items of a feed while more than that are left."""
    while len(seqs := _added_seqs(connection, feed, after=after, limit=size + 1)) > size:
        yield after, seqs[size - 1]
        after = seqs[size - 1]


def _added_seqs(connection: Connection, feed: str, *, after: int, limit: int) -> list[int]:
    """The log numbers under which the next live items beyond `after` were added."""
    added_seq = _added_seq(feed)
    query = select(added_seq).where(added_seq > after).order_by(added_seq).limit(limit)
    query = query.where(IS_LIVE if feed == ALL else item_feeds.c.feed == feed)
    return list(connection.execute(query).scalars())


def latest_records(connection: Connection, themes: Sequence[str] | None, *, limit: int) -> list[Record]:
    """The `limit` live items of any of these themes (None: of all) that were added last, in the order they were."""
    rows: dict[int, Row[Any]] = {}
    for theme in [ALL] if themes is None else themes:
        rows.update((row.number, row) for row in connection.execute(newest_added(theme, limit=limit)))
    latest = sorted(rows.values(), key=lambda row: row.added_seq)[-limit:]
    return [record_of(row) for row in latest]


def due_records(
    connection: Connection, audience: str, *, themes: Sequence[str] | None, after: int, upto: int, start: int
) -> list[Record]:
    """The live items an audience has not had: changed in (after, upto], added beyond `start`, in one of the themes
    (None: any), in no edition of the audience nor taken out of one for good. In the order they were added.
    """
    query = _last_changes(after, upto).where(IS_LIVE, items.c.added_seq > start, ~_was_sent(audience))
    if themes is not None:
        of_item = and_(item_feeds.c.item == items.c.number, item_feeds.c.feed.in_(sorted(themes)))
        query = query.where(exists().where(of_item))
    return sorted(map(record_of, connection.execute(query)), key=lambda record: record.added_seq)


def corrected_records(connection: Connection, audience: str, *, upto: int) -> list[Record]:
    """The live items of an audience's editions that read otherwise now than when it was last told of them, and changed
    since its latest edition, up to `upto`. In the order of those changes.
    """
    latest = select(func.max(editions.c.number)).where(editions.c.audience == audience).scalar_subquery()
    after = connection.execute(
        select(editions.c.upto).where(editions.c.audience == audience, editions.c.number == latest)
    ).scalar()
    if after is None:
        return []
    told = log.alias("told")
    query = (
        _last_changes(after, upto)
        .join(told, told.c.seq == _told_seq(audience))
        .where(IS_LIVE, items.c.seq > told.c.seq)
        .add_columns(told.c.content.label("told_content"))
    )
    changed = [(record_of(row), item_of(row.told_content)) for row in connection.execute(query)]
    return [record for record, told_item in changed if _reads_otherwise(record.item, told_item)]


def newest_added(feed: str, *, limit: int) -> Select[Any]:
    """The live items of a feed that were added last, latest first."""
    return _live(feed).order_by(_added_seq(feed).desc()).limit(limit)


def _live(feed: str) -> Select[Any]:
    query = select(items)
    if feed == ALL:
        return query.where(IS_LIVE)
    return query.join(item_feeds, item_feeds.c.item == items.c.number).where(item_feeds.c.feed == feed)


def _added_seq(feed: str) -> ColumnElement[int]:
    return items.c.added_seq if feed == ALL else item_feeds.c.added_seq


def _last_changes(after: int, upto: int) -> Select[Any]:
    """Items by their last change in (after, upto]; so each is there once, and pages can go by that change."""
    later = log.alias("later")
    is_later = and_(later.c.item == log.c.item, later.c.seq > log.c.seq, later.c.seq <= upto)
    query = select(items, log.c.seq.label("log_seq")).join(items, items.c.number == log.c.item).order_by(log.c.seq)
    return query.where(log.c.seq > after, log.c.seq <= upto, ~exists().where(is_later))


def _was_sent(audience: str) -> ColumnElement[bool]:
    sent, dropped = (
        exists().where(table.c.audience == audience, table.c.item == items.c.number)
        for table in (edition_items, dropped_items)
    )
    return or_(sent, dropped)


def _told_seq(audience: str) -> ColumnElement[int]:
    """The change an audience knows an item by: the one its latest edition with a correction of it told, else the one
    it was sent as; none when it never had the item.
    """
    corrected, sent = (
        select(func.max(table.c.seq)).where(table.c.audience == audience, table.c.item == items.c.number)
        for table in (edition_corrections, edition_items)
    )
    return func.coalesce(corrected.scalar_subquery(), sent.scalar_subquery())


def _reads_otherwise(item: Item, told: Item) -> bool:
    """Whether a reader of the one would want to read the other: not for new labels or keywords."""
    return _read(item) != _read(told)


def _read(item: Item) -> tuple[object, ...]:
    return item.date, item.title, item.text, item.link, {enclosure.url for enclosure in item.enclosures}
