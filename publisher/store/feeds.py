"""The feeds: slug, title, how many live items each has, and whether readers have it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, delete, insert, literal, select, true, update

from publisher.model.feeds import Feed, FeedKind
from publisher.store.archives import Archives
from publisher.store.engine import Database, batches
from publisher.store.memberships import ensure_feeds
from publisher.store.pages import Pages
from publisher.store.schema import IS_NO_KEYWORD, IS_OPEN, archives, feeds, pages, withdrawals
from publisher.store.sequences import FeedSequence, Neighbours, read_end, read_neighbours, read_whole


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What the store knows about one feed."""

    feed: Feed
    items: int
    """How many live items it has."""
    changed_at: datetime
    """UTC; when one of its items, or its title, last changed."""
    opened_at: datetime | None = None
    """UTC; when it was first written for readers. None: never. The feed of all items always is."""

    @property
    def is_open(self) -> bool:
        """Whether the feed was ever written for readers. If so, it is always written from then on."""
        return self.opened_at is not None or self.feed.kind is FeedKind.ALL


class Feeds:
    """The feeds, with their archives and numbered pages."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.archives = Archives(database)
        self.pages = Pages(database)

    def of_kind(self, kind: FeedKind) -> list[FeedState]:
        """All feeds of a kind, sorted by slug. A feed without items stays."""
        is_kind = feeds.c.kind == kind
        return self._where(is_kind if kind is FeedKind.KEYWORD else is_kind & IS_NO_KEYWORD)

    def all(self) -> list[FeedState]:
        """All feeds, sorted by slug. A feed without items stays."""
        return self._where(true())

    def all_open(self) -> list[FeedState]:
        """All feeds that are written for readers, sorted by slug."""
        return self._where(IS_OPEN)

    def states(self, slugs: Collection[str]) -> dict[str, FeedState]:
        """The feeds that exist among these slugs, by slug."""
        found: dict[str, FeedState] = {}
        for some in batches(sorted(slugs)):
            found.update((state.feed.slug, state) for state in self._where(feeds.c.slug.in_(some)))
        return found

    def whole(self, slug: str) -> FeedSequence:
        """Return all live items of a feed in the order in which they were added, and all its cuts."""
        with self._database.reading() as connection:
            return read_whole(connection, slug)

    def end(self, slug: str) -> FeedSequence:
        """Return the part of a feed that news can change, however long the feed is."""
        with self._database.reading() as connection:
            return read_end(connection, slug)

    def neighbours(self, slug: str, seqs: Sequence[int]) -> dict[int, Neighbours]:
        """Return the items of a feed that were added just before and after each of these log numbers, by log number."""
        with self._database.reading() as connection:
            return read_neighbours(connection, slug, seqs)

    def ensure(self, wanted: Sequence[Feed], *, now: datetime) -> None:
        """Make sure that each feed exists with its title; write nothing if all do."""
        with self._database.writing() as connection:
            ensure_feeds(connection, wanted, now=now)

    def mark_open(self, slugs: Collection[str], *, now: datetime) -> None:
        """Note that these feeds are written for readers from now on. For a feed that was, nothing changes."""
        if not slugs:
            return
        opened = update(feeds).where(feeds.c.slug == bindparam("of_slug"), ~IS_OPEN).values(opened_at=bindparam("now"))
        with self._database.writing() as connection:
            connection.execute(opened, [{"of_slug": slug, "now": now} for slug in sorted(slugs)])

    def take_over(self, slug: str, *, first_slug: str, former: str | None) -> None:
        """Give a renamed theme's feed the archive, pages and withdrawals of a former feed; None: there are none.

        `first_slug` is the slug from which its id is made. Nothing is written if readers have the feed already, or if
        it took over before.
        """
        is_new = (feeds.c.slug == slug, ~IS_OPEN, feeds.c.first_slug == "")
        with self._database.writing() as connection:
            renamed = connection.execute(update(feeds).where(*is_new).values(first_slug=first_slug))
            if not renamed.rowcount or former is None:
                return
            # Readers need no news of withdrawals from a feed they never had; and one item may be withdrawn from both.
            connection.execute(delete(withdrawals).where(withdrawals.c.feed == slug))
            for table in (archives, pages, withdrawals):
                others = [column.name for column in table.c if column.name != "feed"]
                kept = select(literal(slug), *(table.c[name] for name in others)).where(table.c.feed == former)
                connection.execute(insert(table).from_select(["feed", *others], kept))

    def _where(self, where: ColumnElement[bool]) -> list[FeedState]:
        with self._database.reading() as connection:
            return [_state(row) for row in connection.execute(select(feeds).where(where).order_by(feeds.c.slug))]


def _state(row: Row[Any]) -> FeedState:
    return FeedState(
        feed=Feed(kind=row.kind, slug=row.slug, title=row.title, first_slug=row.first_slug),
        items=row.items,
        changed_at=row.changed_at,
        opened_at=row.opened_at,
    )
