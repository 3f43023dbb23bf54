"""Records: what the log knows about items, and the values of new log entries."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from publisher.model.feeds import Gathered
from publisher.model.items import Item
from publisher.model.themes import Theme


class ChangeKind(StrEnum):
    """What happened to an item. An item that comes back counts as `REVISED`."""

    ADDED = "added"
    REVISED = "revised"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    HIDDEN = "hidden"
    SHOWN = "shown"
    """An editor made a hidden item visible again."""


class State(StrEnum):
    """Whether readers see an item, and whether its source still lists it."""

    LISTED = "listed"
    """The source listed it when it was last read."""
    UNLISTED = "unlisted"
    """The item is older than everything the source still lists. It stays in feeds and pages."""
    WAITING = "waiting"
    """The item waits for its time to appear, or expired before it appeared. It is not in the log and has no page."""
    EXPIRED = "expired"
    """The item has expired. It is in no feed and no later digest; its page stays and says so."""
    WITHDRAWN = "withdrawn"
    """The organisation removed the item. It leaves feeds and digests, and its page says so."""
    HIDDEN = "hidden"
    """An editor hid the item. Readers see nothing of it, whatever its source does."""

    @property
    def is_live(self) -> bool:
        """Whether feeds, lists and digests have an item in this state."""
        return self in _LIVE

    @property
    def is_gone(self) -> bool:
        """Whether feeds tell feed readers to remove an item in this state, and its page no longer shows its text."""
        return self in _GONE


_LIVE = (State.LISTED, State.UNLISTED)
_GONE = (State.WITHDRAWN, State.HIDDEN)
STANDING = (State.LISTED, State.HIDDEN, State.WAITING, State.UNLISTED, State.EXPIRED, State.WITHDRAWN)
"""States by preference: if a listed item may be one of several known items, the known item whose state comes first here
wins.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An item as the log knows it. Its `uid` and `path` never change; `published` changes only with its date."""

    number: int
    """The item's number in this store; readers never see it."""
    source: str
    uid: str
    """A `tag:` URI (RFC 4151), the same in every feed."""
    path: str
    """The address of the item's page below the base URL, without an ending: `items/2022/to-what-extent`."""
    item: Item
    themes: tuple[Theme, ...]
    """The item's themes; never empty, because an item without a label is in the default theme."""
    published: datetime
    """UTC; no other item of its day has the same instant (RFC 4287 section 3.3)."""
    updated: datetime
    """UTC; when a pass found the item's latest revision or withdrawal, or else `published`. Changes of one pass are
    spaced a second apart, so that each has an instant of its own.
    """
    added_seq: int
    """The log number with which the item was added."""
    seq: int
    """The log number of the item's latest change."""
    revision: int
    """1 for a new item, plus one for each revision."""
    state: State
    added_at: datetime | None = None
    """UTC; when a pass added the item. `None` if it came with its source's first pass, as part of a whole archive."""
    pass_start: int | None = None
    """The end of the log before the pass that added the item. `None` if it came with its source's first pass, as part
    of a whole archive.
    """

    @property
    def short_id(self) -> str:
        """The end of the item's id, short enough to type."""
        return self.uid.rpartition("/")[2]

    def __hash__(self) -> int:
        return hash((self.uid, self.seq))  # hashing all fields would take longer than rendering them


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the log knows about an item of a source: the part that is compared with a listing."""

    number: int
    date: date
    """The day that the item's source gave last; readers may keep an earlier day."""
    native_id: str
    """The key by which the item's id is compared (`links.id_key`)."""
    link: str
    """The key by which the item's link is compared (`links.link_key`)."""
    text_digest: str
    content_digest: str
    state: State
    is_kept_from_readers: bool = False
    """Whether no reader ever sees the item: it was too old at its source's first reading, or it was discarded."""
    is_copy: bool = False
    """Whether the item belongs to another source; the fields then hold what this source says about the item."""
    wakes: datetime | None = None
    """UTC; when the item will appear or expire. `None` if it does neither."""
    since: datetime | None = None
    """UTC; since when the item has waited to appear. `None` if it does not wait."""

    @property
    def is_hidden(self) -> bool:
        """Whether an editor hid the item."""
        return self.state is State.HIDDEN

    @property
    def is_unseen(self) -> bool:
        """Whether no reader sees the item now, so that an edit of the item is not announced."""
        return self.is_kept_from_readers or self.state in (State.WAITING, State.EXPIRED, State.HIDDEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecord:
    """A new item with its permanent names, its themes and its feeds."""

    item: Item
    gathered: Gathered
    uid: str
    path: str
    published: datetime
    number: int | None = None
    """The item's number while it waited to appear; `None` if it did not wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The new content of an item, with its themes and feeds."""

    number: int
    item: Item
    gathered: Gathered
    is_minor: bool = False
    """Whether the source marks the edit as minor: the edit then does not count as a revision, and `updated` stays."""
    published: datetime | None = None
    """The item's new instant of publication if its date changed; `None` if the instant stays."""
