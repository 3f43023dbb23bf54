"""The feeds: slug, title, number of live items, and whether the feed was ever written for readers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete, insert, literal, select, update

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
    """How many live items the feed has."""
    changed_at: datetime
    """When one of the feed's items, or its title, last changed, in UTC."""
    opened_at: datetime | None = None
    """When the feed was first written for readers, in UTC, or `None` if it never was. The feed of all items is always
    written.
    """

    @property
    def is_open(self) -> bool:
        """Whether the feed's files were ever written for readers. If they were, they are written at every change from
        then on.
        """
        return self.opened_at is not None or self.feed.kind is FeedKind.ALL


class Feeds:
    """The feeds, with their archives and numbered pages."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.archives = Archives(database)
        self.pages = Pages(database)

    def of_kind(self, kind: FeedKind) -> list[FeedState]:
        """Return all feeds of a kind, sorted by slug, including feeds without items."""
        return self._fetch(_OF_KEYWORDS if kind is FeedKind.KEYWORD else _OF_OTHER_KIND, kind=kind)

    def all(self) -> list[FeedState]:
        """Return all feeds, sorted by slug, including feeds without items."""
        return self._fetch(_ALL)

    def all_open(self) -> list[FeedState]:
        """Return all feeds that are written for readers, sorted by slug."""
        return self._fetch(_OPEN)

    def states(self, slugs: Collection[str]) -> dict[str, FeedState]:
        """Return the feeds that exist among these slugs, by slug."""
        found: dict[str, FeedState] = {}
        for some in batches(sorted(slugs)):
            found.update((state.feed.slug, state) for state in self._fetch(_OF_SLUGS, slugs=some))
        return found

    def whole(self, slug: str) -> FeedSequence:
        """Return all live items of a feed in the order in which they were added, and where numbered pages and archive
        documents begin and end.
        """
        with self._database.reading() as connection:
            return read_whole(connection, slug)

    def end(self, slug: str) -> FeedSequence:
        """Return the last part of a feed's items: only there can new items change pages and archive documents. The size
        of this part does not grow with the feed.
        """
        with self._database.reading() as connection:
            return read_end(connection, slug)

    def neighbours(self, slug: str, seqs: Sequence[int]) -> dict[int, Neighbours]:
        """Return, for each of these log numbers, the items of a feed that were added just before and after it."""
        with self._database.reading() as connection:
            return read_neighbours(connection, slug, seqs)

    def ensure(self, wanted: Sequence[Feed], *, now: datetime) -> None:
        """Make sure that each of these feeds exists and has its title; write nothing if all do."""
        with self._database.writing() as connection:
            ensure_feeds(connection, wanted, now=now)

    def mark_open(self, slugs: Collection[str], *, now: datetime) -> None:
        """Record that these feeds are written for readers from now on. A feed that was written for readers before stays
        as it is.
        """
        if not slugs:
            return
        with self._database.writing() as connection:
            connection.execute(_MARK_OPEN, [{"of_slug": slug, "now": now} for slug in sorted(slugs)])

    def take_over(self, slug: str, *, first_slug: str, former: str | None) -> None:
        """Give the feed of a renamed theme the archive, pages and withdrawals of the feed that the theme had under its
        former name.

        `first_slug` is the slug from which the feed's id is made. `former` is the slug of the former feed, or `None` if
        there is none. Nothing is written if the feed was already written for readers, or has taken over a former feed
        before.
        """
        is_new = (feeds.c.slug == slug, ~IS_OPEN, feeds.c.first_slug == "")
        with self._database.writing() as connection:
            renamed = connection.execute(update(feeds).where(*is_new).values(first_slug=first_slug))
            if not renamed.rowcount or former is None:
                return
            # Readers need not hear of withdrawals from a feed they never had; and one item may be withdrawn from both.
            connection.execute(delete(withdrawals).where(withdrawals.c.feed == slug))
            for table in (archives, pages, withdrawals):
                others = [column.name for column in table.c if column.name != "feed"]
                kept = select(literal(slug), *(table.c[name] for name in others)).where(table.c.feed == former)
                connection.execute(insert(table).from_select(["feed", *others], kept))

    def _fetch(self, query: Select[Any], **values: object) -> list[FeedState]:
        with self._database.reading() as connection:
            return [_state(row) for row in connection.execute(query, values)]


# Statements are built once: building one costs more than a query for a few rows in SQLite.
_ALL = select(feeds).order_by(feeds.c.slug)
_OPEN = _ALL.where(IS_OPEN)
_OF_SLUGS = _ALL.where(feeds.c.slug.in_(bindparam("slugs", expanding=True)))
_OF_KEYWORDS = _ALL.where(feeds.c.kind == bindparam("kind"))
_OF_OTHER_KIND = _OF_KEYWORDS.where(IS_NO_KEYWORD)
_MARK_OPEN = update(feeds).where(feeds.c.slug == bindparam("of_slug"), ~IS_OPEN).values(opened_at=bindparam("now"))


def _state(row: Row[Any]) -> FeedState:
    return FeedState(
        feed=Feed(kind=row.kind, slug=row.slug, title=row.title, first_slug=row.first_slug),
        items=row.items,
        changed_at=row.changed_at,
        opened_at=row.opened_at,
    )
