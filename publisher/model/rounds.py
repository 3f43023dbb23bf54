"""Rounds: all paces that are due at one moment, and the mails that subscribers get then."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from publisher.model.subscribers import round_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round: all paces that were due at the same moment."""

    number: int
    """Counts the rounds of a site from 1."""
    paces: tuple[str, ...]
    """Names of the paces that were due."""
    upto: int
    """The end of the log: items added later are for a later round."""
    begun_at: datetime
    """UTC; also the Date of its mails."""
    subject: str = ""
    """The editor's; empty: every mail has its own."""
    introduction: str = ""
    """The editor's text above the items, written like an edition's."""

    @property
    def name(self) -> str:
        """The round's name in the ledger and in messages."""
        return round_name(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEntry:
    """A live item that may be new to a reader, and when it came into its themes."""

    number: int
    added_seq: int
    """The log number under which it was added."""
    themes: Mapping[str, int]
    """By the slug of each of its themes, the log number with which it came into the theme: `added_seq` or a later one.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundReport:
    """The result of a round in a pass."""

    name: str
    paces: tuple[str, ...]
    mails: int = 0
    """How many mails were queued."""
    is_planned: bool = True
    """Whether all of its mails are queued; if not, the next pass goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundEdit:
    """The editors' decisions about mails to subscribers."""

    postponed_until: datetime | None = None
    """UTC; no round begins before, `UNTIL_DECIDED`: until somebody decides. None: it is as the schedules say."""
    subject: str = ""
    """Of the next round; empty: every mail has its own."""
    introduction: str = ""
    """The text above the items of the next round, written like an edition's."""
    titles: Mapping[int, str] = field(default_factory=dict)
    """By the number of an item, its title in place of its own."""
    first: tuple[int, ...] = ()
    """The numbers of items that come first: the lead, and then within each theme."""
    left_out: frozenset[int] = frozenset()
    """The numbers of items that no subscriber gets by mail."""

    @property
    def key(self) -> Hashable:
        """Equal for two that make the same mails of the same items."""
        return tuple(sorted(self.titles.items())), self.first

    def is_postponed(self, now: datetime) -> bool:
        """Whether no round may begin now, because an editor postponed them."""
        return self.postponed_until is not None and now < self.postponed_until
