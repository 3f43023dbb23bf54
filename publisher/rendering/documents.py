"""What one feed says, whatever its format: records in, values fit for XML and JSON out."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from publisher.model import Mailbox, Record, Site, State, Theme
from publisher.rendering import languages, urls
from publisher.rendering.text import html_of, scrub, summary_of, title_of

LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")

TAG = re.compile(r"<([a-zA-Z/!?][^<>]*)>")
TAG_START = re.compile(r"<(?=[a-zA-Z/!?])")
CHARACTER_REFERENCE = re.compile(r"&(?=#?\w+;)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDocument:
    """What one feed says, whatever its format."""

    id: str
    """A `tag:` URI, the same for ever."""
    slug: str
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
    feed_urls: tuple[tuple[str, str], ...]
    """(format, URL) pairs."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A theme or a keyword."""

    term: str
    label: str
    scheme: str
    """The page below which the terms live; tells themes and keywords apart."""


def feed_document(
    theme: Theme | None,
    records: Iterable[Record],
    *,
    site: Site,
    authority: str,
    formats: Iterable[str],
    changed_at: datetime,
) -> FeedDocument:
    """The feed of one theme, or of all when `theme` is None; withdrawn records are left out.

    `authority` is that of the item ids, such as `news.example.org,2026`; `changed_at` dates the feed itself: when the
    theme's items last changed, or when the theme became known.
    """
    slug = urls.ALL if theme is None else theme.slug
    newest_first = sorted(records, key=lambda record: (record.published, record.added_seq), reverse=True)
    items = tuple(feed_item(record, site=site) for record in newest_first if record.state is not State.WITHDRAWN)
    return FeedDocument(
        id=f"tag:{authority}:feeds/{slug}",
        slug=slug,
        title=_unmarked(site.title if theme is None else f"{theme.title} – {site.title}"),
        description=_unmarked(_description(theme, site)),
        language=_language(site.language, "en"),
        page_url=urls.theme_url(slug, site),
        author=Mailbox(name=scrub(site.author.name or site.title), address=site.author.address),
        updated=_whole_seconds(max([changed_at, *(item.updated for item in items)])),
        items=items,
        feed_urls=tuple((key, urls.feed_url(slug, key, site)) for key in formats),
    )


def feed_item(record: Record, *, site: Site) -> FeedItem:
    """One item as every feed that holds it shows it."""
    language = _language(record.item.language, _language(site.language, "en"))
    # An item of which nothing but the date could be read is still an item, and no part of it may be empty in a feed
    title = _unmarked(title_of(record.item)) or languages.format_day(record.item.date, site.language)
    html = html_of(record.item) or f"<p>{escape(title, quote=False)}</p>"
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
    )


def _categories(record: Record, site: Site) -> tuple[Category, ...]:
    themes = [
        Category(term=theme.slug, label=_unmarked(theme.title) or theme.slug, scheme=site.base_url)
        for theme in record.themes
    ]
    keywords = [_unmarked(keyword) for keyword in record.item.keywords]
    scheme = f"{site.base_url}keywords/"
    return (*themes, *(Category(term=word, label=word, scheme=scheme) for word in dict.fromkeys(keywords) if word))


def _description(theme: Theme | None, site: Site) -> str:
    if theme is None:
        return site.description or site.title
    spoken = languages.translations(site.language, "pages").gettext
    return spoken("%(theme)s: the news of %(site)s on this theme.") % {"theme": theme.title, "site": site.title}


def _unmarked(text: str) -> str:
    """Plain text that nobody can take for markup, on one line.

    RSS never said whether a title is text or HTML. Readers guess, and where they guess HTML they drop what looks like a
    tag; so `<b>` becomes `‹b›` and `&amp;` becomes `＆amp;`. Text without either is untouched.
    """
    text = TAG_START.sub("‹", TAG.sub(r"‹\1›", " ".join(scrub(text).split())))
    return CHARACTER_REFERENCE.sub("＆", text)


def _language(tag: str, fallback: str) -> str:
    return tag if LANGUAGE_TAG.fullmatch(tag) else fallback


def _whole_seconds(instant: datetime) -> datetime:
    """RSS has no fractions; all formats say the same."""
    return instant.astimezone(UTC).replace(microsecond=0)
