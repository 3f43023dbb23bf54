"""With any clocks and outages, no edition is lost, doubled or sent at the wrong hour, and every item is in exactly one
edition.
"""

import socket
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.app import Publisher
from publisher.config.config import Config
from publisher.model.schedules import CLOCK_ERROR, Schedule
from tests.world import CONFIG, World, news, prepared

BRUSSELS = ZoneInfo("Europe/Brussels")
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
MONDAY = datetime(2026, 3, 9, 8, 0, tzinfo=BRUSSELS)
"""A moment at which the schedule makes an edition due. The schedule began to count a week before, when the listing was
empty.
"""
LINE = 'schedule = "0 8 * * MON"'
SCHEDULE = Schedule.parse("0 8 * * MON", "Europe/Brussels")


class Clock:
    """A site whose service wakes when a test says so, at the time that its clock shows then."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._config = Config.load(world.config)
        self._listed = 0

    def wake(self, *moments: datetime) -> None:
        for moment in moments:
            assert not self.problems_at(moment)

    def problems_at(self, moment: datetime) -> list[str]:
        """Let the service wake up; return the problems that it met."""
        with Publisher.open(self._config, now=moment.astimezone(UTC)) as publisher:
            return [problem.what for problem in publisher.run_due().all_problems]

    def list_one(self) -> None:
        self._listed += 1
        self.world.list_above(news("2 March 2026", f"Item number {self._listed}."))

    def composed_at(self) -> list[datetime]:
        """Return when each edition was composed, by the site's clock."""
        editions = sorted(self.world.editions().values(), key=lambda edition: edition["number"])
        return [datetime.fromisoformat(edition["composed_at"]).astimezone(BRUSSELS) for edition in editions]

    def assert_each_item_is_in_one_edition(self) -> None:
        sent = [item["uid"] for edition in self.world.editions().values() for item in edition["items"]]
        assert sorted(set(sent)) == sorted(sent)
        assert self._listed == len(sent)
        self.world.composed()  # their numbers have no gap


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    """A site whose schedule has counted since a Tuesday."""
    return Clock(prepared(tmp_path / "site", since_tuesday))


def since_tuesday(folder: Path) -> World:
    return watched(World(folder), MONDAY - 6 * DAY).world


def watched(world: World, since: datetime) -> Clock:
    clock = Clock(world)
    clock.wake(since)
    return clock


def every(step: timedelta, *, after: datetime, until: datetime) -> Iterator[datetime]:
    """Yield moments with a `step` of real time between them, whatever the local clock does meanwhile."""
    moment, end = after.astimezone(UTC) + step, until.astimezone(UTC)
    while moment <= end:
        yield moment
        moment += step


# --- the ordinary week -----------------------------------------------------------------------------------------------


def test_edition_waits_for_its_tick_and_comes_once(clock: Clock) -> None:
    clock.list_one()
    clock.wake(MONDAY - HOUR, MONDAY - timedelta(seconds=1))
    assert [] == clock.composed_at()

    clock.wake(MONDAY, MONDAY, MONDAY + HOUR, MONDAY + DAY)

    assert [MONDAY] == clock.composed_at()


def test_feeds_do_not_wait_for_a_tick(clock: Clock) -> None:
    clock.list_one()

    clock.wake(MONDAY - DAY)

    assert {"all", "general"} == clock.world.in_feeds("Item number 1")


def test_tick_without_news_is_over_and_news_waits_for_the_next(clock: Clock) -> None:
    clock.wake(MONDAY)
    clock.list_one()
    clock.wake(MONDAY + HOUR, MONDAY + DAY)
    assert [] == clock.composed_at()

    clock.wake(MONDAY + WEEK)

    assert [MONDAY + WEEK] == clock.composed_at()


def test_edition_by_hand_takes_what_waits_and_leaves_the_ticks_alone(clock: Clock) -> None:
    clock.list_one()
    by_hand = MONDAY - 2 * DAY
    clock.world.publisher("run", at=by_hand)
    clock.list_one()

    clock.wake(by_hand + HOUR, MONDAY)

    assert [by_hand, MONDAY] == clock.composed_at()
    clock.assert_each_item_is_in_one_edition()


