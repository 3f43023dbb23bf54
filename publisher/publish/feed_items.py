"""The content of one item, for all feeds in all formats. In: records of items from the store. Out: values that fit XML
and JSON.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from html import escape, unescape

from publisher.model.characters import even_spaces
from publisher.model.decisions import DecisionLog
from publisher.model.feeds import Content
from publisher.model.items import Enclosure
from publisher.model.records import Record
from publisher.model.site import Site
from publisher.model.titles import shorten, summary_of, title_of
from publisher.rendering import languages, urls
from publisher.rendering.attachments import enclosures_of, files_of
from publisher.rendering.text import UNFIT, html_with_images, scrub

logger = DecisionLog("publish")

DOMAIN = "feeds"
"""The gettext domain of these texts."""
KEPT = 10_000
"""How many items, prepared for feeds, a pass caches. On a larger site, the others are prepared again for
each document.
"""
MOST_BYTES = 5_000_000
"""The most bytes of a feed, because feed readers give up on larger ones."""
FRAME_BYTES = 100_000
"""The most bytes that a feed has without its items."""
CATEGORIES = 40
LABEL_CHARS = 200
"""The most characters of a category: hostile sources may have labels of megabytes."""

TAG = re.compile(r"<([a-zA-Z/!?][^<>]*)>")
TAG_START = re.compile(r"<(?=[a-zA-Z/!?])")
CHARACTER_REFERENCE = re.compile(r"&(?=#?\w+;)")
NUMBERED_REFERENCE = re.compile(r"&#(?:[xX][0-9a-fA-F]+|[0-9]+);?")
LOST = "\N{REPLACEMENT CHARACTER}"
"""The replacement character, left by decoders for a character they could not read; feed validators report it as an
error.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItem:
    """What feeds of every format say about one item, as text that fits XML."""

    id: str
    url: str
    title: str
    summary: str
    """The summary, as plain text."""
    html: str
    """The item's text as HTML, or its summary with a link to the text. Links to the item's files follow."""
    language: str
    published: datetime
    updated: datetime
    updated_alone: datetime
    """`updated`, but with microseconds for a revision, so that two items revised in one pass differ."""
    categories: tuple["Category", ...]
    enclosures: tuple[Enclosure, ...]
    """The files of the item, each with a media type."""
    most_bytes: int
    """The most bytes that the item takes in any format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A theme or keyword of an item, as feeds name it."""

    term: str
    label: str
    scheme: str
    """The address of the page below which such terms have their pages. It distinguishes themes from keywords."""


