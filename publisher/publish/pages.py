"""The public pages beside the feeds: static HTML without JavaScript. Values in, bytes out.

Pages link to each other relatively, so that a copy of `feeds/` opens from any disk; only the canonical address of a
page and what other programs read (Open Graph, schema.org) is absolute.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from html import escape, unescape
from types import MappingProxyType
from urllib.parse import urlsplit

from publisher.model.editions import Audience, Edition
from publisher.model.feeds import ALL, Feed, FeedKind
from publisher.model.records import Record, State
from publisher.model.schedules import local_day
from publisher.model.site import Site
from publisher.model.titles import shorten, summary_of
from publisher.publish.document import title_of_feed
from publisher.publish.page_values import (
    FeedCount,
    Look,
    ShownEdition,
    ShownFeed,
    group_by_theme,
    list_items,
    mail_offers,
    pace_of,
    show_feed,
    show_item,
    sort_by_title,
)
from publisher.rendering import languages, urls
from publisher.rendering.attachments import ShownFile, files_of
from publisher.rendering.introduction import html_of_introduction
from publisher.rendering.text import scrub

DOMAIN = "pages"
WINDOW_TITLE = 70
"""Characters of a window's title, the site's name among them, that browsers and search engines show."""


def item_page(record: Record, *, look: Look, keyword_feeds: Mapping[str, Feed] = MappingProxyType({})) -> bytes:
    """The item's permanent page, which leads to the pages of its `keyword_feeds`, those of its keywords that have one.

    Of a withdrawn item it says just that, and when it was.
    """
    if record.state is State.WITHDRAWN:
        return _withdrawn_page(record, look=look)
    file = urls.item_file(record)
    shown = show_item(record, start=file, look=look)
    files = files_of(record.item, language=look.site.language)
    return _render(
        "item.html",
        file,
        look=look,
        title=shown.title,
        canonical=urls.url_of(record, look.site),
        feeds=[feed for theme in shown.themes for feed in theme.feeds],
        item=shown,
        keywords=[
            (scrub(keyword), _page_of(keyword_feeds.get(keyword), start=file)) for keyword in record.item.keywords
        ],
        summary=scrub(summary_of(record.item)),
        link=shown.link,
        offers=mail_offers(look, [theme.slug for theme in record.themes]),
        published=_instant(record.published),
        updated=_instant(record.updated),
        corrected=local_day(record.updated, look.site.timezone) if record.revision > 1 else None,
        expired=_expiry_day(record, look.site),
        files=files,
        media=[_media_object(file) for file in files],
    )


def _expiry_day(record: Record, site: Site) -> date | None:
    """The day on which the item's time was over; None: it is not."""
    over = record.item.expires if record.state is State.EXPIRED else None
    return local_day(over, site.timezone) if over else None


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
    return _render(
        "theme.html",
        file,
        look=look,
        title="" if feed.kind is FeedKind.ALL else scrub(title_of_feed(feed)),
        canonical=urls.feed_page_url(folder, look.site, number),
        feeds=show_feed(feed, start=file, look=look).feeds,
        offers=mail_offers(look, [feed.slug] if feed.kind is FeedKind.THEME else []),
        listed=list_items(records, start=file, look=look, theme=feed.slug),
        items=items,
        newest_page=urls.relative(urls.feed_page_file(folder), start=file),
        is_all=feed.kind is FeedKind.ALL,
        number=number,
        pagination=_pagination(folder, number, last),
    )


def _pagination(folder: str, number: int | None, last: int) -> dict[str, str]:
    """Links to a feed's other pages; `oldest` and `newest` only where they are more than one page away."""
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
    return _render(
        "moved.html",
        file,
        look=look,
        title=scrub(title_of_feed(feed)),
        canonical=f"{look.site.base_url}{to.removesuffix(urls.INDEX_FILE)}",
        feeds=show_feed(feed, start=file, look=look).feeds,
        place=urls.relative(to, start=file),
    )


def index_page(
    counts: Iterable[FeedCount],
    latest: Sequence[Record],
    *,
    items: int,
    look: Look,
) -> bytes:
    """The front page: what this is, the `latest` items, and every feed but those of keywords, which have a page."""
    file = urls.INDEX_FILE
    by_kind: dict[FeedKind, list[tuple[ShownFeed, int]]] = {kind: [] for kind in FeedKind}
    for count in sort_by_title(counts):
        by_kind[count.feed.kind].append((show_feed(count.feed, start=file, look=look), count.items))
    return _render(
        "index.html",
        file,
        look=look,
        title="",
        canonical=look.site.base_url,
        feeds=show_feed(Feed.of_all(look.site), start=file, look=look).feeds,
        listed=list_items(latest, start=file, look=look),
        items=items,
        offers=mail_offers(look),
        pace=pace_of([record.item.date for record in latest]),
        themes=by_kind[FeedKind.THEME],
        more=[*by_kind[FeedKind.COMBINED], *by_kind[FeedKind.LANGUAGE]],
        keywords=urls.relative(urls.KEYWORDS_FILE, start=file) if by_kind[FeedKind.KEYWORD] else "",
        past_digests=[(scrub(audience.title), urls.editions_file(audience.name)) for audience in look.audiences],
    )


