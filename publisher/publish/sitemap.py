"""The sitemap for search engines (sitemaps.org 0.9): an index, and files of which each changes only with its pages."""

from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import quote
from xml.sax.saxutils import escape

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
MOST_ADDRESSES = 50_000
"""In one file, says the protocol."""


def sitemap(pages: Iterable[tuple[str, datetime | None]]) -> bytes:
    """A file of addresses, each with when its page last changed where that is known."""
    return _document("urlset", "url", pages)


def sitemap_index(files: Iterable[str]) -> bytes:
    """The file that leads to all the others; it tells no dates, and so stays as it is until there is one more."""
    return _document("sitemapindex", "sitemap", ((file, None) for file in files))


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
    """RFC 3986: what an IRI has beyond ASCII is percent-encoded; what is encoded already stays."""
    return quote(address, safe=":/?#[]@!$&'()*+,;=%-._~")
