"""Finds the order of a list of items: newest first, as in nearly all lists, or oldest first; pure."""

from collections.abc import Sequence
from itertools import pairwise

from publisher.model.items import Item

_MANY = 8
"""A list is oldest first only if at most one of this many steps (from an item to the next) goes back in time, as an
item with a wrong date does. A list sorted by something else, such as the last change, has far more such steps.
"""
_FEW = 3
"""The first item of a list may be pinned only if the list has more steps (from an item to the next) than this."""


def newest_first(items: Sequence[Item]) -> tuple[Item, ...]:
    """Return the items newest first: reversed if the list is oldest first, or else unchanged."""
    return tuple(reversed(items) if is_oldest_first(items) else items)


def is_oldest_first(items: Sequence[Item]) -> bool:
    """Whether a list is clearly oldest first. In doubt it is not, so that no missing item counts as gone by mistake."""
    steps = [_step(above, below) for above, below in pairwise(items)]
    if len(steps) > _FEW and steps[0] > 0:
        steps = steps[1:]
    return steps.count(-1) > _MANY * steps.count(1)


def _step(above: Item, below: Item) -> int:
    """Return 1 if the upper item is newer, -1 if the lower one is, 0 if their dates do not tell."""
    first, second = above.published, below.published
    if first and second and (first.tzinfo is None) == (second.tzinfo is None):
        return (first > second) - (first < second)
    return (above.date > below.date) - (above.date < below.date)
