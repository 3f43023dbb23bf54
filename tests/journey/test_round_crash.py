"""Processes that plan a round (the mails to subscribers) are killed just before or after each commit. After one more
run, the plan is as if nothing had happened.

Every subscriber gets exactly one mail, and every cursor is right.
"""

import signal
from collections.abc import Sequence
from functools import cache
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import Select, select

from publisher.model.subscribers import (
    EVERYTHING,
    Consent,
    ConsentKind,
    EndReason,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from publisher.store import Store
from publisher.store.mail_schema import deliveries
from publisher.store.people_schema import pace_ticks, ranges, round_mails, rounds, selections, subscriptions
from tests.contract.stories import ASYLUM, BORDERS, NOON, collect, record
from tests.planning import LAST_TICKS, plan, start

FOLLOWED: Sequence[Sequence[tuple[str, str]]] = (
    [(EVERYTHING, "daily")],
    [("asylum", "weekly"), ("borders", "monthly")],
    [("asylum", "monthly")],
    [("borders", "daily"), (EVERYTHING, "weekly")],
    [("asylum", "left")],
    [("borders", "weekly"), ("asylum", "daily")],
    [("asylum", "daily")],
)
"""What each subscriber follows, and at which pace; `left` marks a theme that he stopped following."""
THEMES = ((ASYLUM,), (BORDERS,), (ASYLUM, BORDERS))
COMMITS = 7
"""The number of commits: one begins the round, four plan its ranges of people, one finds that no range is left, and one
ends the round.
"""
MOMENTS = [f"{number}:{when}" for number in range(1, COMMITS + 1) for when in ("before", "after")]
QUICK = "3:before"
PATIENCE_S = 60.0
"""How many seconds a test waits at most, for a busy machine."""


def subscription(number: int, theme: str, pace: str) -> Subscription:
    is_left = pace == "left"
    return Subscription(
        number=number,
        theme=theme,
        pace="daily" if is_left else pace,
        state=SubscriptionState.ENDED if is_left else SubscriptionState.ACTIVE,
        start=1,
        cursor=2 if pace == "daily" else 1,
        since=NOON,
        ended_at=NOON if is_left else None,
        ended_because=EndReason.UNSUBSCRIBED if is_left else None,
    )


def populate(url: str) -> None:
    """Make seven subscribers, and six items, which are more than fit into a mail."""
    with Store.open(url) as store:
        collect(store, *(record(f"item {number}", *THEMES[number % 3]) for number in range(6)))
        for place, follows in enumerate(FOLLOWED):
            its = tuple(subscription(number, *each) for number, each in enumerate(follows, start=1))
            reader = Subscriber(
                number=0, address=f"reader{place}@example.org", language="en", since=NOON, subscriptions=its
            )
            consent = Consent(kind=ConsentKind.OPERATOR, at=NOON, language="en", choices={}, words="said so")
            store.people.subscribers.write(None, reader, consent=consent, now=NOON)
        store.people.rounds.note_ticks(LAST_TICKS)


def planned(url: str) -> list[list[tuple[Any, ...]]]:
    """Return everything that a round leaves in the store: mails with their items, cursors of subscriptions, ranges of
    people, and moments at which paces were due.
    """
    mail = select(*round_mails.c["round", "subscriber"], selections.c["items"]).join(selections)
    found: list[Select[Any]] = [
        select(*deliveries.c["name", "recipient", "message_id", "state"]).order_by("recipient"),
        mail.order_by(round_mails.c.round, round_mails.c.subscriber),
        select(*subscriptions.c["subscriber", "number", "cursor"]).order_by("subscriber", "number"),
        select(ranges).order_by(ranges.c.first),
        select(rounds),
        select(pace_ticks).order_by(pace_ticks.c.pace),
    ]
    with Store.open(url) as store, store.database.reading() as connection:
        return [[tuple(row) for row in connection.execute(query)] for query in found]


@cache
def undisturbed() -> list[list[tuple[Any, ...]]]:
    """Return the plan if no process is killed."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/publisher.db"
        populate(url)
        with Store.open(url) as store:
            plan(store)
        return planned(url)


def test_a_round_that_nobody_disturbs_has_mails_for_some_and_items_that_wait() -> None:
    mails, _, cursors, parts, *_ = undisturbed()

    assert 5 == len(mails)
    assert 4 == len(parts)
    assert {4, 5} < {cursor for _, _, cursor in cursors}, "two mails have no room for all"


@pytest.mark.parametrize(
    "moment", [pytest.param(each, marks=() if each == QUICK else pytest.mark.slow) for each in MOMENTS]
)
def test_a_killed_planner_leaves_a_round_that_the_next_run_ends_as_if_it_had_lived(
    sqlite_url: str, moment: str
) -> None:
    populate(sqlite_url)
    with start(sqlite_url, moment) as planner:
        assert -signal.SIGKILL == planner.wait(PATIENCE_S)

    with Store.open(sqlite_url) as store:
        plan(store)

    assert undisturbed() == planned(sqlite_url)


@pytest.mark.slow
def test_the_moments_are_all_there_are(sqlite_url: str) -> None:
    populate(sqlite_url)

    with start(sqlite_url, "") as planner:
        assert COMMITS == int(planner.stdout.read())


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("seed", range(3))
def test_planners_that_share_a_round_and_are_killed_plan_it_once(postgresql_url: str, seed: int) -> None:
    """Two processes at a time work on one server. They are killed at any of their commits, again and again, until one
    completes.
    """
    populate(postgresql_url)
    chance = Random(seed)
    for _ in range(3):
        with start(postgresql_url, chance.choice(MOMENTS)) as one, start(postgresql_url, chance.choice(MOMENTS)) as two:
            for planner in (one, two):
                planner.wait(PATIENCE_S)

    with Store.open(postgresql_url) as store:
        plan(store)

    assert undisturbed() == planned(postgresql_url)
