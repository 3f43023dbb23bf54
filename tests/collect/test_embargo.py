"""When items appear and expire: the log after each pass, and the editions that contain the items."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from publisher.collect.rules import CollectRules
from publisher.collect.run import collect
from publisher.collect.sources.base import Fetch
from publisher.compose.run import pass_over, plan_all
from publisher.model.feeds import ALL, Gathering
from publisher.model.items import Item
from publisher.model.records import State
from publisher.model.reports import CollectReport
from publisher.model.sources import SourcePolicy
from publisher.model.themes import Theme, ThemeMap
from publisher.store import Store
from tests.databases import sqlite_store
from tests.values import ANY_AUDIENCE, POLICY, SITE

EIGHT = datetime(2024, 3, 6, 7, tzinfo=UTC)
"""Eight o'clock in Brussels, on a Wednesday."""
TODAY = date(2024, 3, 6)
HOUR = timedelta(hours=1)


@dataclass
class Shelf:
    """A source that lists the items it is given."""

    name: str = "shelf"
    items: list[Item] = field(default_factory=list)
    is_complete: bool = True
    readings: int = 0

    def fetch(self, *, validator: str, now: datetime) -> Fetch:
        self.readings += 1
        return Fetch(items=list(self.items), validator=str(self.readings), is_complete=self.is_complete)


class Quiet(Shelf):
    """A source that says that nothing changed, from its second reading on."""

    def fetch(self, *, validator: str, now: datetime) -> Fetch:
        return (
            Fetch(items=(), validator=validator, is_unchanged=True)
            if validator
            else super().fetch(validator="", now=now)
        )


def item(text: str, day: date = date(2024, 3, 1), **fields: Any) -> Item:
    return Item(date=day, text=text, native_id=text, **fields)


@pytest.fixture
def store() -> Iterator[Store]:
    with sqlite_store() as opened:
        yield opened


def read(store: Store, *shelves: Shelf, at: datetime = EIGHT, policy: SourcePolicy = POLICY) -> CollectReport:
    rules = CollectRules(
        site=SITE,
        gathering=Gathering(theme_map=ThemeMap(default=Theme(slug="general", title="General")), language="en"),
        authority="news.example.org",
        policies={shelf.name: policy for shelf in shelves},
        configured={shelf.name for shelf in shelves},
    )
    return collect(shelves, store=store, rules=rules, now=at)


def next_wake(store: Store) -> datetime | None:
    return store.items.next_wake(after=datetime.min.replace(tzinfo=UTC))


def seen(store: Store) -> set[str]:
    return {record.item.text for record in store.items.added_last(ALL, limit=100)}


def states(store: Store) -> dict[str, State]:
    records = [record for batch in store.log.changed_records(0, store.log.end()) for record in batch]
    return {record.item.text: record.state for record in records}


# --- appearing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("listed", "begin"),
    [
        (item("Hour", published=datetime.fromisoformat("2024-03-06T17:00+01:00")), "2024-03-06T17:00+01:00"),
        (item("Wall", published=datetime.fromisoformat("2024-03-06T17:00")), "2024-03-06T17:00+01:00"),
        (item("Day", date(2024, 3, 7)), "2024-03-07T00:00+01:00"),
        (item("Embargo", embargo=datetime.fromisoformat("2024-06-01T00:00")), "2024-06-01T00:00+02:00"),
        (
            item("Both", date(2024, 7, 1), embargo=datetime.fromisoformat("2024-06-01T00:00")),
            "2024-07-01T00:00+02:00",
        ),
    ],
)
def test_an_item_waits_to_the_minute(store: Store, listed: Item, begin: str) -> None:
    moment, source = datetime.fromisoformat(begin), Quiet(items=[listed, item("Free")])

    first = read(store, source)
    assert (first.added, first.waiting, seen(store)) == (1, 1, {"Free"})
    local = moment.astimezone(moment.tzinfo)
    assert [note.what for note in first.notes] == [f"waits until {local:%Y-%m-%d %H:%M}"]
    assert next_wake(store) == moment
    assert [(each.source, each.until) for each in store.items.waiting()] == [("shelf", moment)]

    assert not read(store, source, at=moment - timedelta(seconds=1)).is_news
    assert read(store, source, at=moment).added == 1

    assert seen(store) == {"Free", listed.text}
    assert not read(store, source, at=moment).is_news
    assert next_wake(store) is None
    assert store.items.waiting() == []


