"""Filters of a source: which items they accept and leave out, and what happens to items that readers already have."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher.collect.filters import take_wanted, why_left_out
from publisher.collect.rules import CollectRules
from publisher.collect.run import collect
from publisher.collect.sources.base import Fetch, SourceSite, open_source
from publisher.model.errors import SourceError
from publisher.model.feeds import ALL, Gathering
from publisher.model.items import Item
from publisher.model.records import State
from publisher.model.reports import CollectReport
from publisher.model.sources import Filter, SourcePolicy
from publisher.model.themes import Theme, ThemeMap
from publisher.store import Store
from tests.databases import sqlite_store
from tests.values import FERRIES, FETCHING, POLICY, SITE

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
THEMES = ThemeMap(
    default=Theme(slug="general", title="General"), themes=(FERRIES,), by_label=(("boats", FERRIES.slug),)
)
SOURCE_SITE = SourceSite(timezone=SITE.timezone, fetching=FETCHING, user_agent="Harbour news")
NO_ADVERTISEMENT = replace(POLICY, exclude=Filter(words=("sponsored",)))


def item(text: str = "The ferry sails at ten.", day: int = 20, **fields: Any) -> Item:
    return Item(date=date(2026, 11, day), text=text, **fields)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (Filter(words=("sponsored",)), item("[SPONSORED] A crane.")),
        (Filter(words=("paid content",)), item(title="Paid\u00a0 content: a crane")),
        (Filter(words=("offre d'emploi",)), item("Une offre d’emploi.")),
        (Filter(words=("e-learning",)), item("A course by e\N{NON-BREAKING HYPHEN}learning.")),
        (Filter(themes=("boats",)), item(labels=("Boats",))),
        (Filter(themes=("ferries",)), item(labels=("Boats",))),
        (Filter(themes=("ferries & quays",)), item(labels=("Boats",))),
        (Filter(themes=("general",)), item()),
        (Filter(keywords=("steel",)), item(keywords=("Wood", "STEEL"))),
        (Filter(authors=("press office",)), item(authors=("Press Office",))),
        (Filter(words=("crane",), keywords=("steel",)), item("A crane.", keywords=("steel",))),
    ],
)
def test_an_item_has_what_a_filter_names(asked: Filter, found: Item) -> None:
    other = item("The lock is shut; nothing was unsponsored.", labels=("Locks",), keywords=("Woods",))

    def why(item: Item, policy: SourcePolicy) -> str:
        return why_left_out(item, policy, theme_map=THEMES, source="partner")

    assert why(found, replace(POLICY, exclude=asked)).startswith("except.")
    assert why(other, replace(POLICY, only=asked)).startswith("only.")
    assert why(found, replace(POLICY, only=asked)) == why(other, replace(POLICY, exclude=asked)) == ""


def test_only_asks_for_one_of_each_list_and_except_for_one_of_any() -> None:
    asked = Filter(words=("crane", "lock"), keywords=("steel",))
    crane = item("A crane.", keywords=("wood",))
    items = (item("A lock.", keywords=("steel",)), crane, item("A quay.", keywords=("steel",)))

    taken, left_out = take_wanted(items, replace(POLICY, only=asked), theme_map=THEMES, source="partner")
    assert (taken, left_out) == ((items[0],), {"only.keywords": 1, "only.words": 1})

    taken, left_out = take_wanted(items, replace(POLICY, exclude=asked), theme_map=THEMES, source="partner")
    assert (taken, left_out) == ((), {"except.words": 2, "except.keywords": 1})


RSS = """<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>News</title>
<item><title>A crane</title><pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate><dc:creator>Ada Mast</dc:creator></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title><author><name>Ada Mast</name></author>
<entry><title>A crane</title><updated>2026-11-20T10:00:00Z</updated></entry></feed>"""
JSON = """{"version": "https://jsonfeed.org/version/1.1", "authors": [{"name": "Ada Mast"}],
"items": [{"id": "1", "content_text": "A crane.", "date_published": "2026-11-20T10:00:00Z"}]}"""
PAGE = """<ul><li><h3>A crane</h3><time>20 November 2026</time><a class="by">Ada Mast</a></li></ul>"""


@pytest.mark.parametrize(
    ("kind", "name", "written", "keys"),
    [
        ("feed", "feed.xml", RSS, {}),
        ("feed", "feed.xml", ATOM, {}),
        ("feed", "feed.json", JSON, {}),
        ("page", "news.html", PAGE, {"item": "li", "date": "time", "title": "h3", "authors": ".by"}),
        ("markdown", "news/a.md", "---\ndate: 2026-11-20\nauthor: Ada Mast\n---\nA crane.\n", {}),
        ("table", "news.csv", "date,text,author\n2026-11-20,A crane.,Ada Mast; Bo Quay\n", {}),
        ("table", "news.csv", "date,text,by\n2026-11-20,A crane.,Ada Mast\n", {"columns": {"authors": "by"}}),
    ],
)
def test_authors_are_read_from_every_kind_that_has_them(
    kind: str, name: str, written: str, keys: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(written, "utf-8")
    path = file.parent if kind == "markdown" else file
    source = open_source(kind, "partner", {"path": path, **keys}, SOURCE_SITE)

    (found,) = source.fetch(validator="", now=NOW).items

    assert found.authors[0] == "Ada Mast"


# --- items that readers have -----------------------------------------------------------------------------------------


@dataclass
class Shelf:
    """A source that lists the items it is given, and says so if nothing changed."""

    items: list[Item]
    name: str = "shelf"
    lifetime: timedelta = timedelta(0)
    is_down: bool = False
    readings: int = field(default=0, init=False)

    def fetch(self, *, validator: str, now: datetime) -> Fetch:
        if self.is_down:
            raise SourceError(self.name, "it does not answer")
        current = str(hash(tuple(self.items)))
        if validator == current:
            return Fetch(items=(), validator=validator, is_unchanged=True)
        self.readings += 1
        return Fetch(items=self.items, validator=current, lifetime=self.lifetime)


@pytest.fixture
def store() -> Iterator[Store]:
    with sqlite_store() as opened:
        yield opened


def read(store: Store, shelf: Shelf, policy: SourcePolicy, *, at: datetime = NOW) -> CollectReport:
    rules = CollectRules(
        site=SITE,
        gathering=Gathering(theme_map=THEMES, language="en"),
        authority="news.example.org",
        policies={shelf.name: policy},
    )
    return collect([shelf], store=store, rules=rules, now=at)


def texts(store: Store) -> list[str]:
    records = store.items.added_last(ALL, limit=9)
    assert {record.state for record in records} <= {State.LISTED}
    return sorted(record.item.text for record in records)


def test_filtered_items_are_reported_and_come_when_the_filter_is_removed(store: Store) -> None:
    shelf = Shelf([item("Sponsored: a crane."), item("A lock.", 19)])

    report = read(store, shelf, NO_ADVERTISEMENT)

    assert (report.added, report.problems, texts(store)) == (1, (), ["A lock."])
    assert [str(note) for note in report.notes] == [
        "source 'shelf': 1 of its items that are not known are left out by `except.words`"
    ]
    assert read(store, shelf, NO_ADVERTISEMENT).sources_unchanged == 1
    assert read(store, shelf, POLICY).added == 1
    assert read(store, shelf, POLICY).sources_unchanged == 1
    assert texts(store) == ["A lock.", "Sponsored: a crane."]


def test_an_item_that_readers_have_stays_whatever_a_filter_says_later(store: Store) -> None:
    shelf = Shelf([item("A crane.", native_id="1"), item("A lock.", 19, native_id="2")])
    read(store, shelf, POLICY)

    assert not read(store, shelf, replace(POLICY, only=Filter(words=("quay",)))).is_news
    shelf.items[0] = replace(shelf.items[0], text="A crane, sponsored.")
    assert read(store, shelf, NO_ADVERTISEMENT).revised == 1

    assert texts(store) == ["A crane, sponsored.", "A lock."]


def test_an_item_that_was_left_out_is_new_once_an_edit_lets_it_through(store: Store) -> None:
    shelf = Shelf([item("A crane, sponsored.", native_id="1"), item("A lock.", 19, native_id="2")])
    read(store, shelf, NO_ADVERTISEMENT)
    shelf.items[0] = replace(shelf.items[0], text="A crane.")

    assert read(store, shelf, NO_ADVERTISEMENT).added == 1


# --- items that wait, and a policy that changes alone ----------------------------------------------------------------

TOMORROW = NOW + timedelta(days=1)
OLD = item("An old notice.", 1)


@pytest.mark.parametrize("is_down", [False, True])
def test_an_item_that_waits_does_not_appear_if_a_filter_leaves_it_out_by_then(store: Store, is_down: bool) -> None:
    shelf = Shelf([item("Sponsored: a crane.", embargo=TOMORROW), item("A lock.", embargo=TOMORROW), OLD])
    assert read(store, shelf, POLICY).waiting == 2

    shelf.is_down = is_down
    report = read(store, shelf, NO_ADVERTISEMENT, at=TOMORROW)

    assert (report.added, texts(store)) == (1, ["A lock.", "An old notice."])
    assert store.items.waiting() == []


def test_an_edit_of_an_item_that_waits_may_bring_a_word_that_leaves_it_out(store: Store) -> None:
    shelf = Shelf([item("A crane.", native_id="1", embargo=TOMORROW), OLD])
    read(store, shelf, NO_ADVERTISEMENT)
    assert len(store.items.waiting()) == 1
    shelf.items = [replace(shelf.items[0], text="A crane, sponsored."), OLD]

    report = read(store, shelf, NO_ADVERTISEMENT)

    assert store.items.waiting() == []
    assert [note.what for note in report.notes] == ["1 of its items that are not known are left out by `except.words`"]
    assert not read(store, shelf, NO_ADVERTISEMENT, at=TOMORROW).is_news
    assert read(store, shelf, POLICY, at=TOMORROW).added == 1


def test_an_item_that_settles_is_left_out_by_a_filter_that_is_new(store: Store) -> None:
    settling = replace(POLICY, settle=timedelta(hours=2))
    shelf = Shelf([OLD])
    read(store, shelf, settling)
    shelf.items = [item("Sponsored: a crane.", 23), OLD]
    assert read(store, shelf, settling).waiting == 1

    read(store, shelf, replace(NO_ADVERTISEMENT, settle=settling.settle))

    assert not read(store, shelf, replace(NO_ADVERTISEMENT, settle=settling.settle), at=TOMORROW).is_news


@pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(hours=12)])
def test_dates_to_come_are_shown_once_the_policy_says_so_though_the_source_is_unchanged(
    store: Store, lifetime: timedelta
) -> None:
    shelf = Shelf([item("The fair.", 30), OLD], lifetime=lifetime)
    show = replace(POLICY, future="show")
    assert read(store, shelf, POLICY).waiting == 1

    assert read(store, shelf, show).added == 1
    assert not read(store, shelf, show).is_news
    assert shelf.readings == 2

    assert not read(store, shelf, POLICY).is_news
    assert texts(store) == ["An old notice.", "The fair."]  # items that readers have seen stay


def test_a_time_to_settle_that_is_taken_away_holds_nothing_back_any_more(store: Store) -> None:
    settling = replace(POLICY, settle=timedelta(hours=2))
    shelf = Shelf([OLD])
    read(store, shelf, settling)
    shelf.items = [item("A crane.", 23), OLD]
    assert read(store, shelf, settling).waiting == 1

    assert read(store, shelf, POLICY).added == 1
