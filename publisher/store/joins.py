"""Joins: when items entered themes that they were not in when they were added, or that they have left. If an item
enters a theme twice, the first time counts.

Subscriptions deal with the items of a theme in the order in which the items entered it. An item that moves to another
theme must not come again to subscribers who had it for the first one, so a theme that an item has left is remembered if
a round of mails may have sent the item for it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from publisher.store.engine import batches
from publisher.store.people_schema import rounds, theme_joins

_FORGET = delete(theme_joins).where(
    theme_joins.c.item == bindparam("its_item"), theme_joins.c.theme == bindparam("its_theme")
)


class ThemeChange(NamedTuple):
    """The themes of an item before and after a change."""

    item: int
    added_seq: int
    before: Collection[str]
    after: Collection[str]
    seq: int
    """The log number under which the item enters the themes that are new to it. If it is `added_seq`, the item counts
    as in them from the beginning.
    """


def note_theme_changes(
    connection: Connection, changes: Sequence[ThemeChange], *, current: Callable[[str], str] = lambda slug: slug
) -> None:
    """Record when items entered themes, and which themes they left. `current` returns the present slug of a theme.

    Items that readers have not seen yet are passed over.
    """
    its = [each for each in changes if each.added_seq and {*each.before} != {*each.after}]
    if not its:
        return
    last = connection.execute(select(func.max(rounds.c.upto))).scalar() or 0
    known = joins_of(connection, [each.item for each in its])
    wanted = {each.item: _joins_after(each, known[each.item], last, current) for each in its}
    old = {(item, *join) for item in wanted for join in known[item].items()}
    new = {(item, *join) for item, joins in wanted.items() for join in joins.items()}
    if gone := [{"its_item": item, "its_theme": slug} for item, slug, _ in sorted(old - new)]:
        connection.execute(_FORGET, gone)
    if rows := [{"item": item, "theme": slug, "seq": seq} for item, slug, seq in sorted(new - old)]:
        connection.execute(insert(theme_joins), rows)


def _joins_after(
    change: ThemeChange, known: Mapping[str, int], last: int, current: Callable[[str], str]
) -> dict[str, int]:
    """Return the joins of an item after a change of its themes. `last` is the last log number of the latest round of
    mails.
    """
    entered: dict[str, int] = {}
    for slug in {*known, *change.before}:
        seq = known.get(slug, change.added_seq)
        entered[current(slug)] = min(seq, entered.get(current(slug), seq))
    left = {slug: seq for slug, seq in entered.items() if slug not in change.after and seq <= last}
    there = {slug: entered.get(slug, change.seq) for slug in change.after}
    return left | {slug: seq for slug, seq in there.items() if seq != change.added_seq}


def joins_of(connection: Connection, numbers: Sequence[int]) -> dict[int, dict[str, int]]:
    """Return the log numbers under which items entered themes that they were not in at first, or have left, by item and
    theme.
    """
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for some in batches(numbers):
        for row in connection.execute(select(theme_joins).where(theme_joins.c.item.in_(some))):
            found[row.item][row.theme] = row.seq
    return found
