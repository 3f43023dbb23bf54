"""The feeds, how many live items each has, which items belong to which, and what was withdrawn from them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, insert, literal, select, update

from publisher.model.feeds import Feed, FeedKind
from publisher.model.items import Item
from publisher.model.labels import Names, Wanted
from publisher.model.records import State
from publisher.model.themes import Theme
from publisher.store.content import item_of, themes_text
from publisher.store.engine import BATCH, batches
from publisher.store.names import settle_names
from publisher.store.schema import IS_NO_KEYWORD, IS_OPEN, archives, feeds, item_feeds, items, pages, withdrawals

AlsoIn = Callable[[Item, Sequence[Theme], Names], tuple[Feed, ...]]
"""The feeds an item with these themes belongs to besides those of the themes."""
Assign = Callable[[Item, str, Names], tuple[Theme, ...]]
"""The themes of an item of a source."""

_RENAMED = (FeedKind.THEME, FeedKind.COMBINED)
"""Feeds called what they are called now; a keyword and a language keep their first spelling."""


def nowhere_else(_item: Item, _themes: Sequence[Theme], _names: Names) -> tuple[Feed, ...]:
    """The `AlsoIn` of a site that has feeds of themes only."""
    return ()


def feeds_of(item: Item, themes: Sequence[Theme], also_in: AlsoIn, names: Names) -> tuple[Feed, ...]:
    """All the feeds of an item, each once."""
    found = (*map(Feed.of_theme, themes), *also_in(item, themes, names))
    return tuple({feed.slug: feed for feed in reversed(found)}.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What the store knows of one feed."""

    feed: Feed
    items: int
    """How many live items it has."""
    changed_at: datetime
    """UTC; when one of its items, or its name, last changed."""
    is_open: bool
    """It was written for readers once, and so it is kept up."""


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
    known = {slug: state.feed.title for slug, state in feed_states(connection, list(by_slug)).items()}
    if new := [feed for slug, feed in by_slug.items() if slug not in known]:
        added = [{"slug": feed.slug, "kind": feed.kind.value, "title": feed.title} for feed in new]
        connection.execute(insert(feeds), [row | {"items": 0, "changed_at": now} for row in added])
    renamed = [by_slug[slug] for slug, title in known.items() if title != by_slug[slug].title]
    if rows := [{"of_slug": feed.slug, "name": feed.title, "now": now} for feed in renamed if feed.kind in _RENAMED]:
        named = update(feeds).where(feeds.c.slug == bindparam("of_slug"))
        connection.execute(named.values(title=bindparam("name"), changed_at=bindparam("now")), rows)


def open_feeds(connection: Connection, slugs: Collection[str], *, now: datetime) -> None:
    """Note that these feeds are written for readers from now on; the first time counts."""
    opened = update(feeds).where(feeds.c.slug == bindparam("of_slug"), ~IS_OPEN).values(opened_at=bindparam("now"))
    if slugs:
        connection.execute(opened, [{"of_slug": slug, "now": now} for slug in sorted(slugs)])


def follow_on(connection: Connection, slug: str, former: Sequence[str]) -> None:
    """Let a feed go on as the one that readers had under one of its `former` slugs: id, archive, pages, withdrawals.

    Nothing happens to a feed that readers know already, or that went on before.
    """
    rows = {row.slug: row for row in connection.execute(select(feeds).where(feeds.c.slug.in_([slug, *former])))}
    if rows[slug].opened_at is not None or rows[slug].first_slug:
        return
    # The one opened last: it went on itself as those before it.
    opened = [rows[each] for each in former if each in rows and rows[each].opened_at is not None]
    before = max(opened, key=lambda row: row.opened_at, default=None)
    first = former[0] if before is None else before.first_slug or before.slug
    connection.execute(update(feeds).where(feeds.c.slug == slug).values(first_slug=first))
    if before is None:
        return
    # Nobody knows a feed that is not open: what was withdrawn from it need not be told, and may be told of both.
    connection.execute(delete(withdrawals).where(withdrawals.c.feed == slug))
    for table in (archives, pages, withdrawals):
        others = [column.name for column in table.c if column.name != "feed"]
        kept = select(literal(slug), *(table.c[name] for name in others)).where(table.c.feed == before.slug)
        connection.execute(insert(table).from_select(["feed", *others], kept))


# --- questions -------------------------------------------------------------------------------------------------------


def feed_states(connection: Connection, slugs: Collection[str]) -> dict[str, FeedState]:
    """Those of these feeds that are there, by slug."""
    found: dict[str, FeedState] = {}
    for some in batches(sorted(slugs)):
        found.update((state.feed.slug, state) for state in _states(connection, feeds.c.slug.in_(some)))
    return found


