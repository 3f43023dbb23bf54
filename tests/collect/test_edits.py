"""What happens to an item that its source edits: which readers are told, and which values stay."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from publisher.collect.rules import CollectRules
from publisher.collect.run import collect
from publisher.collect.sources.base import Fetch
from publisher.compose.run import next_edition
from publisher.model.feeds import ALL, Gathering
from publisher.model.items import Enclosure, Item
from publisher.model.records import Record
from publisher.model.reports import CollectReport
from publisher.model.themes import Theme, ThemeChoice, ThemeMap
from publisher.store import AudienceState, Store
from tests.databases import sqlite_store
from tests.values import ANY_AUDIENCE, POLICIES, SITE

NOW = datetime(2027, 1, 23, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
RULES = CollectRules(
    site=SITE,
    gathering=Gathering(theme_map=ThemeMap(default=Theme(slug="general", title="General")), language="en"),
    authority="news.example.org",
    policies=POLICIES,
)


@dataclass
class Shelf:
    """A source that lists the items it is given. It never says that nothing changed."""

    items: Sequence[Item]
    name: str = "shelf"
    is_complete: bool = False
    keeps_first_date: bool = False
    readings: int = field(default=0, init=False)

    def fetch(self, *, validator: str, now: datetime) -> Fetch:
        self.readings += 1
        return Fetch(
            items=self.items,
            validator=str(self.readings),
            is_complete=self.is_complete,
            keeps_first_date=self.keeps_first_date,
        )


@pytest.fixture
def store() -> Iterator[Store]:
    with sqlite_store() as opened:
        yield opened


def item(number: int, **fields: Any) -> Item:
    """Return an item with an id and a day of its own. The higher the number, the newer the item."""
    day = date(2026, 10, 1) + timedelta(days=number)
    return replace(Item(date=day, text=f"Notice {number}.", native_id=f"notice-{number}"), **fields)


def read(store: Store, *shelves: Shelf, at: datetime = NOW) -> CollectReport:
    return collect(shelves, store=store, rules=RULES, now=at)


def only(records: Sequence[Record]) -> Record:
    (record,) = records
    return record


def texts(records: Sequence[Record]) -> list[str]:
    return [record.item.text for record in records]


# --- themes and keywords ---------------------------------------------------------------------------------------------


def test_a_new_theme_moves_an_item_with_its_old_updated(store: Store) -> None:
    shelf = Shelf([item(9), item(1, labels=("Ferries",))])
    read(store, shelf)
    (before,) = store.items.added_last("ferries", limit=9)
    shelf.items = [item(9), item(1, labels=("Cranes",), keywords=("steel",))]

    assert read(store, shelf, at=LATER).revised == 1

    assert store.items.added_last("ferries", limit=9) == []
    for feed in ("cranes", "keywords/steel", ALL):
        (moved,) = [one for one in store.items.added_last(feed, limit=9) if one.number == before.number]
        assert (moved.updated, moved.revision, moved.published) == (before.updated, 1, before.published)
        assert [theme.slug for theme in moved.themes] == ["cranes"]
    assert store.log.touched_feeds(before.seq + 1, store.log.end()) >= {"ferries", "cranes", "keywords/steel"}


def test_a_feed_tells_of_an_old_item_that_moved_in_and_the_feeds_it_was_in_do_not(store: Store) -> None:
    shelf = Shelf([item(number, labels=("Ferries",)) for number in (9, 1)])
    read(store, shelf)
    shelf.items = [shelf.items[0], item(1, labels=("Ferries", "Cranes"))]
    read(store, shelf, at=LATER)

    assert texts(store.items.revised_last("cranes", limit=9)) == ["Notice 1."]
    assert store.items.revised_last("ferries", limit=9) == store.items.revised_last(ALL, limit=9) == []


def test_a_digest_carries_once_what_came_into_its_themes_and_calls_nothing_corrected(store: Store) -> None:
    ferries, cranes = (replace(ANY_AUDIENCE, name=name, themes=ThemeChoice.of(name)) for name in ("ferries", "cranes"))
    shelf = Shelf([item(9, labels=("Cranes",)), item(1, labels=("Ferries",))])
    read(store, shelf)
    for audience in (ferries, cranes):
        edition = next_edition(audience, store=store, site=SITE, now=NOW)
        assert edition is not None
        store.editions.record(edition, start=0, tick=NOW)
    shelf.items = [item(9, labels=("Cranes",)), item(1, labels=("Ferries", "Cranes"), keywords=("steel",))]
    read(store, shelf, at=LATER)

    edition = next_edition(cranes, store=store, site=SITE, now=LATER)

    assert edition is not None
    assert (texts(edition.records), edition.corrections) == (["Notice 1."], ())
    assert next_edition(ferries, store=store, site=SITE, now=LATER) is None
    store.editions.record(edition, start=0, tick=LATER)
    assert isinstance(store.editions.audience("cranes"), AudienceState)
    assert next_edition(cranes, store=store, site=SITE, now=LATER) is None


# --- addresses -------------------------------------------------------------------------------------------------------

OLD, NEW = "http://old.example.org", "https://news.example.org/blog"


def linked(number: int, host: str, **fields: Any) -> Item:
    html = f'<p>Notice {number}, <a href="{host}/map">here</a> and <a href="https://example.org/">there</a>.</p>'
    files = (Enclosure(url=f"{host}/files/a.pdf", size_bytes=9),)
    return item(number, **{"link": f"{host}/{number}/", "html": html, "enclosures": files} | fields)


def test_a_site_that_moves_to_another_host_corrects_nothing(store: Store) -> None:
    shelf = Shelf([linked(9, OLD), linked(1, OLD)])
    read(store, shelf)
    before = store.items.added_last(ALL, limit=9)
    shelf.items = [linked(9, NEW), linked(1, NEW)]

    assert read(store, shelf, at=LATER).revised == 2

    after = store.items.added_last(ALL, limit=9)
    assert [record.item.link for record in after] == [f"{NEW}/9/", f"{NEW}/1/"]
    assert [record.updated for record in after] == [record.updated for record in before]
    assert store.items.revised_last(ALL, limit=9) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "Another notice"},
        {"link": f"{NEW}/another"},
        {"link": f"{OLD}/another"},
        {"html": '<p>Notice 1, <a href="https://example.com/map">here</a>.</p>'},
        {"enclosures": (Enclosure(url=f"{NEW}/files/b.pdf", size_bytes=9),)},
        {"enclosures": ()},
    ],
)
def test_any_other_difference_of_a_site_that_moves_is_a_correction(store: Store, fields: dict[str, Any]) -> None:
    shelf = Shelf([linked(9, OLD), linked(1, OLD)])
    read(store, shelf)
    shelf.items = [linked(9, OLD), linked(1, NEW, **fields)]
    read(store, shelf, at=LATER)

    assert [record.updated for record in store.items.revised_last(ALL, limit=9)] == [LATER]


# --- marks -----------------------------------------------------------------------------------------------------------


def test_other_quotes_and_dashes_correct_nothing(store: Store) -> None:
    """A site's program that sets them does so in all items at once."""
    curly = item(1, title="The captain’s “day”", text="It’s on – from 10–12\u00a0h… Come.", summary="« On »")
    shelf = Shelf([item(9), curly])
    read(store, shelf)
    straight = item(1, title='The captain\'s "day"', text="It's on -- from 10-12 h...\n\nCome.", summary='" On "')
    shelf.items = [item(9), straight]

    assert read(store, shelf, at=LATER).revised == 1

    record = store.items.added_last(ALL, limit=9)[1]
    assert (record.item.title, record.item.text) == (straight.title, straight.text)
    assert (record.updated, store.items.revised_last(ALL, limit=9)) == (record.published, [])


