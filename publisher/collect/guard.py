"""Decides whether a listing is suspicious, so that the operator looks at it before readers do. Pure.

A rebuilt site gives every item a new id, a new address or today's date. A selector that no longer fits finds no titles.
A page that is cut short has lost half its items. Because items are first matched by their words (`identity`), new ids
for all items are no change and do not count here.
"""

from collections.abc import Collection, Sequence

from publisher.collect.identity import Reconciliation
from publisher.model.changes import Known
from publisher.model.items import Item
from publisher.model.records import State
from publisher.model.sources import HoldReason, Suspicion

FAR_MORE = 3
"""A flood is a listing with more than this many times the most new items that ever came at once."""
A_CROWD = 10
"""Fewer items than this are too few to be suspicious."""
A_FEW = 4
"""The loss of most items of a complete source is suspicious only if the source had at least this many items."""
MANY_THEMES = 20
"""With more new themes than this at once, a listing is suspicious: they would fill menus and folders."""
NEARLY_ALL = 0.8
TITLES = 5
"""How many titles of new and of missing items are kept for the editor."""

_FIELDS = ("title", "link", "labels", "keywords", "html", "native_id")
WORD_FOR = {"labels": "themes", "html": "body", "native_id": "id"}
"""What people call a field of an item. A field that is missing from this table is called by its own name."""


def suspicion_of(
    plan: Reconciliation,
    known: Collection[Known],
    listed: Sequence[Item],
    *,
    hold_above: int,
    most_added: int,
    fields: Collection[str],
    is_complete: bool = False,
    new_themes: int = 0,
) -> Suspicion | None:
    """Return why a listing is suspicious; return `None` if it is not.

    Args:
        plan: what the listing would change.
        known: the known items with which the listing was compared.
        listed: the items of the listing.
        hold_above: how many new items at once are always acceptable.
        most_added: the most new items that one reading brought. The first reading does not count, nor one with more
            than `hold_above` new items unless the operator released it: a source that triples each time is held, too.
        fields: what `fields_of` returned for the listing before.
        is_complete: whether the listing has all that the source has.
        new_themes: how many labels of new items the site has never seen.
    """
    before = [one for one in known if one.state is State.LISTED]
    return (
        _find_drift(listed, fields)
        or _find_flood(plan, hold_above=hold_above, most_added=most_added, new_themes=new_themes)
        or _find_back_dated(plan, before, listed)
        or _find_loss(plan, before, is_complete=is_complete)
    )


def _find_drift(listed: Sequence[Item], fields: Collection[str]) -> Suspicion | None:
    lost = sorted(set(fields) - set(fields_of(listed, at_least=0)))
    if not lost or len(listed) < A_CROWD:
        return None
    words = " or ".join(WORD_FOR.get(name, name) for name in lost)
    words = f"not one of its {len(listed)} items has a {words}, and nearly all of them had"
    return Suspicion(reason=HoldReason.DRIFT, words=words)


def _find_flood(plan: Reconciliation, *, hold_above: int, most_added: int, new_themes: int) -> Suspicion | None:
    if len(plan.added) > max(hold_above, FAR_MORE * most_added):
        so_far = f"never brought more than {most_added}" if most_added else "brought none since it was first read"
        return Suspicion(reason=HoldReason.FLOOD, words=f"it brings {len(plan.added)} new items at once, and {so_far}")
    if new_themes > MANY_THEMES:
        words = f"it brings {new_themes} themes at once that were never seen"
        return Suspicion(reason=HoldReason.FLOOD, words=words)
    return None


def _find_back_dated(plan: Reconciliation, before: Sequence[Known], listed: Sequence[Item]) -> Suspicion | None:
    newest = max((one.date for one in before), default=None)
    back_dated = [item for item in plan.added if newest is not None and item.date <= newest]
    if len(back_dated) < A_CROWD or 2 * len(back_dated) <= len(listed):
        return None
    words = f"{len(back_dated)} of its {len(listed)} items are new, and older than what it had"
    return Suspicion(reason=HoldReason.BACK_DATED, words=words)


def _find_loss(plan: Reconciliation, before: Sequence[Known], *, is_complete: bool) -> Suspicion | None:
    is_crowd = len(before) >= A_FEW if is_complete else len(plan.withdrawn) >= A_CROWD
    if not is_crowd or 2 * len(plan.withdrawn) <= len(before):
        return None
    return Suspicion(reason=HoldReason.LOSS, words=f"{len(plan.withdrawn)} of the {len(before)} items it had are gone")


def suspicion_of_first(plan: Reconciliation, *, former: str, repeated: int) -> Suspicion | None:
    """Return why the first listing of a source is suspicious; return `None` if it is not.

    Args:
        plan: what the listing would change.
        former: the name of a source that is no longer in config.toml.
        repeated: how many new items have the same words as an item of `former`.
    """
    if 2 * repeated <= len(plan.added):
        return None
    return Suspicion(
        reason=HoldReason.RENAMED,
        words=f"{repeated} of its {len(plan.added)} items are those of source {former!r}, which is gone from "
        "config.toml: give it that name back, or discard what readers have already",
    )


def fields_of(listed: Sequence[Item], *, at_least: float = NEARLY_ALL) -> tuple[str, ...]:
    """Return the fields that more than `at_least` (a share) of the items have; return no fields if there are too few
    items.
    """
    if len(listed) < A_CROWD:
        return ()
    having = {name: sum(bool(getattr(item, name)) for item in listed) for name in _FIELDS}
    return tuple(name for name, count in having.items() if count > at_least * len(listed))


def describe(plan: Reconciliation) -> str:
    """Return the changes that a listing would make (`plan`) in words."""
    counts = {"add": len(plan.added), "revise": len(plan.revised), "withdraw": len(plan.withdrawn)}
    return ", ".join(f"{verb} {count}" for verb, count in counts.items() if count) or "change nothing readers see"
