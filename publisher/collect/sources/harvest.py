"""Reads the single items of a source: those that cannot be read are told, and the others go on."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TypeVar

from publisher.collect.sources.order import is_oldest_first, newest_first
from publisher.collect.sources.unread import Unread, turn_round
from publisher.collect.sources.values import FieldError, Withheld
from publisher.model.errors import SourceError
from publisher.model.items import Item
from publisher.model.problems import Problem

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Harvest:
    """What could be read of a source's single items, and what could not."""

    items: tuple[Item, ...]
    """Newest first."""
    problems: tuple[Problem, ...]
    unread: tuple[Unread, ...] = ()
    """What can be told of each item in `problems`, in their order."""
    notes: tuple[Problem, ...] = ()
    """What the source itself keeps back, in words."""
    withheld: tuple[Item, ...] = ()
    """What can be told of these items."""


def harvest(source: str, places: Iterable[tuple[str, _T]], make: Callable[[_T], Item]) -> Harvest:
    """Make an item of each thing, which comes with its place.

    Raises:
        SourceError: there are some, none is a draft, and not one could be read.
    """
    items: list[Item] = []
    problems: list[Problem] = []
    unread: list[Unread] = []
    notes: list[Problem] = []
    withheld: list[Item] = []
    for place, thing in places:
        try:
            items.append(make(thing))
        except FieldError as error:
            problems.append(Problem(where=place, what=f"{error}; the item was left out"))
            unread.append(replace(error.unread, place=len(items)))
        except Withheld as why:
            notes.append(Problem(where=place, what=f"a draft ({why})"))
            withheld.append(why.item)
    if problems and not items and not withheld:
        raise SourceError(source, f"nothing could be read; {problems[0]}")
    return Harvest(
        items=newest_first(items),
        problems=tuple(problems),
        unread=tuple(turn_round(unread, len(items)) if is_oldest_first(items) else unread),
        notes=tuple(notes),
        withheld=tuple(withheld),
    )


def joined_unread(harvests: Sequence[Harvest]) -> list[Unread]:
    """Return what can be told of the unread items of several documents, which follow each other."""
    above = list(accumulate((len(each.items) for each in harvests), initial=0))
    return [
        replace(each, place=start + (each.place or 0))
        for start, document in zip(above, harvests, strict=False)
        for each in document.unread
    ]
