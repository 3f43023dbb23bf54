"""How many followed what at which moment. In both databases."""

from dataclasses import replace
from datetime import timedelta

from publisher.model.subscribers import EndReason, SubscriptionState
from publisher.store import Store
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

    assert [0, 2, 3, 2] == store.following.people(MOMENTS)
    assert {("asylum", "daily"): [0, 2, 3, 1], ("borders", "weekly"): [0, 1, 1, 1]} == (
        store.following.by_theme_and_pace(MOMENTS)
    )


def test_where_nobody_is_subscribed_every_number_is_zero(store: Store) -> None:
    assert [0, 0, 0, 0] == store.following.people(MOMENTS)
    assert {} == store.following.by_theme_and_pace(MOMENTS)
    assert [] == store.following.people([])
