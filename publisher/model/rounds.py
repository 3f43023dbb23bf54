"""Rounds: the mails that subscribers get at one moment, for all paces (such as `weekly`) that are due then."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from publisher.model.round_names import round_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round: the mails to all subscribers whose paces (such as `weekly`) were due at the same moment."""

    number: int
    """Counts the rounds of a site from 1."""
    paces: tuple[str, ...]
    """Names of the paces that were due."""
    upto: int
    """The end of the log when the round began: items added later are for a later round."""
    begun_at: datetime
    """UTC; when the round began, which is also the Date of its mails."""
    subject: str = ""
    """The subject that the editor chose. If empty, every mail has a subject of its own."""
    introduction: str = ""
    """The editor's text above the items, written like an edition's."""

    @property
    def name(self) -> str:
        """The round's name in the ledger and in messages, as `round_name` makes it."""
        return round_name(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEntry:
    """A live item that may be new to a subscriber, and when it entered its themes."""

    number: int
    added_seq: int
    """The log number under which the item was added."""
    themes: Mapping[str, int]
    """For the slug of each of the item's themes, the log number with which the item entered the theme: `added_seq` or a
    later number.
    """
    left: Mapping[str, int] = field(default_factory=dict)
    """The same for themes that the item has left, if a mail may have had it for them."""

    def renamed(self, current: Callable[[str], str]) -> "ItemEntry":
        """Return the item with the present slugs of its themes, which `current` returns. The store has the slugs of a
        renamed theme's former name until the feeds are published again.
        """
        entered: dict[str, int] = {}
        for slug, seq in (*self.themes.items(), *self.left.items()):
            entered[current(slug)] = min(seq, entered.get(current(slug), seq))
        now = {*map(current, self.themes)}
        return replace(
            self,
            themes={slug: seq for slug, seq in entered.items() if slug in now},
            left={slug: seq for slug, seq in entered.items() if slug not in now},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundEdit:
    """The editors' decisions about mails to subscribers."""

    postponed_until: datetime | None = None
    """UTC; until when no round of mails begins, or `UNTIL_DECIDED` for no end. `None` if rounds begin as scheduled."""
    subject: str = ""
    """The subject of the next round. If empty, every mail has a subject of its own."""
    introduction: str = ""
    """The text above the items of the next round of mails, written like an edition's."""
    titles: Mapping[int, str] = field(default_factory=dict)
    """New titles of items, by the number of the item."""
    first: tuple[int, ...] = ()
    """The numbers of items that come first: the lead, and then within each theme."""
    left_out: frozenset[int] = frozenset()
    """The numbers of items that no subscriber gets by mail."""

    @property
    def key(self) -> Hashable:
        """A value that is equal for two edits which make the same mails of the same items."""
        return tuple(sorted(self.titles.items())), self.first

    def is_postponed(self, now: datetime) -> bool:
        """Whether an editor's postponement forbids a round of mails now."""
        return self.postponed_until is not None and now < self.postponed_until
