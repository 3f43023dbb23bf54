"""Sources: how the operator wants them treated, limits, what may be wrong with a reading, and their conditions."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Literal

LONGEST_WAIT = timedelta(days=1)
"""The longest pause before a server is asked again, even if it asks for more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Lists of values; an item matches a list if it has at least one of its values. Each text is folded by
    `slugs.fold_label`.
    """

    words: tuple[str, ...] = ()
    """Whole words, or sequences of words, in an item's title or text."""
    themes: tuple[str, ...] = ()
    """Themes in the source's spelling, or titles or slugs of the site's themes."""
    keywords: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePolicy:
    """How the operator wants a source's listing to be treated."""

    since: timedelta | None
    """How old an item of the source's first reading may be to be shown; `None` for any age."""
    expect_every: timedelta | None
    """How long the source may have no news before it counts as silent; `None` if it never does."""
    hold_above: int
    """When more new items than this arrive at once, and over three times as many as ever before, the listing is held
    until the operator decides.
    """
    future: Literal["wait", "show"]
    """An item with a date in the future waits for that date (`wait`), or is shown at once (`show`)."""
    keep_tracking: bool
    """Whether tracking pixels and tracking parameters of links are kept."""
    joined_by: Literal["usual", "link", "id", "none"]
    """What items of two sources must share to count as one item; "usual" is an id that is a URI, or the link together
    with the title or first words. Readers see the words of the source that listed the item first.
    """
    settle: timedelta | None = None
    """How long a new item must stay unchanged before it appears; an item that keeps changing waits at most four times
    as long. `None` for no wait.
    """
    only: Filter = Filter()
    """A new item is taken only if it matches every list of this filter that is not empty."""
    exclude: Filter = Filter()
    """A new item is left out if it matches any list of this filter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """Limits for fetching from the web."""

    timeout_s: float
    """Seconds for one fetch, with all redirects."""
    max_bytes: int
    """The most bytes of one answer, uncompressed."""
    private: tuple[str, ...]
    """Hosts and networks that may be fetched from although they are not on the public Internet."""


class FailureKind(StrEnum):
    """Why a reading failed."""

    MISSING = "missing"
    """There is no readable file or folder at the source's path."""
    UNREACHABLE = "unreachable"
    """The source's server does not answer or refuses."""
    UNREADABLE = "unreadable"
    """The source's content cannot be understood."""
    EMPTY = "empty"
    """The source could be read but lists nothing, although it listed items before."""


class HoldReason(StrEnum):
    """Why a listing is suspicious, and held until the operator decides."""

    DRIFT = "drift"
    """All listed items lack a field that nearly all items had before: a layout changed."""
    FLOOD = "flood"
    """The listing has far more new items than ever arrived at once."""
    BACK_DATED = "back-dated"
    """Most items of the listing are new, yet older than the items the source had."""
    LOSS = "loss"
    """Most of the items that the source had are gone."""
    RENAMED = "renamed"
    """Most items of the listing have the words of items of a source that is no longer in config.toml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldChange:
    """What a held listing would change if it were accepted."""

    added: int = 0
    revised: int = 0
    withdrawn: int = 0
    new: tuple[str, ...] = ()
    """Titles of the listing's first new items."""
    gone: tuple[str, ...] = ()
    """Titles of the first items that are missing in the listing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """The reason why a listing is suspicious, and what it would change."""

    reason: HoldReason
    words: str
    """The reason in words for the operator, with figures."""
    change: HeldChange = HeldChange()


class SourceCondition(StrEnum):
    """Whether a source works, or why its news does not reach readers."""

    WELL = "well"
    """The source can be read, and all of its news is in the log."""
    UNREAD = "unread"
    """The source has never been read completely."""
    FAILING = "failing"
    """The source cannot be read."""
    EMPTY = "empty"
    """The source can be read but lists nothing, although it listed items before."""
    DRIFTED = "drifted"
    """All listed items lack a field that nearly all items had before. The listing is held, that is not recorded until
    the operator decides.
    """
    HELD = "held"
    """The listing is suspicious for a reason other than `DRIFTED`, and is not recorded until the operator decides."""
    SILENT = "silent"
    """The source can be read, but has had no news for longer than expected."""
