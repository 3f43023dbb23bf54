"""Which way a list runs: from new to old, as nearly all do, or from old to new; pure."""

from collections.abc import Sequence
from itertools import pairwise

from publisher.model.items import Item


def newest_first(items: Sequence[Item]) -> tuple[Item, ...]:
    """Return the items of a list in its order, turned round when most of its steps lead from old to new."""
    return tuple(reversed(items) if is_oldest_first(items) else items)


def is_oldest_first(items: Sequence[Item]) -> bool:
    """Whether most steps of a list lead from old to new."""
    return sum(_step(above, below) for above, below in pairwise(items)) < 0


def _step(above: Item, below: Item) -> int:
    """Return 1 when the upper item is newer, -1 when the lower one is, 0 when their dates do not say."""
    first, second = above.published, below.published
    if first and second and (first.tzinfo is None) == (second.tzinfo is None):
        return (first > second) - (first < second)
    return (above.date > below.date) - (above.date < below.date)
