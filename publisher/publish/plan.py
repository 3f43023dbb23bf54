"""Decides what a publishing pass must render, and collects the settings for it. This reads the store, and writes
nothing.

This module imports no module that renders, so that a pass without news stays cheap.
"""

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto

from publisher.model.decisions import DecisionLog
from publisher.model.editions import Audience
from publisher.model.feeds import Feed, FeedKind, FeedSettings, Gathering, combined_feed, is_worth_a_feed
from publisher.model.records import Record
from publisher.model.site import Site
from publisher.model.themes import ThemeMap
from publisher.rendering import urls
from publisher.rendering.program import program_trace
from publisher.rendering.template_files import TemplateFiles
from publisher.store import Cursor, Store
from publisher.store.feeds import FeedState

logger = DecisionLog("publish")

CONSUMER = "feeds"
"""The name of the cursor (a log number) that feeds and pages share."""
STRETCH = 4
"""A feed may grow to this many times its limit to show all items of one pass, so that a feed reader that polls rarely
misses nothing.
"""


class Scope(Enum):
    """What a publishing pass renders at least."""

    NEWS = auto()
    """Only files that changed items affect."""
    ALL = auto()
    """Every feed and page; of the archives, only missing files."""
    ARCHIVES = auto()
    """Every feed and page, and all documents of the archives, without items withdrawn since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Everything besides the items that decides what feeds and pages look like."""

    site: Site
    theme_map: ThemeMap
    settings: FeedSettings
    templates: TemplateFiles
    audiences: tuple[Audience, ...] = ()
    """The audiences whose editions everybody may read on the web."""
    open_to: tuple[Audience, ...] = ()
    """The audiences that everybody may join. Pages say how."""
    has_forms: bool = False
    """Whether people can subscribe here, so that pages link to the form."""

    def digests(self) -> dict[str, str]:
        """Return hashes, by name, of everything except items that feeds and pages are made from. If a hash changes,
        files may change.

        `feeds` covers the settings that put items into feeds, `archives` the addresses of archive documents, and
        `files` everything else. Titles, icons and themes of config.toml do not change archives
        (docs/adr/archives-only-lead-back.md).
        """
        feeds, archives = repr(self.gathering), self.site.base_url
        shown = [
            *map(_archived_of, self.audiences),
            *map(_shown_of, self.open_to),
            self.has_forms,
        ]
        rest = repr((program_trace(), self.site, self.settings, self.templates.fingerprint(), shown))
        return {name: _sha256(made_of) for name, made_of in (("feeds", feeds), ("archives", archives), ("files", rest))}

    @property
    def gathering(self) -> Gathering:
        """Return the rules that put items into themes and feeds."""
        return Gathering(theme_map=self.theme_map, language=self.site.language, combined=self.settings.combined)

    @property
    def known_feeds(self) -> tuple[Feed, ...]:
        """The feeds that are written even without items: themes and combined feeds in config.toml."""
        themes = map(Feed.of_theme, (self.theme_map.default, *self.theme_map.themes))
        return (*themes, *map(combined_feed, self.settings.combined))


def _archived_of(audience: Audience) -> tuple[object, ...]:
    """Return the settings that the pages of an audience's editions depend on."""
    named = (audience.name, audience.title, audience.language)
    shown = (audience.themes, audience.languages, audience.content, audience.order, audience.keywords)
    return *named, *shown, audience.schedule


