"""Records: items as the log knows them, and what the log says of them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from publisher.model.feeds import Gathered
from publisher.model.items import Item
from publisher.model.themes import Theme


class ChangeKind(StrEnum):
    """What the log can say of an item. An item that comes back after a withdrawal is `REVISED`."""

    ADDED = "added"
    REVISED = "revised"
    WITHDRAWN = "withdrawn"


class State(StrEnum):
    """Where an item stands with its source."""

    LISTED = "listed"
    """In the listing when it was last read."""
    UNLISTED = "unlisted"
    """Older than what the listing still shows: it stays in feeds and pages."""
    WITHDRAWN = "withdrawn"
    """Taken out by the organisation: it leaves feeds and digests, and its page says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An item as the log knows it. `uid`, `path` and `published` never change once given."""

    number: int
    """The item's row in this store; never shown to readers."""
    source: str
    uid: str
    """A `tag:` URI (RFC 4151), the same in every feed and for ever."""
    path: str
    """Its page below the base URL, without an ending: `items/2022/to-what-extent`."""
    item: Item
    themes: tuple[Theme, ...]
    """Never empty: an item without a label belongs to the default theme."""
    published: datetime
    """UTC; distinct from that of every other item of its day (RFC 4287 section 3.3)."""
    updated: datetime
    """UTC; `published` until the item is revised, then when we learnt of the revision."""
    added_seq: int
    """The log number under which it first appeared."""
    seq: int
    """The log number of its latest change."""
    revision: int
    """1 when added; one more for every revision."""
    state: State

    @property
    def short_id(self) -> str:
        """The end of its id, which is short enough to type."""
        return self.uid.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the log remembers of an item of a source, as far as telling old from new needs it."""

    number: int
    date: date
    native_id: str
    link: str
    text_digest: str
    content_digest: str
    state: State
    is_kept_from_readers: bool = False
    """Listed before its source was read first, or discarded: no reader ever saw it, and none will."""
    knows_enclosures: bool = True
    """False: it was read by a program that left them out, so that their being there now is no edit."""
    is_copy: bool = False
    """It is another source's item, and this is what the source says of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecord:
    """A new item with what it keeps for ever, and its themes and feeds."""

    item: Item
    gathered: Gathered
    uid: str
    path: str
    published: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What an item says now, and its themes and feeds."""

    number: int
    item: Item
    gathered: Gathered
