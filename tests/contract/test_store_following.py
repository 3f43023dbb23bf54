"""How many people followed what at which moment, in both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from publisher.model.subscribers import EndReason, SubscriptionState
from publisher.store import Store
from publisher.store.following import month_begins
from tests.contract.stories import NOON
from tests.contract.test_store_rounds import add, subscription

DAY = timedelta(days=1)
MOMENTS = [NOON - DAY, NOON, NOON + DAY, NOON + 2 * DAY]


def test_people_are_counted_once_however_much_they_follow(store: Store) -> None:
    ended = {"state": SubscriptionState.ENDED, "ended_because": EndReason.UNSUBSCRIBED}
    left = replace(subscription(theme="asylum"), ended_at=NOON + 2 * DAY, **ended)  # type: ignore[arg-type]
    add(store, "ada", left, subscription(2, "borders", "weekly"))
    add(store, "ben", left)
    add(store, "cyd", replace(subscription(theme="asylum"), since=NOON + DAY))

    assert [0, 2, 3, 2] == store.people.following.people(MOMENTS)
    assert {("asylum", "daily"): [0, 2, 3, 1], ("borders", "weekly"): [0, 1, 1, 1]} == (
        store.people.following.by_theme_and_pace(MOMENTS)
    )


def test_an_erased_subscriber_is_counted_anonymously_at_the_starts_of_months(store: Store) -> None:
    march, april = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    long_ago = replace(subscription(theme="asylum"), since=datetime(2026, 2, 10, tzinfo=UTC))
    for name in ("ada", "ben"):
        add(store, name, long_ago, replace(long_ago, number=2, theme="borders", pace="weekly"))
    add(store, "cyd", long_ago)
    store.people.subscribers.erase("ada@example.org", now=april + DAY)
    store.people.subscribers.erase("ben@example.org", now=april + DAY)

    months = [datetime(2026, 2, 1, tzinfo=UTC), march, april, april + 2 * DAY]
    assert [0, 3, 3, 1] == store.people.following.people(months)
    assert {("asylum", "daily"): [0, 3, 3, 1], ("borders", "weekly"): [0, 2, 2, 0]} == (
        store.people.following.by_theme_and_pace(months)
    )


@pytest.mark.parametrize(
    ("now", "latest", "earliest"),
    [
        (datetime(2026, 3, 31, 23, 30, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC)),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)),
    ],
)
def test_months_begin_in_utc(now: datetime, latest: datetime, earliest: datetime) -> None:
    months = month_begins(now)

    assert (months[0], months[-1], len(months)) == (latest, earliest, 13)


def test_where_nobody_is_subscribed_every_number_is_zero(store: Store) -> None:
    assert [0, 0, 0, 0] == store.people.following.people(MOMENTS)
    assert {} == store.people.following.by_theme_and_pace(MOMENTS)
    assert [] == store.people.following.people([])
