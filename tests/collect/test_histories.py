"""Random sequences of changes (histories) of a source, compared with an oracle that knows the identity of every entry.

After each reading, every listed entry is one item, the same as before, and no item of an existing entry was withdrawn.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.collect.rules import CollectRules, OnSuspicion
from publisher.collect.run import collect
from publisher.collect.sources.base import Fetch
from publisher.model.errors import SourceError
from publisher.model.feeds import Gathering
from publisher.model.items import Item
from publisher.model.records import Record, State
from publisher.model.themes import Theme, ThemeMap
from publisher.store import Store
from tests.databases import sqlite_store
from tests.values import POLICIES, SITE

BEGIN = datetime(2026, 11, 23, 9, tzinfo=UTC)
FIRST_DAY = date(2026, 1, 1)
RULES = CollectRules(
    site=SITE,
    gathering=Gathering(theme_map=ThemeMap(default=Theme(slug="general", title="General")), language="en"),
    authority="news.example.org",
    policies=POLICIES,
    on_suspicion=OnSuspicion.RELEASE,  # a history is short, so much of it changes at once
)


@dataclass(frozen=True)
class Kind:
    """The properties of a source: how many entries it lists, and how entries are identified."""

    name: str
    has_ids: bool
    has_links: bool
    shows: int | None
    """How many of the newest entries the source lists, besides pinned ones, or `None` if it lists all."""
    is_complete: bool = False
    keeps_first_date: bool = False


KINDS = (
    Kind("feed", has_ids=True, has_links=True, shows=3, keeps_first_date=True),
    Kind("feed without links", has_ids=True, has_links=False, shows=3, keeps_first_date=True),
    Kind("page", has_ids=False, has_links=True, shows=3, keeps_first_date=True),
    Kind("listing", has_ids=False, has_links=False, shows=None),
    Kind("cut listing", has_ids=False, has_links=False, shows=3),
    Kind("folder", has_ids=True, has_links=False, shows=None, is_complete=True),
    Kind("whole table", has_ids=True, has_links=True, shows=None, is_complete=True),
)


@dataclass
class Entry:
    """An entry of the source, whatever id and text it has."""

    number: int
    day: int
    edits: int = 0
    labels: tuple[str, ...] = ()
    moves: int = 0
    is_gone: bool = False
    is_draft: bool = False
    was_listed: bool = False
    seems_gone: bool = False
    """Whether the entry was withheld, or moved further down the list, and has not been listed since. A source that
    lists only its newest entries cannot show that such an entry still exists.
    """

    @property
    def text(self) -> str:
        """Text that differs between entries; an edit changes one word."""
        words = [f"word{self.number}x{place}" for place in range(14)]
        words[self.edits % 14] += f"edit{self.edits}" if self.edits else ""
        return " ".join(words)


@dataclass
class Paper:
    """A source whose entries change: those that it lists now, and those that are gone."""

    kind: Kind
    name: str
    entries: list[Entry] = field(default_factory=list)
    pinned: list[Entry] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    """The numbers of the entries that changed since the last reading. An entry that changes twice between two readings
    counts as a new entry.
    """
    systems: int = 1
    """How many systems of ids the source has had."""
    order: Random | None = None
    is_down: bool = False
    readings: int = 0

    def listed(self) -> list[Entry]:
        there = [entry for entry in self.entries if not (entry.is_gone or entry.is_draft)]
        pinned = [entry for entry in self.pinned if entry in there]
        rest = sorted((entry for entry in there if entry not in pinned), key=lambda each: (-each.day, -each.number))
        rest = rest[: self.kind.shows]
        if self.order and not pinned:
            self.order.shuffle(rest)
        return [*pinned, *rest]

    def fetch(self, *, validator: str, now: datetime) -> Fetch:
        self.readings += 1
        if self.is_down:
            raise SourceError(self.name, "it does not answer")
        return Fetch(
            items=[self._item(entry) for entry in self.listed()],
            withheld=[self._item(entry) for entry in self.entries if entry.is_draft],
            validator=str(self.readings),
            is_complete=self.kind.is_complete,
            keeps_first_date=self.kind.keeps_first_date,
        )

    def _item(self, entry: Entry) -> Item:
        return Item(
            date=FIRST_DAY + timedelta(days=entry.day),
            text=entry.text,
            labels=entry.labels,
            native_id=f"{self.systems}-{entry.number}" if self.kind.has_ids else "",
            link=f"https://{self.name}.example.org/{entry.number}/{entry.moves}" if self.kind.has_links else "",
        )

    # --- events ------------------------------------------------------------------------------------------------------

    def do(self, what: str, chance: int) -> None:
        """Let an event happen, or do nothing if it is impossible now."""
        free = [entry for entry in self.listed() if entry.number not in self.touched]
        entry = free[chance % len(free)] if free else None
        newest = max((each.day for each in self.entries), default=20)
        match what:
            case "add some":
                self.entries += [
                    Entry(number=len(self.entries) + more, day=newest + chance % 3 + more) for more in range(chance % 4)
                ]
            case "add back-dated":
                self.entries.append(Entry(number=len(self.entries), day=newest - chance % 9))
            case "pin all" if self.kind.shows:
                self.pinned = self.listed()[: 1 + chance % 6]
            case "unpin":
                self.pinned = self.pinned[chance % 3 :]
            case "shuffle":
                self.order = None if self.order else Random(chance)
            case "draft" | "public":
                self._draft(what == "draft", chance)
            case "fail":
                self.is_down = True
            case "change all ids" if not self.touched:
                self.systems += 1
                if entry and self.kind.has_links:  # one is edited with it; without a link it would be another
                    entry.edits += 1
                self.touched = {each.number for each in self.entries}
            case _ if entry:
                self._change(what, entry, chance)

    def _draft(self, is_draft: bool, chance: int) -> None:
        """Make an entry a draft, wherever it is in the list, or make a draft public again."""
        others = [
            entry
            for entry in self.entries
            if entry.is_draft != is_draft and not entry.is_gone and entry.number not in self.touched
        ]
        if others:
            entry = others[chance % len(others)]
            entry.is_draft = is_draft
            entry.seems_gone = True
            self.touched.add(entry.number)

    def _change(self, what: str, entry: Entry, chance: int) -> None:
        is_named = self.kind.has_ids or self.kind.has_links
        shown = [each.day for each in self.listed() if each not in self.pinned]
        match what:
            case "edit":
                entry.edits += 1
            case "label":
                entry.labels = ("Ferries",) if not entry.labels else ()
            case "delete":
                entry.is_gone = True
            case "date later" if is_named:
                entry.day += 1 + chance % 4
            case "date earlier" if is_named and entry not in self.pinned:
                # it stays in the window, unless others push it out before the next reading
                entry.day = min(entry.day, max(entry.day - 1 - chance % 9, min(shown) + 1))
                entry.seems_gone = True
            case "move":
                entry.moves += 1
            case _:
                return
        self.touched.add(entry.number)


WHAT = (
    *("add some", "add some", "add back-dated", "edit", "label", "delete", "delete", "pin all", "unpin", "date later"),
    *("date earlier", "move", "draft", "draft", "public", "change all ids", "shuffle", "fail", "read", "read", "read"),
)
histories = st.lists(st.tuples(st.sampled_from(WHAT), st.integers(0, 60)), max_size=20)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with sqlite_store() as opened:
        yield opened


NAMES = (f"paper-{number}" for number in count())


def check_history(kind: Kind, history: Sequence[tuple[str, int]], store: Store) -> None:
    """Run a sequence of changes on a source of its own, in a store that also has items of other sources."""
    paper, uids, begin = Paper(kind, next(NAMES)), dict[int, str](), store.log.end()
    for _ in range(3):
        paper.do("add some", 2)
    for turn, (what, chance) in enumerate([("read", 0), *history, ("read", 0), ("read", 0)]):
        if what != "read":
            paper.do(what, chance)
            continue
        report = collect([paper], store=store, rules=RULES, now=BEGIN + timedelta(days=turn), asked_for=[paper.name])
        if any(problem.exit_code for problem in report.problems):  # the source failed, or listed nothing
            assert paper.is_down or not paper.listed()
            paper.is_down = False
            continue
        paper.touched = set()
        records = [record for some in store.log.changed_records(begin, store.log.end()) for record in some]
        check_reading(paper, records, uids)


def check_reading(paper: Paper, records: Sequence[Record], uids: dict[int, str]) -> None:
    """Check that the records match the listing; add the uids of its entries to `uids`, by entry number."""
    live = [record for record in records if record.state is not State.WITHDRAWN]
    for entry in paper.listed():
        (found,) = [record for record in live if record.item.text == entry.text]
        assert found.item.labels == entry.labels
        assert uids.setdefault(entry.number, found.uid) == found.uid
        entry.was_listed, entry.seems_gone = True, False
    assert max(Counter(uids.values()).values(), default=1) == 1
    assert {record.uid for record in records} == {*uids.values()}
    entries = {uids[entry.number]: entry for entry in paper.entries if entry.was_listed}
    for record in records:
        check_state(record, entries[record.uid], paper)


def check_state(record: Record, entry: Entry, paper: Paper) -> None:
    if record.state is State.WITHDRAWN:
        assert entry.is_gone or entry.is_draft or (entry.seems_gone and paper.kind.shows)
    else:
        assert not entry.is_draft
        assert not (entry.is_gone and paper.kind.is_complete and paper.listed())


@settings(max_examples=settings().max_examples // 2)
@given(kind=st.sampled_from(KINDS), history=histories)
def test_nothing_listed_is_lost_merged_or_doubled_and_nothing_is_withdrawn_that_is_there(
    store: Store, kind: Kind, history: Sequence[tuple[str, int]]
) -> None:
    check_history(kind, history, store)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@settings(max_examples=10 * settings().max_examples)
@given(history=histories)
def test_long_histories(store: Store, kind: Kind, history: Sequence[tuple[str, int]]) -> None:
    check_history(kind, history, store)