class FeedItems:
    """A cache of items that are prepared for feeds, each once per publishing pass."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._kept: dict[tuple[int, Content], tuple[Record, FeedItem]] = {}

    def of(self, record: Record, content: Content = "full") -> FeedItem:
        """Return the item of this record, prepared for feeds: with text that fits XML."""
        kept = self._kept.get((record.number, content))
        if kept is not None and (kept[0] is record or kept[0] == record):
            return kept[1]
        item = feed_item(record, site=self._site)
        if content == "summary":
            item = sum_up(item, record, site=self._site)
        if len(self._kept) < KEPT:
            self._kept[record.number, content] = (record, item)
        return item

    def fit(self, records: Iterable[Record], content: Content) -> tuple[FeedItem, ...]:
        """Return the items that are not withdrawn, newest first, reduced so that the whole feed has at most
        `MOST_BYTES`.

        If the feed would be larger, the longest items are replaced by their summaries first. If that is not enough, the
        oldest are left out.
        """
        newest_first = sorted(records, key=lambda record: (record.published, record.added_seq), reverse=True)
        live = [record for record in newest_first if record.state.is_live]
        items = [self.of(record, content) for record in live]
        excess = sum(item.most_bytes for item in items) + FRAME_BYTES - MOST_BYTES
        if excess > 0:
            excess = self._sum_up_longest(items, live, excess)
        while excess > 0 and items:
            oldest = items.pop()
            excess -= oldest.most_bytes
            logger.debug("item is left out of a feed", because="the feed would be too large", uid=oldest.id)
        return tuple(items)

    def _sum_up_longest(self, items: list[FeedItem], records: Sequence[Record], excess: int) -> int:
        """Replace the longest items in the list by their summaries until the feed is `excess` bytes smaller; return by
        how many bytes the feed is still too large.
        """
        longest_first = sorted(range(len(items)), key=lambda place: items[place].most_bytes, reverse=True)
        for place in longest_first:
            if excess <= 0:
                break
            summed_up = self.of(records[place], "summary")
            excess -= items[place].most_bytes - summed_up.most_bytes
            items[place] = summed_up
            logger.debug("item is summed up", because="its feed would be too large", uid=summed_up.id)
        return excess


def feed_item(record: Record, *, site: Site) -> FeedItem:
    """Return an item as every feed shows it, with its whole text."""
    language = language_or(record.item.language, language_or(site.language, "en"))
    # an item may have nothing but a date, but no part of an item may be empty in a feed
    title = plain(title_of(record.item)) or languages.format_day(record.item.date, site.language)
    html = _readable(html_with_images(record.item)) or f"<p>{escape(title, quote=False)}</p>"
    return _weigh(
        FeedItem(
            id=record.uid,
            url=urls.url_of(record, site),
            title=title,
            summary=plain(summary_of(record.item)) or title,
            html=_in_direction(html, language) + _list_files(record, html, language, site),
            language=language,
            published=whole_seconds(record.published),
            updated=whole_seconds(record.updated),
            updated_alone=_updated_alone(record),
            categories=_categories(record, site),
            enclosures=tuple(replace(each, title=_readable(each.title)) for each in enclosures_of(record.item)),
            most_bytes=0,
        )
    )


def sum_up(item: FeedItem, record: Record, *, site: Site) -> FeedItem:
    """Return the item with its summary and a link in place of its text. A text that is no longer than these is kept."""
    language = _spoken(item.language, site)
    read_on = languages.translations(language, DOMAIN).gettext("Read on")
    link = f'<p{_marks(language, item.language)}><a href="{escape(item.url)}">{read_on}</a></p>'
    html = f"{_in_direction(f'<p>{escape(item.summary, quote=False)}</p>', item.language)}\n{link}"
    html += _list_files(record, html, item.language, site)
    return _weigh(replace(item, html=html)) if len(html) < len(item.html) else item


def plain(text: str) -> str:
    """Return plain text on one line in which no feed reader finds markup.

    RSS does not say whether a title is text or HTML. Feed readers guess, and if they guess HTML they drop what looks
    like a tag, so `<b>` becomes `‹b›` and `&amp;` becomes `＆amp;`. Text without either is unchanged.
    """
    text = TAG_START.sub("‹", TAG.sub(r"‹\1›", even_spaces(scrub(text).replace(LOST, "?"))))
    return CHARACTER_REFERENCE.sub("＆", text)


def language_or(tag: str, fallback: str) -> str:
    """Return a language tag if feed readers know it, or else `fallback`."""
    return tag if languages.is_known(tag) else fallback


def whole_seconds(instant: datetime) -> datetime:
    """Return the instant in whole seconds, because RSS has no fractions and all formats use the same value."""
    return instant.astimezone(UTC).replace(microsecond=0)


def _updated_alone(record: Record) -> datetime:
    """Return the instant of the item's latest change, with microseconds that make it different from every other item's
    instant, as RFC 4287 section 3.3 asks.
    """
    published, updated = whole_seconds(record.published), whole_seconds(record.updated)
    return updated if updated == published else updated + timedelta(microseconds=record.number % 1_000_000)


def _readable(html: str) -> str:
    """Return HTML or plain text without the replacement character U+FFFD, which may be written directly or as a numeric
    reference.
    """
    return NUMBERED_REFERENCE.sub(_fit_reference, html).replace(LOST, "?") if LOST in html or "&#" in html else html


def _fit_reference(reference: re.Match[str]) -> str:
    character = unescape(reference[0])
    return "?" if character == LOST else UNFIT.sub("", character) and reference[0]


def _in_direction(html: str, language: str) -> str:
    return f'<div dir="rtl">{html}</div>' if languages.dir_of(language) == "rtl" else html


def _list_files(record: Record, html: str, language: str, site: Site) -> str:
    """Return a paragraph with links to those files of the item that its text does not link to, because few feed readers
    show enclosures.
    """
    if not record.item.enclosures:
        return ""
    words = _spoken(language, site)
    listed = [
        f'<a{_marks(language, words)} href="{escape(file.url)}">{escape(_readable(file.label), quote=False)}</a>'
        for file in files_of(record.item, language=words)
        if f'"{escape(file.url)}"' not in html
    ]
    if not listed:
        return ""
    text = languages.translations(words, DOMAIN).ngettext("File: %(files)s", "Files: %(files)s", len(listed))
    return f"\n<p{_marks(words, language)}>{text % {'files': ', '.join(listed)}}</p>"


def _spoken(language: str, site: Site) -> str:
    """Return the language for fixed texts beside an item: the item's language, or else the site's, or else English."""
    own = languages.interface_language(language, DOMAIN)
    return own if own == language else languages.interface_language(site.language, DOMAIN)


def _marks(language: str, around: str) -> str:
    """Return HTML attributes for the language and the writing direction, if they differ from those of the surrounding
    text.
    """
    directions = languages.dir_of(language), languages.dir_of(around)
    turned = f' dir="{directions[0]}"' if directions[0] != directions[1] else ""
    return f' lang="{language}"{turned}' if language != around else ""


def _categories(record: Record, site: Site) -> tuple[Category, ...]:
    themes = [
        Category(term=theme.slug, label=_label(theme.title) or theme.slug, scheme=site.base_url)
        for theme in record.themes
    ]
    keywords = [_label(keyword) for keyword in record.item.keywords[:CATEGORIES]]
    scheme = f"{site.base_url}keywords/"
    return (*themes, *(Category(term=word, label=word, scheme=scheme) for word in dict.fromkeys(keywords) if word))


@lru_cache(2_000)  # the same themes and keywords come with many items
def _label(text: str) -> str:
    return shorten(plain(text[: 10 * LABEL_CHARS]), LABEL_CHARS)


def _weigh(item: FeedItem) -> FeedItem:
    """Return the item with `most_bytes` set, its size in the format with the most escaping. RSS escapes the summary
    twice; JSON escapes line ends.
    """
    texts = [item.title, escape(item.summary), item.html, item.url, item.id]
    texts += [text for category in item.categories for text in (category.term, category.label, category.scheme)]
    texts += [text for file in item.enclosures for text in (file.url, file.title, file.media_type)]
    written = escape("\n".join(texts))
    marks = written.count("\n") + written.count("\t") + written.count("\\")
    elements = 1_000 + 100 * (len(item.categories) + len(item.enclosures))
    return replace(item, most_bytes=len(written.encode()) + marks + elements)
