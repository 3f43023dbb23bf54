"""The public pages beside the feeds: static HTML without JavaScript. Values in, bytes out.

Pages link to each other relatively, so that a copy of `feeds/` opens from any disk; only the canonical address of a
page and what other programs read (Open Graph, schema.org) is absolute.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import urlsplit

from publisher.model.editions import Audience, Edition
from publisher.model.feeds import ALL, Feed, FeedKind
from publisher.model.items import Item
from publisher.model.records import Record, State
from publisher.model.schedules import local_day
from publisher.model.site import Site
from publisher.model.titles import shorten, summary_of, title_of
from publisher.publish.document import title_of_feed
from publisher.rendering import languages, urls
from publisher.rendering.attachments import ShownFile, files_of
from publisher.rendering.templates import Templates
from publisher.rendering.text import html_of, scrub

DOMAIN = "pages"
SHORT_TITLE = 70
"""Characters of a window's title, the site's name among them, that browsers and search engines show."""
DAYS_A_MONTH = 365.25 / 12
PACE_ITEMS = 5
"""With fewer items nobody can say how often a site speaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedCount:
    """A feed and how many items it holds now."""

    feed: Feed
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What every page of a site is made with."""

    site: Site
    templates: Templates
    formats: tuple[str, ...]
    """Of the feeds, the preferred one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """A feed as a page offers it."""

    title: str
    """The feed's own."""
    format: str
    media_type: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFeed:
    """A theme, or another feed, as a template shows it."""

    title: str
    url: str
    feeds: tuple[FeedLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownItem:
    """An item as a template shows it; all text is plain but `html`."""

    title: str
    url: str
    day: date
    language: str
    rest: str
    """What the summary says beyond the title; empty when the title says it all."""
    themes: tuple[ShownFeed, ...]
    keywords: tuple[str, ...]
    item: Item

    @property
    def html(self) -> str:
        """The whole text, without the sentence that became the title; already escaped."""
        return html_of(_without_title(self.item, self.title))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEdition:
    """An edition as a list shows it."""

    url: str
    day: date
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a site speaks."""

    items: int
    """About so many in the period."""
    period: str
    """`month` or `year`."""


def item_page(record: Record, *, look: Look, keyword_feeds: Mapping[str, Feed] = MappingProxyType({})) -> bytes:
    """The item's permanent page, which leads to the pages of its `keyword_feeds`, those of its keywords that have one.

    Of a withdrawn item it says just that, and when it was.
    """
    if record.state is State.WITHDRAWN:
        return _withdrawn_page(record, look=look)
    file = urls.item_file(record)
    shown = _shown(record, start=file, look=look)
    files = files_of(record.item, language=look.site.language)
    return _page(
        "item.html",
        file,
        look=look,
        title=shown.title,
        short_title=shorten(shown.title, max(SHORT_TITLE - len(f" – {look.site.title}"), SHORT_TITLE // 2)),
        canonical=urls.url_of(record, look.site),
        feeds=[feed for theme in shown.themes for feed in theme.feeds],
        item=shown,
        keywords=[
            (scrub(keyword), _page_of(keyword_feeds.get(keyword), start=file)) for keyword in record.item.keywords
        ],
        summary=scrub(summary_of(record.item)),
        link=urls.url_of(record, look.site) if record.item.link else "",
        published=_instant(record.published),
        updated=_instant(record.updated),
        corrected=local_day(record.updated, look.site.timezone) if record.revision > 1 else None,
        files=files,
        media=[_media_object(file) for file in files],
    )


def _media_object(file: ShownFile) -> dict[str, str]:
    """A file in the words of schema.org."""
    size = {} if file.size_bytes is None else {"contentSize": f"{file.size_bytes} B"}
    named = {"@type": "MediaObject", "name": file.title, "contentUrl": file.url}
    return {**named, "encodingFormat": file.media_type, **size}


def feed_page(
    feed: Feed,
    records: Iterable[Record],
    *,
    items: int,
    look: Look,
    number: int | None = None,
    last: int = 0,
) -> bytes:
    """The newest items of a feed; `items` is how many it holds in all.

    With a `number` it is one of the pages before, which are counted from the oldest on: 1 to `last`.
    """
    folder = urls.folder_of(feed)
    file = urls.feed_page_file(folder, number)
    listed = _listed(records, start=file, look=look)
    own = urls.relative(urls.feed_page_file(folder), start=file)
    return _page(
        "theme.html",
        file,
        look=look,
        title="" if feed.kind is FeedKind.ALL else scrub(title_of_feed(feed)),
        canonical=urls.feed_page_url(folder, look.site, number),
        feeds=_feeds(feed, start=file, look=look),
        listed=[_without_theme(item, own) for item in listed],
        items=items,
        is_all=feed.kind is FeedKind.ALL,
        number=number,
        leaves=_leaves(folder, number, last),
    )


def _leaves(folder: str, number: int | None, last: int) -> dict[str, str]:
    """Where one can leaf to from a page of a feed; `oldest` and `newest` only where they are further than one leaf."""
    at = last + 1 if number is None else number
    to = {"newest": last + 1, "newer": at + 1, "older": at - 1, "oldest": 1}
    near = {at, at + 1, at - 1}
    start = urls.feed_page_file(folder, number)
    return {
        name: urls.relative(urls.feed_page_file(folder, None if there > last else there), start=start)
        for name, there in to.items()
        if 1 <= there <= last + 1 and (name in ("newer", "older") or there not in near)
    }


def moved_page(feed: Feed, file: str, *, to: str, look: Look) -> bytes:
    """What is at `file`, a former address of a renamed theme's page, which is in the file `to` now."""
    return _page(
        "moved.html",
        file,
        look=look,
        title=scrub(title_of_feed(feed)),
        canonical=f"{look.site.base_url}{to.removesuffix(urls.INDEX_FILE)}",
        feeds=_feeds(feed, start=file, look=look),
        place=urls.relative(to, start=file),
    )


def index_page(
    counts: Iterable[FeedCount],
    latest: Sequence[Record],
    *,
    items: int,
    look: Look,
    audiences: Iterable[Audience] = (),
) -> bytes:
    """The front page: what this is, the `latest` items, and every feed but those of keywords, which have a page.

    Of the `audiences` it shows where their editions are.
    """
    file = urls.INDEX_FILE
    by_kind: dict[FeedKind, list[tuple[ShownFeed, int]]] = {kind: [] for kind in FeedKind}
    for count in _by_title(counts):
        by_kind[count.feed.kind].append((_shown_feed(count.feed, start=file, look=look), count.items))
    return _page(
        "index.html",
        file,
        look=look,
        title="",
        canonical=look.site.base_url,
        feeds=_feeds(Feed.of_all(look.site), start=file, look=look),
        listed=_listed(latest, start=file, look=look),
        items=items,
        pace=pace_of([record.item.date for record in latest]),
        themes=by_kind[FeedKind.THEME],
        more=[*by_kind[FeedKind.COMBINED], *by_kind[FeedKind.LANGUAGE]],
        keywords=urls.relative(urls.KEYWORDS_FILE, start=file) if by_kind[FeedKind.KEYWORD] else "",
        opml=urls.relative(urls.OPML_FILE, start=file),
        digests=[(scrub(audience.title), urls.editions_file(audience.name)) for audience in audiences],
    )


def keywords_page(counts: Iterable[FeedCount], *, look: Look) -> bytes:
    """Every keyword that has a feed."""
    file = urls.KEYWORDS_FILE
    return _page(
        "keywords.html",
        file,
        look=look,
        title="",
        canonical=f"{look.site.base_url}{file.removesuffix(urls.INDEX_FILE)}",
        feeds=(),
        keywords=[(_shown_feed(count.feed, start=file, look=look), count.items) for count in _by_title(counts)],
    )


def edition_page(edition: Edition, audience: Audience, *, previous: int | None, look: Look) -> bytes:
    """An edition as its audience got it, for everybody: nothing in it is about who got it.

    What was withdrawn since is not on it. `previous` is the number of the edition before.
    """
    file = urls.edition_file(edition.audience, edition.number)
    shown = _listed(edition.records, start=file, look=look)
    return _page(
        "edition.html",
        file,
        look=look,
        title=scrub(audience.title),
        canonical=f"{look.site.base_url}{file}",
        feeds=(),
        day=local_day(edition.composed_at, look.site.timezone),
        introduction=html_of(Item(date=edition.composed_at.date(), text=edition.introduction)),
        sections=_sections(shown[: urls.EDITION_ITEMS]),
        items=len(shown),
        left_out=max(len(shown) - urls.EDITION_ITEMS, 0),
        corrections=_listed(edition.corrections, start=file, look=look)[: urls.EDITION_ITEMS],
        previous=urls.relative(urls.edition_file(edition.audience, previous), start=file) if previous else "",
        editions=urls.relative(urls.editions_file(edition.audience), start=file),
    )


def editions_page(audience: Audience, rows: Iterable[tuple[int, datetime, int]], *, look: Look) -> bytes:
    """The editions of an audience, latest first; each as (number, when it was composed, how many items)."""
    file = urls.editions_file(audience.name)
    return _page(
        "editions.html",
        file,
        look=look,
        title=scrub(audience.title),
        canonical=f"{look.site.base_url}{file.removesuffix(urls.INDEX_FILE)}",
        feeds=(),
        editions=[
            ShownEdition(
                url=urls.relative(urls.edition_file(audience.name, number), start=file),
                day=local_day(composed_at, look.site.timezone),
                items=items,
            )
            for number, composed_at, items in rows
        ],
    )


def not_found_page(*, look: Look) -> bytes:
    """What a server shows for an address that is none, wherever that is: so its links begin at the server's root."""
    return _page("404.html", urls.NOT_FOUND_FILE, look=look, root=_root(look.site), title="", canonical="", feeds=())


def style_sheet(*, look: Look) -> bytes:
    """The one style sheet of all pages."""
    return look.templates.render("style.css", language=look.site.language, domain=DOMAIN).encode()


def pace_of(days: Sequence[date]) -> Pace | None:
    """How often items of these days came; None when they are too few or all of one day."""
    if len(days) < PACE_ITEMS or min(days) == max(days):
        return None
    a_month = (len(days) - 1) / ((max(days) - min(days)).days / DAYS_A_MONTH)
    if a_month >= 1:
        return Pace(items=round(a_month), period="month")
    return Pace(items=max(1, round(a_month * 12)), period="year")


def _withdrawn_page(record: Record, *, look: Look) -> bytes:
    file = urls.item_file(record)
    return _page(
        "withdrawn.html",
        file,
        look=look,
        title="",
        canonical=urls.page_url(record, look.site),
        feeds=(),
        themes=[_shown_feed(Feed.of_theme(theme), start=file, look=look) for theme in record.themes],
        day=record.item.date,
        withdrawn=local_day(record.updated, look.site.timezone),
    )


def _page(name: str, file: str, *, look: Look, root: str = "", **values: object) -> bytes:
    page = look.templates.render(
        name,
        language=look.site.language,
        domain=DOMAIN,
        site=look.site,
        page_language=languages.interface_language(look.site.language, DOMAIN),
        home=root + urls.relative(urls.INDEX_FILE, start=file),
        all_items=root + urls.relative(urls.feed_page_file(ALL), start=file),
        style=root + urls.relative(urls.STYLE_FILE, start=file),
        **values,
    )
    return page.encode()


def _root(site: Site) -> str:
    """The path of the base URL: `/`, or `/news/`."""
    return urlsplit(site.base_url).path


def _sections(shown: Iterable[ShownItem]) -> list[tuple[ShownFeed, list[ShownItem]]]:
    """Items below the first of their themes, which then goes without saying; themes by title."""
    found: dict[ShownFeed, list[ShownItem]] = {}
    for item in shown:
        found.setdefault(item.themes[0], []).append(replace(item, themes=item.themes[1:]))
    return sorted(found.items(), key=lambda section: (section[0].title.casefold(), section[0].url))


def _listed(records: Iterable[Record], *, start: str, look: Look) -> list[ShownItem]:
    newest_first = sorted(records, key=lambda record: (record.published, record.added_seq), reverse=True)
    return [_shown(record, start=start, look=look) for record in newest_first if record.state is not State.WITHDRAWN]


def _shown(record: Record, *, start: str, look: Look) -> ShownItem:
    item, page = record.item, urls.page_url(record, look.site)
    url = urls.url_of(record, look.site)
    title = scrub(title_of(item)).strip() or languages.format_day(item.date, look.site.language)
    return ShownItem(
        title=title,
        url=urls.relative(urls.item_file(record), start=start) if url == page else url,
        day=item.date,
        language=item.language or look.site.language,
        rest=_after(title, scrub(summary_of(item))),
        themes=tuple(_shown_feed(Feed.of_theme(theme), start=start, look=look) for theme in record.themes),
        keywords=tuple(scrub(keyword) for keyword in item.keywords),
        item=item,
    )


def _without_theme(item: ShownItem, url: str) -> ShownItem:
    """On a theme's own page, where it goes without saying."""
    return replace(item, themes=tuple(theme for theme in item.themes if theme.url != url))


def _without_title(item: Item, title: str) -> Item:
    return item if item.title else replace(item, text=_after(title, scrub(item.text)))


def _after(title: str, text: str) -> str:
    """The text without the sentence at its beginning that became the title: nobody wants to read it twice."""
    rest = text.removeprefix(title).removeprefix(".")  # a title has lost its full stop
    return rest.lstrip() if rest != text and (rest == "" or rest[0].isspace()) else text


def _by_title(counts: Iterable[FeedCount]) -> list[FeedCount]:
    return sorted(counts, key=lambda count: (title_of_feed(count.feed).casefold(), count.feed.slug))


def _page_of(feed: Feed | None, *, start: str) -> str:
    return urls.relative(urls.feed_page_file(urls.folder_of(feed)), start=start) if feed else ""


def _shown_feed(feed: Feed, *, start: str, look: Look) -> ShownFeed:
    return _feed_seen_from(urls.folder_with(start), feed, look.formats)


@lru_cache(4_000)  # the same feeds are on page after page of a folder
def _feed_seen_from(folder: str, feed: Feed, formats: tuple[str, ...]) -> ShownFeed:
    title = scrub(title_of_feed(feed))
    return ShownFeed(
        title=title,
        url=urls.relative(urls.feed_page_file(urls.folder_of(feed)), start=folder),
        feeds=_links(title, urls.folder_of(feed), start=folder, formats=formats),
    )


def _feeds(feed: Feed, *, start: str, look: Look) -> tuple[FeedLink, ...]:
    title = scrub(title_of_feed(feed))
    return _links(title, urls.folder_of(feed), start=start, formats=look.formats)


def _links(title: str, folder: str, *, start: str, formats: Iterable[str]) -> tuple[FeedLink, ...]:
    return tuple(
        FeedLink(
            title=title,
            format=urls.FEED_FORMATS[key].title,
            media_type=urls.FEED_FORMATS[key].media_type,
            url=urls.relative(urls.feed_file(folder, key), start=start),
        )
        for key in formats
    )


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(microsecond=0).isoformat()
