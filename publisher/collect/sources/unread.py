"""What is known of an item that could not be read, so that it does not count as gone; values only."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A listed item that could not be read. Without any of these fields it may be any of the missing items."""

    native_id: str = ""
    """Empty: it has no id, or the id could not be read either."""
    day: date | None = None
    """None: the day could not be read either."""
    place: int | None = None
    """How many readable items stand above it; None: the source has no order."""


def turn_round(unread: Iterable[Unread], count: int) -> Iterable[Unread]:
    """Return the unread items of a list of `count` items for the reversed list."""
    return (each if each.place is None else replace(each, place=count - each.place) for each in unread)