def test_schedule_counts_from_when_it_is_first_watched(tmp_path: Path) -> None:
    clock = Clock(World(tmp_path / "site"))
    clock.list_one()

    clock.wake(MONDAY + HOUR, MONDAY + WEEK)

    assert [MONDAY + WEEK] == clock.composed_at()


# --- outages ---------------------------------------------------------------------------------------------------------


def test_one_edition_makes_up_for_an_outage_of_weeks(clock: Clock) -> None:
    clock.list_one()
    back = MONDAY + 3 * WEEK + 2 * DAY
    clock.list_one()

    clock.wake(back, back + HOUR, MONDAY + 4 * WEEK)

    assert [back] == clock.composed_at()
    clock.assert_each_item_is_in_one_edition()


# --- summer and winter -----------------------------------------------------------------------------------------------

SPRING = datetime(2026, 3, 29, tzinfo=BRUSSELS)
AUTUMN = datetime(2026, 10, 25, tzinfo=BRUSSELS)


@pytest.mark.parametrize("sunday", [SPRING, AUTUMN])
def test_weekly_edition_comes_at_eight_on_both_sides_of_a_change(tmp_path: Path, sunday: datetime) -> None:
    clock = watched(World(tmp_path / "site"), sunday - 8 * DAY)
    for moment in every(HOUR, after=sunday - 7 * DAY, until=sunday + 9 * DAY):
        local = moment.astimezone(BRUSSELS)
        if local.weekday() == 6 and local.hour == 12:
            clock.list_one()
        if local.weekday() in (6, 0) and local.hour in (7, 8):
            clock.wake(moment)

    expected = [(sunday + timedelta(days=days)).replace(hour=8) for days in (-6, 1, 8)]
    assert expected == clock.composed_at()


@pytest.mark.parametrize(
    ("sunday", "hours", "minutes"),
    [
        # 02:30 does not exist on that day: it happens once, at the first moment after the gap
        (SPRING, ["02:30", "03:00", "02:30"], ["+0100", "+0200", "+0200"]),
        # 02:30 exists twice: it happens once, the first time
        (AUTUMN, ["02:30", "02:30", "02:30"], ["+0200", "+0200", "+0100"]),
    ],
)
def test_nightly_edition_comes_once_in_the_night_of_a_change(
    tmp_path: Path, sunday: datetime, hours: list[str], minutes: list[str]
) -> None:
    world = World(tmp_path / "site", config=CONFIG.replace(LINE, 'schedule = "30 2 * * *"'))
    clock = watched(world, sunday - DAY)
    for night in (-1, 0, 1):
        clock.list_one()
        midnight = sunday + timedelta(days=night)
        clock.wake(*every(HOUR / 2, after=midnight + HOUR, until=midnight + 4 * HOUR))

    composed = clock.composed_at()
    assert hours == [f"{moment:%H:%M}" for moment in composed]
    assert minutes == [f"{moment:%z}" for moment in composed]
    assert [night.day for night in composed] == [(sunday + timedelta(days=days)).day for days in (-1, 0, 1)]


# --- clocks that are wrong -------------------------------------------------------------------------------------------


def test_clock_set_back_after_a_tick_repeats_nothing(clock: Clock) -> None:
    clock.list_one()
    clock.wake(MONDAY + timedelta(minutes=5))
    clock.list_one()

    clock.wake(*(MONDAY + minutes * timedelta(minutes=1) for minutes in range(-55, 60, 15)))
    assert [MONDAY + timedelta(minutes=5)] == clock.composed_at()

    clock.wake(MONDAY + WEEK)
    assert MONDAY + WEEK == clock.composed_at()[-1]
    clock.assert_each_item_is_in_one_edition()


def test_clock_far_ahead_for_a_while_costs_no_edition_afterwards(clock: Clock) -> None:
    clock.list_one()
    wrong = MONDAY.replace(year=2031)
    clock.wake(wrong)  # composed too early: the clock says so, and nothing else can be asked
    clock.list_one()

    clock.wake(*every(6 * HOUR, after=MONDAY - 3 * DAY, until=MONDAY - HOUR))
    clock.wake(MONDAY)
    clock.list_one()
    clock.wake(MONDAY + DAY, MONDAY + WEEK)

    assert [wrong, MONDAY, MONDAY + WEEK] == clock.composed_at()
    clock.assert_each_item_is_in_one_edition()


