"""What feeds and pages are made with, and what a publishing pass has to render."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from publisher import __version__
from publisher.model.editions import Audience
from publisher.model.feeds import Feed, FeedKind, FeedSettings, Gathering, combined_feed, is_worth_a_feed
from publisher.model.site import Site
from publisher.model.themes import ThemeMap
from publisher.store import Cursor, FeedState, Store

if TYPE_CHECKING:  # what renders is imported when there is something to render: a pass with no news stays light
    from publisher.publish.pages import Look
    from publisher.rendering.templates import Templates

CONSUMER = "feeds"
"""The name of the cursor that feeds and pages share."""


class Extent(Enum):
    """How much a publishing pass renders when nothing but items changed."""

    NEWS = auto()
    """What they touch."""
    ALL = auto()
    """Every feed and page; of archives what has vanished."""
    ARCHIVES = auto()
    """All documents of archives too, which leaves out of them what was withdrawn since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Everything but the items that decides what feeds and pages look like."""

    site: Site
    theme_map: ThemeMap
    settings: FeedSettings
    templates: "Templates"
    audiences: tuple[Audience, ...] = ()
    """Those whose editions everybody may read on the web."""

    def digests(self) -> dict[str, str]:
        """Digests of what files are made of besides items, by name; when one changes, files may come out differently.

        `feeds` decides which feeds items are in, `archives` what the documents of archives are made with, `files` is
        of the rest.
        """
        feeds = repr(self.gathering)
        archives = repr((feeds, self.site, self.settings.formats, self.settings.icon, self.settings.logo))
        shown = [(audience.name, audience.title) for audience in self.audiences]
        rest = repr((__version__, self.site, self.settings, self.templates.fingerprint(), shown))
        return {name: _sha256(made_of) for name, made_of in (("feeds", feeds), ("archives", archives), ("files", rest))}

    @property
    def look(self) -> "Look":
        """What pages are made with."""
        from publisher.publish.pages import Look

        return Look(site=self.site, templates=self.templates, formats=self.settings.formats)

    @property
    def gathering(self) -> Gathering:
        """Which themes and feeds an item is in."""
        return Gathering(theme_map=self.theme_map, language=self.site.language, combined=self.settings.combined)

    @property
    def known_feeds(self) -> tuple[Feed, ...]:
        """Those that are written whether or not an item belongs to them."""
        themes = map(Feed.of_theme, (self.theme_map.default, *self.theme_map.themes))
        return (*themes, *map(combined_feed, self.settings.combined))


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishPlan:
    """What a publishing pass has to render."""

    cursor: Cursor
    upto: int
    digests: Mapping[str, str]
    """Of the publication this plan is for; kept with the cursor."""
    slugs: tuple[str, ...]
    """Of the feeds that are rendered with their pages, in order; that of all items goes without saying."""
    is_full: bool
    """Everything is rendered: it was asked for, or more than items changed."""
    repeats_archives: bool
    """Even the documents of archives, which no item changes any more: it was asked for, or their addresses changed."""

    @property
    def is_empty(self) -> bool:
        return self.cursor.seq == self.upto and not self.is_full

    @property
    def after(self) -> int:
        """Pages are rendered for the items that changed after this log number."""
        return 0 if self.is_full else self.cursor.seq

    @property
    def is_regathered(self) -> bool:
        """Whether items are in other feeds than when the cursor was last moved."""
        return self.cursor.settings.get("feeds") != self.digests["feeds"]


def plan(store: Store, publication: Publication, extent: Extent) -> PublishPlan:
    """Decide what to render: `extent` at the least, and all when the publication itself changed.

    Raises:
        TemplateError: a template cannot be read.
    """
    cursor, upto, digests = store.log.cursor(CONSUMER), store.log.end(), publication.digests()
    is_full = extent is not Extent.NEWS or cursor.settings != digests
    states: list[FeedState] = []
    if is_full:
        states = [state for kind in FeedKind for state in store.feeds.of_kind(kind)]
    elif cursor.seq < upto:
        touched = store.feeds.states(store.log.touched_feeds(cursor.seq, upto))
        states = [*touched.values(), *_languages_without_feed(store)]
    worth = worth_a_feed(store, publication.settings, states) if states else []
    slugs = {publication.theme_map.current(state.feed.slug) for state in worth}
    if is_full:
        slugs |= {feed.slug for feed in publication.known_feeds}
    return PublishPlan(
        cursor=cursor,
        upto=upto,
        digests=digests,
        slugs=tuple(sorted(slugs)),
        is_full=is_full,
        repeats_archives=extent is Extent.ARCHIVES or cursor.settings.get("archives") != digests["archives"],
    )


def worth_a_feed(store: Store, settings: FeedSettings, states: Iterable[FeedState]) -> list[FeedState]:
    """Those of these feeds that are written for readers."""
    languages = sum(state.items > 0 for state in store.feeds.of_kind(FeedKind.LANGUAGE))
    return [
        state
        for state in states
        if is_worth_a_feed(state.feed, items=state.items, is_open=state.is_open, languages=languages, settings=settings)
    ]


def _languages_without_feed(store: Store) -> list[FeedState]:
    """The languages without a feed: the one that was alone gets its own when a second one comes."""
    return [state for state in store.feeds.of_kind(FeedKind.LANGUAGE) if not state.is_open]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
