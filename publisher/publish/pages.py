"""Renders the public pages beside the feeds: static HTML without JavaScript. In: values. Out: bytes.

Pages link to each other relatively, so that a copy of `feeds/` works from any disk; only the canonical address of a
page and data for other programs (Open Graph, schema.org) are absolute.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from publisher.model.corrections import quote_of
from publisher.model.editions import Audience, Formerly
from publisher.model.feeds import Feed, FeedKind
from publisher.model.records import Record, State
from publisher.model.schedules import local_day
from publisher.model.site import Site
from publisher.model.titles import summary_of
from publisher.publish.document import language_of, title_of_feed
from publisher.publish.mail_offers import digest_name, mail_offers
from publisher.publish.neighbours import Neighbours
from publisher.publish.page_frame import render_page
from publisher.publish.page_links import page_links
from publisher.publish.page_values import (
    DOMAIN,
    FeedCount,
    Frequency,
    PastDigest,
    ShownEdition,
    ShownFeed,
    ShownFormerly,
    SiteLook,
    languages_from,
    list_items,
    show_feed,
    show_item,
    show_place,
    show_row,
    sort_by_title,
    title_language,
)
from publisher.rendering import urls
from publisher.rendering.attachments import ShownFile, files_of, picture_of
from publisher.rendering.text import one_line, scrub
from publisher.store.past_editions import EditionPlace


def item_page(
    record: Record,
    *,
    look: SiteLook,
    keyword_feeds: Mapping[str, Feed] = MappingProxyType({}),
    neighbours: Neighbours | None = None,
    sent_in: Sequence[tuple[str, EditionPlace]] = (),
    told: Iterable[tuple[str, Formerly]] = (),
    instead: Sequence[Record] = (),
) -> bytes:
    """Return the permanent page of an item.

    The page links to the feeds of the item's keywords (`keyword_feeds`, by keyword) and to the editions that had the
    item (`sent_in`, each with its audience's name). `told` has the versions of the item in editions, with their
    audiences, latest first: the page of a corrected item quotes the latest version. The page of a withdrawn item says
    that it was withdrawn, and when, and shows the items `instead`. The page of a hidden item shows nothing of the item.
    """
    if record.state is State.HIDDEN:
        return _hidden_page(record, look=look)
    if record.state is State.WITHDRAWN:
        return _withdrawn_page(record, instead, look=look)
    file = urls.item_file(record)
    shown = show_item(record, start=file, look=look)
    files = files_of(record.item, language=look.site.language)
    return render_page(
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
        sent_in=_show_editions(sent_in, start=file, look=look),
        offers=mail_offers(look, [theme.slug for theme in record.themes]),
        published=_instant(record.published),
        updated=_instant(record.updated),
        corrected=local_day(record.updated, look.site.timezone) if record.revision > 1 else None,
        formerly=_show_formerly(record, told, start=file, look=look) if record.revision > 1 else None,
        expired=_expiry_day(record, look.site),
        files=files,
        media=[_media_object(file) for file in files],
        **({"picture": picture} if (picture := picture_of(record.item)) else {}),
        **_show_neighbours(neighbours, start=file, look=look),
    )


def _hidden_page(record: Record, *, look: SiteLook) -> bytes:
    offers = mail_offers(look)
    return render_page(
        "hidden.html", urls.item_file(record), look=look, title="", canonical="", feeds=(), offers=offers
    )


def _show_editions(
    sent_in: Iterable[tuple[str, EditionPlace]], *, start: str, look: SiteLook
) -> list[tuple[str, ShownEdition]]:
    """Return the editions that an item was in, as its page shows them, each with the name of its digest. If the site
    has only one digest, the names are empty.
    """
    by_name = {audience.name: audience for audience in look.audiences}
    return [
        (
            digest_name(by_name[name], look) if len(by_name) > 1 else "",
            show_place(place, by_name[name], start=start, look=look),
        )
        for name, place in sent_in
        if name in by_name
    ]


def _show_formerly(
    record: Record, told: Iterable[tuple[str, Formerly]], *, start: str, look: SiteLook
) -> ShownFormerly | None:
    """Return what a corrected item said before, as its latest digest with a web page showed it, or `None` if no such
    digest differs.
    """
    named = {audience.name for audience in look.audiences}
    for name, formerly in told:
        if name in named and (words := one_line(quote_of(formerly.was, record.item))):
            place = urls.relative(urls.edition_file(name, formerly.edition), start=start)
            return ShownFormerly(number=formerly.edition, url=place, words=words)
    return None


def _expiry_day(record: Record, site: Site) -> date | None:
    """Return the day on which an item expired, or `None` if it has not expired."""
    over = record.item.expires if record.state is State.EXPIRED else None
    return local_day(over, site.timezone) if over else None


def _show_neighbours(neighbours: Neighbours | None, *, start: str, look: SiteLook) -> dict[str, Any]:
    """Return the items before and after an item, by the names that templates use. Each is `None` if there is none."""
    pair = (neighbours.older, neighbours.newer) if neighbours else (None, None)
    older, newer = (each and show_row(each, start=start, look=look) for each in pair)
    return {"older": older, "newer": newer, "beside_in": scrub(neighbours.theme.title) if neighbours else ""}


def _media_object(file: ShownFile) -> dict[str, str]:
    """Return the description of an item's file in schema.org's vocabulary."""
    size = {} if file.size_bytes is None else {"contentSize": f"{file.size_bytes} B"}
    named = {"@type": "MediaObject", "name": file.title, "contentUrl": file.url}
    return {**named, "encodingFormat": file.media_type, **size}


def feed_page(
    feed: Feed,
    records: Iterable[Record],
    *,
    items: int,
    look: SiteLook,
    number: int | None = None,
    last: int = 0,
) -> bytes:
    """Return a page of a feed that has `items` items in total.

    Without `number`, it is the first page, with the newest items. With `number`, it is one of the pages with older
    items, which are numbered from 1 (the oldest) to `last`.
    """
    folder = urls.folder_of(feed)
    file = urls.feed_page_file(folder, number)
    listed = list_items(records, start=file, look=look, theme=feed.slug)
    return render_page(
        "theme.html",
        file,
        look=look,
        language=language_of(feed, look.site, look.combined),
        title_language=title_language(feed, look.site, (item.language for item in listed)),
        title="" if feed.kind is FeedKind.ALL else scrub(title_of_feed(feed)),
        canonical=urls.feed_page_url(folder, look.site, number),
        languages=languages_from([feed], start=file, look=look) if feed.kind is FeedKind.LANGUAGE else (),
        feeds=show_feed(feed, start=file, look=look).feeds,
        offers=mail_offers(look, [feed.slug] if feed.kind is FeedKind.THEME else []),
        listed=listed,
        items=items,
        newest_page=urls.relative(urls.feed_page_file(folder), start=file),
        is_all=feed.kind is FeedKind.ALL,
        number=number,
        **page_links(folder, number, last),
    )


def moved_page(feed: Feed, file: str, *, to: str, look: SiteLook) -> bytes:
    """Return a page that redirects to the file `to`. The page's path `file` is a former address of a renamed theme."""
    return render_page(
        "moved.html",
        file,
        look=look,
        title=scrub(title_of_feed(feed)),
        canonical=f"{look.site.base_url}{to.removesuffix(urls.INDEX_FILE)}",
        feeds=show_feed(feed, start=file, look=look).feeds,
        place=urls.relative(to, start=file),
        newest_page=urls.relative(urls.feed_page_file(urls.folder_of(feed)), start=file),
        offers=mail_offers(look, [feed.slug]),
    )


def index_page(
    counts: Iterable[FeedCount],
    latest: Sequence[Record],
    *,
    items: int,
    look: SiteLook,
    pace: Frequency | None = None,
    editions: Mapping[str, Sequence[EditionPlace]] = MappingProxyType({}),
) -> bytes:
    """Return the front page: about the site, the `latest` items, and every feed except those of keywords, which are on
    a page of their own.

    `pace` is how often items come, or `None` if the page does not say it. `editions` are the latest editions, by
    audience.
    """
    file = urls.INDEX_FILE
    by_kind: dict[FeedKind, list[tuple[ShownFeed, int]]] = {kind: [] for kind in FeedKind}
    sorted_counts = sort_by_title(counts)
    shown = [count.feed for count in sorted_counts if count.items]
    for count in sorted_counts:
        by_kind[count.feed.kind].append((show_feed(count.feed, start=file, look=look), count.items))
    return render_page(
        "index.html",
        file,
        look=look,
        title="",
        canonical=look.site.base_url,
        feeds=show_feed(Feed.of_all(look.site), start=file, look=look).feeds,
        listed=list_items(latest, start=file, look=look),
        items=items,
        offers=mail_offers(look),
        pace=pace,
        themes=by_kind[FeedKind.THEME],
        languages=languages_from((feed for feed in shown if feed.kind is FeedKind.LANGUAGE), start=file, look=look),
        more=[*by_kind[FeedKind.COMBINED], *by_kind[FeedKind.LANGUAGE]],
        keywords=urls.relative(urls.KEYWORDS_FILE, start=file) if by_kind[FeedKind.KEYWORD] else "",
        past_digests=[_past_digest(audience, editions, start=file, look=look) for audience in look.audiences],
    )


def _past_digest(
    audience: Audience, editions: Mapping[str, Sequence[EditionPlace]], *, start: str, look: SiteLook
) -> PastDigest:
    return PastDigest(
        title=digest_name(audience, look),
        url=urls.relative(urls.editions_file(audience.name), start=start),
        editions=tuple(
            show_place(place, audience, start=start, look=look) for place in editions.get(audience.name, ())
        ),
    )


def keywords_page(counts: Iterable[FeedCount], *, look: SiteLook) -> bytes:
    """Return the page of all keywords that have a feed."""
    file = urls.KEYWORDS_FILE
    return render_page(
        "keywords.html",
        file,
        look=look,
        title="",
        canonical=f"{look.site.base_url}{file.removesuffix(urls.INDEX_FILE)}",
        feeds=(),
        offers=mail_offers(look),
        keywords=[(show_feed(count.feed, start=file, look=look), count.items) for count in sort_by_title(counts)],
    )


def not_found_page(*, look: SiteLook) -> bytes:
    """Return the page that a web server shows for missing addresses. Its links start at the server's root."""
    return render_page(
        "404.html",
        urls.NOT_FOUND_FILE,
        look=look,
        root=_root(look.site),
        title="",
        canonical="",
        feeds=(),
        offers=mail_offers(look),
    )


def style_sheet(*, look: SiteLook) -> bytes:
    """Return the style sheet of all pages."""
    return look.templates.render("style.css", language=look.site.language, domain=DOMAIN).encode()


def icon(*, look: SiteLook) -> bytes:
    """Return the icon for a site whose config.toml names none."""
    return look.templates.render(urls.ICON_FILE, language=look.site.language, domain=DOMAIN).encode()


def _withdrawn_page(record: Record, instead: Sequence[Record], *, look: SiteLook) -> bytes:
    file = urls.item_file(record)
    return render_page(
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
        instead=[show_row(each, start=file, look=look) for each in instead],
    )


def _root(site: Site) -> str:
    """Return the path of the site's base URL, such as `/` or `/news/`."""
    return urlsplit(site.base_url).path


def _page_of(feed: Feed | None, *, start: str) -> str:
    return urls.relative(urls.feed_page_file(urls.folder_of(feed)), start=start) if feed else ""


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(microsecond=0).isoformat()
