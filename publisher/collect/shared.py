"""Finds items that are listed twice, and ids that several items share and so identify none; pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from publisher.collect.likeness import find_alike
from publisher.model.changes import Known
from publisher.model.contents import digest_of_content, digest_of_text
from publisher.model.items import Item
from publisher.model.links import id_key, link_key

_WORD = re.compile(r"\w+")
_TYPO = 0.6
"""The least likeness at which one of two words counts as a misspelt form of the other, as difflib measures likeness."""
_FEW = 20
"""If this many listed entries or more have one id, only completely equal entries count as one item."""


def without_repeats(listed: Sequence[Item]) -> tuple[Item, ...]:
    """Return the listed items in their order, without repeats.

    Two listed entries are one item if they have the same content, and an id or a link. They are also one item if they
    have the same id, do not have two different links, and have the same words on two days, or nearly the same words on
    one day without another name in their titles. The newest version counts; among equally new versions the longest,
    then the version with the smaller hash, so that the choice is always the same. Entries with two different ids are
    never one item.
    """
    groups: dict[object, list[int]] = defaultdict(list)
    for place, item in enumerate(listed):
        # entries with neither id nor link stay two items: nothing says that they are one
        key = id_key(item.native_id) or (item.native_id, _digest(item) if item.link or item.native_id else str(place))
        groups[key].append(place)
    chosen = [place for group in groups.values() for place in _choose(group, listed)]
    return tuple(listed[place] for place in sorted(chosen))


def find_left_out(listed: Sequence[Item], once: Sequence[Item]) -> Mapping[Item, int]:
    """Return the items (without repeats) of which other versions were left out, each with the number of left-out
    versions.
    """
    if len(listed) == len(once):
        return {}
    entries, chosen = _group_by_id(listed), _group_by_id(once)
    several = [key for key, items in entries.items() if key and len(items) > len(chosen[key])]
    lost = {key: {*map(digest_of_text, entries[key])} - {*map(digest_of_text, chosen[key])} for key in several}
    return {chosen[key][0]: len(wordings) for key, wordings in lost.items() if wordings}


def _group_by_id(items: Sequence[Item]) -> Mapping[str, Sequence[Item]]:
    groups: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        groups[id_key(item.native_id)].append(item)
    return groups


def leave_out_listed(withheld: Sequence[Item], listed: Sequence[Item]) -> list[Item]:
    """Return the items that the source withholds, without items that the same source also lists under the same id or
    link.
    """
    ids = {key for item in listed if (key := id_key(item.native_id))}
    links = {key for item in listed if (key := link_key(item.link))}
    return [item for item in withheld if id_key(item.native_id) not in ids and link_key(item.link) not in links]


def find_shared(known: Sequence[Known], listed: Sequence[Item]) -> Mapping[str, int]:
    """Return the keys of ids that several listed or known items share, each with the number of listed items that have
    the id.

    Args:
        known: the source's known items.
        listed: the source's listed items, without repeats.
    """
    now = Counter(key for item in listed if (key := id_key(item.native_id)))
    then = Counter(old.native_id for old in known if old.native_id)
    return {key: count for key, count in now.items() if count > 1 or then[key] > 1}


def _choose(places: Sequence[int], listed: Sequence[Item]) -> list[int]:
    """Return the place of the newest version of each item; `places` are the places of listed entries with one id."""
    if len(places) == 1:
        return [*places]
    entries: list[list[int]] = []
    for place in places:
        same = [entry for entry in entries if any(_are_one(listed[place], listed[each], len(places)) for each in entry)]
        entries = [entry for entry in entries if entry not in same]
        entries.append([place, *(each for entry in same for each in entry)])
    return [min(entry, key=lambda place: _rank(listed[place])) for entry in entries]


def _rank(item: Item) -> tuple[float, float, int, str]:
    """Return a sort key of a version of an item: the version with the smallest key counts. Of equally new versions the
    longer one wins: a correction mostly adds words.
    """
    moment = item.published.timestamp() if item.published else 0.0
    return (-item.date.toordinal(), -moment, -len(item.text), _digest(item))


def _are_one(one: Item, other: Item, count: int) -> bool:
    links = {link_key(one.link), link_key(other.link)} - {""}
    if len(links) > 1:
        return False
    if digest_of_text(one) == digest_of_text(other):
        return count <= _FEW or one.date == other.date
    if count > _FEW or one.date != other.date or _are_named_apart(one.title, other.title):
        return False
    return bool(find_alike({0: _words(one)}, {0: _words(other)}))


def _are_named_apart(one: str, other: str) -> bool:
    """Whether two titles have words exchanged for others, as in `Quay 3 is open` and `Quay 5 is open`; a typing error
    or additional words are no such exchange.
    """
    first, second = (set(_WORD.findall(title.casefold())) for title in (one, other))
    only_first, only_second = first - second, second - first
    return bool(only_first and only_second) and not any(
        get_close_matches(word, only_second, n=1, cutoff=_TYPO) for word in only_first
    )


def _digest(item: Item) -> str:
    return f"{item.date} {digest_of_content(item)}"


def _words(item: Item) -> str:
    return f"{item.title} {item.text}"
