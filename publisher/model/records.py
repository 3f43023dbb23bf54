"""Records: what the log knows about items, and the values of new log entries."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

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
