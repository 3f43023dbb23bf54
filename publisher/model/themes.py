"""Themes, and the rules by which items get them; pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from publisher.model.characters import even_spaces
from publisher.model.items import Item
from publisher.model.slugs import NO_NAMES, Names, WantedNames, fold_label, keyword_slug_of, theme_slug_of

EVERY = "*"
NOT = "!"


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A subject that gathers items into one feed."""

    slug: str
    """The theme's folder under feeds/: lower-case letters, digits and hyphens."""
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeChoice:
    """The themes that an audience or a combined feed follows."""

    named: tuple[str, ...] = ()
    """Slugs of themes, in the order in which they are wanted."""
    has_others: bool = False
    """Whether all themes are followed; the named themes then come first."""
    without: tuple[str, ...] = ()
    """Slugs of themes that are not followed; only used together with `has_others`."""

    @classmethod
    def of(cls, *written: str) -> Self:
        """Return the choice of themes written as slugs, `*` for all other themes, and `!slug` to leave a theme out;
        `!slug` needs `*`.
        """
        return cls(
            named=tuple(each for each in written if each != EVERY and not each.startswith(NOT)),
            has_others=EVERY in written,
            without=tuple(each.removeprefix(NOT) for each in written if each.startswith(NOT)),
        )

    @property
    def is_all(self) -> bool:
        """Whether the choice follows every theme."""
        return self.has_others and not self.without

    def follows(self, slug: str) -> bool:
        """Whether a theme is followed. An item belongs to the choice if one of its themes is followed."""
        return slug in self.named or (self.has_others and slug not in self.without)


_UNFILED = frozenset(
    (
        *("uncategorized", "uncategorised", "non classé", "non classée", "non catégorisé", "sans catégorie"),
        *("geen categorie", "niet gecategoriseerd", "zonder categorie"),
        *("nicht kategorisiert", "unkategorisiert", "ohne kategorie", "keine kategorie"),
    )
)
"""Labels, folded by `slugs.fold_label`, that programs give to items without a theme."""
ALL_THEMES = ThemeChoice(has_others=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeRule:
    """A rule that puts items into a theme without a label. One of its conditions is enough."""

    slug: str
    """The slug of the theme."""
    keywords: tuple[str, ...] = ()
    """The rule applies to an item with one of these keywords, which are folded by `slugs.fold_label`."""
    sources: tuple[str, ...] = ()
    """The rule applies to an item from one of these sources."""
    words: tuple[str, ...] = ()
    """The rule applies to an item whose title or text contains one of these as whole words; they are folded by
    `slugs.fold_label`.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeMap:
    """The rules by which labels become themes. A label that is not mapped becomes a theme of its own."""

    default: Theme
    """The theme of items that have no other."""
    themes: tuple[Theme, ...] = ()
    """The themes that config.toml names. They have a feed even without items."""
    by_label: tuple[tuple[str, str], ...] = ()
    """Pairs of a label (folded by `slugs.fold_label`) and the slug of its theme."""
    rules: tuple[ThemeRule, ...] = ()
    was: tuple[tuple[str, str], ...] = ()
    """Pairs of a former slug and the present slug, for renamed themes. A former slug belongs to one theme only."""

    def current(self, slug: str) -> str:
        """Return the present slug of the theme that has `slug`, or had it before it was renamed."""
        if not self.was:  # a round calls this for each theme of each reader
            return slug
        return next((now for former, now in self.was if former == slug), slug)

    def former(self, slug: str) -> tuple[str, ...]:
        """Return the former slugs of a theme, in the order of config.toml."""
        return tuple(former for former, now in self.was if now == slug)

    def choose(self, written: Iterable[str]) -> ThemeChoice:
        """Return the choice of themes that is `written` in config.toml, with the present slugs of renamed themes."""
        choice = ThemeChoice.of(*written)
        return replace(
            choice,
            named=tuple(dict.fromkeys(map(self.current, choice.named))),
            without=tuple(dict.fromkeys(map(self.current, choice.without))),
        )

    def choose_with_former(self, written: Iterable[str]) -> ThemeChoice:
        """Return the choice of themes that `choose` gives, with each slug followed by the theme's former slugs."""
        choice = self.choose(written)
        return replace(choice, named=self._with_former(choice.named), without=self._with_former(choice.without))

    def _with_former(self, slugs: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each for slug in slugs for each in (slug, *self.former(slug))))


def _is_unfiled(folded: str, theme_map: ThemeMap) -> bool:
    """Whether a label, folded by `fold_label`, says that an item has no theme, and config.toml does not map it."""
    return folded in _UNFILED and all(mapped != folded for mapped, _ in theme_map.by_label)


def wanted_names(items: Iterable[Item], theme_map: ThemeMap) -> WantedNames:
    """Return the labels and keywords of these items that need a slug, in log order. Labels that config.toml maps to a
    theme need none.
    """
    mapped = {label for label, _ in theme_map.by_label}
    labels: dict[str, str] = {}
    keywords: dict[str, str] = {}
    for item in items:
        for label in item.labels:
            folded = fold_label(label)
            if folded and folded not in mapped and folded not in labels and not _is_unfiled(folded, theme_map):
                labels[folded] = theme_slug_of(label)
        for keyword in item.keywords:
            if (folded := fold_label(keyword)) and folded not in keywords:
                keywords[folded] = keyword_slug_of(keyword)
    return WantedNames(labels=labels, keywords=keywords, taken=frozenset(map(theme_slug_of, mapped)))


def assign_themes(item: Item, theme_map: ThemeMap, *, source: str, names: Names = NO_NAMES) -> tuple[Theme, ...]:
    """Return the item's themes: first by its labels, in order, then by rules. If that gives no theme, return the
    default theme.

    A label that `theme_map` does not map becomes a theme of its own, whose slug is the label's slug in `names`, unless
    it says that the item has no theme, as WordPress's `Uncategorized` does.
    """
    themes: dict[str, Theme] = {}
    for label in item.labels:
        if (folded := fold_label(label)) and not _is_unfiled(folded, theme_map):
            theme = _theme_of(label, folded, theme_map, names)
            themes.setdefault(theme.slug, theme)
    for rule in theme_map.rules:
        if _applies(rule, item, source):
            themes.setdefault(rule.slug, next(theme for theme in theme_map.themes if theme.slug == rule.slug))
    return tuple(themes.values()) or (theme_map.default,)


def _applies(rule: ThemeRule, item: Item, source: str) -> bool:
    return (
        source in rule.sources
        or (bool(rule.keywords) and not {*rule.keywords}.isdisjoint(map(fold_label, item.keywords)))
        or (bool(rule.words) and contains_any(rule.words, fold_label(f"{item.title} {item.text}")))
    )


def contains_any(words: Sequence[str], folded: str) -> bool:
    """Whether the text `folded` contains one of these words or sequences of words. `fold_label` has folded both."""
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", folded) for word in words)


def _theme_of(label: str, folded: str, theme_map: ThemeMap, names: Names) -> Theme:
    slug = next((slug for mapped, slug in theme_map.by_label if mapped == folded), None)
    slug = slug or theme_map.current(names.theme_slug(label))
    named = (theme for theme in (theme_map.default, *theme_map.themes) if theme.slug == slug)
    return next(named, Theme(slug=slug, title=even_spaces(label)))
