"""What a site's items say of its themes, and what an operator may want to do about it. Pure; all of it is hints.

A theme may be quiet and a label new for good reasons, so nothing here has to be mended.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from publisher.admin.mail_checks import Finding
from publisher.config.keys import suggestion
from publisher.model.editions import Audience
from publisher.model.feeds import CombinedFeed, Feed
from publisher.model.labels import Names, Wanted, fold_label, theme_slug_of
from publisher.model.problems import counted, some_of
from publisher.model.records import Record, State
from publisher.model.themes import ThemeMap, assign_themes, wanted_names
from publisher.model.titles import title_of

Hints = Iterator[tuple[str, Finding]]
"""Where each was found, and what."""

SHOWN = 5
"""How many labels, themes or items one hint names."""
LONG_SILENCE = timedelta(days=365)
UNUSUAL_SILENCE = timedelta(days=90)
UNUSUAL_PACES = 10
"""A theme is unusually silent after so many times its usual pace, and no sooner than `UNUSUAL_SILENCE`."""
PACE_DAYS = 5
"""On fewer days nobody can say how often a theme speaks."""
ALIKE = 0.8
"""How alike two labels are, as difflib counts it, where one may be a slip of the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelUse:
    """A label that configuration does not name, and what became of it."""

    label: str
    """As it was spelt first."""
    slug: str
    """Of the theme it is in."""
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The live items of a site, added up by theme and label."""

    items: int
    labels: Mapping[str, LabelUse]
    """By folded label; those that configuration does not name."""
    mapped: Collection[str]
    """Folded labels that configuration names and items have."""
    days: Mapping[str, Sequence[date]]
    """By theme that has items, on which days they are dated, in order."""
    titles: Mapping[str, str]
    """Of these themes."""
    without_theme: Sequence[str]
    """Titles."""
    emptied: Sequence[Feed]
    """Feeds of themes that readers may follow, and that no item belongs to."""


def survey(
    batches: Iterable[Sequence[Record]],
    theme_map: ThemeMap,
    *,
    names_of: Callable[[Wanted], Names],
    feeds: Iterable[Feed],
) -> Survey:
    """Add up all the items there are; `feeds` are those of themes that were ever written for readers."""
    by_label = {label for label, _ in theme_map.by_label}
    spelt: dict[str, str] = {}
    slugs: dict[str, str] = {}
    counts: dict[str, int] = defaultdict(int)
    days: dict[str, list[date]] = defaultdict(list)
    titles: dict[str, str] = {}
    without: list[str] = []
    items = 0
    for batch in batches:
        records = [record for record in batch if record.state is not State.WITHDRAWN]
        items += len(records)
        names = names_of(wanted_names([record.item for record in records], theme_map))
        for record in records:
            themes = assign_themes(record.item, theme_map, source=record.source, names=names)
            labels = {folded: label for label in reversed(record.item.labels) if (folded := fold_label(label))}
            for folded, label in labels.items():
                counts[folded] += 1
                if spelt.setdefault(folded, " ".join(label.split())) and folded not in by_label:
                    slugs[folded] = theme_map.current(names.theme_slug(label))
            for theme in themes:
                days[theme.slug].append(record.item.date)
                titles[theme.slug] = theme.title
            if not labels and themes == (theme_map.default,):
                without.append(title_of(record.item))
    alive = {*days, *_named(theme_map)}
    return Survey(
        items=items,
        labels={
            folded: LabelUse(label=spelt[folded], slug=slug, items=counts[folded]) for folded, slug in slugs.items()
        },
        mapped=by_label & counts.keys(),
        days={slug: sorted(dated) for slug, dated in days.items()},
        titles=titles,
        without_theme=without,
        emptied=[feed for feed in feeds if theme_map.current(feed.slug) not in alive],
    )


def theme_hints(
    found: Survey, theme_map: ThemeMap, audiences: Iterable[Audience], combined: Iterable[CombinedFeed] = ()
) -> Hints:
    """What could be better; nothing of a site without items."""
    if not found.items:
        return
    yield from _labels_by_themselves(found, theme_map)
    yield from _labels_that_share(found, theme_map)
    yield from _labels_unused(found, theme_map)
    yield from _silent(found, theme_map)
    yield from _without_theme(found, theme_map)
    yield from _emptied(found)
    named = {f"audiences.{audience.name}.themes": audience.themes for audience in audiences}
    named |= {f"feeds.combined.{feed.name}.themes": feed.themes for feed in combined}
    yield from _unknown_themes(found, theme_map, named)


def _labels_by_themselves(found: Survey, theme_map: ThemeMap) -> Hints:
    named = _named(theme_map)
    others = {folded: use for folded, use in found.labels.items() if use.slug not in named}
    for folded, use in list(others.items()):
        if (near := _nearest(folded, [label for label, _ in theme_map.by_label])) is not None:
            del others[folded]
            slug = next(slug for label, slug in theme_map.by_label if label == near)
            table = "themes.default" if slug == theme_map.default.slug else f"themes.{slug}"
            verb = "is" if use.items == 1 else "are"
            what = f"{counted(use.items, 'item')} {verb} in a theme that came by itself; did you mean {near!r}?"
            yield f"label {use.label!r}", Finding(what=f"{what} then add it to the labels of {table}", is_hint=True)
    if others and theme_map.themes:
        uses = sorted(others.values(), key=lambda use: (-use.items, use.label))
        labels = some_of([f"{use.label!r} ({counted(use.items, 'item')})" for use in uses], SHOWN)
        what = f"labels that became themes by themselves: {labels}; "
        what += "name them in config.toml to choose their titles and addresses"
        yield "themes", Finding(what=what, is_hint=True)


def _labels_that_share(found: Survey, theme_map: ThemeMap) -> Hints:
    """Labels that make one slug, whether they share a theme, from before slugs were kept, or have one each."""
    named = _named(theme_map)
    groups: dict[str, list[LabelUse]] = defaultdict(list)
    for use in found.labels.values():
        if use.slug in named:
            what = f"it is in themes.{use.slug} because of that name alone; if that is right, add it to its labels"
            yield f"label {use.label!r}", Finding(what=what, is_hint=True)
        else:
            groups[theme_slug_of(use.label)].append(use)
    for slug, uses in groups.items():
        if len(uses) > 1:
            labels = some_of([f"{use.label!r} in {use.slug}" for use in uses], SHOWN)
            what = f"labels that make one address, {slug}: {labels}; "
            what += "name them in config.toml to give them addresses of their own"
            yield "themes", Finding(what=what, is_hint=True)


def _labels_unused(found: Survey, theme_map: ThemeMap) -> Hints:
    titles = {theme.slug: fold_label(theme.title) for theme in theme_map.themes}
    for slug, title in titles.items():
        labels = [label for label, of in theme_map.by_label if of == slug and label != title]
        unused = [label for label in labels if label not in found.mapped]
        if slug not in found.days:
            yield f"themes.{slug}", Finding(what="no item belongs to it", is_hint=True)
        elif unused:
            what = f"no item has the label {some_of([repr(label) for label in unused], SHOWN)}"
            yield f"themes.{slug}.labels", Finding(what=what, is_hint=True)


def _silent(found: Survey, theme_map: ThemeMap) -> Hints:
    """Themes that stopped while the site went on; how long the site itself is silent, `status` knows of each source."""
    latest = max(days[-1] for days in found.days.values())
    silent = [
        (days[-1], found.titles[slug])
        for slug, days in found.days.items()
        if slug != theme_map.default.slug and _is_silent(days, latest)
    ]
    if silent:
        themes = some_of([f"{title!r} since {last.isoformat()}" for last, title in sorted(silent)], SHOWN)
        yield "themes", Finding(what=f"silent for long, while others are not: {themes}", is_hint=True)


def _is_silent(days: Sequence[date], latest: date) -> bool:
    silence, spoken = latest - days[-1], sorted(set(days))
    if len(spoken) < PACE_DAYS:
        return silence > LONG_SILENCE
    pace = timedelta(days=median((later - day).days for day, later in pairwise(spoken)))
    return silence > LONG_SILENCE or silence > max(UNUSUAL_PACES * pace, UNUSUAL_SILENCE)


def _without_theme(found: Survey, theme_map: ThemeMap) -> Hints:
    if 0 < len(found.without_theme) < found.items:
        share = f"{len(found.without_theme)} of {counted(found.items, 'item')}"
        what = (
            f"{share} have no theme and are in {theme_map.default.title!r}: "
            f"{some_of([repr(title) for title in found.without_theme], SHOWN)}; "
            "keywords, words or sources of a theme can take them in"
        )
        yield "themes.default", Finding(what=what, is_hint=True)


def _emptied(found: Survey) -> Hints:
    for feed in found.emptied:
        what = f"no item goes there any more; if that theme has another name now, write there: was = [{feed.slug!r}]"
        yield f"feeds/{feed.slug}", Finding(what=what.replace("'", '"'), is_hint=True)


def _unknown_themes(found: Survey, theme_map: ThemeMap, named: Mapping[str, Sequence[str]]) -> Hints:
    """Slugs that configuration names somewhere, given by key, and no theme has."""
    known = {"*", *found.days, *_named(theme_map), *(former for former, _ in theme_map.was)}
    for key, slugs in named.items():
        for slug in slugs:
            if slug not in known:
                yield key, Finding(what=f"there is no theme {slug!r} yet{suggestion(slug, known)}", is_hint=True)


def _named(theme_map: ThemeMap) -> set[str]:
    return {theme.slug for theme in (theme_map.default, *theme_map.themes)}


def _nearest(label: str, others: Collection[str]) -> str | None:
    """The one of the others that this may be a slip of; what differs in a number only, such as a year, is no slip."""
    from difflib import get_close_matches  # late: most sites have nothing to compare

    near = get_close_matches(label, others, n=1, cutoff=ALIKE)
    return near[0] if near and _letters(near[0]) != _letters(label) else None


def _letters(label: str) -> str:
    return "".join(letter for letter in label if not letter.isdigit()).strip()
