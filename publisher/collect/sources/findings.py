"""Collects what all items of one reading show together: unknown status words, and how dates are written."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum

_NUMBERS = re.compile(r"\s*(\d{1,2})[/-](\d{1,2})[/-]\d{4}\b")
_MONTHS = 12


class DateOrder(Enum):
    """Whether the day or the month comes first in a date such as 3/25/2024."""

    DAY = "day"
    MONTH = "month"
    EITHER = "either"
    """Day or month may come first, as in 3/4/2024."""


@dataclass(slots=True)
class Findings:
    """What was noticed while the items of a reading were made."""

    doubts: list[str] = field(default_factory=list)
    """The field and word of each item whose status word is unknown, so that it may be a draft."""
    orders: set[DateOrder] = field(default_factory=set)
    """The orders of day and month found in all dates that are written in numbers."""
    is_month_first: bool = False
    """Whether dates that fit both orders (day first or month first) are refused, because other dates have the month
    first.
    """

    def have_month_first(self) -> bool:
        """Whether some dates have the month first, so that it would be wrong to read ambiguous dates day first."""
        return {DateOrder.MONTH, DateOrder.EITHER} <= self.orders and DateOrder.DAY not in self.orders


def order_of(date: object) -> Collection[DateOrder]:
    """Return the possible orders of a date that begins with a day and a month in numbers; return none if the date is
    written differently.
    """
    match = _NUMBERS.match(date) if isinstance(date, str) else None
    if match is None or match[1] == match[2]:
        return ()
    first, second = int(match[1]), int(match[2])
    if first > _MONTHS:
        return (DateOrder.DAY,)
    return (DateOrder.MONTH,) if second > _MONTHS else (DateOrder.EITHER,)
