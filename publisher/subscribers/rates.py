"""How many mails and items a reader has to expect, counted from the items of the last year. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from publisher.model.schedules import Schedule
from publisher.model.subscribers import EVERYTHING, Choices

FEWEST_ITEMS = 5
"""Fewer items in a year say nothing about how often a site speaks."""
FEWEST_DAYS = 91
"""Nor does less than three months of news."""
_DAYS_A_MONTH = 365.25 / 12

Moment = tuple[datetime, tuple[str, ...]]
"""When an item appeared, and the slugs of its themes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The items of the last year, or of the time since the first item if that is shorter; they tell how much comes."""

    moments: Sequence[Moment]
    """The moments, in the order in which the items appeared."""
    days: int
    """How long a time they cover."""

    @property
    def can_tell(self) -> bool:
        """Whether there is enough to tell anything from."""
        return len(self.moments) >= FEWEST_ITEMS and self.days >= FEWEST_DAYS

    def items_a_month(self, theme: str) -> float | None:
        """Return how many items of a theme, or of everything, come in a month; None: there is too little to tell."""
        return len(self._of(theme)) / self._months if self.can_tell else None

    def mails_a_month(self, choices: Choices, schedules: Mapping[str, Schedule]) -> float | None:
        """Return how many mails these choices mean in a month; None: there is too little to tell.

        Paces that are due at one moment are one mail, and a tick without news is none.
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
    """Return the ticks of a schedule at which there was something new."""
    found: set[datetime] = set()
    last = None
    for moment in moments:
        if last is None or moment > last:
            last = schedule.next_after(moment)
            found.add(last)
    return found
