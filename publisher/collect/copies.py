"""Tells a source's own items from its copies of other sources' items; pure.

An item that several sources list belongs to the source that listed it first. The other sources have copies of the item,
which no reader sees. When its own source drops the item, another source that still lists the item inherits it: that
source is the item's heir.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from publisher.collect.identity import Reconciliation
from publisher.model.items import Item
from publisher.model.links import id_key, is_uri, link_key
from publisher.model.sources import SourcePolicy
from publisher.model.titles import title_of
from publisher.store.facts import Heir, Other

_WORD = re.compile(r"\w+")
_FIRST_WORDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What one reading of a source changes in its own items and in its copies of other sources' items."""

    own: Reconciliation
    """Changes of the source's own items, except items that are kept because other sources list them."""
    copied: Reconciliation
    """Changes of the source's copies. A copy that is withdrawn or unlisted is dropped."""
    joined: tuple[tuple[int, Item], ...]
    """New copies: the number of each other source's item, with the item as this source words it."""
    heirs: Mapping[int, Heir]
    """The source's own items that it no longer lists, by number, each with the other source that inherits the item."""


def find_joined(
    added: Sequence[Item], others: Sequence[Other], policy: SourcePolicy, *, shared: Collection[str]
) -> dict[int, Item]:
    """Return the new items that other sources have too, by the number of the other source's item.

    The policy's `joined_by` says what two items must share to count as one: an id, a link, or ("usual") an id that is a
    URI, or a link together with the title or first words. An id or link that several new items, or several items of
    other sources, share does not count, unless the titles differ.

    Args:
        added: new items of the source.
        others: items of other sources that have the id or link of a new item.
        policy: the policy of the source.
        shared: keys of ids that several items of the source share.
    """
    by_id: dict[str, list[Other]] = defaultdict(list)
    by_link: dict[str, list[Other]] = defaultdict(list)
    for other in others:
        by_id[id_key(other.item.native_id)].append(other)
        by_link[link_key(other.item.link)].append(other)
    pairs: list[tuple[int, Other]] = []
    for place, item in enumerate(added):
        native_id, link = id_key(item.native_id), link_key(item.link)
        same_id = by_id[native_id] if native_id and native_id not in shared else []
        pairs += [(place, other) for other in _choose_twins(item, same_id, by_link[link] if link else [], policy)]
    of_new, of_other = Counter(place for place, _ in pairs), Counter(other.number for _, other in pairs)
    return {other.number: added[place] for place, other in pairs if of_new[place] == of_other[other.number] == 1}


def embargoes_elsewhere(
    items: Sequence[Item], others: Sequence[Other], policy: SourcePolicy, *, shared: Collection[str]
) -> dict[Item, datetime]:
    """Return the end of the embargo that another source puts on some of these items, which are matched by the rule of
    `find_joined`.
    """
    joined = find_joined(items, others, policy, shared=shared)
    ends: dict[Item, datetime] = {}
    for other in others:
        if other.number in joined and other.item.embargo:
            item = joined[other.number]
            ends[item] = max(other.item.embargo, ends.get(item, other.item.embargo))
    return ends


def _choose_twins(
    item: Item, same_id: Sequence[Other], same_link: Sequence[Other], policy: SourcePolicy
) -> Sequence[Other]:
    """Return the other sources' items that may be the same as `item`, from the items with its id or its link."""
    match policy.joined_by:
        case "none":
            return ()
        case "id":
            return same_id
        case "link":
            return same_link
        case "usual":
            by_id = same_id if is_uri(item.native_id) else ()
            return by_id or [other for other in same_link if _begin_alike(item, other.item)]


def _begin_alike(one: Item, other: Item) -> bool:
    """Whether two items have the same title or begin with the same words."""
    return _are_same(title_of(one), title_of(other)) or _are_same(one.text, other.text)


def _are_same(one: str, other: str) -> bool:
    """Whether one of two texts begins with the other."""
    first, second = (_WORD.findall(text.casefold())[:_FIRST_WORDS] for text in (one, other))
    shorter = min(len(first), len(second))
    return shorter > 0 and first[:shorter] == second[:shorter]


def leave_to_others(
    own: Reconciliation,
    copied: Reconciliation,
    joined: Mapping[int, Item],
    heirs: Mapping[int, Heir],
) -> Changes:
    """Return the changes of a reading in which other sources keep the items they listed first, and inherit withdrawn
    items that they list.

    Args:
        own: the reading's changes of the source's own items, including all new items.
        copied: the reading's changes of the source's copies.
        joined: new items that other sources have too, by the number of the other source's item.
        heirs: the withdrawn items that another source lists, by number.
    """
    elsewhere = set(joined.values())
    added = tuple(item for item in own.added if item not in elsewhere)
    withdrawn = tuple(number for number in own.withdrawn if number not in heirs)
    return Changes(
        own=replace(own, added=added, withdrawn=withdrawn),
        copied=copied,
        joined=tuple(sorted(joined.items(), key=lambda pair: pair[0])),
        heirs=heirs,
    )