def test_clock_that_was_ahead_is_told_once_and_status_knows_the_last_edition(clock: Clock) -> None:
    clock.list_one()
    clock.wake(MONDAY.replace(year=2031))
    clock.list_one()

    told = [clock.world.publisher("run", "--due", at=MONDAY + count * HOUR) for count in range(3)]
    shown = clock.world.publisher("status", at=MONDAY + 3 * HOUR)

    words = "clock: it was ahead on Sun 2031-03-09 08:00, or is behind now"
    assert [1, 0, 0] == [sum(line.startswith(words) for line in outcome.lines) for outcome in told]
    assert [0, 0, 0] == [outcome.exit_code for outcome in told]
    assert 1 == sum(line.startswith(words) for line in shown.lines)
    assert (
        "audience weekly: 0 items waiting, last edition 2 on Mon 2026-03-09 08:00, next Mon 2026-03-16 08:00"
        in shown.lines
    )
    assert 0 == shown.exit_code


def test_source_that_failed_under_a_clock_ahead_is_asked_again(tmp_path: Path) -> None:
    """The source's next try is years ahead."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
    feed = f"""
[[sources]]
name = "partner"
kind = "feed"
url = "http://127.0.0.1:{port}/"
private = ["127.0.0.1"]
"""
    world = World(tmp_path / "site", config=CONFIG + feed)
    world.publisher("run", at=MONDAY.replace(year=2031))

    again = world.publisher("run", at=MONDAY)

    assert 1 == sum("source 'partner'" in line for line in again.problems)


def test_a_clock_that_was_far_behind_composes_when_it_is_right_again(clock: Clock) -> None:
    clock.list_one()
    (remark,) = clock.problems_at(MONDAY - 3000 * DAY)
    assert "more than a year" in remark  # by that clock the item's date is far ahead
    clock.wake(MONDAY - 3000 * DAY + HOUR)
    assert len(clock.composed_at()) <= 1

    clock.list_one()
    clock.wake(MONDAY, MONDAY + WEEK)

    clock.assert_each_item_is_in_one_edition()


# --- random histories ------------------------------------------------------------------------------------------------


@settings(max_examples=settings().max_examples // 5)
@given(
    st.lists(
        st.tuples(st.sampled_from([HOUR, 5 * HOUR, DAY, 3 * DAY, WEEK, 3 * WEEK, -2 * HOUR, -2 * DAY]), st.booleans()),
        min_size=1,
        max_size=6,
    )
)
def test_every_item_is_in_exactly_one_edition_in_any_history(story: Sequence[tuple[timedelta, bool]]) -> None:
    """In a history, the service wakes after any time, the clock may go back, and there may be news in between."""
    with TemporaryDirectory() as folder:
        moment = MONDAY - 6 * DAY
        clock = watched(World(Path(folder) / "site"), moment)
        latest = moment
        for step, is_news in story:
            moment += step
            latest = max(latest, moment)
            if is_news:
                clock.list_one()
            clock.wake(moment)

        clock.wake(latest + WEEK + DAY)  # at least one tick after all of it

        clock.assert_each_item_is_in_one_edition()
        if all(step > -CLOCK_ERROR for step, _ in story):
            for earlier, later in pairwise(clock.composed_at()):
                assert SCHEDULE.next_after(earlier) <= later  # never two for one tick


@pytest.mark.parametrize(
    "early", [("run", "--due"), ("compose",)], ids=["the source is missing", "nothing is collected"]
)
def test_a_first_edition_of_the_latest_is_not_lost_by_a_pass_with_nothing(
    tmp_path: Path, early: tuple[str, ...]
) -> None:
    """The audience's start is decided only once there is an item. Otherwise the whole archive would be mailed."""
    archive = "\n\n".join(news(f"{day} March 2026", f"News of day {day}.") for day in (3, 2, 1))
    world = World(tmp_path / "site", archive, config=f'{CONFIG}first = "latest 1"\n')
    world.listing.rename(world.listing.with_suffix(".later"))
    world.publisher(*early, at=MONDAY - 2 * DAY)
    world.listing.with_suffix(".later").rename(world.listing)

    world.publisher("run", "--due", at=MONDAY - DAY)
    world.publisher("run", "--due", at=MONDAY + HOUR)

    assert ["News of day 3"] == [item["title"].rstrip(".") for item in world.editions()["weekly-1"]["items"]]
