"""What the operator wants of sources: policies, and limits of what is fetched."""

from dataclasses import dataclass
from datetime import timedelta
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
