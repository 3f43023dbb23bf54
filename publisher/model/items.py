"""Items as a source lists them, and hashes that tell whether two items say the same."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeAlias

from publisher.model.links import file_key, is_moved, link_key

Day: TypeAlias = date
"""The type `date`, under a name that the field `Item.date` does not hide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file that belongs to an item: a report, a recording, a picture. The file stays on its own server and is never
    fetched.
    """

    url: str
    media_type: str = ""
    """The media type from the source, such as `application/pdf`. If empty, the type is guessed from the address."""
    size_bytes: int | None = None
    """The size of the file; `None` if the source does not give it."""
    title: str = ""
    """The file's title. If empty, readers see the file's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One news item, as its source lists it now. Text is clean: no control characters, no lone surrogates, NFC."""

    date: date
    """The date that the organisation gave the item, in the site's time zone."""
    text: str
    """Plain text, paragraphs separated by one empty line."""
    title: str = ""
    """The source's title. If empty, the source gives none, and `titles.title_of` makes one from the first sentence."""
    link: str = ""
    """The address of the item on the web. If empty, readers are sent to the item's page on this site."""
    summary: str = ""
    """The source's summary, in plain text. If empty, the first sentences of `text` serve as a summary."""
    native_id: str = ""
    """The permanent id that the source gives the item; empty if the source gives none."""
    language: str = ""
    """The item's language (BCP 47). If empty, the site's language counts."""
    labels: tuple[str, ...] = ()
    """Theme labels as the source writes them, in order. config.toml maps them to themes."""
    keywords: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    html: str = ""
    """The body as safe HTML with absolute links. If empty, `text` is the whole body. A source may yield any HTML here,
    which `collect` cleans.
    """
    published: datetime | None = None
    """UTC; the instant of publication, if the organisation gives more than a day. A source may yield a time without a
    zone, which is then in the site's zone.
    """
    authors: tuple[str, ...] = ()
    """The authors, as the source names them. Only filters of a source use the authors; the log does not keep them."""
    base: str = ""
    """The base URL of relative addresses in `html`. If empty, `link` is the base. The log does not keep this field."""
    is_language_guessed: bool = False
    """Whether `language` was guessed from the words because the source gives none."""
    is_minor_edit: bool = False
    """Whether the source marks its latest edit of the item as minor: readers are then not told of the edit."""
    listed_date: Day | None = None
    """The day the source gives now, if readers keep an earlier day; `None` if the source gives `date`."""
    is_undated: bool = False
    """Whether the source gives no date: `date` is then the day of this reading, and a known item keeps its date."""
    embargo: datetime | None = None
    """UTC; no reader sees the item before this time. If `None`, only the item's date decides. A source may yield the
    time without a zone, like `published`.
    """
    other_embargo: datetime | None = None
    """UTC; the end of an embargo that another source puts on the same item; a source never sets this field. `None` if
    there is no such embargo.
    """
    expires: datetime | None = None
    """UTC; from this time on no feed has the item. `None` if it never expires. A source may yield the time without a
    zone, like `published`.
    """

    @property
    def last_embargo(self) -> datetime | None:
        """When the last of the item's embargoes ends; `None` if the item has no embargo."""
        return max(filter(None, (self.embargo, self.other_embargo)), default=None)


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


FILING = frozenset({"date", "published", "language", "labels", "keywords"})
"""Fields by which an item is sorted into themes, feeds and days: a new value moves the item, and readers see no edit of
its text.
"""


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


_ADDRESS = re.compile(r'\b(href|src)="([^"]*)"')
_SCRAMBLED = "/cdn-cgi/l/email-protection"
"""Part of the address that Cloudflare puts in place of a mail address; the rest of it differs at each request."""


def _digest(value: object) -> str:
    return hashlib.sha256(_CANONICAL.encode(value).encode()).hexdigest()


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
