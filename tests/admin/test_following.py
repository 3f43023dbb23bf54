"""The table of followers: how many people follow what, over time."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from publisher.admin.following import month_days, oversee_following
from publisher.store import Store
from tests.contract.stories import ASYLUM, BORDERS, collect, record
from tests.databases import sqlite_store
from tests.subscribers.test_transfer import MONDAY, people_of


@pytest.fixture
def store() -> Iterator[Store]:
    with sqlite_store() as store:
        collect(store, record("a", ASYLUM), record("b", BORDERS))
        yield store


@pytest.mark.parametrize(
    ("today", "days"),
    [
        (date(2026, 3, 4), (date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 3, 4))),
        (date(2026, 3, 1), (date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1))),
        (date(2026, 1, 31), (date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1), date(2026, 1, 31))),
    ],
)
def test_the_days_are_the_first_of_each_month_and_today(today: date, days: tuple[date, ...]) -> None:
    assert month_days(today, months=3) == days


def test_people_are_counted_by_theme_and_pace_at_the_beginning_of_each_month(store: Store) -> None:
    january, february = (people_of(store, now=MONDAY - timedelta(days=days)) for days in (45, 15))
    january.add("ada@example.org", {"asylum": "weekly"}, language="en", words="said so")
    january.add("ben@example.org", {"asylum": "weekly", "borders": "daily"}, language="en", words="said so")
    february.end("ada@example.org")
    february.add("cyd@example.org", {"*": "daily"}, language="en", words="said so")

    told = oversee_following(people_of(store), store)

    assert told.days[-3:] == (date(2026, 2, 1), date(2026, 3, 1), date(2026, 3, 2))
    assert told.people[-4:] == (0, 2, 2, 2)
    assert [(each.theme, each.pace, each.counts[-4:]) for each in told.rows] == [
        ("", "daily", (0, 0, 1, 1)),
        ("Asylum", "weekly", (0, 2, 1, 1)),
        ("Borders", "daily", (0, 1, 1, 1)),
    ]
    assert told.pending == 0
    assert (told.since_somebody.people, told.since_somebody.rows[0].counts) == ((0, 2, 2, 2), (0, 0, 1, 1))


def test_an_erased_subscriber_counts_only_in_earlier_months(store: Store) -> None:
    early, people = people_of(store, now=MONDAY - timedelta(days=45)), people_of(store)
    early.add("ada@example.org", {"asylum": "weekly"}, language="en", words="said so")
    early.add("ben@example.org", {"asylum": "weekly"}, language="en", words="said so")

    people.erase("ada@example.org")

    told = oversee_following(people, store)
    assert told.people[-4:] == (0, 2, 2, 1)
    assert [(each.theme, each.pace, each.counts[-4:]) for each in told.rows] == [("Asylum", "weekly", (0, 2, 2, 1))]