def test_an_item_that_would_wait_for_years_is_told_once(store: Store) -> None:
    source = Quiet(items=[item("Typo", date(2042, 3, 4)), item("Soon", date(2024, 6, 1))])

    first, again = read(store, source), read(store, source)

    assert [problem.what for problem in first.problems] == [
        "it waits until 2042-03-04 00:00, more than a year; correct its date if that is a mistake"
    ]
    assert not again.problems


def test_a_date_to_come_may_be_shown_and_an_embargo_still_counts(store: Store) -> None:
    shelf = Shelf(items=[item("Fair", date(2024, 9, 1)), item("Vote", date(2024, 9, 1), embargo=EIGHT + HOUR)])

    read(store, shelf, policy=replace(POLICY, future="show"))

    assert seen(store) == {"Fair"}


def test_a_published_item_stays_when_it_gets_an_embargo(store: Store) -> None:
    shelf = Shelf(items=[item("Ferry")])
    read(store, shelf)
    shelf.items = [item("Ferry", embargo=EIGHT + 48 * HOUR)]

    assert not read(store, shelf, at=EIGHT + HOUR).is_news
    assert seen(store) == {"Ferry"}


def test_a_withdrawn_item_that_is_listed_again_waits_for_its_embargo(store: Store) -> None:
    shelf = Shelf(items=[item("Ferry"), item("Crane")])
    read(store, shelf)
    del shelf.items[0]
    read(store, shelf, at=EIGHT + HOUR)
    shelf.items.append(item("Ferry", embargo=EIGHT + 4 * HOUR))

    read(store, shelf, at=EIGHT + 2 * HOUR)
    assert states(store)["Ferry"] is State.WITHDRAWN
    assert [(each.until, each.is_back) for each in store.items.waiting()] == [(EIGHT + 4 * HOUR, True)]

    assert read(store, shelf, at=EIGHT + 4 * HOUR).revised == 1
    assert seen(store) == {"Ferry", "Crane"}


def test_an_item_that_its_source_takes_out_while_it_waits_never_appears(store: Store) -> None:
    shelf = Shelf(items=[item("Ferry", embargo=EIGHT + HOUR), item("Crane", date(2024, 3, 4))])
    read(store, shelf)
    del shelf.items[0]

    read(store, shelf, at=EIGHT + timedelta(minutes=5))

    assert next_wake(store) is None
    assert not read(store, shelf, at=EIGHT + 2 * HOUR).is_news
    assert seen(store) == {"Crane"}


def test_an_item_that_scrolled_off_while_it_waits_appears(store: Store) -> None:
    shelf = Shelf(items=[item("Crane"), item("Ferry", date(2024, 2, 1), embargo=EIGHT + HOUR)], is_complete=False)
    read(store, shelf)
    del shelf.items[1]

    read(store, shelf, at=EIGHT + 2 * HOUR)

    assert seen(store) == {"Crane", "Ferry"}


def test_an_item_says_when_it_appears_what_its_source_said_last(store: Store) -> None:
    shelf = Shelf(items=[item("Ferry", title="Secret", embargo=EIGHT + 4 * HOUR), item("Crane")])
    read(store, shelf)
    shelf.items[0] = item("Ferry", title="Open", embargo=EIGHT + HOUR)
    read(store, shelf, at=EIGHT + timedelta(minutes=5))

    read(store, shelf, at=EIGHT + HOUR)

    (record,) = (each for each in store.items.added_last(ALL, limit=9) if each.item.text == "Ferry")
    assert (record.item.title, record.path, record.revision) == ("Open", "items/2024/open", 1)
    assert record.published == EIGHT + HOUR  # not its date: readers would look for it among items they have read
    assert record.item.date == date(2024, 3, 1)


def test_an_item_of_a_source_that_is_gone_from_the_configuration_does_not_appear(store: Store) -> None:
    read(store, Shelf(items=[item("Ferry", embargo=EIGHT + HOUR), item("Crane", expires=EIGHT + HOUR)]))

    read(store, Shelf(name="other"), at=EIGHT + 2 * HOUR)

    assert (seen(store), next_wake(store)) == (set(), None)


