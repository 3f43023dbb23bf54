"""Records: what the log knows about items, and what new entries of the log bring."""

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
    """An editor shows again what was hidden."""


class State(StrEnum):
    """Whether readers see an item, and whether its source still lists it."""

    LISTED = "listed"
    """The source listed it when it was last read."""
    UNLISTED = "unlisted"
    """The item is older than anything that the source still lists. It stays in feeds and pages."""
    WAITING = "waiting"
    """The item's time has not come, or was over before it appeared. It is not in the log, and has no page."""
    EXPIRED = "expired"
    """The item's time is over. It is in no feed and no later digest; its page stays and says so."""
    WITHDRAWN = "withdrawn"
    """The organisation took it out. It leaves feeds and digests, and its page says so."""
    HIDDEN = "hidden"
    """An editor hid it. Whatever its source does, no reader sees a word of it."""

    @property
    def is_live(self) -> bool:
        """Whether feeds, lists and digests have the item."""
        return self in _LIVE

    @property
    def is_gone(self) -> bool:
        """Whether feeds tell readers to forget the item, and its page no longer says what it said."""
        return self in _GONE


_LIVE = (State.LISTED, State.UNLISTED)
_GONE = (State.WITHDRAWN, State.HIDDEN)
STANDING = (State.LISTED, State.HIDDEN, State.WAITING, State.UNLISTED, State.EXPIRED, State.WITHDRAWN)
"""If a listed item may be one of several known ones, the one whose state comes first here is chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An item as the log knows it. Its `uid` and `path` never change, and `published` only if its date does."""

    number: int
    """The item's number in this store; readers never see it."""
    source: str
    uid: str
    """A `tag:` URI (RFC 4151), the same in every feed."""
    path: str
    """The address of its page below the base URL, without an ending: `items/2022/to-what-extent`."""
    item: Item
    themes: tuple[Theme, ...]
    """Never empty: an item without a label is in the default theme."""
    published: datetime
    """UTC; no other item of its day has the same instant (RFC 4287 section 3.3)."""
    updated: datetime
    """UTC; when we learnt of its latest revision or withdrawal, or else `published`. Changes of one pass are a second
    apart, so that each has an instant of its own."""
    added_seq: int
    """The log number of its first appearance."""
    seq: int
    """The log number of its latest change."""
    revision: int
    """1 when added, and one more for each revision."""
    state: State
    added_at: datetime | None = None
    """UTC; when a pass added it. None: it came with its source's first pass, a whole archive."""
    pass_start: int | None = None
    """The log's end before the pass that added it; None: it came with its source's first pass, a whole archive."""

    @property
    def short_id(self) -> str:
        """The end of the item's id, short enough to type."""
        return self.uid.rpartition("/")[2]

    def __hash__(self) -> int:
        return hash((self.uid, self.seq))  # of all its words it would take longer than to show them


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the log knows about a source's item, as far as it is compared with a listing."""

    number: int
    date: date
    """The day as its source last gave it; readers may keep the first one."""
    native_id: str
    """The key by which its id is compared (`links.id_key`)."""
    link: str
    """The key by which its link is compared (`links.link_key`)."""
    text_digest: str
    content_digest: str
    state: State
    is_kept_from_readers: bool = False
    """Whether no reader ever sees it: it was too old when its source was first read, or it was discarded."""
    is_copy: bool = False
    """Whether it is another source's item; the fields are what this source says of it."""
    wakes: datetime | None = None
    """UTC; when it appears or expires. None: it does neither."""
    since: datetime | None = None
    """UTC; since when it waits to appear. None: it does not wait."""

    @property
    def is_hidden(self) -> bool:
        """Whether an editor hid the item."""
        return self.state is State.HIDDEN

    @property
    def is_unseen(self) -> bool:
        """Whether no reader sees the item, so that an edit of it concerns nobody."""
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
    """The number under which it waited for its time; None: it did not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The new content of an item, with its themes and feeds."""

    number: int
    item: Item
    gathered: Gathered
    is_minor: bool = False
    """Whether the source calls the edit minor: it counts as no revision, and `updated` stays as it is."""
    published: datetime | None = None
    """The new instant, if the date moved; None: the instant stays."""