def _shown_of(audience: Audience) -> tuple[object, ...]:
    """Return the settings that other pages show about an audience that everybody may join."""
    named = (audience.name, audience.title, audience.themes, audience.languages, audience.schedule)
    return *named, audience.subscribe_url, audience.subscribe_mailto


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishPlan:
    """The work of a publishing pass."""

    cursor: Cursor
    upto: int
    """The last number of the log; changes up to it are rendered."""
    digests: Mapping[str, str]
    """Hashes of the settings and templates that this plan is for (`Publication.digests`), stored beside the
    number of the log up to which the feeds are published (their cursor).
    """
    slugs: tuple[str, ...]
    """The slugs of the feeds to render, sorted. The feed of all items is always rendered and not listed."""
    is_full: bool
    """Whether everything is rendered, on request or because more than the items changed."""
    repeats_archives: bool
    """Whether closed archive documents are rendered too, on request or because the site's address changed."""

    @property
    def is_empty(self) -> bool:
        return self.cursor.seq == self.upto and not self.is_full

    @property
    def after(self) -> int:
        """The log number after which changed items get their pages rendered."""
        return 0 if self.is_full else self.cursor.seq

    @property
    def regroups_items(self) -> bool:
        """Whether the rules that put items into feeds have changed since the last publishing pass."""
        return self.cursor.settings.get("feeds") != self.digests["feeds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFeeds:
    """The feeds that readers can get after a pass."""

    all_items: FeedState
    by_slug: Mapping[str, FeedState]
    """The feeds by slug, sorted, without the feed of all items."""
    clashing: frozenset[str]
    """The slugs of combined feeds that are not written, because a theme has taken their folder."""

    @property
    def written(self) -> list[FeedState]:
        """Return the feeds in `by_slug` that are written for readers."""
        return [state for slug, state in self.by_slug.items() if slug not in self.clashing]


def plan(store: Store, publication: Publication, extent: Scope) -> PublishPlan:
    """Decide what to render. That is at least `extent`, and everything if the settings or templates (`publication`)
    changed.

    Raises:
        TemplateError: a template cannot be read.
    """
    cursor, upto = store.log.cursor(CONSUMER), store.log.end()
    planned = _plan(store, publication, extent, cursor=cursor, upto=upto, digests=publication.digests())
    if planned.is_full:
        because = why_full(extent, planned.cursor.settings, planned.digests)
        decision = "every feed and page is rendered" + (", archives too" if planned.repeats_archives else "")
        logger.debug(decision, because=because, feeds=len(planned.slugs))
    elif planned.is_empty:
        logger.debug("nothing is rendered", because="nothing changed since the last pass", log_end=planned.upto)
    else:
        because = f"items changed, log numbers {planned.cursor.seq + 1} to {planned.upto}"
        logger.debug("feeds are rendered", because=because, slugs=" ".join(planned.slugs))
    return planned


def plan_again(planned: PublishPlan, *, store: Store, publication: Publication, extent: Scope) -> PublishPlan:
    """Decide what to render for a second time in one pass, as `plan` did when it returned `planned`, because the pass's
    own changes to the feeds may need more rendering. Nothing else can have changed during the pass.
    """
    return _plan(store, publication, extent, cursor=planned.cursor, upto=planned.upto, digests=planned.digests)


def _plan(
    store: Store, publication: Publication, extent: Scope, *, cursor: Cursor, upto: int, digests: Mapping[str, str]
) -> PublishPlan:
    is_full = extent is not Scope.NEWS or cursor.settings != digests
    states: list[FeedState] = []
    if is_full:
        states = store.feeds.all()
    elif cursor.seq < upto:
        states = [*store.feeds.states(store.log.touched_feeds(cursor.seq, upto)).values(), *_closed_languages(store)]
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
        repeats_archives=extent is Scope.ARCHIVES or cursor.settings.get("archives") != digests["archives"],
    )


