"""Changes: what the log knows of a source's items before a listing is recorded, and what is recorded of it."""

from dataclasses import dataclass
from datetime import date, datetime

from publisher.model.feeds import Gathered
from publisher.model.items import Item
from publisher.model.records import State

STANDING = (State.LISTED, State.HIDDEN, State.WAITING, State.UNLISTED, State.EXPIRED, State.WITHDRAWN)
"""States by preference: if a listed item may be one of several known items, the known item whose state comes first here
wins.
"""


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
