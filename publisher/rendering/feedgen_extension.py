"""What feedgen leaves out of feeds, put in through its extension API (`FeedGenerator.register_extension`).

feedgen asks a feed class for namespaces and makes an entry object per item, reachable as an attribute of its entry
under the name the extension was registered with.
"""

from datetime import datetime

from lxml.etree import SubElement, _Element

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
DCTERMS = "http://purl.org/dc/terms/"


class RssChannel:
    """Declares what `RssItem` needs."""

    def extend_ns(self) -> dict[str, str]:
        return {"dcterms": DCTERMS}

    def extend_rss(self, rss: _Element) -> _Element:
        return rss


class RssItem:
    """RSS has no element for an item's language or its last change."""

    language = ""
    modified: datetime | None = None
    """None: never since it was published."""

    def extend_rss(self, item: _Element) -> _Element:
        item.set(XML_LANG, self.language)
        if self.modified is not None:
            SubElement(item, f"{{{DCTERMS}}}modified").text = self.modified.isoformat()
        return item


class AtomFeed:
    """Has nothing to add; feedgen wants one beside `AtomEntry`."""

    def extend_ns(self) -> dict[str, str]:
        return {}

    def extend_atom(self, feed: _Element) -> _Element:
        return feed


class AtomEntry:
    """Entries have no language in feedgen, and their links lose every attribute but the address (its issue 135)."""

    language = ""

    def extend_atom(self, entry: _Element) -> _Element:
        entry.set(XML_LANG, self.language)
        for link in entry.findall("link"):
            link.set("rel", "alternate")
            link.set("type", "text/html")
            link.set("hreflang", self.language)
        return entry
