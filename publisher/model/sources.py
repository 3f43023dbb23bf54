"""What the operator wants of sources (policies, limits of what is fetched), and what can be wrong with a reading."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePolicy:
    """What the operator wants done with whatever a source lists."""

    since: timedelta | None = None
    """How far back a first collection goes: older items are known and never shown. None: all are news."""
    expect_every: timedelta | None = None
    """How long its silence is nothing to tell of; None: for ever."""
    hold_above: int = 30
    """As many new items at once, and three times more than ever before, wait for the operator."""
    keeps_tracking: bool = False
    """Whether pixels and the parts of addresses that tell readers apart stay in."""
    joined_by: Literal["link", "id", "none"] = "link"
    """What makes an item the same as one that another source brought first, whose words are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """The limits of whatever is fetched from the web."""

    timeout_s: float = 30.0
    """Of a whole fetch, redirects and all."""
    max_bytes: int = 10_000_000
    """Of an answer, unpacked."""
    private: tuple[str, ...] = ()
    """Hosts and networks that may be asked although they are none of the Internet's."""


class FailureKind(StrEnum):
    """Why a reading failed."""

    UNREADABLE = "unreadable"
    """The source could not be read."""
    EMPTY = "empty"
    """It could be read, and lists nothing where it used to list items."""


class HoldReason(StrEnum):
    """Why a reading looks like an accident, and waits for the operator."""

    DRIFT = "drift"
    """What nearly all items had is gone from all of them: a layout changed."""
    FLOOD = "flood"
    """It brings far more new items at once than ever before."""
    BACK_DATED = "back-dated"
    """Most of its items are new, and older than what the source had."""
    LOSS = "loss"
    """Most of the items that the source had are gone."""
    RENAMED = "renamed"
    """Most of its items are those of a source that config.toml no longer names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """What makes a reading look like an accident."""

    reason: HoldReason
    words: str
    """The same for the operator, with figures."""
