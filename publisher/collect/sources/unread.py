"""What is known of a listed item that could not be read, so that the item does not count as gone; values only."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A listed item that could not be read. If no field of it is known, it may be any of the missing items."""

    native_id: str = ""
    """The item's id; empty if the item has no id, or the id could not be read either."""
    day: date | None = None
    """The day of the item's date; `None` if it could not be read either."""
    place: int | None = None
    """How many readable items stand above the item; `None` if the source has no order."""


def turn_round(unread: Iterable[Unread], count: int) -> Iterable[Unread]:
    """Return the unread items of a list with their places in the reversed list; the list has `count` readable items."""
    return (each if each.place is None else replace(each, place=count - each.place) for each in unread)
