"""Which feeds each live item is in, and which feeds each withdrawn item was in.

A change of memberships also updates what is stored about the feeds: number of items, time of the last change, title.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from publisher.model.feeds import Feed, FeedKind
from publisher.store.engine import batches
from publisher.store.schema import feeds, item_feeds, withdrawals

_RENAMED = (FeedKind.THEME, FeedKind.COMBINED)
"""Kinds of feeds that take over a new title. Keywords and languages keep their first spelling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """The feeds that one live item is in."""

    number: int
    added_seq: int
    feeds: Sequence[Feed]
    revised_seqs: Mapping[str, int | None] = field(default_factory=dict)
    """The log number of the latest revision that each feed announces, by the feed's slug. It changed the item's
    content, or moved it into the feed. A feed without a revision has `None` or is missing.
    """


# Statements are built once: building one costs more than a query for a few rows in SQLite.
_FEEDS_OF = (
    select(*item_feeds.c["item", "feed", "revised_seq"])
    .where(item_feeds.c.item.in_(bindparam("numbers", expanding=True)))
    .order_by(item_feeds.c.item, item_feeds.c.feed)
)
_TITLES = select(feeds.c.slug, feeds.c.title).where(feeds.c.slug.in_(bindparam("slugs", expanding=True)))
_GAIN = (
    update(feeds)
    .where(feeds.c.slug == bindparam("of_slug"))
    .values(items=feeds.c["items"] + bindparam("gain"), changed_at=bindparam("now"))
)


def memberships_of(connection: Connection, numbers: Collection[int]) -> Mapping[int, Mapping[str, int | None]]:
    """Return the feeds of live items, by item number: the slugs, sorted, each with the log number of the revision that
    the feed announces.
    """
    found: dict[int, dict[str, int | None]] = defaultdict(dict)
    for some in batches(sorted(set(numbers))):
        for item, slug, revised_seq in connection.execute(_FEEDS_OF, {"numbers": some}):
            found[item][slug] = revised_seq
    return found


def move_items(
    connection: Connection, joined: Sequence[Membership], left: Mapping[int, Collection[str]], *, now: datetime
) -> None:
    """Take items out of all feeds they were in, and put live items into their feeds; missing feeds are made.

    Args:
        connection: a transaction that holds the log's lock. The items are stored already.
        joined: the items that are in feeds from now on.
        left: slugs of the feeds that items were in so far, by item number.
        now: when the feeds change.
    """
    gains = Counter(feed.slug for item in joined for feed in item.feeds)
    gains.subtract(slug for slugs in left.values() for slug in slugs)
    ensure_feeds(connection, [feed for item in joined for feed in item.feeds], now=now)
    _count_items(connection, gains, now=now)
    if rows := [{"number": number} for number in left]:
        connection.execute(delete(item_feeds).where(item_feeds.c.item == bindparam("number")), rows)
    entered = [
        {
            "feed": feed.slug,
            "added_seq": item.added_seq,
            "item": item.number,
            "revised_seq": item.revised_seqs.get(feed.slug),
        }
        for item in joined
        for feed in item.feeds
    ]
    if entered:
        connection.execute(insert(item_feeds), entered)


def ensure_feeds(connection: Connection, wanted: Iterable[Feed], *, now: datetime) -> None:
    """Make sure that every feed exists with its title; write nothing if all do."""
    by_slug: dict[str, Feed] = {}
    for feed in wanted:
        if feed.kind in _RENAMED or feed.slug not in by_slug:
            by_slug[feed.slug] = feed
    known = _titles(connection, by_slug)
    if new := [feed for slug, feed in by_slug.items() if slug not in known]:
        added = [{"slug": feed.slug, "kind": feed.kind, "title": feed.title, "first_slug": ""} for feed in new]
        connection.execute(insert(feeds), [row | {"items": 0, "changed_at": now} for row in added])
    renamed = [by_slug[slug] for slug, title in known.items() if title != by_slug[slug].title]
    if rows := [{"of_slug": feed.slug, "name": feed.title, "now": now} for feed in renamed if feed.kind in _RENAMED]:
        named = update(feeds).where(feeds.c.slug == bindparam("of_slug"))
        connection.execute(named.values(title=bindparam("name"), changed_at=bindparam("now")), rows)


def note_withdrawals(connection: Connection, withdrawn: Iterable[tuple[int, int, Collection[str]]]) -> None:
    """Record which feeds withdrawn items were in. Each item is (number, log number of the withdrawal, slugs)."""
    rows = [{"feed": slug, "seq": seq, "item": number} for number, seq, slugs in withdrawn for slug in slugs]
    if rows:
        connection.execute(insert(withdrawals), rows)


def forget_withdrawals(connection: Connection, numbers: Iterable[int]) -> None:
    """Delete the record of the feeds that these items were in when they were withdrawn, because they are live again."""
    rows = [{"number": number} for number in numbers]
    if rows:
        connection.execute(delete(withdrawals).where(withdrawals.c.item == bindparam("number")), rows)


def _count_items(connection: Connection, gains: Mapping[str, int], *, now: datetime) -> None:
    """Add `gains` to the stored numbers of items of feeds, by slug. A feed with a gain of 0 also counts as changed
    `now`.
    """
    rows = [{"of_slug": slug, "gain": gain, "now": now} for slug, gain in sorted(gains.items())]
    if rows:
        connection.execute(_GAIN, rows)


def _titles(connection: Connection, slugs: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in batches(sorted(slugs)):
        rows = connection.execute(_TITLES, {"slugs": some})
        found.update((row.slug, row.title) for row in rows)
    return found