def states_of_kind(connection: Connection, kind: FeedKind) -> list[FeedState]:
    """Every feed of that kind there ever was, by slug."""
    is_kind = feeds.c.kind == kind.value
    return _states(connection, is_kind if kind is FeedKind.KEYWORD else is_kind & IS_NO_KEYWORD)


def open_states(connection: Connection) -> list[FeedState]:
    """Every feed that is written for readers, by slug."""
    return _states(connection, IS_OPEN)


def slugs_of(connection: Connection, numbers: Collection[int]) -> Mapping[int, Sequence[str]]:
    """The feeds that live items are in, by the item's number; in a stable order."""
    found: dict[int, list[str]] = defaultdict(list)
    columns = select(item_feeds.c.item, item_feeds.c.feed).order_by(item_feeds.c.item, item_feeds.c.feed)
    for some in batches(sorted(set(numbers))):
        for item, slug in connection.execute(columns.where(item_feeds.c.item.in_(some))):
            found[item].append(slug)
    return found


def _states(connection: Connection, where: ColumnElement[bool]) -> list[FeedState]:
    return [_state(row) for row in connection.execute(select(feeds).where(where).order_by(feeds.c.slug))]


def _state(row: Row[Any]) -> FeedState:
    return FeedState(
        feed=Feed(kind=FeedKind(row.kind), slug=row.slug, title=row.title, first_slug=row.first_slug),
        items=row.items,
        changed_at=row.changed_at,
        is_open=row.opened_at is not None,
    )


# --- items in and out ------------------------------------------------------------------------------------------------


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


# --- a changed configuration -----------------------------------------------------------------------------------------


def retheme_page(
    connection: Connection,
    assign: Assign,
    also_in: AlsoIn,
    wanted: Callable[[Iterable[Item]], Wanted],
    *,
    after: int,
    now: datetime,
) -> int | None:
    """Assign anew the feeds of the next `BATCH` items beyond number `after`; the last number seen, None at the end.

    The log does not grow: the organisation changed nothing, so no audience shall get old items again.
    """
    columns = items.c["number", "source", "added_seq", "seq", "revision", "state", "content", "themes"]
    page = select(*columns).where(items.c.number > after).order_by(items.c.number).limit(BATCH)
    rows = connection.execute(page).all()
    old = slugs_of(connection, [row.number for row in rows])
    said = [item_of(row.content) for row in rows]
    # What was kept from readers shall take no name from what they see.
    names = settle_names(connection, wanted(item for row, item in zip(rows, said, strict=True) if row.added_seq))
    assigned: list[tuple[Row[Any], tuple[Theme, ...], tuple[Feed, ...]]] = []
    for row, item in zip(rows, said, strict=True):
        themes = assign(item, row.source, names)
        assigned.append((row, themes, feeds_of(item, themes, also_in, names)))
    _retheme(connection, [(row, themes) for row, themes, _ in assigned if themes_text(themes) != row.themes])
    live = [(row, new) for row, _, new in assigned if row.state != State.WITHDRAWN]
    moved = [(row, new) for row, new in live if sorted(feed.slug for feed in new) != old.get(row.number, [])]
    _move(connection, moved, old, now=now)
    return rows[-1].number if rows else None


def _retheme(connection: Connection, changed: Sequence[tuple[Row[Any], tuple[Theme, ...]]]) -> None:
    assigned = update(items).where(items.c.number == bindparam("of_number")).values(themes=bindparam("new_themes"))
    if rows := [{"of_number": row.number, "new_themes": themes_text(themes)} for row, themes in changed]:
        connection.execute(assigned, rows)


def _move(
    connection: Connection,
    moved: Sequence[tuple[Row[Any], tuple[Feed, ...]]],
    old: Mapping[int, Sequence[str]],
    *,
    now: datetime,
) -> None:
    changes = FeedChanges(now)
    for row, new in moved:
        changes.left(old.get(row.number, ()))
        changes.joined(new)
    changes.write(connection)
    leave_feeds(connection, [row.number for row, _ in moved])
    join_feeds(connection, _memberships(moved))


def _memberships(moved: Iterable[tuple[Row[Any], tuple[Feed, ...]]]) -> Iterator[Membership]:
    for row, new in moved:
        revised_seq = row.seq if row.revision > 1 else None
        yield Membership(number=row.number, added_seq=row.added_seq, revised_seq=revised_seq, feeds=new)