@pytest.mark.parametrize("text", ["It's on - from 10-13 h...", "It's on from 10-12 h..."])
def test_another_word_or_a_mark_less_is_a_correction(store: Store, text: str) -> None:
    shelf = Shelf([item(1, text="It’s on – from 10–12 h…")])
    read(store, shelf)
    shelf.items = [item(1, text=text)]
    read(store, shelf, at=LATER)

    assert [record.updated for record in store.items.revised_last(ALL, limit=9)] == [LATER]


# --- dates -----------------------------------------------------------------------------------------------------------


def test_an_entry_of_a_feed_keeps_its_first_date_and_nothing_is_written_again(store: Store) -> None:
    shelf = Shelf([item(9), item(1), item(0)], keeps_first_date=True)
    read(store, shelf)
    before = store.items.added_last(ALL, limit=9)
    shelf.items = [item(1, date=date(2026, 11, 20)), item(9), item(0)]

    assert not read(store, shelf, at=LATER).is_news
    end = store.log.end()
    assert not read(store, shelf, at=LATER).is_news

    assert (store.items.added_last(ALL, limit=9), store.log.end()) == (before, end)


def test_an_entry_that_was_dated_back_scrolls_off_by_the_date_it_has_now(store: Store) -> None:
    shelf = Shelf([item(9), item(5), item(1)], keeps_first_date=True)
    read(store, shelf)
    shelf.items = [item(5), item(1), item(9, date=date(2026, 10, 1))]
    read(store, shelf)
    shelf.items = [item(6), item(5), item(1)]

    assert read(store, shelf).withdrawn == 0


