"""Reads the items of a source one by one: an item that cannot be read becomes a problem; the others are kept."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TypeVar

from publisher.collect.sources.base import Fetch
from publisher.collect.sources.findings import Findings
from publisher.collect.sources.order import is_oldest_first, newest_first
from publisher.collect.sources.unread import Unread, turn_round
from publisher.collect.sources.values import FieldError, Withheld
from publisher.model.errors import SourceError
from publisher.model.items import Item
from publisher.model.problems import Problem, counted

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Harvest:
    """The items of a source that could be read, and the problems of the others."""

    items: tuple[Item, ...]
    """Newest first."""
    problems: tuple[Problem, ...]
    unread: tuple[Unread, ...] = ()
    """What is known of each item in `problems`, in the same order."""
    notes: tuple[Problem, ...] = ()
    """Notes about items that the source withholds."""
    withheld: tuple[Item, ...] = ()
    """What is known of each item that the source withholds."""
    remarks: tuple[Problem, ...] = ()
    """One remark for each unknown status word, with the number of items that have it; these items are published."""

    def as_fetch(self, *, validator: str, is_complete: bool, remarks: Sequence[Problem] = ()) -> Fetch:
        """Return the result of reading a source that is one document. `remarks` about the source itself come first."""
        return Fetch(
            items=self.items,
            validator=validator,
            problems=self.problems,
            unread=self.unread,
            notes=self.notes,
            withheld=self.withheld,
            remarks=[*remarks, *self.remarks],
            is_complete=is_complete,
        )


def harvest(
    source: str, places: Iterable[tuple[str, _T]], make: Callable[[_T], Item], *, findings: Findings | None = None
) -> Harvest:
    """Return the items that `make` makes. `places` are pairs of a place, for messages, and the thing that an item is
    made from, such as a row.

    While making items, `make` collects in `findings` what the items show together. If some dates have the month first,
    all items are made again, and dates that fit both orders are refused.

    Raises:
        SourceError: there are things, but none could be made into an item, and none is withheld.
    """
    things, said = list(places), findings or Findings()
    made = _make_all(things, make)
    if said.have_month_first():
        said.is_month_first = True
        said.doubts.clear()
        made = _make_all(things, make)
    if made.problems and not made.items and not made.withheld:
        raise SourceError(source, f"nothing could be read; {made.problems[0]}")
    return replace(
        made,
        items=newest_first(made.items),
        unread=tuple(turn_round(made.unread, len(made.items))) if is_oldest_first(made.items) else made.unread,
        remarks=tuple(_remark(source, word, count) for word, count in sorted(Counter(said.doubts).items())),
    )


def _make_all(things: Iterable[tuple[str, _T]], make: Callable[[_T], Item]) -> Harvest:
    """Return the items, problems and withheld items made from all things, in order."""
    items: list[Item] = []
    problems: list[Problem] = []
    unread: list[Unread] = []
    notes: list[Problem] = []
    withheld: list[Item] = []
    for place, thing in things:
        try:
            items.append(make(thing))
        except FieldError as error:
            problems.append(Problem(where=place, what=f"{error}; the item was left out"))
            unread.append(replace(error.unread, place=len(items)))
        except Withheld as why:
            notes.append(Problem(where=place, what=f"a draft ({why})"))
            withheld.append(why.item)
    return Harvest(
        items=tuple(items),
        problems=tuple(problems),
        unread=tuple(unread),
        notes=tuple(notes),
        withheld=tuple(withheld),
    )


def _remark(source: str, said: str, count: int) -> Problem:
    what = (
        f"{counted(count, 'item')} with `{said}` in it: no known word for a draft or for what may go out, so that it "
        "keeps nothing back; write `draft` if it should"
    )
    return Problem(where=f"source {source!r}", what=what, exit_code=0)


def joined_unread(harvests: Sequence[Harvest]) -> list[Unread]:
    """Return what is known of the unreadable items of several documents, in the order of the documents."""
    above = list(accumulate((len(each.items) for each in harvests), initial=0))
    return [
        replace(each, place=start + (each.place or 0))
        for start, document in zip(above, harvests, strict=False)
        for each in document.unread
    ]