def test_an_item_that_another_source_brought_meanwhile_is_one_item(store: Store) -> None:
    link = "https://www.example.org/ferry"
    early = Shelf(items=[item("Ferry", EIGHT.date(), link=link, published=EIGHT + HOUR), item("Crane")])
    late = Shelf(name="late", items=[item("Ferry", link=link)])
    read(store, early, late)

    report = read(store, early, late, at=EIGHT + 2 * HOUR)

    assert (report.added, report.joined) == (0, 1)
    assert sorted(record.source for record in store.items.added_last(ALL, limit=9)) == ["late", "shelf"]


def test_an_embargo_of_one_source_holds_back_what_another_lists_without_it(store: Store) -> None:
    """Both sources list the same item (it has the same link), and only one embargoes it. In doubt, the item does not
    appear, and both sources report that it waits.
    """
    link = "https://www.example.org/ferry"
    own = Shelf(items=[item("Ferry", link=link, embargo=EIGHT + 4 * HOUR), item("Crane")])
    partner = Shelf(name="partner", items=[item("Ferry", link=link), item("Quay")])
    report = read(store, own, partner)
    assert (seen(store), report.waiting) == ({"Crane", "Quay"}, 2)

    again = read(store, own, partner, at=EIGHT + HOUR)
    assert (again.is_news, [note.what for note in again.notes]) == (False, ["waits until 2024-03-06 12:00"] * 2)
    partner.items[0] = item("Ferry", link=link, labels=("Boats",))
    assert not read(store, partner, at=EIGHT + 2 * HOUR).added

    late = read(store, own, partner, at=EIGHT + 4 * HOUR)

    assert (late.added, late.joined, seen(store)) == (1, 1, {"Crane", "Quay", "Ferry"})


def test_an_embargo_that_its_source_lifts_holds_nothing_back_any_more(store: Store) -> None:
    link = "https://www.example.org/ferry"
    own = Shelf(items=[item("Ferry", link=link, embargo=EIGHT + 4 * HOUR), item("Crane")])
    partner = Shelf(name="partner", items=[item("Ferry", link=link), item("Quay")])
    read(store, own, partner)
    own.items[0] = item("Ferry", link=link)

    report = read(store, own, partner, at=EIGHT + HOUR)

    assert (report.added, report.joined, seen(store)) == (1, 1, {"Crane", "Quay", "Ferry"})


def test_a_published_item_stays_when_another_source_puts_an_embargo_on_it(store: Store) -> None:
    link = "https://www.example.org/ferry"
    partner = Shelf(name="partner", items=[item("Ferry", link=link), item("Quay")])
    read(store, partner)

    read(store, Shelf(items=[item("Ferry", link=link, embargo=EIGHT + 4 * HOUR)]), partner, at=EIGHT + HOUR)

    assert seen(store) == {"Ferry", "Quay"}


# --- expiring --------------------------------------------------------------------------------------------------------


def test_an_item_expires_without_being_withdrawn(store: Store) -> None:
    source = Quiet(items=[item("Ferry", expires=EIGHT + HOUR), item("Crane")])
    read(store, source)
    assert next_wake(store) == EIGHT + HOUR

    report = read(store, source, at=EIGHT + HOUR)

    assert (report.expired, report.withdrawn) == (1, 0)
    assert (seen(store), states(store)["Ferry"]) == ({"Crane"}, State.EXPIRED)
    assert store.items.withdrawn_last(ALL, limit=9) == []
    assert store.items.count() == 1


def test_a_source_may_drop_or_edit_an_expired_item_and_nobody_is_told(store: Store) -> None:
    shelf = Shelf(items=[item("Ferry", expires=EIGHT + HOUR), item("Crane"), item("Lock", expires=EIGHT + HOUR)])
    read(store, shelf)
    read(store, shelf, at=EIGHT + HOUR)
    shelf.items = [item("Ferry", title="Ferry", expires=EIGHT + HOUR), item("Crane")]

    assert not read(store, shelf, at=EIGHT + 2 * HOUR).is_news
    assert seen(store) == {"Crane"}


