"""Collect: the contents of the log after a reading."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from publisher.collect.condition import condition_of
from publisher.collect.rules import CollectRules, OnSuspicion
from publisher.collect.run import collect
from publisher.collect.sources.base import Fetch
from publisher.model.errors import SourceError
from publisher.model.feeds import ALL, Gathering
from publisher.model.items import Item
from publisher.model.problems import Problem
from publisher.model.records import Record, State
from publisher.model.reports import CollectReport
from publisher.model.sources import SourceCondition
from publisher.model.themes import Theme, ThemeMap
from publisher.store import Store
from tests.contract.stories import fail
from tests.databases import sqlite_store
from tests.values import POLICIES, POLICY, SITE

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
RULES = CollectRules(
    site=replace(SITE, languages=("fr", "nl", "de")),
    gathering=Gathering(theme_map=ThemeMap(default=Theme(slug="general", title="General")), language="en"),
    authority="news.example.org",
    policies=POLICIES,
)


@dataclass
class Shelf:
    """A source that lists the items it is given. It never says that nothing changed."""

    name: str = "shelf"
    items: list[Item] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_complete: bool = False
    readings: int = 0

    def fetch(self, *, validator: str, now: datetime) -> Fetch:
        assert validator == (f"reading {self.readings}" if self.readings else "")
        assert now == NOW
        self.readings += 1
        return Fetch(
            items=self.items,
            validator=f"reading {self.readings}",
            problems=self.problems,
            is_complete=self.is_complete,
        )


def item(text: str, day: int) -> Item:
    return Item(date=date(2026, 11, day), text=text)


@pytest.fixture
def store() -> Iterator[Store]:
    with sqlite_store() as opened:
        yield opened


def read(store: Store, shelf: Shelf) -> CollectReport:
    return collect([shelf], store=store, rules=RULES, now=NOW)


def states(store: Store) -> dict[str, State]:
    records = [record for batch in store.log.changed_records(0, store.log.end()) for record in batch]
    return {record.item.text: record.state for record in records}


def test_an_item_gone_from_inside_the_listing_is_withdrawn(store: Store) -> None:
    shelf = Shelf(items=[item("New", 20), item("Middle", 15), item("Old", 10)])
    read(store, shelf)
    del shelf.items[1]

    assert read(store, shelf).withdrawn == 1

    assert states(store) == {"New": State.LISTED, "Middle": State.WITHDRAWN, "Old": State.LISTED}


def test_an_item_that_cannot_be_read_any_more_is_not_withdrawn(store: Store) -> None:
    """A typing error in the date must not withdraw the item."""
    shelf = Shelf(items=[item("New", 20), item("Middle", 15), item("Old", 10)])
    read(store, shelf)
    del shelf.items[1]
    shelf.problems = [Problem(where="news.txt:4", what="no such day")]

    report = read(store, shelf)

    assert (report.withdrawn, report.problems) == (0, tuple(shelf.problems))
    assert states(store)["Middle"] == State.LISTED
    assert store.sources.state("shelf").skipped == ("news.txt:4: no such day",)


def test_a_back_dated_item_does_not_withdraw_those_the_listing_had_already_dropped(store: Store) -> None:
    shelf = Shelf(items=[item("New", 20), item("Old", 10)])
    read(store, shelf)
    shelf.items = [item("Newest", 22), item("New", 20)]
    read(store, shelf)
    shelf.items = [*shelf.items, item("Back-dated", 1)]

    assert read(store, shelf).withdrawn == 0

    assert states(store)["Old"] == State.UNLISTED


@pytest.mark.parametrize("name", [{"native_id": "1"}, {"link": "https://example.org/form"}])
def test_a_name_that_items_shared_before_all_but_one_scrolled_off_still_names_none(
    store: Store, name: dict[str, Any]
) -> None:
    shelf = Shelf(items=[replace(item(text, day), **name) for text, day in (("Middle", 15), ("Old", 10))])
    read(store, shelf)
    shelf.items = [item("Newer", 18), *shelf.items[:1]]
    read(store, shelf)
    shelf.items = [replace(item("A word of its own", 20), **name), *shelf.items[:1]]

    assert read(store, shelf).added == 1
    assert states(store).keys() == {"A word of its own", "Newer", "Middle", "Old"}


def test_a_complete_source_that_lost_more_than_half_is_held(store: Store) -> None:
    shelf = Shelf(items=[item(f"Number {number}", number) for number in (5, 4, 3, 2)], is_complete=True)
    read(store, shelf)
    del shelf.items[1:]

    assert read(store, shelf).sources_held == 1

    assert set(states(store).values()) == {State.LISTED}
    shelf.items.append(item("Number 2", 2))
    assert read(store, shelf).withdrawn == 2


def test_a_source_that_falls_silent_is_a_problem_and_withdraws_nothing(store: Store) -> None:
    shelf = Shelf(items=[item("New", 20), item("Old", 10)])
    read(store, shelf)
    shelf.items.clear()

    report = read(store, shelf)

    assert len(report.problems) == 1
    assert set(states(store).values()) == {State.LISTED}
    failing = store.sources.state("shelf")
    assert (failing.failures, failing.failing_since) == (1, NOW)


def test_items_of_one_day_get_instants_of_their_own_that_never_change(store: Store) -> None:
    shelf = Shelf(items=[item("Second", 20), item("First", 20)])
    read(store, shelf)
    shelf.items.insert(0, item("Third", 20))
    read(store, shelf)

    records = {record.item.text: record for record in store.items.added_last(ALL, limit=9)}

    noon = datetime(2026, 11, 20, 11, tzinfo=UTC)
    assert {text: record.published for text, record in records.items()} == {
        "First": noon,
        "Second": noon + timedelta(seconds=1),
        "Third": noon + timedelta(seconds=2),
    }


# --- what is new in a first reading ----------------------------------------------------------------------------------


def read_with(
    store: Store, *shelves: Shelf, on_suspicion: OnSuspicion = OnSuspicion.HOLD, seen: str = "", **policy: object
) -> CollectReport:
    chosen = replace(POLICY, **policy)  # type: ignore[arg-type]  # each test names the fields it is about
    policies = {shelf.name: chosen for shelf in shelves}
    rules = replace(RULES, policies=policies, on_suspicion=on_suspicion, seen=seen)
    return collect(shelves, store=store, rules=rules, now=NOW)


@pytest.mark.parametrize(
    ("since", "shown"),
    [(None, {"New", "Old"}), (timedelta(days=5), {"New"}), (timedelta(0), set())],
)
def test_a_first_reading_goes_back_as_far_as_is_wanted(store: Store, since: timedelta | None, shown: set[str]) -> None:
    shelf = Shelf(items=[item("New", 20), item("Old", 10)])

    assert read_with(store, shelf, since=since).added == len(shown)
    assert states(store).keys() == shown

    shelf.items.insert(0, item("Newest", 22))
    assert read_with(store, shelf, since=since).added == 1
    assert states(store).keys() == {*shown, "Newest"}


def test_an_item_from_before_stays_unseen_when_it_is_edited(store: Store) -> None:
    shelf = Shelf(items=[replace(item("Old", 10), native_id="1")])
    read_with(store, shelf, since=timedelta(0))
    shelf.items = [replace(item("Old, with a word more", 11), native_id="1")]

    report = read_with(store, shelf, since=timedelta(0))

    assert (report.added, report.revised, states(store)) == (0, 0, {})


# --- suspicious listings ---------------------------------------------------------------------------------------------


def many(count: int, day: int = 10, *, title: str = "", native_id: str = "") -> list[Item]:
    """Return `count` items, which differ by a number. `title` and `native_id` are the text before that number; if one
    is empty, items do not have it.
    """
    return [
        replace(
            item(f"News number {number} of the day", day),
            title=title and f"{title}{number}",
            native_id=native_id and f"{native_id}{number}",
        )
        for number in range(count)
    ]


def test_a_source_that_changes_all_its_ids_has_the_same_items(store: Store) -> None:
    shelf = Shelf(items=many(20, native_id="old-"))
    read(store, shelf)
    shelf.items = many(20, native_id="new-")

    report = read(store, shelf)

    assert (report.added, report.revised, report.withdrawn, report.problems) == (0, 0, 0, ())
    shelf.items = [replace(each, text=f"{each.text}, mended") for each in shelf.items]
    assert read(store, shelf).revised == 20


TITLED = many(20, title="Title ")
OLDEST = item("Oldest", 1)
ACCIDENTS = {
    "a rebuilt site": [replace(one, text=one.text[::-1], title=one.title[::-1]) for one in many(20, 9, title="Title ")],
    "a flood": [*TITLED, *many(40, 15, title="Title "), OLDEST],
    "a flood of themes": [
        *(replace(item(f"News {n}", 21), title="T", labels=tuple(f"{n}.{m}" for m in range(11))) for n in range(2)),
        *TITLED,
        OLDEST,
    ],
    "a page cut short": [*TITLED[:5], OLDEST],
    "a selector that fits no longer": [*many(20), OLDEST],
}


@pytest.fixture
def shelf(store: Store) -> Shelf:
    """A source that was read before, with twenty titled items and an older one."""
    shelf = Shelf(items=[*TITLED, OLDEST])
    read(store, shelf)
    return shelf


@pytest.mark.parametrize("accident", ACCIDENTS)
def test_a_suspicious_listing_is_held_and_reported_once(store: Store, shelf: Shelf, accident: str) -> None:
    before, end = states(store), store.log.end()
    shelf.items = list(ACCIDENTS[accident])

    report = read(store, shelf)

    assert (report.added, report.revised, report.withdrawn) == (0, 0, 0)
    assert "publisher source release shelf" in report.problems[0].what
    assert (states(store), store.log.end()) == (before, end)
    state = store.sources.state("shelf")
    assert state.held
    expected = SourceCondition.DRIFTED if "selector" in accident else SourceCondition.HELD
    assert condition_of(state, POLICY, now=NOW) is expected


@pytest.mark.parametrize("accident", ACCIDENTS)
def test_items_of_a_released_listing_are_news(store: Store, shelf: Shelf, accident: str) -> None:
    shelf.items = list(ACCIDENTS[accident])
    read(store, shelf)

    shelf.readings = 1  # the validator is the one from before it was held
    report = read_with(store, shelf, on_suspicion=OnSuspicion.RELEASE)

    assert report.is_news
    assert not store.sources.state("shelf").held


@pytest.mark.parametrize("accident", ACCIDENTS)
def test_items_of_a_discarded_listing_are_never_news(store: Store, shelf: Shelf, accident: str) -> None:
    shelf.items = list(ACCIDENTS[accident])
    read(store, shelf)
    before, end = states(store).keys(), store.log.end()

    shelf.readings = 1
    read_with(store, shelf, on_suspicion=OnSuspicion.DISCARD)
    assert not store.sources.state("shelf").held
    read(store, shelf)

    assert (states(store).keys(), store.log.end()) == (before, end)
    assert State.WITHDRAWN not in states(store).values()


@pytest.mark.parametrize("decision", [OnSuspicion.RELEASE, OnSuspicion.DISCARD])
def test_a_decision_covers_only_the_reading_that_was_seen(store: Store, shelf: Shelf, decision: OnSuspicion) -> None:
    shelf.items = list(ACCIDENTS["a page cut short"])
    read(store, shelf)
    seen, end = store.sources.state("shelf").held, store.log.end()
    shelf.items, shelf.readings = list(ACCIDENTS["a flood"]), 1  # the validator is the one from before it was held

    report = read_with(store, shelf, on_suspicion=decision, seen=seen)

    again = store.sources.state("shelf")
    assert (report.sources_held, store.log.end()) == (1, end)
    assert "it brings 40 new items at once" in again.held
    shelf.readings = 1
    assert not read_with(store, shelf, on_suspicion=decision, seen=again.held).sources_held
    assert not store.sources.state("shelf").held


def test_a_held_reading_names_its_changes_with_examples(store: Store, shelf: Shelf) -> None:
    shelf.items = [*TITLED[:4], replace(TITLED[4], text=f"{TITLED[4].text}, mended"), OLDEST]

    read(store, shelf)

    change = store.sources.state("shelf").held_change
    assert (change.added, change.revised, change.withdrawn, change.new) == (0, 1, 15, ())
    assert len(change.gone) == 5
    assert set(change.gone) < {each.title for each in TITLED[5:]}


def test_a_source_that_brings_ever_more_is_held_at_last(store: Store, shelf: Shelf) -> None:
    brought = []
    for step in range(1, 4):
        new = [replace(item(f"Item {number} of {step}", 20 + step), title="T") for number in range(5 * 3**step)]
        shelf.items = [*new, *shelf.items]
        brought.append(read_with(store, shelf, hold_above=20).added)

    assert brought == [15, 45, 0]


def test_an_accident_that_passes_is_forgotten(store: Store, shelf: Shelf) -> None:
    whole = list(shelf.items)
    shelf.items = list(ACCIDENTS["a page cut short"])
    read(store, shelf)
    shelf.items = whole

    assert not read(store, shelf).is_news
    assert not store.sources.state("shelf").held


# --- several sources -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("joined_by", "added"), [("link", 2), ("id", 3), ("none", 3)])
def test_an_item_of_two_sources_is_one(store: Store, joined_by: str, added: int) -> None:
    ferry = replace(item("The ferry", 20), link="https://example.org/ferry", native_id="1")
    one = Shelf(name="one", items=[ferry])
    two = Shelf(name="two", items=[replace(ferry, text="The ferry, at length", native_id="2"), item("Own", 20)])

    assert read_with(store, one, two, joined_by=joined_by).added == added


@pytest.mark.parametrize(
    ("one", "two", "joined"),
    [
        ({"link": "https://www.example.org/f/"}, {"link": "http://example.org:80/f?utm_source=x"}, 1),
        ({"link": "https://example.org/f#a"}, {"link": "https://example.org/f#b"}, 0),
        ({"link": "https://example.org/f", "title": "Up"}, {"link": "https://example.org/f", "title": "Down"}, 0),
        ({"link": "https://example.org/"}, {"link": "https://example.org"}, 0),
        ({"native_id": "urn:uuid:1", "title": "Up"}, {"native_id": "urn:uuid:1", "title": "Down"}, 1),
        ({"native_id": "7"}, {"native_id": "7"}, 0),
    ],
)
def test_items_of_two_sources_with_one_link_or_id_are_one(
    store: Store, one: dict[str, Any], two: dict[str, Any], joined: int
) -> None:
    first = Shelf(name="one", items=[Item(date=FIRST, text=one.get("title", "The ferry sails"), **one)])
    second = Shelf(name="two", items=[Item(date=FIRST, text=two.get("title", "The ferry sails"), **two)])

    report = read_with(store, first, second)

    assert (report.joined, report.added) == (joined, 2 - joined)


def test_an_id_that_several_items_share_names_none_of_them_and_is_told(store: Store) -> None:
    said = [replace(item(text, day), native_id="news") for text, day in (("A bridge", 9), ("A ferry", 8))]
    shelf = Shelf(items=said)
    first = read(store, shelf)
    shelf.items = [replace(item("A crane", 12), native_id="news")]
    second = read(store, shelf)
    shelf.items = [*shelf.items, *said]

    assert (first.added, first.revised, second.added, second.revised) == (2, 0, 1, 0)
    assert len(first.notes) == 1
    assert not read(store, shelf).is_news


FIRST = date(2026, 11, 20)
FERRY = replace(item("The ferry", 20), link="https://example.org/ferry")
FILLER = [item("Newest", 22), item("Oldest", 1)]


def both(store: Store, *, others: Sequence[Item] = (FERRY,)) -> tuple[Shelf, Shelf]:
    """Return two sources that were read before. Both list the ferry, and the second also lists `others`."""
    one = Shelf(name="one", items=[*FILLER, FERRY])
    two = Shelf(name="two", items=[replace(each, text=f"{each.text} of two") for each in FILLER] + list(others))
    assert read_with(store, one, two).added == 5
    return one, two


def ferry(store: Store) -> Record:
    (found,) = [record for record in store.items.added_last(ALL, limit=9) if "ferry" in record.item.link]
    return found


def test_an_item_gone_from_one_source_lives_on_with_another_that_says_the_same(store: Store) -> None:
    one, two = both(store)
    before, end = ferry(store), store.log.end()
    assert (store.sources.state("one").listed, store.sources.state("two").listed) == (3, 3)
    one.items.remove(FERRY)

    report = read_with(store, one, two)

    assert (report.is_news, store.log.end()) == (False, end)
    assert ferry(store) == replace(before, source="two")
    assert (store.sources.state("one").listed, store.sources.state("two").listed) == (2, 3)
    assert not read_with(store, one, two).is_news


def test_an_item_handed_to_a_source_with_other_words_is_revised(store: Store) -> None:
    one, two = both(store, others=[replace(FERRY, text="The ferry by night", native_id="7")])
    before = ferry(store)
    one.items.remove(FERRY)

    report = read_with(store, one)

    assert (report.added, report.revised, report.withdrawn) == (0, 1, 0)
    after = ferry(store)
    assert (after.uid, after.path, after.published) == (before.uid, before.path, before.published)
    assert (after.item.text, after.source, after.revision) == ("The ferry by night", "two", 2)
    two.items[2] = replace(two.items[2], text="The day ferry")
    assert read_with(store, two).revised == 1


def test_it_is_withdrawn_when_the_last_source_drops_it(store: Store) -> None:
    one, two = both(store)
    del one.items[2], two.items[2]

    assert read_with(store, one, two).withdrawn == 1

    assert states(store)["The ferry"] == State.WITHDRAWN


def test_a_removed_source_does_not_take_over_an_item(store: Store) -> None:
    """A source that is not read any more would keep the item. If it is configured again, it brings the item as new."""
    one, two = both(store)
    one.items.remove(FERRY)

    report = collect([one], store=store, rules=replace(RULES, configured=("one",)), now=NOW)

    assert (report.withdrawn, states(store)["The ferry"]) == (1, State.WITHDRAWN)
    assert read_with(store, one, two).added == 1
    assert (ferry(store).source, store.sources.state("two").listed) == ("two", 3)


def test_a_source_that_dropped_its_copy_does_not_take_over_the_item(store: Store) -> None:
    one, two = both(store)
    del two.items[2]
    assert not read_with(store, two).is_news
    assert store.sources.state("two").listed == 2
    one.items.remove(FERRY)

    assert read_with(store, one).withdrawn == 1


def test_an_item_that_the_first_source_lists_again_stays_with_the_other(store: Store) -> None:
    one, two = both(store)
    one.items.remove(FERRY)
    read_with(store, one)
    one.items.append(FERRY)

    assert not read_with(store, one, two).is_news
    del two.items[2]
    assert not read_with(store, two).is_news

    assert ferry(store).source == "one"


def test_a_copy_keeps_to_its_item_whatever_becomes_of_its_link(store: Store) -> None:
    named = replace(FERRY, native_id="7")
    _, two = both(store, others=[named])
    two.items[2] = replace(named, link="https://example.org/boat", text="The boat")

    assert not read_with(store, two).is_news


def test_a_copy_that_cannot_be_read_for_once_is_kept(store: Store) -> None:
    one, two = both(store)
    del two.items[2]
    two.problems = [Problem(where="two:4", what="no such day")]
    read_with(store, two)
    one.items.remove(FERRY)

    assert not read_with(store, one).is_news


def test_sources_are_recorded_in_their_order_however_long_they_take(store: Store) -> None:
    shelves = [Shelf(name=f"shelf-{number}", items=[item(f"News of {number}", 20)]) for number in range(12)]

    assert collect(shelves, store=store, rules=RULES, now=NOW).added == 12

    records = sorted(store.items.added_last(ALL, limit=20), key=lambda record: record.added_seq)
    assert [record.source for record in records] == [shelf.name for shelf in shelves]


# --- silence ---------------------------------------------------------------------------------------------------------


@dataclass
class Broken:
    """A source whose server is down."""

    name: str = "broken"
    asked: int = 0

    def fetch(self, *, validator: str, now: datetime) -> Fetch:
        self.asked += 1
        raise SourceError(self.name, "nobody answers", wait=timedelta(0))


def test_a_server_that_failed_is_left_alone_for_a_while(store: Store) -> None:
    broken = Broken()
    later = [NOW, NOW + timedelta(minutes=1), NOW + timedelta(minutes=7), NOW + timedelta(minutes=9)]

    reports = [collect([broken], store=store, rules=RULES, now=moment) for moment in later]

    assert [report.sources_waiting for report in reports] == [0, 1, 0, 1]
    assert (broken.asked, store.sources.state("broken").failures) == (2, 2)


def test_silence_is_told_apart_from_no_news(store: Store) -> None:
    shelf = Shelf(items=[item("New", 20)])
    policy = replace(POLICY, expect_every=timedelta(days=60))
    found = [condition_of(store.sources.state("shelf"), policy, now=NOW)]
    read(store, shelf)
    found += [condition_of(store.sources.state("shelf"), policy, now=NOW + timedelta(days=days)) for days in (1, 61)]
    shelf.items.clear()
    read(store, shelf)
    found.append(condition_of(store.sources.state("shelf"), policy, now=NOW))
    fail(store, "nobody answers", source="shelf", now=NOW)
    found.append(condition_of(store.sources.state("shelf"), policy, now=NOW))

    assert [condition.value for condition in found] == ["unread", "well", "silent", "empty", "failing"]


# --- the stored content of an item -----------------------------------------------------------------------------------


def test_an_item_is_kept_clean_and_in_its_language(store: Store) -> None:
    raw = Item(
        date=date(2026, 11, 20),
        text="",
        title="Horaires",
        html="<p onclick=x>La salle de lecture ouvre chaque dimanche du mois.</p><script>x</script>",
        link="https://example.org/a?utm_source=feed&id=7",
        published=datetime(2026, 11, 20, 23, 30, tzinfo=UTC),
    )
    read(store, Shelf(items=[raw]))

    (record,) = store.items.added_last(ALL, limit=9)

    assert record.item.html == "<p>La salle de lecture ouvre chaque dimanche du mois.</p>"
    assert record.item.text == "La salle de lecture ouvre chaque dimanche du mois."
    assert record.item.link == "https://example.org/a?id=7"
    assert (record.item.date, record.published) == (date(2026, 11, 21), raw.published)
    assert (record.item.language, record.item.is_language_guessed) == ("fr", True)


def test_a_better_guess_of_the_language_is_no_revision(store: Store) -> None:
    shelf = Shelf(items=[item("La salle de lecture ouvre chaque dimanche du mois.", 20)])
    collect([shelf], store=store, rules=replace(RULES, site=replace(SITE, languages=())), now=NOW)

    assert not read(store, shelf).is_news


def test_an_item_with_nothing_to_read_is_named(store: Store) -> None:
    empty = Item(date=date(2026, 11, 20), text="", html="<script>x</script>", native_id="7")

    report = read(store, Shelf(items=[item("New", 20), empty]))

    assert report.added == 1
    assert [(problem.where, problem.what) for problem in report.problems] == [("7", "there is nothing to read in it")]


def test_a_minor_edit_is_not_announced(store: Store) -> None:
    shelf = Shelf(items=[item("Teh ferry sails from the long quay.", 20), item("Old", 10)])
    read(store, shelf)
    (before,) = [one for one in store.items.added_last(ALL, limit=9) if "ferry" in one.item.text]
    shelf.items[0] = replace(item("The ferry sails from the long quay.", 20), is_minor_edit=True)
    read(store, shelf)

    (after,) = [one for one in store.items.added_last(ALL, limit=9) if "ferry" in one.item.text]

    assert after.item.text == "The ferry sails from the long quay."
    assert (after.updated, after.revision) == (before.updated, before.revision)
    assert store.log.touched_feeds(before.seq, store.log.end()) > set()
    assert store.items.revised_last(ALL, limit=9) == []


def test_entries_that_are_there_twice_are_told(store: Store) -> None:
    once = replace(item("The ferry sails.", 20), native_id="7")

    report = read(store, Shelf(items=[once, once, item("Old", 10)]))

    assert (report.added, report.problems) == (2, ())
    assert [str(note) for note in report.notes] == ["source 'shelf': 1 of its entries repeat others, and count once"]


def test_another_wording_that_is_left_out_is_told_when_its_item_is_new(store: Store) -> None:
    once = replace(item("The ferry sails from the long quay at ten.", 20), native_id="7")
    shelf = Shelf(items=[once, replace(once, text="The ferry sails from the long quay at noon."), item("Old", 10)])

    assert [str(problem) for problem in read(store, shelf).problems] == ["7: 1 other wording of that day is left out"]
    assert read(store, shelf).problems == ()


@pytest.mark.parametrize(
    ("titles", "added"),
    [
        (("Quay 3 is open", "Quay 5 is open", "Quay 7 is open"), 4),
        (("Quay Three is open", "Quay Five is open"), 3),
        (("Quay Three is open", "Quay Tree is open"), 2),
        (("Quay Three", "Quay Three is open"), 2),
        (("", "Quay Three"), 2),
    ],
)
def test_entries_with_one_id_are_several_if_their_titles_name_other_things(
    store: Store, titles: tuple[str, ...], added: int
) -> None:
    alike = "Everybody may use it from today on, from six in the morning to ten at night."
    entries = [replace(item(alike, 20), title=title, native_id="7") for title in titles]

    assert read(store, Shelf(items=[*entries, item("Old", 10)])).added == added


def test_of_two_wordings_the_longer_counts_that_adds_a_correction(store: Store) -> None:
    before = replace(item("The ferry sails from the long quay at ten.", 20), native_id="7")
    shelf = Shelf(items=[before, item("Old", 10)])
    read(store, shelf)
    shelf.items.append(replace(before, text=f"{before.text} On Sundays it sails at noon."))

    report = read(store, shelf)

    assert (report.revised, [problem.exit_code for problem in report.problems]) == (1, [0])
    assert not read(store, shelf).is_news


def test_entries_of_two_days_with_one_id_and_similar_words_are_two_items(store: Store) -> None:
    """An example is a bulletin whose feed gives every entry the same id."""
    bulletins = [
        Item(
            date=date(2026, 11, day),
            title="Bulletin",
            text=f"The ferry sails at {day} from the long quay.",
            native_id="b",
        )
        for day in (20, 13, 6)
    ]

    assert read(store, Shelf(items=bulletins)).added == len(bulletins)