def keywords_page(counts: Iterable[FeedCount], *, look: Look) -> bytes:
    """Every keyword that has a feed."""
    file = urls.KEYWORDS_FILE
    return _render(
        "keywords.html",
        file,
        look=look,
        title="",
        canonical=f"{look.site.base_url}{file.removesuffix(urls.INDEX_FILE)}",
        feeds=(),
        keywords=[(show_feed(count.feed, start=file, look=look), count.items) for count in sort_by_title(counts)],
    )


def edition_page(edition: Edition, audience: Audience, *, previous: int | None, look: Look) -> bytes:
    """An edition as its audience got it, for everybody: nothing in it is about who got it.

    What was withdrawn since is not on it. `previous` is the number of the edition before.
    """
    file = urls.edition_file(edition.audience, edition.number)
    shown = list_items(edition.records, start=file, look=look)
    return _render(
        "edition.html",
        file,
        look=look,
        title=scrub(audience.title),
        canonical=f"{look.site.base_url}{file}",
        feeds=(),
        day=local_day(edition.composed_at, look.site.timezone),
        introduction=html_of_introduction(edition.introduction),
        sections=group_by_theme(shown[: urls.EDITION_ITEMS]),
        items=len(shown),
        left_out=max(len(shown) - urls.EDITION_ITEMS, 0),
        corrections=list_items(edition.corrections, start=file, look=look)[: urls.EDITION_ITEMS],
        offers=mail_offers(look),
        previous=urls.relative(urls.edition_file(edition.audience, previous), start=file) if previous else "",
        editions=urls.relative(urls.editions_file(edition.audience), start=file),
    )


def editions_page(audience: Audience, rows: Iterable[tuple[int, datetime, int]], *, look: Look) -> bytes:
    """The editions of an audience, latest first; each as (number, when it was composed, how many items)."""
    file = urls.editions_file(audience.name)
    return _render(
        "editions.html",
        file,
        look=look,
        title=scrub(audience.title),
        canonical=f"{look.site.base_url}{file.removesuffix(urls.INDEX_FILE)}",
        feeds=(),
        offers=mail_offers(look),
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
    return _render("404.html", urls.NOT_FOUND_FILE, look=look, root=_root(look.site), title="", canonical="", feeds=())


def style_sheet(*, look: Look) -> bytes:
    """The one style sheet of all pages."""
    return look.templates.render("style.css", language=look.site.language, domain=DOMAIN).encode()


def _withdrawn_page(record: Record, *, look: Look) -> bytes:
    file = urls.item_file(record)
    return _render(
        "withdrawn.html",
        file,
        look=look,
        title="",
        canonical=urls.page_url(record, look.site),
        feeds=(),
        offers=mail_offers(look, [theme.slug for theme in record.themes]),
        themes=[show_feed(Feed.of_theme(theme), start=file, look=look) for theme in record.themes],
        day=record.item.date,
        withdrawn=local_day(record.updated, look.site.timezone),
    )


def _render(name: str, file: str, *, look: Look, root: str = "", **values: object) -> bytes:
    page = look.templates.render(
        name,
        language=look.site.language,
        domain=DOMAIN,
        site=look.site,
        page_language=languages.interface_language(look.site.language, DOMAIN),
        **_frame_links(urls.folder_with(file), root, look.audiences, look.open_to, look.icon),
        windowed=partial(window_title, site=look.site.title),
        picture=look.site.base_url + (look.logo or look.icon) if look.logo or look.icon else "",
        **values,
    )
    return page.encode()


@lru_cache  # the same for all pages of a folder
def _frame_links(
    folder: str, root: str, audiences: tuple[Audience, ...], open_to: tuple[Audience, ...], icon: str
) -> dict[str, str]:
    """What every page of a folder leads to; empty: there is no such thing."""
    files = {
        "home": urls.INDEX_FILE,
        "all_items": urls.feed_page_file(ALL),
        "style": urls.STYLE_FILE,
        "opml": urls.OPML_FILE,
        "icon": icon,
    }
    links = {name: file and root + urls.relative(file, start=folder) for name, file in files.items()}
    digests = urls.editions_file(audiences[0].name) if len(audiences) == 1 else ""
    digests = root + urls.relative(digests, start=folder) if digests else f"{links['home']}#digests"
    offers = [each.subscribe_url or f"mailto:{each.subscribe_mailto}" for each in open_to]
    by_mail = offers[0] if len(offers) == 1 else f"{links['home']}#mail"
    return {**links, "digests": digests if audiences else "", "by_mail": by_mail if offers else ""}


def window_title(heading: str, site: str) -> str:
    """The title of a window: the page's heading and the site's title, cut to what browsers show; neither is lost."""
    own = unescape(heading) if hasattr(heading, "__html__") else heading
    name = shorten(site, max(WINDOW_TITLE - len(escape(f"{own} – ")), WINDOW_TITLE // 2))
    short = shorten(own, WINDOW_TITLE - len(escape(f" – {name}")))
    while len(escape(f"{short} – {name}")) > WINDOW_TITLE:  # what is escaped is counted as it is written
        short = shorten(short, len(short) - 1)
    return f"{short} – {name}"


def _root(site: Site) -> str:
    """The path of the base URL: `/`, or `/news/`."""
    return urlsplit(site.base_url).path


def _page_of(feed: Feed | None, *, start: str) -> str:
    return urls.relative(urls.feed_page_file(urls.folder_of(feed)), start=start) if feed else ""


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(microsecond=0).isoformat()
