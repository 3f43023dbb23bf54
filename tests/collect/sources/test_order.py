"""Whether a list is newest first or oldest first."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.collect.sources.order import newest_first
from publisher.model.items import Item


def day(number: int, text: str = "", *, hour: int | None = None, zone: bool = True) -> Item:
    at = None if hour is None else datetime(2024, 3, number, hour, tzinfo=UTC if zone else None)
    return Item(date=date(2024, 3, number), text=text, published=at)


def test_a_list_from_old_to_new_is_turned_round_with_the_items_of_a_day() -> None:
    items = (day(1), day(2, "first"), day(2, "second"), day(3))

    assert newest_first(items) == items[::-1]


def test_a_list_from_new_to_old_stays_with_the_items_of_a_day() -> None:
    items = (day(3), day(2, "second"), day(2, "first"), day(1))

    assert newest_first(items) == items


def test_one_pinned_item_does_not_reverse_a_list() -> None:
    items = (day(1, "pinned"), day(9), day(8), day(7))

    assert newest_first(items) == items


@pytest.mark.parametrize("days", [(7, 2, 3, 9), (4, 1, 2, 8, 3, 5, 6), (2, 5, 1, 3, 9), (9, 3, 8, 5, 6, 7)])
def test_a_list_that_is_sorted_by_its_last_changes_is_not_turned_round(days: tuple[int, ...]) -> None:
    items = tuple(day(each) for each in days)

    assert newest_first(items) == items


@pytest.mark.parametrize("days", [(9, 1, 2, 3, 4), (1, 2, 3, 4, 5, 27, 6, 7, 8, 9, 10)])
def test_a_list_is_reversed_despite_one_pinned_or_misdated_item(
    days: tuple[int, ...],
) -> None:
    items = tuple(day(each) for each in days)

    assert newest_first(items) == items[::-1]


def test_times_say_which_way_a_list_of_one_day_runs() -> None:
    assert newest_first((day(1, hour=8), day(1, hour=9))) == (day(1, hour=9), day(1, hour=8))


def test_a_time_with_a_zone_and_one_without_are_compared_by_their_days() -> None:
    items = (day(1, hour=8), day(1, hour=9, zone=False), day(2, hour=7), day(3, hour=7, zone=False))

    assert newest_first(items) == items[::-1]


@given(st.lists(st.integers(1, 28).map(day), max_size=9))
def test_nothing_is_lost(items: list[Item]) -> None:
    assert newest_first(items) in (tuple(items), tuple(items[::-1]))
