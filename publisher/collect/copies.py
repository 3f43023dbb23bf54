"""Tells a source's own items from its copies of other sources' items; pure.

An item that several sources list belongs to the source that listed it first. The others have copies of it, which no
reader sees. When its own source drops the item, another source that still lists it inherits it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from publisher.collect.identity import Reconciliation
from publisher.model.items import Item
from publisher.model.sources import SourcePolicy
from publisher.store import Heir


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a reading changes of a source's own items and of its copies."""

    own: Reconciliation
    """Of its own items, without those it leaves to other sources."""
    copied: Reconciliation
    """Of its copies. A copy that is withdrawn or unlisted is dropped."""
    joined: tuple[tuple[int, Item], ...]
    """New copies: the numbers of other sources' items, and what this source says of them."""
    heirs: Mapping[int, Heir]
    """By number, its own items that it lists no more and another source does."""


def names_to_join_by(added: Sequence[Item], policy: SourcePolicy) -> dict[str, Item]:
    """Return the new items by the link or id that another source's item must share to be the same item.

    Items that share their link or id with another new item are left out.
    """
    counts = Counter(_name_to_join_by(item, policy) for item in added)
    return {name: item for item in added if (name := _name_to_join_by(item, policy)) and counts[name] == 1}


def leave_to_others(
    own: Reconciliation,
    copied: Reconciliation,
    elsewhere: Mapping[str, int],
    heirs: Mapping[int, Heir],
    *,
    policy: SourcePolicy,
) -> Changes:
    """Return what changes if other sources keep the items they brought, and inherit the items they list.

    Args:
        own: what a reading changes of the source's own items, with all new ones.
        copied: what it changes of the source's copies.
        elsewhere: the numbers of other sources' items, by the link or id that they share with a new item.
        heirs: the withdrawn items that another source lists, by number.
        policy: the policy of the source.
    """
    named = names_to_join_by(own.added, policy)
    added = tuple(item for item in own.added if _name_to_join_by(item, policy) not in elsewhere)
    withdrawn = tuple(number for number in own.withdrawn if number not in heirs)
    return Changes(
        own=replace(own, added=added, withdrawn=withdrawn),
        copied=copied,
        joined=tuple((number, named[name]) for name, number in elsewhere.items()),
        heirs=heirs,
    )


def _name_to_join_by(item: Item, policy: SourcePolicy) -> str:
    """Return the link or id that another source's item must share to be the same item; empty: none can be."""
    return {"link": item.link, "id": item.native_id, "none": ""}[policy.joined_by]
