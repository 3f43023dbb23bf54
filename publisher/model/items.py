"""Items as a source lists them, and the digests that tell whether two say the same."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file that belongs to an item: a report, a recording, a picture. It stays where it is and is never fetched."""

    url: str
    media_type: str = ""
    """As the source says, such as `application/pdf`; empty: readers are told what its address looks like."""
    size_bytes: int | None = None
    """None: the source does not say."""
    title: str = ""
    """Empty: the name of the file has to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One news item as its source lists it now. Text is clean: no control characters, no lone surrogates, NFC."""

    date: date
    """The day the organisation gave it, in the site's time zone."""
    text: str
    """Plain text, paragraphs separated by one empty line."""
    title: str = ""
    """Empty when the source gives none; `rendering.text.title_of` makes one from the first sentence."""
    link: str = ""
    """Where the item lives on the web; empty: the site makes a page for it."""
    native_id: str = ""
    """The source's own permanent id; empty when it has none, as in a listing."""
    language: str = ""
    """BCP 47; empty: the site's language."""
    labels: tuple[str, ...] = ()
    """Theme labels as written, in order. Configuration maps them to themes."""
    keywords: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    html: str = ""
    """Its body as safe HTML, every link absolute; empty: `text` is all there is. As a source gives it: any HTML."""
    published: datetime | None = None
    """UTC; when the organisation gave an instant and not only a day. As a source gives it: also without a zone, which
    is then the site's."""
    is_language_guessed: bool = False
    """`language` was found by looking at the words; the source did not say."""
    is_undated: bool = False
    """The source gives no date: `date` is the day of this reading, and an item that is known keeps its own."""
    embargo: datetime | None = None
    """UTC; before it no reader may see the item. None: its date alone says. As a source gives it: like `published`."""
    expires: datetime | None = None
    """UTC; from it on the item is in no feed. None: for good. As a source gives it: like `published`."""


def digest_of_text(item: Item) -> str:
    """Return a digest of the words a reader sees, title and text; the same for ever, whatever fields items get."""
    return _digest([" ".join(item.title.split()), " ".join(item.text.split())])


def digest_of_content(item: Item) -> str:
    """Return a digest of all the item says; the same for ever, also when items get new fields that it leaves empty."""
    return _digest({name: value for name, value in _fields(item) if value})


def _fields(item: Item) -> Iterable[tuple[str, object]]:
    yield "date", item.date.isoformat()
    yield "text", item.text
    yield "title", item.title
    yield "link", item.link
    yield "native_id", item.native_id
    # A guess is no word of the source's: a better one must not look like an edit.
    yield "language", "" if item.is_language_guessed else item.language
    yield "labels", item.labels
    yield "keywords", item.keywords
    yield "enclosures", [[each.url, each.media_type, each.size_bytes, each.title] for each in item.enclosures]
    yield "html", item.html
    yield "published", item.published and item.published.isoformat()


def _digest(value: object) -> str:
    return hashlib.sha256(_CANONICAL.encode(value).encode()).hexdigest()


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
