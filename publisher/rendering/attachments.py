"""An item's enclosures for readers: with a media type, a name and a readable size."""

import re
from dataclasses import dataclass
from functools import cache
from html import unescape
from mimetypes import MimeTypes
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from publisher.model.items import Enclosure, Item
from publisher.model.titles import shorten
from publisher.rendering import languages
from publisher.rendering.text import one_line
from publisher.rendering.urls import is_web_address

UNKNOWN = "application/octet-stream"
"""The media type of unknown data (RFC 2046 section 4.5.1)."""
TITLE_CHARS = 80
SHARED_PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")
"""Media types of pictures that programs show when someone shares a page; such programs do not show SVG."""
_IMAGE = re.compile(r"<img\b[^>]*>")
_SOURCE = re.compile(r'\ssrc="([^"]*)"')
_ORNAMENT = re.compile(r'\s(?:width|height)="(?:\d|\d\d)"')
"""The width or height of a picture below 100 pixels, too small to represent a shared page: an ornament."""

_MORE_TYPES = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odp": "application/vnd.oasis.opendocument.presentation",
    ".epub": "application/epub+zip",
    ".m4a": "audio/mp4",
    ".ogg": "audio/ogg",
    ".flac": "audio/flac",
    ".gz": "application/gzip",
}
"""Types of files that organisations attach and some versions of Python do not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFile:
    """An enclosure as templates show it."""

    url: str
    title: str
    """The file's own title, or its file name."""
    label: str
    """The title, with format and size in brackets: `Annual report (PDF, 1.2 MB)`."""
    media_type: str
    size_bytes: int | None


def enclosures_of(item: Item) -> tuple[Enclosure, ...]:
    """Return the item's enclosures that have a web address, each with a media type."""
    return tuple(
        Enclosure(
            url=each.url,
            media_type=each.media_type or _guess_type(each.url),
            size_bytes=each.size_bytes,
            title=one_line(each.title),
        )
        for each in item.enclosures
        if is_web_address(each.url)
    )


def picture_of(item: Item) -> str:
    """Return the address of the picture that represents the item; return an empty string if it has none.

    The first enclosure that is a picture represents the item, or else the first picture in the item's text that is no
    ornament.
    """
    files = (each.url for each in enclosures_of(item) if each.media_type in SHARED_PICTURES)
    images = (image for image in _IMAGE.findall(item.html) if not _ORNAMENT.search(image))
    shown = (unescape(found[1]) for found in map(_SOURCE.search, images) if found)
    return next((url for url in (*files, *shown) if is_web_address(url)), "")


def files_of(item: Item, *, language: str) -> tuple[ShownFile, ...]:
    """Return the item's enclosures as templates show them, worded in `language`."""
    return tuple(_show_file(each, language) for each in enclosures_of(item))


def _show_file(enclosure: Enclosure, language: str) -> ShownFile:
    size = "" if enclosure.size_bytes is None else languages.format_size(enclosure.size_bytes, language)
    facts = ", ".join(filter(None, (_format(enclosure), size)))
    title = shorten(enclosure.title or _file_name(enclosure.url), TITLE_CHARS)
    return ShownFile(
        url=enclosure.url,
        title=title,
        label=f"{title} ({facts})" if facts else title,
        media_type=enclosure.media_type,
        size_bytes=enclosure.size_bytes,
    )


def _file_name(url: str) -> str:
    parts = urlsplit(url)
    return one_line(unquote(PurePosixPath(parts.path).name)) or parts.netloc


def _format(enclosure: Enclosure) -> str:
    """Return the format of a file as people name it, such as `PDF`; return an empty string if the format is unknown."""
    ending = _ending(enclosure.url)
    known = (
        ending if _guess_type(enclosure.url) == enclosure.media_type else _types().guess_extension(enclosure.media_type)
    )
    return "" if enclosure.media_type == UNKNOWN else (known or "").removeprefix(".").upper()


def _guess_type(url: str) -> str:
    return _types().types_map[True].get(_ending(url), UNKNOWN)


def _ending(url: str) -> str:
    return PurePosixPath(urlsplit(url).path).suffix.lower()


@cache
def _types() -> MimeTypes:
    """Return Python's own table of file types, because the operating system's table differs between machines."""
    types = MimeTypes()
    for ending, media_type in _MORE_TYPES.items():
        types.add_type(media_type, ending)
    return types
