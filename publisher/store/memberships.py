"""Which live items are in which feeds, what was withdrawn from them, and what a change of items does to feeds."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from publisher.model.feeds import Feed, FeedKind
from publisher.store.engine import batches
from publisher.store.schema import feeds, item_feeds, withdrawals

_RENAMED = (FeedKind.THEME, FeedKind.COMBINED)
"""Feeds called what they are called now; a keyword and a language keep their first spelling."""


@dataclass(frozen=True, slots=True)
class FeedChanges:
    """What a transaction does to the feeds, gathered so that each is written once."""

    now: datetime
    gains: Counter[str] = field(default_factory=Counter)
    """Live items more (or fewer) by slug; a slug with 0 was touched all the same."""
    seen: dict[str, Feed] = field(default_factory=dict)
    """The feeds that items have now, with the titles they are to have."""

    def joined(self, joined: Iterable[Feed]) -> None:
        """A live item is in these feeds from now on."""
        for feed in joined:
            self.gains[feed.slug] += 1
            if feed.kind in _RENAMED or feed.slug not in self.seen:
                self.seen[feed.slug] = feed

    def left(self, slugs: Iterable[str]) -> None:
        """A live item is no longer in these feeds."""
        for slug in slugs:
            self.gains[slug] -= 1

    def write(self, connection: Connection) -> None:
        """Make the feeds' rows say so; before the items' own rows, which refer to them."""
        ensure_feeds(connection, list(self.seen.values()), now=self.now)
        rows = [{"of_slug": slug, "gain": gain, "now": self.now} for slug, gain in sorted(self.gains.items())]
        if rows:
            gained = update(feeds).where(feeds.c.slug == bindparam("of_slug"))
            gained = gained.values(items=feeds.c["items"] + bindparam("gain"), changed_at=bindparam("now"))
            connection.execute(gained, rows)


def ensure_feeds(connection: Connection, wanted: Sequence[Feed], *, now: datetime) -> None:
    """Make sure that every feed is there under its title; nothing is written when all are."""
    by_slug = {feed.slug: feed for feed in wanted}
    known = _titles(connection, by_slug)
    if new := [feed for slug, feed in by_slug.items() if slug not in known]:
        added = [{"slug": feed.slug, "kind": feed.kind, "title": feed.title, "first_slug": ""} for feed in new]
        connection.execute(insert(feeds), [row | {"items": 0, "changed_at": now} for row in added])
    renamed = [by_slug[slug] for slug, title in known.items() if title != by_slug[slug].title]
    if rows := [{"of_slug": feed.slug, "name": feed.title, "now": now} for feed in renamed if feed.kind in _RENAMED]:
        named = update(feeds).where(feeds.c.slug == bindparam("of_slug"))
        connection.execute(named.values(title=bindparam("name"), changed_at=bindparam("now")), rows)


def _titles(connection: Connection, slugs: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in batches(sorted(slugs)):
        rows = connection.execute(select(feeds.c.slug, feeds.c.title).where(feeds.c.slug.in_(some)))
        found.update((row.slug, row.title) for row in rows)
    return found


def slugs_of(connection: Connection, numbers: Collection[int]) -> Mapping[int, Sequence[str]]:
    """The feeds that live items are in, by the item's number; in a stable order."""
    found: dict[int, list[str]] = defaultdict(list)
    columns = select(item_feeds.c.item, item_feeds.c.feed).order_by(item_feeds.c.item, item_feeds.c.feed)
    for some in batches(sorted(set(numbers))):
        for item, slug in connection.execute(columns.where(item_feeds.c.item.in_(some))):
            found[item].append(slug)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """The feeds one live item is in."""

    number: int
    added_seq: int
    revised_seq: int | None
    """The log number of its latest revision; None: it never had any."""
    feeds: Sequence[Feed]


def join_feeds(connection: Connection, joined: Iterable[Membership]) -> None:
    """Enter live items under their feeds."""
    rows = [
        {"feed": feed.slug, "added_seq": item.added_seq, "item": item.number, "revised_seq": item.revised_seq}
        for item in joined
        for feed in item.feeds
    ]
    if rows:
        connection.execute(insert(item_feeds), rows)


def leave_feeds(connection: Connection, numbers: Iterable[int]) -> None:
    """Take items out of all their feeds."""
    rows = [{"number": number} for number in numbers]
    if rows:
        connection.execute(delete(item_feeds).where(item_feeds.c.item == bindparam("number")), rows)


def note_withdrawals(connection: Connection, withdrawn: Iterable[tuple[int, int, Sequence[str]]]) -> None:
    """Note for feeds that items, given as (number, seq of the withdrawal, slugs), are gone."""
    rows = [{"feed": slug, "seq": seq, "item": number} for number, seq, slugs in withdrawn for slug in slugs]
    if rows:
        connection.execute(insert(withdrawals), rows)


def forget_withdrawals(connection: Connection, numbers: Iterable[int]) -> None:
    """These are back."""
    rows = [{"number": number} for number in numbers]
    if rows:
        connection.execute(delete(withdrawals).where(withdrawals.c.item == bindparam("number")), rows)
