"""Themes: what gathers items into one feed, and which themes an item has; pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from publisher.model.items import Item
from publisher.model.labels import NO_NAMES, Names, Wanted, fold_label, keyword_slug_of, theme_slug_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A subject that gathers items into one feed."""

    slug: str
    """Its folder under feeds/: lower-case letters, digits and hyphens."""
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeRule:
    """What else than a label puts an item into a theme: any one of these."""

    slug: str
    """Of the theme."""
    keywords: tuple[str, ...] = ()
    """Folded by `labels.fold_label`; an item has one of them."""
    sources: tuple[str, ...] = ()
    """The item comes from one of them."""
    words: tuple[str, ...] = ()
    """Folded likewise; one of them stands in the item's title or text, as whole words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeMap:
    """How labels become themes; a label nobody mapped becomes a theme of its own."""

    default: Theme
    """For items without a label."""
    themes: tuple[Theme, ...] = ()
    """Those configuration names: they have a feed even while they have no item."""
    by_label: tuple[tuple[str, str], ...] = ()
    """(label folded by `labels.fold_label`, theme slug) pairs."""
    rules: tuple[ThemeRule, ...] = ()
    was: tuple[tuple[str, str], ...] = ()
    """(former slug, slug) pairs of renamed themes; no theme has a former slug of another."""

    def current(self, slug: str) -> str:
        """What a theme of that slug, former or not, is called now."""
        return next((now for former, now in self.was if former == slug), slug)

    def former(self, slug: str) -> tuple[str, ...]:
        """What a theme was called before, as configuration has it."""
        return tuple(former for former, now in self.was if now == slug)


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


def assign_themes(item: Item, theme_map: ThemeMap, *, source: str, names: Names = NO_NAMES) -> tuple[Theme, ...]:
    """Return the item's themes: those of its labels in their order, then those of rules; the default one without any.

    A label nobody mapped joins the theme of the slug it has in `names`, or becomes a theme of its own.
    """
    themes: dict[str, Theme] = {}
    for label in item.labels:
        if folded := fold_label(label):
            theme = _theme_of(label, folded, theme_map, names)
            themes.setdefault(theme.slug, theme)
    for rule in theme_map.rules:
        if _holds(rule, item, source):
            themes.setdefault(rule.slug, next(theme for theme in theme_map.themes if theme.slug == rule.slug))
    return tuple(themes.values()) or (theme_map.default,)


def _holds(rule: ThemeRule, item: Item, source: str) -> bool:
    return (
        source in rule.sources
        or (bool(rule.keywords) and not {*rule.keywords}.isdisjoint(map(fold_label, item.keywords)))
        or (bool(rule.words) and _has_one(rule.words, fold_label(f"{item.title} {item.text}")))
    )


def _has_one(words: Sequence[str], folded: str) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", folded) for word in words)


def _theme_of(label: str, folded: str, theme_map: ThemeMap, names: Names) -> Theme:
    slug = next((slug for mapped, slug in theme_map.by_label if mapped == folded), None)
    slug = slug or theme_map.current(names.theme_slug(label))
    named = (theme for theme in (theme_map.default, *theme_map.themes) if theme.slug == slug)
    return next(named, Theme(slug=slug, title=" ".join(label.split())))
