"""What one feed says, whatever its format: records in, values fit for XML and JSON out."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from html import escape

from publisher.model.characters import even_spaces
from publisher.model.feeds import Feed, FeedKind
from publisher.model.items import Enclosure
from publisher.model.records import Record, State
from publisher.model.site import Mailbox, Site
from publisher.model.titles import summary_of, title_of
from publisher.publish.plan import Publication
from publisher.rendering import languages, urls
from publisher.rendering.attachments import enclosures_of
from publisher.rendering.text import html_with_images, scrub

KEPT = 10_000
"""How many items a pass keeps as they were prepared; a larger site prepares the others for each document."""
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")

TAG = re.compile(r"<([a-zA-Z/!?][^<>]*)>")
TAG_START = re.compile(r"<(?=[a-zA-Z/!?])")
CHARACTER_REFERENCE = re.compile(r"&(?=#?\w+;)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLook:
    """What every feed of a site is made with."""

    site: Site
    authority: str
    """That of the item ids, such as `news.example.org,2026`."""
    formats: tuple[str, ...]
    icon: str = ""
    """URLs; empty: none."""
    logo: str = ""
    hub: str = ""

    @classmethod
    def of(cls, publication: Publication, authority: str) -> "FeedLook":
        site, settings = publication.site, publication.settings
        icon, logo = (picture and site.base_url + picture for picture in (settings.icon, settings.logo))
        return cls(site=site, authority=authority, formats=settings.formats, icon=icon, logo=logo, hub=settings.hub)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDocument:
    """What one feed, or one document of its archive (RFC 5005 section 4), says, whatever its format."""

    id: str
    """A `tag:` URI, the same for ever."""
    title: str
    description: str
    language: str
    page_url: str
    """The HTML page that shows the same items."""
    author: Mailbox
    updated: datetime
    """When its content last changed; the feed is not "updated" by being written again."""
    items: tuple["FeedItem", ...]
    """Newest first."""
    withdrawn: tuple["Tombstone", ...]
    """Items that a reader may still show; in an archive, those that were in it."""
    is_archive: bool
    look: FeedLook
    links: tuple[tuple[str, "Links"], ...]
    """By format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where a document and its neighbours are, in one format."""

    own: str
    current: str
    """The feed itself."""
    previous: str
    """The archive document with the items before these; empty: there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """An item that is no more."""

    id: str
    when: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItem:
    """What every format says of one item, fit for XML."""

    id: str
    url: str
    title: str
    summary: str
    """Plain text."""
    html: str
    language: str
    published: datetime
    updated: datetime
    categories: tuple["Category", ...]
    enclosures: tuple[Enclosure, ...]
    """Each with a type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A theme or a keyword."""

    term: str
    label: str
    scheme: str
    """The page below which the terms live; tells themes and keywords apart."""


def feed_document(
    feed: Feed,
    records: Iterable[Record],
    *,
    look: FeedLook,
    changed_at: datetime,
    withdrawn: Iterable[Record] = (),
    last_archive: int | None = None,
    prepared: "FeedItems | None" = None,
) -> FeedDocument:
    """What a feed says; withdrawn records become tombstones.

    `changed_at` dates the feed itself: when its items last changed, or when it became known. `last_archive` is the
    number of the archive document with the items before these. Items that are `prepared` are not prepared again.
    """
    items = _items(records, prepared or FeedItems(look.site))
    document = _document(feed, items, look=look, changed_at=changed_at, archive=None, previous=last_archive)
    return replace(document, withdrawn=_tombstones(withdrawn))


def archive_document(
    feed: Feed,
    number: int,
    records: Iterable[Record],
    *,
    look: FeedLook,
    withdrawn: Iterable[Record] = (),
    prepared: "FeedItems | None" = None,
) -> FeedDocument:
    """Document `number` of a feed's archive, from 1; it depends on nothing that comes later.

    So it does not name its successor: readers walk backwards (docs/adr/archives-only-lead-back.md).
    """
    records, withdrawn = list(records), list(withdrawn)
    changed_at = max((record.updated for record in (*records, *withdrawn)), default=datetime.min.replace(tzinfo=UTC))
    previous, items = number - 1 or None, _items(records, prepared or FeedItems(look.site))
    document = _document(feed, items, look=look, changed_at=changed_at, archive=number, previous=previous)
    return replace(document, withdrawn=_tombstones(withdrawn))


def _tombstones(withdrawn: Iterable[Record]) -> tuple[Tombstone, ...]:
    latest_first = sorted(withdrawn, key=lambda record: record.seq, reverse=True)
    return tuple(Tombstone(id=record.uid, when=_whole_seconds(record.updated)) for record in latest_first)


def _items(records: Iterable[Record], prepared: "FeedItems") -> tuple[FeedItem, ...]:
    newest_first = sorted(records, key=lambda record: (record.published, record.added_seq), reverse=True)
    return tuple(prepared.of(record) for record in newest_first if record.state is not State.WITHDRAWN)


