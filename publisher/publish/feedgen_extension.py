"""Adds to feeds what feedgen leaves out, through its extension API (`FeedGenerator.register_extension`).

An extension has one class for the feed, which gives its namespaces, and one for entries. feedgen makes an object of the
second for each entry, as an attribute of the entry with the extension's name.
"""

from collections.abc import Sequence
from datetime import datetime

from lxml.etree import SubElement, _Element

from publisher.model.items import Enclosure

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
ATOM = "http://www.w3.org/2005/Atom"
DCTERMS = "http://purl.org/dc/terms/"
HISTORY = "http://purl.org/syndication/history/1.0"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"


class RssChannel:
    """Adds further links and the mark of an archive (RFC 5005 section 4) to an RSS channel."""

    def __init__(self) -> None:
        self.links: Sequence[tuple[str, str, str]] = ()
        """Links as (rel, href, type). An empty type is left out."""
        self.is_archive = False

    def extend_ns(self) -> dict[str, str]:
        return {"dcterms": DCTERMS, **({"fh": HISTORY} if self.is_archive else {})}

    def extend_rss(self, rss: _Element) -> _Element:
        channel = rss[0]
        _add_links(channel, f"{{{ATOM}}}link", self.links)
        if self.is_archive:
            SubElement(channel, f"{{{HISTORY}}}archive")
        return rss


class RssItem:
    """Adds language, last change and enclosures to an RSS item.

    RSS does not say how many enclosures an item may have. The RSS Advisory Board recommends one (section "enclosure" of
    its profile), and validators warn of more, so further enclosures become Atom links.
    """

    language = ""
    enclosures: Sequence[Enclosure] = ()
    modified: datetime | None = None
    """The item's last change, or `None` if it has not changed since publication."""

    def extend_rss(self, item: _Element) -> _Element:
        item.set(XML_LANG, self.language)
        if self.modified is not None:
            SubElement(item, f"{{{DCTERMS}}}modified").text = self.modified.isoformat()
        for first in self.enclosures[:1]:
            # RSS 2.0 requires a length; the profile recommends 0 if it is unknown
            given = {"url": first.url, "length": str(first.size_bytes or 0), "type": first.media_type}
            SubElement(item, "enclosure", given)
        _add_enclosures(item, f"{{{ATOM}}}link", self.enclosures[1:])
        return item


class AtomFeed:
    """Adds further links, the mark of an archive (RFC 5005) and tombstones (RFC 6721) to an Atom feed."""

    def __init__(self) -> None:
        self.links: Sequence[tuple[str, str, str]] = ()
        """Links as (rel, href, type). An empty type is left out."""
        self.is_archive = False
        self.withdrawn: Sequence[tuple[str, datetime]] = ()
        """Tombstones: the id of each withdrawn item, and when it was withdrawn."""

    def extend_ns(self) -> dict[str, str]:
        return {**({"fh": HISTORY} if self.is_archive else {}), **({"at": TOMBSTONES} if self.withdrawn else {})}

    def extend_atom(self, feed: _Element) -> _Element:
        _add_links(feed, "link", self.links)
        if self.is_archive:
            SubElement(feed, f"{{{HISTORY}}}archive")
        for ref, when in self.withdrawn:
            SubElement(feed, f"{{{TOMBSTONES}}}deleted-entry", ref=ref, when=when.isoformat())
        return feed


class AtomEntry:
    """Adds language, enclosures and the attributes of links to an Atom entry.

    feedgen writes only the address of a link (issue 135 of feedgen).
    """

    language = ""
    enclosures: Sequence[Enclosure] = ()

    def extend_atom(self, entry: _Element) -> _Element:
        entry.set(XML_LANG, self.language)
        for link in entry.findall("link"):
            link.set("rel", "alternate")
            link.set("type", "text/html")
            link.set("hreflang", self.language)
        _add_enclosures(entry, "link", self.enclosures)
        return entry


def _add_links(parent: _Element, tag: str, links: Sequence[tuple[str, str, str]]) -> None:
    for rel, href, media_type in links:
        SubElement(parent, tag, {"rel": rel, "href": href} | ({"type": media_type} if media_type else {}))


def _add_enclosures(parent: _Element, tag: str, enclosures: Sequence[Enclosure]) -> None:
    """Add an Atom link for each enclosure. Its length is a hint and may be missing (RFC 4287 section 4.2.7)."""
    for enclosure in enclosures:
        link = SubElement(parent, tag, {"rel": "enclosure", "href": enclosure.url, "type": enclosure.media_type})
        if enclosure.size_bytes is not None:
            link.set("length", str(enclosure.size_bytes))
        if enclosure.title:
            link.set("title", enclosure.title)
