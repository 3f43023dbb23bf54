"""When rounds of mails to subscribers begin, and for which paces (how often mails come)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from publisher.store import Store
from publisher.store.people import RoundEnvelope
from publisher.subscribers.rounds import RoundKeeper
from tests.contract.stories import ASYLUM, BORDERS, collect, record, revise
from tests.contract.test_store_rounds import add, subscription
from tests.databases import sqlite_store
from tests.planning import LAST_TICKS, NOW, SETTINGS
from tests.values import THEMES

ONLY_DAILY = {"daily": NOW - timedelta(days=1)}


@pytest.fixture
def store() -> Iterator[Store]:
    with sqlite_store() as store:
        yield store


def keeper(store: Store, now: datetime = NOW) -> RoundKeeper:
    envelope = RoundEnvelope(sender="news@example.org", host="example.org", bounces="")
    return RoundKeeper(store=store, settings=SETTINGS, themes=THEMES, envelope=envelope, now=now)


@pytest.mark.parametrize("is_news", [True, False])
def test_a_new_pace_is_watched_although_another_is_due(store: Store, *, is_news: bool) -> None:
    add(store, "ada")
    store.people.rounds.note_ticks(ONLY_DAILY)
    if is_news:
        collect(store, record("a"))

    reports = keeper(store).keep(is_held=False)

    assert [("daily",)] * is_news == [each.paces for each in reports]
    ticks = store.people.rounds.last_ticks()
    assert (NOW, NOW) == (ticks["weekly"], ticks["monthly"])
    assert ticks["daily"] > ONLY_DAILY["daily"]


def test_what_comes_after_a_moment_without_news_waits_for_the_next_one(store: Store) -> None:
    add(store, "ada")
    store.people.rounds.note_ticks(ONLY_DAILY)
    keeper(store).keep(is_held=False)
    collect(store, record("a"))

    assert [] == keeper(store, NOW + timedelta(hours=22)).keep(is_held=False)
    assert [1] == [each.mails for each in keeper(store, NOW + timedelta(hours=23)).keep(is_held=False)]


@pytest.mark.parametrize(("pace", "paces"), [("weekly", ("often", "weekly")), ("daily", ("daily",))])
def test_mails_that_an_editor_sends_now_reach_subscribers_of_a_removed_pace_with_the_default_one(
    store: Store, pace: str, paces: tuple[str, ...]
) -> None:
    add(store, "ada", subscription(pace="often"))
    add(store, "ben", subscription(pace="daily"))
    store.people.rounds.note_ticks(LAST_TICKS | {"often": NOW})
    collect(store, record("a", BORDERS))

    reports = keeper(store).begin_now([pace])

    assert reports is not None
    assert [(paces, 1)] == [(each.paces, each.mails) for each in reports]


def test_an_item_that_enters_a_theme_while_a_round_waits_to_be_planned_comes_once(store: Store) -> None:
    ada = add(store, "ada", subscription(theme="borders"))
    store.people.rounds.note_ticks(ONLY_DAILY)
    collect(store, record("a", ASYLUM), record("b", BORDERS))
    keeper(store).keep(is_held=False, is_stopping=lambda: True)
    revise(store, 1, "About a.", ASYLUM, BORDERS)

    keeper(store).keep(is_held=False)
    keeper(store, NOW + timedelta(days=1)).keep(is_held=False)

    assert [(2,), (1,)] == [each.items for each in store.people.histories.mails(ada.number)]


def test_a_round_that_stopped_is_planned_to_its_end_first(store: Store) -> None:
    add(store, "ada")
    store.people.rounds.note_ticks(ONLY_DAILY)
    collect(store, record("a"))
    [stopped] = keeper(store).keep(is_held=False, is_stopping=lambda: True)
    assert (0, False) == (stopped.mails, stopped.is_planned)

    assert [replace(stopped, mails=1, is_planned=True)] == keeper(store).keep(is_held=True)
