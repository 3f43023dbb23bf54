"""What is known of an item that could not be read, so that it does not count as gone; values only."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """An item that is listed and could not be read. Without any of these fields it may be any of the missing items."""

    native_id: str = ""
    """Empty: it has none, or that could not be read either."""
    day: date | None = None
    """None: it could not be read either."""
    place: int | None = None
    """How many of the items that could be read stand above it; None: the source has no order."""


def turn_round(unread: Iterable[Unread], count: int) -> Iterable[Unread]:
    """Return the unread items of a list of `count` items after its items were turned round."""
    return (each if each.place is None else replace(each, place=count - each.place) for each in unread)
