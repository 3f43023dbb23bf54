"""Planning the mails of several people at once gives each what the rule for one person gives; and when
paces are due.
"""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from publisher.model.rounds import ItemEntry
from publisher.model.schedules import Schedule
from publisher.model.settings import Pace
from publisher.model.subscribers import EVERYTHING
from publisher.store.people import FollowRow, Moved
from publisher.subscribers.plan import Planner, ticks_of
from publisher.subscribers.rule import Follow, Window, moved, share_of

UPTO = 60
THEMES = ("asylum", "borders", "return")
MONDAY = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
"""A moment at which both paces of these tests are due."""
DAILY = Pace(name="daily", schedule=Schedule.parse("0 7 * * *", "UTC"))
WEEKLY = Pace(name="weekly", schedule=Schedule.parse("0 7 * * MON", "UTC"))


def items(random: Random) -> list[ItemEntry]:
    found = []
    for number in range(20, 50):
        themes = random.sample(THEMES, random.randint(1, 2))
        entered = {each: random.choice((number, number, 55)) for each in themes}
        left = {each: number for each in THEMES if each not in themes and random.random() < 0.2}
        found.append(ItemEntry(number=number, added_seq=number, themes=entered, left=left))
    return found


def people(random: Random, count: int) -> list[FollowRow]:
    found = []
    for subscriber in range(1, count + 1):
        themes = random.sample((*THEMES, EVERYTHING), random.randint(1, 4))
        for place, theme in enumerate(themes, start=1):
            start = random.randint(0, 50)
            is_due = random.random() < 0.6
            is_active = is_due or random.random() < 0.5
            found.append(FollowRow(subscriber, place, theme, is_due, start, random.randint(start, UPTO), is_active))
    return found


@pytest.mark.parametrize("limit", [1, 3, 40])
def test_a_range_of_people_is_planned_as_each_of_them_would_be(limit: int) -> None:
    random = Random(limit)
    window, followed = Window(items(random), upto=UPTO), people(random, 200)

    planned = Planner(window, current=lambda slug: slug, limit=limit, upto=UPTO).plan(followed)

    mails: dict[int, tuple[int, ...]] = {}
    stopped: list[Moved] = []
    for subscriber in range(1, 201):
        its = [each for each in followed if each.subscriber == subscriber]
        follows = [Follow(each.theme, each.start, each.cursor, each.is_due, each.is_active) for each in its]
        share = share_of(follows, window, limit=limit)
        if share.items:
            mails[subscriber] = window.numbers(share.items)
        cursors = [moved(follow, share, window, upto=UPTO) for follow in follows]
        stopped += [
            Moved(subscriber, each.number, cursor)
            for each, cursor in zip(its, cursors, strict=True)
            if each.is_due and cursor < UPTO
        ]
    assert len(mails) > 50
    assert (mails, stopped) == (planned.mails, planned.moved)


def test_a_former_name_of_a_theme_is_its_present_one() -> None:
    window = Window([ItemEntry(number=1, added_seq=1, themes={"asylum": 1})], upto=UPTO)
    planner = Planner(window, current={"refuge": "asylum"}.__getitem__, limit=40, upto=UPTO)

    planned = planner.plan([FollowRow(1, 1, "refuge", True, 0, 0, True)])

    assert {1: (1,)} == planned.mails
    assert 0 == planner.lowest_cursor


def test_one_round_deals_with_all_ticks_and_paces_of_the_moment() -> None:
    last = {"daily": MONDAY - timedelta(days=5), "weekly": MONDAY - timedelta(days=5)}

    assert {"daily", "weekly"} == {*ticks_of((DAILY, WEEKLY), last, default="weekly", now=MONDAY).due}
    assert {"daily"} == {*ticks_of((DAILY, WEEKLY), last, default="weekly", now=MONDAY - timedelta(days=1)).due}
    later = dict.fromkeys(last, MONDAY)
    assert {} == ticks_of((DAILY, WEEKLY), later, default="weekly", now=MONDAY + timedelta(hours=23)).due


def test_subscribers_of_a_removed_pace_are_due_with_the_default_one() -> None:
    last = {"daily": MONDAY - timedelta(days=2), "weekly": MONDAY - timedelta(days=7)}

    assert {} == ticks_of((WEEKLY,), last, default="weekly", now=MONDAY - timedelta(days=1)).due
    assert {"daily", "weekly"} == {*ticks_of((WEEKLY,), last, default="weekly", now=MONDAY).due}


def test_ticks_of_a_new_pace_count_from_now_on() -> None:
    ticks = ticks_of((DAILY, WEEKLY), {"daily": MONDAY}, default="daily", now=MONDAY + timedelta(hours=1))

    assert ({}, {"weekly": MONDAY + timedelta(hours=1)}) == (ticks.due, ticks.watched)