def _document(
    feed: Feed,
    items: tuple[FeedItem, ...],
    *,
    look: FeedLook,
    changed_at: datetime,
    archive: int | None,
    previous: int | None,
) -> FeedDocument:
    site, folder = look.site, urls.folder_of(feed)
    return FeedDocument(
        id=f"tag:{look.authority}:feeds/{feed.first_slug or folder}",
        title=_unmarked(site.title if feed.kind is FeedKind.ALL else f"{title_of_feed(feed)} – {site.title}"),
        description=_unmarked(_description(feed, site)),
        language=_feed_language(feed, site),
        page_url=urls.feed_page_url(folder, site),
        author=Mailbox(name=scrub(site.author.name or site.title), address=site.author.address),
        updated=_whole_seconds(max([changed_at, *(item.updated for item in items)])),
        items=items,
        withdrawn=(),
        is_archive=archive is not None,
        look=look,
        links=tuple((key, _links(folder, key, site, archive=archive, previous=previous)) for key in look.formats),
    )


def title_of_feed(feed: Feed) -> str:
    """What a feed is called: a language by its own name for itself."""
    return languages.own_name(_tag(feed)) if feed.kind is FeedKind.LANGUAGE else feed.title


class FeedItems:
    """Items as every feed that holds them shows them: each is prepared once, and kept for one pass."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._kept: dict[Record, FeedItem] = {}

    def of(self, record: Record) -> FeedItem:
        """The item, fit for XML."""
        item = self._kept.get(record)
        if item is None:
            item = feed_item(record, site=self._site)
            if len(self._kept) < KEPT:
                self._kept[record] = item
        return item


def feed_item(record: Record, *, site: Site) -> FeedItem:
    """One item as every feed that holds it shows it."""
    language = _language(record.item.language, _language(site.language, "en"))
    # An item of which nothing but the date could be read is still an item, and no part of it may be empty in a feed
    title = _unmarked(title_of(record.item)) or languages.format_day(record.item.date, site.language)
    html = html_with_images(record.item) or f"<p>{escape(title, quote=False)}</p>"
    return FeedItem(
        id=record.uid,
        url=urls.url_of(record, site),
        title=title,
        summary=_unmarked(summary_of(record.item)) or title,
        html=f'<div dir="rtl">{html}</div>' if languages.dir_of(language) == "rtl" else html,
        language=language,
        published=_whole_seconds(record.published),
        updated=_whole_seconds(record.updated),
        categories=_categories(record, site),
        enclosures=enclosures_of(record.item),
    )


def _categories(record: Record, site: Site) -> tuple[Category, ...]:
    themes = [
        Category(term=theme.slug, label=_unmarked(theme.title) or theme.slug, scheme=site.base_url)
        for theme in record.themes
    ]
    keywords = [_unmarked(keyword) for keyword in record.item.keywords]
    scheme = f"{site.base_url}keywords/"
    return (*themes, *(Category(term=word, label=word, scheme=scheme) for word in dict.fromkeys(keywords) if word))


def _links(folder: str, feed_format: str, site: Site, *, archive: int | None, previous: int | None) -> Links:
    return Links(
        own=urls.feed_url(folder, feed_format, site, archive=archive),
        current=urls.feed_url(folder, feed_format, site),
        previous="" if previous is None else urls.feed_url(folder, feed_format, site, archive=previous),
    )


def _description(feed: Feed, site: Site) -> str:
    if feed.kind is FeedKind.ALL:
        return site.description or site.title
    spoken = languages.translations(site.language, "pages").gettext
    texts = {
        FeedKind.THEME: spoken("%(theme)s: the news of %(site)s on this theme."),
        FeedKind.KEYWORD: spoken("%(keyword)s: the news of %(site)s with this keyword."),
        FeedKind.LANGUAGE: spoken("%(language)s: the news of %(site)s in this language."),
        FeedKind.COMBINED: spoken("%(choice)s: a choice of the news of %(site)s."),
    }
    title = title_of_feed(feed)
    return texts[feed.kind] % {"theme": title, "keyword": title, "language": title, "choice": title, "site": site.title}


def _feed_language(feed: Feed, site: Site) -> str:
    own = _tag(feed) if feed.kind is FeedKind.LANGUAGE else site.language
    return _language(own, "en")


def _tag(feed: Feed) -> str:
    return feed.slug.rpartition("/")[2]


@lru_cache(2_000)  # themes and keywords come again with item after item
def _unmarked(text: str) -> str:
    """Plain text that nobody can take for markup, on one line.

    RSS never said whether a title is text or HTML. Readers guess, and where they guess HTML they drop what looks like a
    tag; so `<b>` becomes `‹b›` and `&amp;` becomes `＆amp;`. Text without either is untouched.
    """
    text = TAG_START.sub("‹", TAG.sub(r"‹\1›", even_spaces(scrub(text))))
    return CHARACTER_REFERENCE.sub("＆", text)


def _language(tag: str, fallback: str) -> str:
    return tag if LANGUAGE_TAG.fullmatch(tag) else fallback


def _whole_seconds(instant: datetime) -> datetime:
    """RSS has no fractions; all formats say the same."""
    return instant.astimezone(UTC).replace(microsecond=0)
