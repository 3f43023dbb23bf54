"""Reads the files that belong to an item, in the forms that sources of any kind use."""

import re
from collections.abc import Mapping, Sequence

from publisher.collect.sources.links import seen_from
from publisher.collect.sources.text import clean_line, clean_name
from publisher.collect.sources.values import text_in
from publisher.model.items import Enclosure

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
"""A media type such as `image/png` (RFC 6838 section 4.2)."""
MAX_ENCLOSURES = 20
"""The most files that one item may have; further files are left out."""
_MOST_READ = 1_000
LONGEST_URL = 2_000
"""The most characters of a file's address: browsers need not open a longer one."""
LARGEST_BYTES = 10**13
"""A larger size is assumed to be a mistake and left out."""


def enclosures_of(value: object, *, separator: str = ",", base: str = "") -> tuple[Enclosure, ...]:
    """Return the enclosures in a value: addresses in one text, a list of addresses, or tables with `url`; each address
    once.

    A relative address is completed with `base`. Addresses that no browser opens are kept here: `clean` removes them.
    """
    match value:
        case Mapping():
            pieces: Sequence[object] = [value]
        case list() | tuple():
            pieces = value
        case _:
            # an address may contain the separator, but then no other address follows it
            start = rf"(?:(?<=\s)|(?<={re.escape(separator)}))(?=https?://)"
            pieces = re.split(start, text_in({"enclosures": value}, "enclosures"), flags=re.IGNORECASE)
    found: dict[str, Enclosure] = {}
    for piece in pieces:
        enclosure = _enclosure(piece if isinstance(piece, Mapping) else {"url": piece}, separator, base)
        # A table without an address is removed and reported when the item is cleaned; an empty text means nothing.
        if (enclosure.url or isinstance(piece, Mapping)) and len(found) < _MOST_READ:
            found.setdefault(enclosure.url, enclosure)
    return tuple(found.values())


def _enclosure(values: Mapping[str, object], separator: str, base: str) -> Enclosure:
    values = {f"enclosure's {name}": value for name, value in values.items()}
    address = clean_line(text_in(values, "enclosure's url")).removesuffix(separator).rstrip()
    url = seen_from(address, base)
    media_type = clean_line(text_in(values, "enclosure's type")).partition(";")[0].strip().lower()
    return Enclosure(
        url=url,
        media_type=media_type if _MEDIA_TYPE.fullmatch(media_type) else "",
        size_bytes=_size(text_in(values, "enclosure's length").strip()),
        title=clean_name(text_in(values, "enclosure's title")),
    )


def _size(length: str) -> int | None:
    """Return the size in bytes; return `None` if it is missing or 0: RSS 2.0 requires a size, so feeds that do not know
    it write 0.
    """
    is_number = length.isascii() and length.isdigit() and len(length) <= len(str(LARGEST_BYTES))
    return int(length) if is_number and 0 < int(length) <= LARGEST_BYTES else None
