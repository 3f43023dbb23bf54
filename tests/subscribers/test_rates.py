"""Estimates of how many mails and items a subscriber gets, compared with what came."""

from datetime import UTC, datetime, timedelta

import pytest

from publisher.model.schedules import Schedule
from publisher.model.subscribers import EVERYTHING
from publisher.subscribers.rates import Moment, Rates

SCHEDULES = {
    name: Schedule.parse(line, "Europe/Brussels")
    for name, line in {"daily": "0 8 * * MON-FRI", "weekly": "0 8 * * MON", "monthly": "0 8 * * MON#1"}.items()
}
FIRST = datetime(2025, 1, 1, 11, tzinfo=UTC)


def year(*, every: timedelta, themes: tuple[str, ...] = ("ferries",)) -> list[Moment]:
    return [(FIRST + number * every, themes) for number in range(timedelta(days=365) // every)]


@pytest.mark.parametrize(
    ("every", "pace", "mails"),
    [
        (timedelta(hours=1), "daily", 22),
        (timedelta(hours=1), "weekly", 4),
        (timedelta(hours=1), "monthly", 1),
        (timedelta(days=30), "daily", 1),
        (timedelta(days=14), "weekly", 2),
        (timedelta(days=60), "weekly", 1),
    ],
)
def test_a_tick_without_news_is_no_mail(every: timedelta, pace: str, mails: int) -> None:
    rates = Rates(moments=year(every=every), days=365)

    found = rates.mails_a_month({EVERYTHING: pace}, SCHEDULES)

    assert found is not None
    assert mails == round(found)


def test_paces_due_at_one_moment_are_one_mail_and_other_themes_none() -> None:
    rates = Rates(moments=year(every=timedelta(hours=6)), days=365)
    for choices in ({"ferries": "daily"}, {"ferries": "daily", EVERYTHING: "weekly"}):
        assert 22 == round(rates.mails_a_month(choices, SCHEDULES) or 0)
    assert 0 == rates.mails_a_month({"cranes": "daily"}, SCHEDULES)
    assert 0 == rates.items_a_month("cranes")
    assert 122 == round(rates.items_a_month("ferries") or 0)
    assert 0 == rates.mails_a_month({"ferries": "gone"}, SCHEDULES)


@pytest.mark.parametrize(("items", "days"), [(4, 365), (100, 90), (0, 0)])
def test_too_little_to_tell_from_says_nothing(items: int, days: int) -> None:
    rates = Rates(moments=year(every=timedelta(hours=1))[:items], days=days)

    assert rates.mails_a_month({EVERYTHING: "daily"}, SCHEDULES) is None
    assert rates.items_a_month("ferries") is None
