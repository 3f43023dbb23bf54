"""Sources: the operator's policies and limits, and what may be wrong with a reading."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """The values of which an item must have one; each text is as `slugs.fold_label` leaves it."""

    words: tuple[str, ...] = ()
    """Whole words, or several in a row, in its title or text."""
    themes: tuple[str, ...] = ()
    """Themes as the source writes them, or titles or slugs of the site's."""
    keywords: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePolicy:
    """How a source's listing is treated."""

    since: timedelta | None
    """How old an item of the first reading may be to be shown. None: any age."""
    expect_every: timedelta | None
    """How long the source may have no news before it counts as silent; None: any time."""
    hold_above: int
    """More new items than this at once, and three times more than ever before, wait for the operator."""
    future: Literal["wait", "show"]
    """An item with a date in the future waits for that date (`wait`), or is shown at once (`show`)."""
    keep_tracking: bool
    """Whether tracking pixels and tracking parameters of links are kept."""
    joined_by: Literal["usual", "link", "id", "none"]
    """What items of two sources must share to be one item; "usual" is an id that is a URI, or the link and the title or
    first words. Readers see the words of the source that was first."""
    settle: timedelta | None = None
    """How long a new item must have stood unchanged to be news; None: it need not. Four times that is the longest."""
    only: Filter = Filter()
    """A new item is taken if it has one of each list that is not empty."""
    exclude: Filter = Filter()
    """A new item is left out if it has one of any list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """The limits of fetching from the web."""

    timeout_s: float
    """Seconds for one fetch, with all redirects."""
    max_bytes: int
    """Bytes of one answer, uncompressed."""
    private: tuple[str, ...]
    """Hosts and networks that may be asked although they are not on the public Internet."""


class FailureKind(StrEnum):
    """Why a reading failed."""

    MISSING = "missing"
    """Nothing that can be opened is at its place on this machine."""
    UNREACHABLE = "unreachable"
    """The source's server does not deliver it."""
    UNREADABLE = "unreadable"
    """The source's content cannot be understood."""
    EMPTY = "empty"
    """The source could be read, but lists nothing, and it listed items before."""


class HoldReason(StrEnum):
    """Why a listing is suspicious, and held for the operator."""

    DRIFT = "drift"
    """All items lack a field that nearly all of them had: a layout changed."""
    FLOOD = "flood"
    """The listing has far more new items than ever came at once."""
    BACK_DATED = "back-dated"
    """Most items of the listing are new, and older than the items that the source had."""
    LOSS = "loss"
    """Most of the items that the source had are gone."""
    RENAMED = "renamed"
    """Most items of the listing belong to a source that is no longer in config.toml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldChange:
    """What a held listing would change if it were accepted."""

    added: int = 0
    revised: int = 0
    withdrawn: int = 0
    new: tuple[str, ...] = ()
    """Titles of its first new items."""
    gone: tuple[str, ...] = ()
    """Titles of the first of the items that it no longer lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """The reason why a listing is suspicious, and what it would change."""

    reason: HoldReason
    words: str
    """The reason in words for the operator, with figures."""
    change: HeldChange = HeldChange()
