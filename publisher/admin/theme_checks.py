"""Checks names of themes: labels of items that may be typing errors, and slugs in config.toml that no theme has. Pure.
All findings are hints.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from publisher.admin.mail_checks import Finding
from publisher.admin.title_checks import TitleCounts, count_titles
from publisher.model.editions import Audience
from publisher.model.feeds import CombinedFeed, Feed
from publisher.model.problems import counted, suggestion
from publisher.model.records import Record
from publisher.model.slugs import Names, WantedNames, fold_label
from publisher.model.themes import ThemeChoice, ThemeMap, assign_themes, wanted_names

Hints = Iterator[tuple[str, Finding]]
"""Yields (key or label, hint about it)."""

ALIKE = 0.8
"""The least similarity (by `difflib`) with which a label may be a typing error of another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The labels, themes and titles of a site's items."""

    labels: Mapping[str, int]
    """How many items have each label, by its first spelling. Labels of themes in config.toml are left out."""
    slugs: Collection[str]
    """The slugs of the themes that have items."""
    feeds: Sequence[Feed]
    """The feeds of themes that were ever written for readers."""
    titles: TitleCounts


def survey(
    batches: Iterable[Sequence[Record]],
    theme_map: ThemeMap,
    *,
    names_of: Callable[[WantedNames], Names],
    feeds: Sequence[Feed],
) -> Survey:
    """Return the labels, themes and titles of the items in all batches; withdrawn items do not count."""
    configured = {label for label, _ in theme_map.by_label}
    configured_slugs = _configured_slugs(theme_map)
    spelt: dict[str, str] = {}
    counts: dict[str, int] = defaultdict(int)
    slugs: set[str] = set()
    titles = TitleCounts()
    for batch in batches:
        records = [record for record in batch if record.state.is_live]
        titles += count_titles(record.item for record in records)
        names = names_of(wanted_names([record.item for record in records], theme_map))
        for record in records:
            slugs |= {theme.slug for theme in assign_themes(record.item, theme_map, source=record.source, names=names)}
            labels = {fold_label(label): label for label in reversed(record.item.labels)}
            for folded, label in labels.items():
                if not folded or folded in configured:
                    continue
                if theme_map.current(names.theme_slug(label)) not in configured_slugs:
                    counts[spelt.setdefault(folded, " ".join(label.split()))] += 1
    return Survey(labels=counts, slugs=slugs, feeds=feeds, titles=titles)


def theme_hints(
    found: Survey, theme_map: ThemeMap, audiences: Iterable[Audience], combined: Iterable[CombinedFeed] = ()
) -> Hints:
    """Yield a hint for each label or slug that may be a mistake. For a site without items, yield nothing."""
    if not found.slugs:
        return
    yield from _near_misses(found, theme_map)
    yield from _themes_without_items(found, theme_map)
    yield from _abandoned_feeds(found, theme_map)
    named = {f"audiences.{audience.name}.themes": _slugs_of(audience.themes) for audience in audiences}
    named |= {f"feeds.combined.{feed.name}.themes": _slugs_of(feed.themes) for feed in combined}
    yield from _unknown_slugs(found, theme_map, named)


def _near_misses(found: Survey, theme_map: ThemeMap) -> Hints:
    by_label = dict(theme_map.by_label)
    for label, items in found.labels.items():
        if (near := _nearest(fold_label(label), by_label)) is not None:
            table = "themes.default" if by_label[near] == theme_map.default.slug else f"themes.{by_label[near]}"
            verb = "is" if items == 1 else "are"
            what = f"{counted(items, 'item')} {verb} in a theme that came by itself; did you mean {near!r}?"
            yield f"label {label!r}", Finding(what=f"{what} then add it to the labels of {table}", is_hint=True)


def _themes_without_items(found: Survey, theme_map: ThemeMap) -> Hints:
    for theme in theme_map.themes:
        if theme.slug not in found.slugs:
            yield f"themes.{theme.slug}", Finding(what="no item belongs to it", is_hint=True)


def _abandoned_feeds(found: Survey, theme_map: ThemeMap) -> Hints:
    alive = {*found.slugs, *_configured_slugs(theme_map)}
    for feed in found.feeds:
        if theme_map.current(feed.slug) not in alive:
            what = (
                f'no item goes there any more; if that theme has another name now, write there: was = ["{feed.slug}"]'
            )
            yield f"feeds/{feed.slug}", Finding(what=what, is_hint=True)


def _unknown_slugs(found: Survey, theme_map: ThemeMap, named: Mapping[str, Sequence[str]]) -> Hints:
    """Yield a hint for each slug in config.toml that no theme has. `named` has the slugs, by the key of the setting."""
    known = {*found.slugs, *_configured_slugs(theme_map), *(former for former, _ in theme_map.was)}
    for key, slugs in named.items():
        for slug in slugs:
            if slug not in known:
                yield key, Finding(what=f"there is no theme {slug!r} yet{suggestion(slug, known)}", is_hint=True)


def _slugs_of(themes: ThemeChoice) -> tuple[str, ...]:
    return themes.named + themes.without


def _configured_slugs(theme_map: ThemeMap) -> set[str]:
    return {theme.slug for theme in (theme_map.default, *theme_map.themes)}


def _nearest(label: str, others: Collection[str]) -> str | None:
    """Return the label among `others` that was probably meant, or `None`. Labels that differ only in digits, such as
    years, are not confused.
    """
    near = get_close_matches(label, others, n=1, cutoff=ALIKE)
    return near[0] if near and _letters(near[0]) != _letters(label) else None


def _letters(label: str) -> str:
    return "".join(letter for letter in label if not letter.isdigit()).strip()
