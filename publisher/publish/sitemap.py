"""The sitemap for search engines (sitemaps.org 0.9): an index, and files that change only when their pages do.

A publishing pass writes the files that contain its changed items, the file of feed pages, and the index.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import quote
from xml.sax.saxutils import escape

from publisher.model.feeds import ALL
from publisher.model.records import Record
from publisher.model.site import Site
from publisher.publish.files import PublicFiles
from publisher.rendering import urls
from publisher.store import Store
from publisher.store.feeds import FeedState

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
MOST_ADDRESSES = 50_000
"""The most addresses in one file, according to the protocol."""
FILE_ITEMS = 1_000
"""How many items a file covers. When one of them changes, that many addresses are written again."""


class Sitemap:
    """Writes the sitemap in one publishing pass."""

    def __init__(self, *, store: Store, files: PublicFiles, site: Site) -> None:
        self._store = store
        self._files = files
        self._site = site
        self._parts: set[int] = set()

    def note(self, records: Iterable[Record]) -> None:
        """Record that these items changed, so that `render` writes the files of the sitemap that contain them."""
        self._parts.update(_part_of(record.number) for record in records)

    def render(self, states: Sequence[FeedState], *, changed_at: datetime) -> None:
        """Write the changed files of the sitemap. `changed_at` is the date of the front page and of the page of all
        items; pages of years have no date.
        """
        for part in sorted(self._parts):
            self._files.write(urls.sitemap_file(str(part)), sitemap(self._item_pages(part)))
        site = self._site
        feeds = [(urls.feed_page_url(urls.folder_of(state.feed), site), state.changed_at) for state in states]
        feeds = [(site.base_url, changed_at), (urls.feed_page_url(ALL, site), changed_at), *feeds]
        years = [urls.YEARS_FILE, *map(urls.year_file, self._store.calendar.years())]
        pages = [*feeds, *((site.base_url + file.removesuffix(urls.INDEX_FILE), None) for file in years)]
        self._files.write(urls.sitemap_file("feeds"), sitemap(pages[:MOST_ADDRESSES]))
        parts = ["feeds", *map(str, range(1, _part_of(self._store.items.last_number()) + 1))]
        index = sitemap_index(site.base_url + urls.sitemap_file(part) for part in parts)
        self._files.write(urls.SITEMAP_FILE, index)

    def _item_pages(self, part: int) -> Iterable[tuple[str, datetime]]:
        """Yield the pages of items in the sitemap's file number `part`, each with its last change. An item with a link
        to another site has no page to list.
        """
        after = (part - 1) * FILE_ITEMS
        for place in self._store.items.addresses(after, after + FILE_ITEMS):
            if not urls.is_web_address(place.link):
                yield f"{self._site.base_url}{urls.item_file(place)}", place.updated


def sitemap(pages: Iterable[tuple[str, datetime | None]]) -> bytes:
    """Return a sitemap file of addresses, each with the last change of its page if that is known."""
    return _document("urlset", "url", pages)


def sitemap_index(files: Iterable[str]) -> bytes:
    """Return the index of all files of the sitemap. The index has no dates, so it changes only when a file is added."""
    return _document("sitemapindex", "sitemap", ((file, None) for file in files))


def robots(site: Site) -> bytes:
    """Return the content of robots.txt, which lets search engines read everything and names the sitemap (RFC 9309)."""
    return f"User-agent: *\nAllow: /\n\nSitemap: {_uri(site.base_url + urls.SITEMAP_FILE)}\n".encode()


def _part_of(number: int) -> int:
    """Return the number of the sitemap's file that covers the item with this number. The file with number 0 covers no
    items.
    """
    return -(-number // FILE_ITEMS)


def _document(root: str, element: str, places: Iterable[tuple[str, datetime | None]]) -> bytes:
    lines = [
        f"<{element}><loc>{escape(_uri(address))}</loc>{_changed(changed)}</{element}>" for address, changed in places
    ]
    return "\n".join(
        ['<?xml version="1.0" encoding="UTF-8"?>', f'<{root} xmlns="{NAMESPACE}">', *lines, f"</{root}>", ""]
    ).encode()


def _changed(instant: datetime | None) -> str:
    return "" if instant is None else f"<lastmod>{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</lastmod>"


def _uri(address: str) -> str:
    """Return an IRI as a URI (RFC 3986): non-ASCII characters are percent-encoded; characters that are encoded already
    stay.
    """
    return quote(address, safe=":/?#[]@!$&'()*+,;=%-._~")
