"""OPML 2.0 (opml.org/spec2.opml): all feeds of the site in one file, which feed readers can import."""

from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from publisher.model.feeds import Feed, FeedKind
from publisher.model.site import Site
from publisher.publish.document import title_of_feed
from publisher.rendering import urls
from publisher.rendering.text import scrub


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One feed in an OPML document."""

    title: str
    feed_url: str
    page_url: str


def outlines(feeds: Iterable[Feed], *, site: Site, formats: Iterable[str]) -> list[Outline]:
    """Return entries for these feeds: the feed of all items first, then the others by kind and title, each in the
    format that most feed readers support.
    """
    formats = tuple(formats)
    chosen = next((key for key in formats if key != "json"), formats[0])
    kinds = list(FeedKind)
    ordered = sorted(
        (Feed.of_all(site), *feeds),
        key=lambda feed: (kinds.index(feed.kind), title_of_feed(feed).casefold(), feed.slug),
    )
    return [
        Outline(
            title=" ".join(scrub(title_of_feed(feed)).split()),
            feed_url=urls.feed_url(urls.folder_of(feed), chosen, site),
            page_url=urls.feed_page_url(urls.folder_of(feed), site),
        )
        for feed in ordered
    ]


def opml(lines: Iterable[Outline], *, site: Site) -> bytes:
    """Return the OPML document with these entries. It has no date, so that the same feeds always give the
    same bytes.
    """
    root = ET.Element("opml", version="2.0")
    head = ET.SubElement(root, "head")
    ET.SubElement(head, "title").text = scrub(site.title)
    ET.SubElement(head, "ownerName").text = scrub(site.author.name or site.title)
    ET.SubElement(head, "ownerEmail").text = site.author.address
    body = ET.SubElement(root, "body")
    for line in lines:
        title = line.title or line.page_url
        # `rss` stands for every format: importers look at what they fetch
        attributes = {"type": "rss", "text": title, "title": title, "xmlUrl": line.feed_url, "htmlUrl": line.page_url}
        ET.SubElement(body, "outline", attributes)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"
