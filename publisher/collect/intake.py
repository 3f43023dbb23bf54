"""Prepares a listing: its cleaned items, beside what was known about its source before. Values only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, zip_longest

from publisher.collect.clean import clean_item, name_of
from publisher.collect.reading import Reading
from publisher.collect.rules import CollectRules
from publisher.collect.sources.base import Fetch
from publisher.collect.sources.unread import Unread
from publisher.model.items import Item
from publisher.model.problems import Problem
from publisher.model.sources import SourcePolicy
from publisher.store import SourceState


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A source's listing, cleaned, and what was known about the source before."""

    source: str
    policy: SourcePolicy
    state: SourceState
    items: tuple[Item, ...]
    withheld: tuple[Item, ...]
    """Items that the source now withholds, such as drafts."""
    remarks: tuple[tuple[Problem, ...], ...]
    """For each of `items`, problems that name the parts of the item that readers do not get."""
    problems: tuple[Problem, ...]
    """A problem for each item that is left out."""
    unread: tuple[Unread, ...]
    """What is known of each item that could not be read, in any order."""
    is_complete: bool
    """Whether a missing item is gone, because the source lists all it has."""
    keeps_first_date: bool
    """Whether readers keep the date that the source gave an item first."""
    repeats: int = 0
    """How many times the source lists one of `items` again."""
    left_out_wordings: Mapping[Item, int] = field(default_factory=dict)
    """For each item that is listed in several versions with one id, how many other versions were left out."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many new items each list of the source's filters left out, by the key of the list."""
    shared: Mapping[str, int] = field(default_factory=dict)
    """For each id that several items share, as `links.id_key` gives it, how many items have the id."""

    @property
    def is_first(self) -> bool:
        return self.state.changed_at is None


def clean_listing(reading: Reading, fetch: Fetch, rules: CollectRules) -> Listing:
    """Return the items of a listing as the log keeps them; items with nothing to read become problems."""
    policy = rules.policies[reading.source]
    every: list[Item] = []
    empty: list[Item] = []
    items: list[Item] = []
    remarks: list[tuple[Problem, ...]] = []
    problems = list(fetch.problems)
    for listed in fetch.items:
        told: list[str] = []
        item = clean_item(listed, site=rules.site, policy=policy, tell=told.append)
        every.append(item)
        where = name_of(item, reading.source)
        if item.text or item.title:
            items.append(item)
            remarks.append(tuple(Problem(where=where, what=what, exit_code=0) for what in told))
        else:
            empty.append(item)
            problems.append(Problem(where=where, what="there is nothing to read in it"))
    return Listing(
        source=reading.source,
        policy=policy,
        state=reading.state,
        items=tuple(items),
        withheld=tuple(clean_item(item, site=rules.site, policy=policy) for item in fetch.withheld),
        remarks=tuple(remarks),
        problems=tuple(problems),
        unread=(*_unread(fetch, every), *(Unread(native_id=item.native_id, day=item.date) for item in empty)),
        is_complete=fetch.is_complete,
        keeps_first_date=fetch.keeps_first_date,
    )


def _unread(fetch: Fetch, items: Sequence[Item]) -> Iterator[Unread]:
    """Yield what is known of each item that could not be read. `Unread.place` counts only the items above that have
    words.
    """
    above = [0, *accumulate(bool(item.text or item.title) for item in items)]
    for _, told in zip_longest(fetch.problems, fetch.unread):
        unread = told or Unread()
        yield unread if unread.place is None else replace(unread, place=above[unread.place])
