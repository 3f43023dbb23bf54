"""The setting `settle`: entries that are still being corrected are published once they have stayed unchanged for a
while.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from publisher.collect.rules import CollectRules
from publisher.collect.run import collect
from publisher.collect.sources.base import Fetch
from publisher.model.errors import SourceError
from publisher.model.feeds import ALL, Gathering
from publisher.model.items import Item
from publisher.model.reports import CollectReport
from publisher.model.themes import Theme, ThemeMap
from publisher.store import Store
from tests.databases import sqlite_store
from tests.values import POLICY, SITE

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
OLD = Item(date=date(2026, 11, 1), text="An old notice.", native_id="old")
FERRY = Item(date=date(2026, 11, 23), text="The fery sails.", native_id="ferry")
MENDED = replace(FERRY, text="The ferry sails.")


@dataclass
class Shelf:
    """A source that lists the items it is given, or fails."""

    items: Sequence[Item]
    name: str = "shelf"
    is_down: bool = False
    readings: int = field(default=0, init=False)

    def fetch(self, *, validator: str, now: datetime) -> Fetch:
        if self.is_down:
            raise SourceError(self.name, "it does not answer")
        self.readings += 1
        return Fetch(items=self.items, validator=str(self.readings))


@pytest.fixture
def store() -> Iterator[Store]:
    with sqlite_store() as opened:
        yield opened


@pytest.fixture
def shelf(store: Store) -> Shelf:
    """A source that was read before and now lists a new item."""
    shelf = Shelf([OLD])
    assert read(store, shelf, at=NOW - HOUR).added == 1  # a first reading does not wait
    shelf.items = [FERRY, OLD]
    return shelf


def read(store: Store, shelf: Shelf, *, at: datetime, settle: timedelta | None = 2 * HOUR) -> CollectReport:
    rules = CollectRules(
        site=SITE,
        gathering=Gathering(theme_map=ThemeMap(default=Theme(slug="general", title="General")), language="en"),
        authority="news.example.org",
        policies={shelf.name: replace(POLICY, settle=settle)},
    )
    return collect([shelf], store=store, rules=rules, now=at, asked_for=[shelf.name])


def seen(store: Store) -> list[str]:
    return [record.item.text for record in store.items.added_last(ALL, limit=9)]


def test_an_item_is_news_once_it_has_stayed_unchanged_for_the_set_time(store: Store, shelf: Shelf) -> None:
    report = read(store, shelf, at=NOW)
    assert (report.added, report.waiting) == (0, 1)
    assert [note.what for note in report.notes] == ["settles until 2026-11-23 12:00"]
    assert [each.until for each in store.items.waiting()] == [NOW + 2 * HOUR]

    shelf.items = [MENDED, OLD]
    assert not read(store, shelf, at=NOW + HOUR).is_news
    assert not read(store, shelf, at=NOW + 2 * HOUR).is_news
    assert read(store, shelf, at=NOW + 3 * HOUR).added == 1

    (record, _) = store.items.added_last(ALL, limit=9)
    assert (record.item.text, record.revision) == (MENDED.text, 1)


def test_an_item_that_is_edited_again_and_again_is_news_after_four_times_that(store: Store, shelf: Shelf) -> None:
    for hour in range(8):
        shelf.items = [replace(FERRY, text=f"The ferry sails at {hour}."), OLD]
        assert read(store, shelf, at=NOW + hour * HOUR).added == 0
    shelf.items = [replace(FERRY, text="The ferry sails at 8."), OLD]

    assert read(store, shelf, at=NOW + 8 * HOUR).added == 1

    assert seen(store)[0] == "The ferry sails at 8."


@pytest.mark.parametrize("filed", [{"date": date(2026, 11, 22)}, {"labels": ("Ferries",)}, {"published": NOW + HOUR}])
def test_a_changed_date_or_theme_alone_does_not_restart_the_wait(
    store: Store, shelf: Shelf, filed: dict[str, Any]
) -> None:
    read(store, shelf, at=NOW)
    shelf.items = [replace(FERRY, **filed), OLD]

    read(store, shelf, at=NOW + HOUR)

    assert [each.until for each in store.items.waiting()] == [NOW + 2 * HOUR]


def test_an_item_that_is_taken_back_meanwhile_was_never_news(store: Store, shelf: Shelf) -> None:
    shelf.items = [replace(FERRY, date=date(2026, 11, 22)), Item(date=date(2026, 11, 22), text="A crane."), OLD]
    read(store, shelf, at=NOW)
    shelf.items = shelf.items[1:]
    read(store, shelf, at=NOW + HOUR)

    report = read(store, shelf, at=NOW + 9 * HOUR)

    assert (report.added, report.withdrawn) == (1, 0)
    assert seen(store) == ["A crane.", OLD.text]


def test_an_item_that_settled_appears_though_its_source_does_not_answer(store: Store, shelf: Shelf) -> None:
    read(store, shelf, at=NOW)
    shelf.is_down = True

    assert read(store, shelf, at=NOW + 2 * HOUR).added == 1


def test_readers_get_edits_at_once_and_without_the_key_nothing_waits(store: Store, shelf: Shelf) -> None:
    assert read(store, shelf, at=NOW, settle=None).added == 1
    shelf.items = [MENDED, OLD]

    assert read(store, shelf, at=NOW + HOUR).revised == 1


def test_an_embargo_that_ends_later_counts(store: Store, shelf: Shelf) -> None:
    shelf.items = [replace(FERRY, embargo=NOW + 5 * HOUR), OLD]
    read(store, shelf, at=NOW)
    read(store, shelf, at=NOW + HOUR)

    assert [each.until for each in store.items.waiting()] == [NOW + 5 * HOUR]