def test_a_later_expiry_brings_an_item_back_and_is_no_correction(store: Store) -> None:
    shelf = Shelf(items=[item("Ferry", expires=EIGHT + HOUR), item("Crane")])
    read(store, shelf)
    before = {record.item.text: record for record in store.items.added_last(ALL, limit=9)}["Ferry"]
    read(store, shelf, at=EIGHT + HOUR)
    shelf.items[0] = item("Ferry", expires=EIGHT + 9 * HOUR)

    read(store, shelf, at=EIGHT + 2 * HOUR)

    after = {record.item.text: record for record in store.items.added_last(ALL, limit=9)}["Ferry"]
    assert (after.revision, after.updated, after.uid) == (1, before.updated, before.uid)
    assert read(store, shelf, at=EIGHT + 9 * HOUR).expired == 1


def test_an_item_whose_time_is_over_is_never_seen(store: Store) -> None:
    shelf = Shelf(
        items=[
            item("Past", expires=EIGHT - HOUR),
            item("Never", embargo=EIGHT + 9 * HOUR, expires=EIGHT + HOUR),
            item("Crane"),
        ]
    )

    report = read(store, shelf)

    assert [note.what for note in report.notes] == [
        "it is in no feed: it expired on 2024-03-06 07:00",
        "it is in no feed: it expired on 2024-03-06 09:00",
    ]
    assert (seen(store), next_wake(store)) == ({"Crane"}, None)
    read(store, shelf, at=EIGHT + 24 * HOUR)
    assert seen(store) == {"Crane"}


def test_an_item_that_expired_while_no_pass_was_made_is_never_seen(store: Store) -> None:
    source = Quiet(items=[item("Ferry", embargo=EIGHT + HOUR, expires=EIGHT + 2 * HOUR), item("Crane")])
    read(store, source)

    assert not read(store, source, at=EIGHT + 5 * HOUR).is_news
    assert (seen(store), next_wake(store)) == ({"Crane"}, None)


# --- digests ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 20))])
def test_an_edition_takes_an_item_when_it_appears_and_never_before(seed: int) -> None:
    """Random items are listed, embargoed and expire at random times, with passes and editions at random times too."""
    chance = random.Random(seed)
    with sqlite_store() as store:
        _live_through(store, chance)


def _live_through(store: Store, chance: random.Random) -> None:
    def some_time() -> datetime:
        return EIGHT + timedelta(minutes=chance.randrange(4_000))

    begins = {f"Item {number}": some_time() for number in range(12)}
    ends = {text: chance.choice([None, some_time()]) for text in begins}
    listed_at = {text: some_time() for text in begins}
    shelf = Shelf(items=[item("First")])
    sent: dict[str, datetime] = {}
    shown: set[str] = set()
    now = EIGHT
    for _ in range(15):
        new = [text for text, at in listed_at.items() if at <= now and not any(it.text == text for it in shelf.items)]
        chance.shuffle(new)
        shelf.items = [*(item(text, embargo=begins[text], expires=ends[text]) for text in new), *shelf.items]
        read(store, shelf, at=now)
        may_be_seen = {
            text
            for text in begins
            if listed_at[text] <= now and begins[text] <= now and ((end := ends[text]) is None or end > now)
        }
        assert seen(store) == may_be_seen | {"First"}, f"at {now}"
        wakes = [moment for moment in (*begins.values(), *ends.values()) if moment and moment > now]
        assert (moment := next_wake(store)) is None or moment in wakes
        shown |= may_be_seen
        if chance.random() < 0.5:
            for text in _send(store, now):
                assert text not in sent, f"{text} twice"
                assert text in may_be_seen | {"First"}, f"{text} at {now}"
                sent[text] = now
        now += timedelta(minutes=chance.randrange(1, 400))
    for text in _send(store, now):
        sent[text] = now
    assert shown & seen(store) <= sent.keys()


def _send(store: Store, now: datetime) -> Sequence[str]:
    """Compose and record an edition of the items that are due; return their texts."""
    plans = plan_all([ANY_AUDIENCE], store=store, site=SITE, now=now)
    pass_over(plans, store=store)
    editions = [plan for plan in plans if plan.edition]
    for plan in editions:
        if plan.edition:
            store.editions.record(plan.edition, start=plan.state.start, tick=None)
            store.editions.mark_written(plan.edition.audience, plan.edition.number, at=now)
    return [record.item.text for plan in editions if plan.edition for record in plan.edition.records]
