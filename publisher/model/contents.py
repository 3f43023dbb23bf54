"""What an item says: hashes of it, and which fields of two versions differ for readers; pure."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import replace

from publisher.model.characters import without_invisible
from publisher.model.items import Item
from publisher.model.links import file_key, is_moved, link_key

FILING = frozenset({"date", "published", "language", "labels", "keywords"})
"""Fields by which an item is sorted into themes, feeds and days: a new value moves the item, and readers see no edit of
its text.
"""
_ADDRESS = re.compile(r'\b(href|src)="([^"]*)"')
_SCRAMBLED = "/cdn-cgi/l/email-protection"
"""Part of the address that Cloudflare puts in place of a mail address; the rest of it differs at each request."""
_PLAIN = str.maketrans(
    {**dict.fromkeys("‘’‚‛`´′", "'"), **dict.fromkeys("“”„‟″«»", '"'), **dict.fromkeys("‐‑‒–—―−", "-"), "…": "..."}
)
_DASHES = re.compile(r"-{2,3}")
"""Hyphens that many programs show as one dash."""
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def digest_of_text(item: Item) -> str:
    """Return a hash of the words a reader sees: title and text. Adding a field to `Item` in a new version of this
    program never changes the hash.
    """
    return _digest([" ".join(item.title.split()), " ".join(item.text.split())])


def digest_of_content(item: Item) -> str:
    """Return a hash of everything the item says, except its id. Adding a field to `Item` in a new version of this
    program changes the hash only of items that use the field.

    Of the item's HTML only words and links count, not markup, some of which servers write differently at each request.
    """
    return _digest({name: value for name, value in _fields(item) if value})


def changed_fields(old: Item, new: Item) -> list[str]:
    """Return the names of the fields that differ for readers. Two spellings of one address do not differ.

    A difference in any of these fields also changes `digest_of_content`.
    """
    pairs = zip(_fields(old), _fields(new), strict=True)
    differing = [(name, before, after) for (name, before), (_, after) in pairs if before != after]
    return [name for name, before, after in differing if _as_compared(name, before) != _as_compared(name, after)]


def has_only_moved(old: Item, new: Item) -> bool:
    """Whether the item's own link leads to another host now, and nothing else changed but its filing, and addresses in
    its text and of its files that moved along.
    """
    if not is_moved(old.link, new.link) or not {*changed_fields(old, new)} <= FILING | {"link", "links", "enclosures"}:
        return False
    before, after = ([*_links_in(item.html), *(each.url for each in item.enclosures)] for item in (old, new))
    descriptions = [[replace(each, url="") for each in item.enclosures] for item in (old, new)]
    is_alike = len(before) == len(after) and descriptions[0] == descriptions[1]
    return is_alike and all(each == other or is_moved(each, other) for each, other in zip(before, after, strict=True))


def differs_in_marks_alone(old: Item, new: Item) -> bool:
    """Whether the words of title, text and summary are the same but for curly or straight quotes, long or short dashes,
    dots and blanks: an editor or a site's program sets them, often in all items at once.
    """
    if not {*changed_fields(old, new)} <= FILING | {"title", "text", "summary"}:
        return False
    before, after = ([_marks_folded(text) for text in (item.title, item.text, item.summary)] for item in (old, new))
    return before == after


def _marks_folded(text: str) -> str:
    return " ".join(_DASHES.sub("-", without_invisible(text).translate(_PLAIN)).split())


def _as_compared(name: str, value: object) -> object:
    """Return the value of the field `name`, with addresses replaced by the keys by which they are compared."""
    match name, value:
        case "link", str():
            return link_key(value) or value
        case "links", list():
            return [link_key(address) or address for address in value]
        case "enclosures", list():
            return [[file_key(address), *others] for address, *others in value]
        case _:
            return value


def _fields(item: Item) -> Iterable[tuple[str, object]]:
    yield "date", item.date.isoformat()
    yield "text", item.text
    yield "title", item.title
    yield "link", item.link
    # a guess does not come from the source, so a better guess must not look like an edit
    yield "language", "" if item.is_language_guessed else item.language
    yield "labels", item.labels
    yield "keywords", item.keywords
    yield "enclosures", [[each.url, each.media_type, each.size_bytes, each.title] for each in item.enclosures]
    yield "links", _links_in(item.html)
    yield "published", item.published and item.published.isoformat()
    yield "summary", item.summary


def _links_in(html: str) -> list[str]:
    """Return addresses of links and pictures in clean HTML, without the parts that servers change at each request."""
    links = [(kind, address) for kind, address in _ADDRESS.findall(html) if _SCRAMBLED not in address]
    return [address if kind == "href" else address.partition("?")[0] for kind, address in links]


def _digest(value: object) -> str:
    return hashlib.sha256(_CANONICAL.encode(value).encode()).hexdigest()
