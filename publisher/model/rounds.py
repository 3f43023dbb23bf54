"""Rounds: all paces that are due at one moment, and the mails that subscribers get then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from publisher.model.subscribers import round_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """All paces that were due at one moment."""

    number: int
    """Counts the rounds of a site from 1."""
    paces: tuple[str, ...]
    """Names of the paces that were due."""
    upto: int
    """The end of the log: items added later are for a later round."""
    begun_at: datetime
    """UTC; the Date of its mails."""

    @property
    def name(self) -> str:
        """Its name in the ledger and in messages."""
        return round_name(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEntry:
    """A live item that may be new to somebody, and when it came into its themes."""

    number: int
    added_seq: int
    """The log number under which it was added."""
    themes: Mapping[str, int]
    """By the slug of each theme it is in, the log number under which it came into it: `added_seq`, or a later one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundReport:
    """What became of a round in a pass."""

    name: str
    paces: tuple[str, ...]
    mails: int = 0
    """How many mails were queued."""
    is_planned: bool = True
    """Whether all of its mails are queued; else the next pass goes on."""