def test_another_date_moves_an_item_of_a_folder_without_a_correction(store: Store) -> None:
    shelf = Shelf([item(9), item(5), item(1)], is_complete=True)
    read(store, shelf)
    day, time = date(2026, 10, 10), datetime(2026, 10, 10, 6, 30, tzinfo=UTC)
    shelf.items = [item(9), item(5, date=day), item(1, date=day, published=time)]
    read(store, shelf, at=LATER)

    found = {record.item.text: record for record in store.items.added_last(ALL, limit=9)}

    moved, timed = found["Notice 5."], found["Notice 1."]
    assert (moved.item.date, moved.revision, moved.updated) == (day, 1, moved.published)
    assert moved.published == found["Notice 9."].published + timedelta(seconds=1)  # of one day, each its own instant
    assert (timed.published, timed.updated) == (time, time)


def test_a_corrected_item_that_moves_is_never_updated_before_it_was_published(store: Store) -> None:
    shelf = Shelf([item(9), item(1)], is_complete=True)
    read(store, shelf)
    shelf.items = [item(9), item(1, text="Notice one.")]
    read(store, shelf, at=NOW + timedelta(minutes=1))
    shelf.items = [item(9), item(1, text="Notice one.", date=date(2026, 10, 5))]
    read(store, shelf, at=LATER)

    (moved,) = [one for one in store.items.added_last(ALL, limit=9) if one.item.text == "Notice one."]

    assert (moved.revision, moved.updated) == (2, NOW + timedelta(minutes=1))


# --- many edits in one pass ------------------------------------------------------------------------------------------


def test_each_change_of_a_pass_has_an_instant_of_its_own(store: Store) -> None:
    one = Shelf([item(number) for number in range(9, 0, -1)])
    other = Shelf([item(20, native_id="other"), item(19, native_id="another")], name="other")
    read(store, one, other)
    one.items = [item(9), *(item(number, text=f"Changed {number}.") for number in (8, 7, 6)), *one.items[5:]]
    other.items = [item(20, native_id="other", text="Changed as well."), other.items[1]]

    report = read(store, one, other, at=LATER)

    assert (report.revised, report.withdrawn) == (4, 1)
    changed = [*store.items.withdrawn_last(ALL, limit=9), *store.items.revised_last(ALL, limit=9)[::-1]]
    assert [record.updated for record in changed] == [LATER + timedelta(seconds=number) for number in range(5)]


@pytest.mark.slow
def test_a_thousand_changes_are_not_dated_far_ahead(store: Store) -> None:
    shelf = Shelf([item(-number) for number in range(4_000)], is_complete=True)
    read(store, shelf)
    shelf.items = [replace(one, text=f"{one.text} It is so.") for one in shelf.items]
    read(store, shelf, at=LATER)

    instants = [record.updated for record in store.items.revised_last(ALL, limit=5_000)][::-1]

    assert all(before < after for before, after in pairwise(instants[:3_600]))
    assert max(instants) == LATER + timedelta(hours=1)


def test_of_many_changes_of_one_pass_none_is_left_out_of_what_feeds_tell(store: Store) -> None:
    labels = ("Ferries",)
    shelf = Shelf([item(number, labels=labels) for number in range(100, 0, -1)], is_complete=True)
    read(store, shelf, at=NOW)
    shelf.items = [one for one in shelf.items if one.date.day % 3]
    gone = read(store, shelf, at=NOW + timedelta(minutes=5)).withdrawn
    shelf.items = [*(replace(one, title="Edited") for one in shelf.items[:40]), *shelf.items[40:]]
    read(store, shelf, at=NOW + timedelta(minutes=10))
    shelf.items = [replace(shelf.items[0], title="Edited again"), *shelf.items[1:-1]]
    read(store, shelf, at=LATER)

    for feed in ("ferries", ALL):
        assert len(store.items.withdrawn_last(feed, limit=1)) == 1
        assert len(store.items.withdrawn_last(feed, limit=2)) == gone + 1 > 30
        assert len(store.items.revised_last(feed, limit=1)) == 1
        assert len(store.items.revised_last(feed, limit=20)) == 40
