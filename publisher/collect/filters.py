"""Chooses the new items of a source that its operator wants; pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from publisher.collect.identity import Reconciliation
from publisher.model.changes import Known
from publisher.model.items import Item
from publisher.model.records import State
from publisher.model.slugs import fold_label
from publisher.model.sources import Filter, SourcePolicy
from publisher.model.themes import ThemeMap, assign_themes, contains_any


def take_wanted(
    items: Sequence[Item], policy: SourcePolicy, *, theme_map: ThemeMap, source: str
) -> tuple[tuple[Item, ...], Mapping[str, int]]:
    """Return the items that pass the source's filters, in their order, and how many items each list of the filters left
    out.

    An item that several lists leave out counts for the first of them.
    """
    wanted: list[Item] = []
    left_out: Counter[str] = Counter()
    for item in items:
        if why := why_left_out(item, policy, theme_map=theme_map, source=source):
            left_out[why] += 1
        else:
            wanted.append(item)
    return tuple(wanted), left_out


def leave_out(
    plan: Reconciliation, known: Iterable[Known], policy: SourcePolicy, *, theme_map: ThemeMap, source: str
) -> tuple[Reconciliation, Mapping[str, int]]:
    """Return the plan of changes without items that the source's filters leave out, and how many items each list of the
    filters left out.

    Filters apply to new items, and to known items that still wait and no reader has seen. Items left out are forgotten;
    they are new again once a filter lets them pass.
    """
    wanted, new = take_wanted(plan.added, policy, theme_map=theme_map, source=source)
    waiting = {one.number for one in known if one.state is State.WAITING and not one.is_copy}
    unwanted = {
        number: why
        for number, item in plan.known
        if number in waiting and (why := why_left_out(item, policy, theme_map=theme_map, source=source))
    }
    rest = replace(
        plan,
        added=wanted,
        dropped=(*plan.dropped, *unwanted),
        known=tuple(pair for pair in plan.known if pair[0] not in unwanted),
        renamed=tuple(pair for pair in plan.renamed if pair[0] not in unwanted),
    )
    return rest, Counter(new) + Counter(unwanted.values())


def why_left_out(item: Item, policy: SourcePolicy, *, theme_map: ThemeMap, source: str) -> str:
    """Return the key of the filter list that leaves an item out, such as `except.words`; return an empty string if the
    item is taken.
    """
    if policy.only == policy.exclude == _NO_FILTER:
        return ""
    themes = assign_themes(item, theme_map, source=source)
    names = {name for theme in themes for name in (theme.slug, fold_label(theme.title))}
    labels = {*map(fold_label, item.labels), *names}
    has = _has(item, policy.only, labels)
    lacking = (name for name, wanted in _lists(policy.only) if wanted and not has[name])
    if name := next(lacking, ""):
        return f"only.{name}"
    found = (name for name, is_there in _has(item, policy.exclude, labels).items() if is_there)
    return f"except.{name}" if (name := next(found, "")) else ""


def _has(item: Item, asked: Filter, labels: Collection[str]) -> dict[str, bool]:
    """Return whether the item matches each list of the filter `asked`, by the name of the list."""
    return {
        "words": bool(asked.words) and contains_any(asked.words, fold_label(f"{item.title} {item.text}")),
        "themes": not {*asked.themes}.isdisjoint(labels),
        "keywords": not {*asked.keywords}.isdisjoint(map(fold_label, item.keywords)),
        "authors": not {*asked.authors}.isdisjoint(map(fold_label, item.authors)),
    }


def _lists(asked: Filter) -> Iterator[tuple[str, Sequence[str]]]:
    yield from (("words", asked.words), ("themes", asked.themes))
    yield from (("keywords", asked.keywords), ("authors", asked.authors))


_NO_FILTER = Filter()
