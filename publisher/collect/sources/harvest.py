"""Reads the single items of a source: those that cannot be read are told, and the others go on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from publisher.collect.sources.order import newest_first
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
    notes: tuple[Problem, ...] = ()
    """What the source itself keeps back."""


def harvest(source: str, places: Iterable[tuple[str, _T]], make: Callable[[_T], Item]) -> Harvest:
    """Make an item of each thing, which comes with its place.

    Raises:
        SourceError: there are some, and not one could be read.
    """
    items: list[Item] = []
    problems: list[Problem] = []
    notes: list[Problem] = []
    for place, thing in places:
        try:
            items.append(make(thing))
        except FieldError as error:
            problems.append(Problem(where=place, what=f"{error}; the item was left out"))
        except Withheld as why:
            notes.append(Problem(where=place, what=f"a draft ({why})"))
    if problems and not items:
        raise SourceError(source, f"nothing could be read; {problems[0]}")
    return Harvest(items=newest_first(items), problems=tuple(problems), notes=tuple(notes))
