"""RSS 2.0 and Atom 1.0, by feedgen. In: values. Out: bytes, always the same for the same document.

Two defaults of feedgen are avoided: it takes missing dates from the clock, and puts each new item first. For RFC 2822
dates feedgen sets the process's locale to C and back. This could disturb only a thread that formats a date with the C
library at that moment, and no code of this program does (nor do Babel and `format_datetime`).
"""

from collections.abc import Sequence
from html import escape
from typing import Any

from feedgen.feed import FeedGenerator

from publisher.publish.document import FeedDocument
from publisher.publish.entries import Entries
from publisher.publish.feed_items import FeedItem
from publisher.publish.feedgen_extension import AtomEntry, AtomFeed, RssChannel, RssItem
from publisher.rendering import urls

COMMENT = str.maketrans("()\\", "[]/")
"""Replacements for characters that have a meaning in comments, such as a name after an address (RFC 5322 section
3.2.2).
"""


def rss(document: FeedDocument, entries: Entries | None = None) -> bytes:
    """Return a feed document as RSS 2.0, with each item's full text (content:encoded) beside its summary.

    Items that `entries` already has are not serialised again.
    """
    entries = entries or Entries()
    feed = _feed(document, urls.FEED_FORMATS["rss"])
    feed.docs("https://www.rssboard.org/rss-specification")
    if document.author.address:
        name = document.author.name.translate(COMMENT)
        feed.managingEditor(f"{document.author.address} ({name})")  # feedgen's author() is for Atom only
    if picture := document.look.logo or document.look.icon:
        feed.image(url=picture, title=document.title, link=document.page_url)
    feed.register_extension("gaps", RssChannel, RssItem, atom=False, rss=True)
    feed.gaps.links = _links(document, "rss")
    feed.gaps.is_archive = document.is_archive
    new = entries.missing(document.items)
    for item in new:
        entry = _entry(feed, item)
        entry.description(escape(item.summary, quote=False))  # RSS descriptions are HTML
        entry.content(item.html)
        entry.gaps.language = item.language
        entry.gaps.enclosures = item.enclosures
        entry.gaps.modified = item.updated if item.updated != item.published else None
    frame = bytes(feed.rss_str(pretty=True))
    return _join(document.items, new, frame, entries, start=b"\n    <item ", end=b"\n  </channel>\n")


def atom(document: FeedDocument, entries: Entries | None = None) -> bytes:
    """Return a feed document as Atom 1.0 (RFC 4287). Items that `entries` already has are not serialised again."""
    entries = entries or Entries()
    feed = _feed(document, urls.FEED_FORMATS["atom"])
    feed.author(name=document.author.name, email=document.author.address or None)
    feed.icon(document.look.icon or None)
    feed.logo(document.look.logo or None)
    feed.register_extension("gaps", AtomFeed, AtomEntry, atom=True, rss=False)
    feed.gaps.links = _links(document, "atom")
    feed.gaps.is_archive = document.is_archive
    feed.gaps.withdrawn = [(tombstone.id, tombstone.when) for tombstone in document.withdrawn]
    new = entries.missing(document.items)
    for item in new:
        entry = _entry(feed, item)
        entry.updated(item.updated_alone)
        entry.summary(item.summary)
        entry.content(item.html, type="html")
        entry.gaps.language = item.language
        entry.gaps.enclosures = item.enclosures
    frame = bytes(feed.atom_str(pretty=True))
    return _join(document.items, new, frame, entries, start=b"\n  <entry ", end=b"\n</feed>\n")


def _join(
    items: Sequence[FeedItem], new: Sequence[FeedItem], frame: bytes, entries: Entries, *, start: bytes, end: bytes
) -> bytes:
    """Return feedgen's document `frame`, which contains only the `new` items, with all `items` put into it. In `frame`,
    a serialised item reaches from one `start` to the next, or the last one to `end`.

    In the frame `<` only begins a tag, so no text can look like `start` or `end`.
    """
    body, end, foot = frame.rpartition(end)
    head, *written = body.split(start)
    return start.join([head, *entries.take(items, dict(zip(new, written, strict=True)))]) + end + foot


def _feed(document: FeedDocument, feed_format: urls.FeedFormat) -> Any:  # noqa: ANN401  # feedgen has no types
    feed = FeedGenerator()
    feed.id(document.id)
    feed.title(document.title)
    feed.description(document.description)
    feed.language(document.language)
    feed.updated(document.updated)
    feed.generator("Publisher")  # without its version: an upgrade alone must not change every feed
    feed.link(href=dict(document.links)[feed_format.key].own, rel="self", type=feed_format.media_type)
    feed.link(href=document.page_url, rel="alternate", type="text/html")  # last: RSS takes its <link> from the last
    return feed


def _links(document: FeedDocument, feed_format: str) -> list[tuple[str, str, str]]:
    """Return a document's links for RFC 5005 section 4 and WebSub, as (rel, href, type). Archive documents name no hub,
    because they do not change.
    """
    links, media_type = dict(document.links)[feed_format], urls.FEED_FORMATS[feed_format].media_type
    hub = [] if document.is_archive else [("hub", document.look.hub, "")]
    current = [("current", links.current, media_type)] if document.is_archive else []
    return [link for link in (*hub, *current, ("prev-archive", links.previous, media_type)) if link[1]]


def _entry(feed: Any, item: FeedItem) -> Any:  # noqa: ANN401  # feedgen has no types
    entry = feed.add_entry(order="append")
    entry.id(item.id)
    entry.title(item.title)
    entry.link(href=item.url)
    entry.published(item.published)
    entry.updated(item.updated)
    for category in item.categories:
        entry.category(term=category.term, label=category.label, scheme=category.scheme)
    return entry
