"""Decides which slug a label or a keyword gets when it is first seen; it keeps that one for ever. Pure.

What makes two labels one is said by `slugs.fold_label`: capitals, spaces, and ways to encode a letter. Of two others
that make one slug, such as "C++" and "C#", the first in the log has it, and the later one has it with digits behind
that come of that label alone. A label that configuration names counts as seen before all others.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from publisher.model import Item, ThemeMap
from publisher.slugs import fold_label, keyword_slug_of, nth_slug, theme_slug_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The slugs that labels and keywords have in a store, by what `fold_label` makes of them."""

    labels: Mapping[str, str] = field(default_factory=dict)
    keywords: Mapping[str, str] = field(default_factory=dict)

    def theme_slug(self, label: str) -> str:
        """That of a label; of one never seen, what it makes by itself."""
        return self.labels.get(fold_label(label)) or theme_slug_of(label)

    def keyword_slug(self, keyword: str) -> str:
        """That of a keyword; of one never seen, what it makes by itself."""
        return self.keywords.get(fold_label(keyword)) or keyword_slug_of(keyword)


NO_NAMES = Names()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What some items ask a store to name: each folded label with the slug that its first spelling makes, in order."""

    labels: Mapping[str, str]
    keywords: Mapping[str, str]
    taken: AbstractSet[str]
    """Slugs that labels in configuration make, and no other label can have."""


def wanted_names(items: Iterable[Item], theme_map: ThemeMap) -> Wanted:
    """What these items, in the order of the log, ask for. A label that configuration maps needs no name."""
    mapped = {label for label, _ in theme_map.by_label}
    labels: dict[str, str] = {}
    keywords: dict[str, str] = {}
    for item in items:
        for label in item.labels:
            if (folded := fold_label(label)) and folded not in mapped and folded not in labels:
                labels[folded] = theme_slug_of(label)
        for keyword in item.keywords:
            if (folded := fold_label(keyword)) and folded not in keywords:
                keywords[folded] = keyword_slug_of(keyword)
    return Wanted(labels=labels, keywords=keywords, taken=frozenset(map(theme_slug_of, mapped)))


def nothing_wanted(_items: Iterable[Item]) -> Wanted:
    """For a site that has no labels."""
    return Wanted(labels={}, keywords={}, taken=frozenset())


def free_slugs(wanted: Mapping[str, str], taken: Callable[[Collection[str]], AbstractSet[str]]) -> dict[str, str]:
    """Return a slug of its own for each folded label that wants one: that one, or the same with digits behind.

    `taken` says which of some slugs other labels have.
    """
    found: dict[str, str] = {}
    waiting, used, number = dict(wanted), set[str](), 1
    while waiting:
        candidates = {label: nth_slug(slug, label, number) for label, slug in waiting.items()}
        used |= taken(set(candidates.values()))
        for label, slug in candidates.items():
            if slug not in used:
                found[label] = slug
                used.add(slug)
                del waiting[label]
        number += 1
    return found
