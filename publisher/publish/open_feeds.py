"""Decides which feeds are rendered and which readers can get, and what a renamed feed takes over. This reads the store,
and writes nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from publisher.model.feeds import Feed, FeedKind, FeedSettings, is_worth_a_feed
from publisher.model.themes import ThemeMap
from publisher.publish.publication import Publication
from publisher.rendering import urls
from publisher.store import Store
from publisher.store.feeds import FeedState

_NEVER = datetime.min.replace(tzinfo=UTC)


def changed_feeds(store: Store, publication: Publication, *, after: int, upto: int) -> set[str]:
    """Return the slugs of the feeds that changes in the log with numbers in (after, upto] affect."""
    states = [*store.feeds.states(store.log.touched_feeds(after, upto)).values(), *_closed_languages(store)]
    return _slugs_worth(states, store, publication)


def all_feeds(store: Store, publication: Publication) -> set[str]:
    """Return the slugs of all feeds to render."""
    known = {feed.slug for feed in publication.known_feeds}
    return _slugs_worth(store.feeds.all(), store, publication) | known


def _slugs_worth(states: Sequence[FeedState], store: Store, publication: Publication) -> set[str]:
    worth = worth_a_feed(store, publication.settings, states) if states else []
    return {publication.theme_map.current(state.feed.slug) for state in worth}


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


def _closed_languages(store: Store) -> list[FeedState]:
    """Return the feeds of languages that are not written for readers. If a site has one language, that language gets
    its feed when a second language appears.
    """
    return [state for state in store.feeds.of_kind(FeedKind.LANGUAGE) if not state.is_open]
