"""Collect: what a reading of the sources leaves in the log."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from publisher.collect import Minting, collect
from publisher.model import CollectReport, Item, Problem, State, Theme, ThemeMap
from publisher.sources import Fetch
from publisher.store import Store
from tests.values import SITE

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
MINTING = Minting(
    site=SITE, theme_map=ThemeMap(default=Theme(slug="general", title="General")), authority="news.example.org"
)


@dataclass
class Shelf:
    """A source that lists what it is told to; its readings are never unchanged."""

    name: str = "shelf"
    items: list[Item] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    readings: int = 0

    def fetch(self, *, validator: str, now: datetime) -> Fetch:
        assert validator == (f"reading {self.readings}" if self.readings else "")
        assert now == NOW
        self.readings += 1
        return Fetch(items=self.items, validator=f"reading {self.readings}", problems=self.problems)


def item(text: str, day: int) -> Item:
    return Item(date=date(2026, 11, day), text=text)


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open("sqlite://") as opened:
        yield opened


def read(store: Store, shelf: Shelf) -> CollectReport:
    return collect([shelf], store=store, minting=MINTING, now=NOW)


def states(store: Store) -> dict[str, State]:
    records = [record for batch in store.changed_records(0, store.log_end()) for record in batch]
    return {record.item.text: record.state for record in records}


def test_an_item_gone_from_inside_the_listing_is_withdrawn(store: Store) -> None:
    shelf = Shelf(items=[item("New", 20), item("Middle", 15), item("Old", 10)])
    read(store, shelf)
    del shelf.items[1]

    assert read(store, shelf).withdrawn == 1

    assert states(store) == {"New": State.LISTED, "Middle": State.WITHDRAWN, "Old": State.LISTED}


def test_an_item_that_cannot_be_read_any_more_is_not_withdrawn(store: Store) -> None:
    """A typo in its date must not take it from the readers."""
    shelf = Shelf(items=[item("New", 20), item("Middle", 15), item("Old", 10)])
    read(store, shelf)
    del shelf.items[1]
    shelf.problems = [Problem(where="news.txt:4", what="no such day")]

    report = read(store, shelf)

    assert (report.withdrawn, report.problems) == (0, tuple(shelf.problems))
    assert states(store)["Middle"] == State.LISTED
    assert store.source_state("shelf").skipped == "news.txt:4: no such day"


def test_a_back_dated_item_does_not_withdraw_those_the_listing_had_already_dropped(store: Store) -> None:
    shelf = Shelf(items=[item("New", 20), item("Old", 10)])
    read(store, shelf)
    shelf.items = [item("Newest", 22), item("New", 20)]
    read(store, shelf)
    shelf.items = [*shelf.items, item("Back-dated", 1)]

    assert read(store, shelf).withdrawn == 0

    assert states(store)["Old"] == State.UNLISTED


def test_a_source_that_falls_silent_is_a_problem_and_withdraws_nothing(store: Store) -> None:
    shelf = Shelf(items=[item("New", 20), item("Old", 10)])
    read(store, shelf)
    shelf.items.clear()

    report = read(store, shelf)

    assert len(report.problems) == 1
    assert set(states(store).values()) == {State.LISTED}
    failing = store.source_state("shelf")
    assert (failing.failures, failing.failing_since) == (1, NOW)


def test_items_of_one_day_get_instants_of_their_own_that_never_change(store: Store) -> None:
    shelf = Shelf(items=[item("Second", 20), item("First", 20)])
    read(store, shelf)
    shelf.items.insert(0, item("Third", 20))
    read(store, shelf)

    records = {record.item.text: record for record in store.feed_records(None, limit=9)}

    noon = datetime(2026, 11, 20, 11, tzinfo=UTC)
    assert {text: record.published for text, record in records.items()} == {
        "First": noon,
        "Second": noon + timedelta(seconds=1),
        "Third": noon + timedelta(seconds=2),
    }
