"""Days, months and years with items; and the neighbours of items in a feed."""

from datetime import date

from publisher.store import Store
from tests.contract.stories import collect, record, records, revise, withdraw


def test_years_and_months_are_those_of_live_items(store: Store) -> None:
    assert store.calendar.years() == []
    days = [date(2019, 12, 31), date(2021, 1, 1), date(2021, 6, 1), date(2021, 6, 30), date(2022, 1, 1)]
    collect(store, *(record(f"i{number}", day=day) for number, day in enumerate(days)))
    withdraw(store, 5)

    assert store.calendar.years() == [2021, 2019]
    assert store.calendar.months(2021) == {6: 2, 1: 1}
    assert list(store.calendar.months(2021)) == [6, 1]
    assert store.calendar.months(2020) == {}


def test_live_items_of_some_days_are_counted_from_the_first_day_on(store: Store) -> None:
    assert store.calendar.first_day() is None
    days = [date(2019, 12, 31), date(2021, 5, 31), date(2021, 6, 1), date(2021, 6, 30), date(2021, 7, 1)]
    collect(store, *(record(f"i{number}", day=day) for number, day in enumerate(days)))
    withdraw(store, 1)

    assert store.calendar.first_day() == date(2021, 5, 31)
    assert store.calendar.count(date(2021, 6, 1), date(2021, 6, 30)) == 2


def test_the_items_of_some_days_come_newest_first(store: Store) -> None:
    days = [date(2021, 5, 31), date(2021, 6, 1), date(2021, 6, 30), date(2021, 7, 1)]
    collect(store, *(record(f"i{number}", day=day) for number, day in enumerate(days)))

    assert store.calendar.numbers(date(2021, 6, 1), date(2021, 6, 30)) == [3, 2]


def test_neighbours_are_the_items_added_before_and_after_in_a_feed(store: Store) -> None:
    collect(store, *records("n", 4))
    withdraw(store, 2)

    pairs = store.feeds.neighbours("borders", [1, 2, 3, 4])

    assert pairs == {1: (None, 3), 2: (1, 3), 3: (1, 4), 4: (3, None)}
    assert store.feeds.neighbours("nothing", [1]) == {1: (None, None)}


def test_positions_tell_where_what_changed_stands(store: Store) -> None:
    collect(store, *records("n", 3))
    before = store.log.end()
    revise(store, 2, "Other words.")
    withdraw(store, 1)
    collect(store, *records("more", 1))

    assert sorted(store.log.positions(before, store.log.end())["borders"]) == [1, 2, 6]