def why_full(extent: Scope, before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return why everything is rendered: because of the request (`extent`), or because hashes differ between the last
    pass (`before`) and this one (`now`).
    """
    if not before:
        return "nothing was rendered before"
    changed = [name for name in now if before.get(name) != now[name]]
    if not changed:
        return f"it was asked for, or there is no index.html ({extent.name.lower()})"
    return " and ".join(_MADE_OF[name] for name in changed)


_NEVER = datetime.min.replace(tzinfo=UTC)
_MADE_OF = {
    "feeds": "the themes or combined feeds of config.toml changed",
    "archives": "the address of the site changed",
    "files": "a template, a setting or the program changed",
}


def open_feeds(store: Store, publication: Publication, planned: Sequence[str] = ()) -> OpenFeeds:
    """Return the feeds that readers can get once the feeds with the slugs `planned` are rendered."""
    states = {state.feed.slug: state for state in store.feeds.all_open()}
    states |= store.feeds.states([slug for slug in planned if slug not in states])
    written = {
        state.feed.slug: state
        for state in worth_a_feed(store, publication.settings, [states[slug] for slug in sorted(states)])
        if publication.theme_map.current(state.feed.slug) == state.feed.slug
    }
    folders = Counter(urls.folder_of(state.feed) for state in written.values())
    combined = (state.feed for state in written.values() if state.feed.kind is FeedKind.COMBINED)
    all_items = FeedState(
        feed=Feed.of_all(publication.site),
        items=store.items.count(),
        changed_at=max(
            (state.changed_at for state in written.values() if state.feed.kind is FeedKind.THEME),
            default=_NEVER,  # an edition can be composed before anything was published
        ),
    )
    clashing = frozenset(feed.slug for feed in combined if folders[urls.folder_of(feed)] > 1)
    return OpenFeeds(all_items=all_items, by_slug=written, clashing=clashing)


def listed_feeds(feeds: OpenFeeds, publication: Publication) -> list[FeedState]:
    """Return the feeds to list on pages: those that have items, and those that config.toml defines."""
    known = {feed.slug for feed in publication.known_feeds} - {publication.theme_map.default.slug}
    return [state for state in feeds.written if state.items or state.feed.slug in known]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOver:
    """What the feed of a renamed theme takes over from the feed of a former name."""

    slug: str
    first_slug: str
    """The slug from which the feed's id is made."""
    former: str | None
    """The slug of the feed whose archive, pages and withdrawals it takes over, or `None` if readers could get none of
    these.
    """


def plan_take_overs(theme_map: ThemeMap, states: Mapping[str, FeedState]) -> Iterator[TakeOver]:
    """Yield what the feeds of renamed themes take over from their former feeds. Feeds that readers can get already, and
    feeds that took over before, are left out.

    `states` has the feeds under each present and former slug of the themes, by slug.
    """
    for theme in (theme_map.default, *theme_map.themes):
        own, former = states.get(theme.slug), theme_map.former(theme.slug)
        if not former or own is None or own.is_open or own.feed.first_slug:
            continue
        # the feed opened last has itself taken over those before it
        opened = [(state.opened_at, state) for slug in former if (state := states.get(slug)) and state.opened_at]
        last = max(opened, key=lambda pair: pair[0])[1].feed if opened else None
        first_slug = former[0] if last is None else last.first_slug or last.slug
        yield TakeOver(slug=theme.slug, first_slug=first_slug, former=None if last is None else last.slug)


def worth_a_feed(store: Store, settings: FeedSettings, states: Iterable[FeedState]) -> list[FeedState]:
    """Return the feeds that readers can get already, or that have enough items to be written for readers."""
    languages = sum(state.items > 0 for state in store.feeds.of_kind(FeedKind.LANGUAGE))
    return [
        state
        for state in states
        if is_worth_a_feed(state.feed, items=state.items, is_open=state.is_open, languages=languages, settings=settings)
    ]


def start_of_cut_pass(newest: Sequence[Record], *, limit: int) -> int | None:
    """Return the log number after which the latest pass that added items to a feed began, if that pass added more items
    than the feed shows.

    Args:
        newest: the `limit` items of the feed that were added last, latest first.
        limit: how many items a feed shows.

    Return `None` if the feed shows all items of that pass, or if that pass was the first of the items' source. (A first
    pass adds the source's old items.)
    """
    if len(newest) < limit or newest[0].pass_start is None:
        return None
    start = newest[0].pass_start
    return start if newest[-1].added_seq > start + 1 else None


def cut(seqs: Sequence[int], *, after: int, size: int) -> list[tuple[int, int]]:
    """Divide the items of a feed into ranges of log numbers (after, upto] with `size` items each, and return the
    ranges. At most `size` items stay in none.

    `seqs` are the log numbers under which the items were added, ascending; items up to `after` are already in ranges.
    """
    stretches: list[tuple[int, int]] = []
    start = bisect_right(seqs, after)
    while len(seqs) - start > size:
        start += size
        stretches.append((after, seqs[start - 1]))
        after = seqs[start - 1]
    return stretches


def plan_editions(store: Store, audiences: Iterable[Audience]) -> dict[Audience, Sequence[int]]:
    """Return the numbers of editions that went out, or go out now, and have no web page yet, by audience."""
    last = {audience: store.log.cursor(edition_cursor(audience)).seq for audience in audiences}
    new = {audience: store.editions.released_numbers(audience.name, after=after) for audience, after in last.items()}
    return {audience: numbers for audience, numbers in new.items() if numbers}


def edition_cursor(audience: Audience) -> str:
    """Return the name of the cursor that says up to which number an audience's editions have web pages."""
    return f"editions {audience.name}"


def last_shown(store: Store, audience: Audience) -> int:
    """Return the number of the audience's latest edition that has a web page, or 0 if none has."""
    return store.log.cursor(edition_cursor(audience)).seq


def _closed_languages(store: Store) -> list[FeedState]:
    """Return the feeds of languages that are not written for readers. If a site has one language, that language gets
    its feed when a second language appears.
    """
    return [state for state in store.feeds.of_kind(FeedKind.LANGUAGE) if not state.is_open]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
