"""Estimates how many mails and items a subscriber will get, from the items of the last year. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.model.schedules import Schedule
from publisher.model.subscribers import EVERYTHING, Choices

FEWEST_ITEMS = 5
"""How many items a year must have for an estimate."""
FEWEST_DAYS = 91
"""How many days of news there must be for an estimate."""
_DAYS_A_MONTH = 365.25 / 12

Moment = tuple[datetime, tuple[str, ...]]
"""When an item appeared, and the slugs of its themes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The items of the last year, or of the time since the first item if that is shorter."""

    moments: Sequence[Moment]
    """When items appeared, earliest first, each moment with the item's themes."""
    days: int
    """How many days the moments cover."""

    @property
    def can_tell(self) -> bool:
        """Whether there are enough items for an estimate."""
        return len(self.moments) >= FEWEST_ITEMS and self.days >= FEWEST_DAYS

    def items_a_month(self, theme: str) -> float | None:
        """Return how many items of a theme, or of `EVERYTHING`, come in a month, or `None` if there are too few items
        for an estimate.
        """
        return len(self._of(theme)) / self._months if self.can_tell else None

    def mails_a_month(self, choices: Choices, schedules: Mapping[str, Schedule]) -> float | None:
        """Return how many mails a month somebody with these choices gets, or `None` if there are too few items for an
        estimate.

        Paces (how often mails come) that are due at one moment make one mail together. A scheduled moment without news
        makes none.
        """
        if not self.can_tell:
            return None
        ticks = {
            tick
            for theme, pace in choices.items()
            if pace in schedules
            for tick in _ticks_with_news(self._of(theme), schedules[pace])
        }
        return len(ticks) / self._months

    @property
    def _months(self) -> float:
        return self.days / _DAYS_A_MONTH

    def _of(self, theme: str) -> list[datetime]:
        return [moment for moment, themes in self.moments if theme == EVERYTHING or theme in themes]


def _ticks_with_news(moments: Sequence[datetime], schedule: Schedule) -> set[datetime]:
    """Return the moments of a schedule at which there is something new since the moment before."""
    found: set[datetime] = set()
    last = None
    for moment in moments:
        if last is None or moment > last:
            last = schedule.next_after(moment)
            found.add(last)
    return found
