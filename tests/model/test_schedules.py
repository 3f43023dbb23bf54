"""A cron line means what cron(8) makes of it, clocks forward and back included."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, islice
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import assume, given
from hypothesis import strategies as st

from publisher.model.schedules import Schedule, ScheduleError, local_day, noon, parse_interval, zone_of

BRUSSELS = "Europe/Brussels"


def at(text: str, timezone: str = BRUSSELS) -> datetime:
    """The instant of a time on the wall; the later of two when it ends in an asterisk."""
    wall = datetime.fromisoformat(text.removesuffix("*"))
    return wall.replace(tzinfo=ZoneInfo(timezone), fold=text.endswith("*")).astimezone(UTC)


def ticks(expression: str, start: datetime, timezone: str = BRUSSELS) -> Iterator[datetime]:
    schedule = Schedule.parse(expression, timezone)
    while True:
        start = schedule.next_after(start)
        yield start


@pytest.mark.parametrize(
    ("expression", "start", "expected"),
    [
        ("0 8 * * MON", "2026-11-23 07:59:59", "2026-11-23 08:00"),
        ("0 8 * * MON", "2026-11-23 08:00", "2026-11-30 08:00"),
        ("0 8 * * 1", "2026-11-20 12:00", "2026-11-23 08:00"),
        ("0 8 * * 0", "2026-11-20 12:00", "2026-11-22 08:00"),
        ("0 8 * * 7", "2026-11-20 12:00", "2026-11-22 08:00"),
        ("0 8 * * sun", "2026-11-20 12:00", "2026-11-22 08:00"),
        ("0 8 * * FRI-SUN", "2026-11-21 12:00", "2026-11-22 08:00"),
        ("0 8 * * SUN-TUE", "2026-11-24 12:00", "2026-11-29 08:00"),
        ("0 8 13 * FRI", "2026-11-10 12:00", "2026-11-13 08:00"),
        ("0 8 15 * FRI", "2026-11-13 12:00", "2026-11-15 08:00"),
        ("0 8 */2 * MON", "2026-11-03 12:00", "2026-11-09 08:00"),
        ("0 8 1 jan,JUL *", "2026-11-03 12:00", "2027-01-01 08:00"),
        ("10-30/10 8 * * *", "2026-11-03 08:10", "2026-11-03 08:20"),
        ("0 0 31 * *", "2026-11-03 12:00", "2026-12-31 00:00"),
        ("0 0 29 2 *", "2026-11-03 12:00", "2028-02-29 00:00"),
        ("0 0 29 2 */7", "2026-11-03 12:00", "2032-02-29 00:00"),
        ("@hourly", "2026-11-03 12:00", "2026-11-03 13:00"),
        ("@daily", "2026-11-03 12:00", "2026-11-04 00:00"),
        ("@Weekly", "2026-11-03 12:00", "2026-11-08 00:00"),
        ("@monthly", "2026-11-03 12:00", "2026-12-01 00:00"),
        ("@yearly", "2026-11-03 12:00", "2027-01-01 00:00"),
    ],
)
def test_the_next_tick(expression: str, start: str, expected: str) -> None:
    assert at(expected) == next(ticks(expression, at(start)))


def test_in_spring_a_skipped_time_happens_once_right_after_the_gap() -> None:
    """On 29 March 2026, 02:00 becomes 03:00."""
    expected = [at("2026-03-28 02:30"), at("2026-03-29 03:00"), at("2026-03-30 02:30")]

    assert expected == list(islice(ticks("30 2 * * *", at("2026-03-28 00:00")), 3))


def test_in_spring_several_skipped_times_and_the_one_after_the_gap_are_one_tick() -> None:
    expected = [at("2026-03-29 03:00"), at("2026-03-29 03:30"), at("2026-03-30 02:00")]

    assert expected == list(islice(ticks("0,30 2-3 * * *", at("2026-03-28 12:00")), 3))


def test_in_spring_a_wall_clock_line_skips_what_the_clock_skips() -> None:
    assert [at("2026-03-30 02:00")] == list(islice(ticks("*/30 2 * * *", at("2026-03-28 12:00")), 1))
    assert at("2026-03-29 03:00") == next(ticks("*/15 * * * *", at("2026-03-29 01:45")))


def test_in_autumn_a_repeated_time_happens_once_the_first_time() -> None:
    """On 25 October 2026, 03:00 becomes 02:00."""
    expected = [at("2026-10-24 02:30"), at("2026-10-25 02:30"), at("2026-10-26 02:30")]

    assert expected == list(islice(ticks("30 2 * * *", at("2026-10-24 00:00")), 3))
    assert at("2026-10-26 02:30") == next(ticks("30 2 * * *", at("2026-10-25 02:10*")))


def test_in_autumn_a_wall_clock_line_ticks_every_real_quarter_of_an_hour() -> None:
    start = at("2026-10-25 01:00")

    assert [start + timedelta(minutes=15 * n) for n in range(1, 17)] == list(islice(ticks("*/15 * * * *", start), 16))


def test_the_time_on_the_wall_stays_across_a_change_of_clocks() -> None:
    """A weekly digest at eight leaves at eight in summer and in winter."""
    walls = [tick.astimezone(ZoneInfo(BRUSSELS)) for tick in islice(ticks("0 8 * * MON", at("2026-01-01 00:00")), 60)]

    assert {(8, 0, 0)} == {(wall.hour, wall.minute, wall.weekday()) for wall in walls}
    assert {6, 7} == {wall.astimezone(UTC).hour for wall in walls}


def test_half_an_hour_of_summer_time() -> None:
    """On Lord Howe Island 02:00 becomes 02:30, and 02:00 becomes 01:30."""
    island = "Australia/Lord_Howe"

    assert at("2026-10-04 02:30", island) == next(ticks("15 2 * * *", at("2026-10-03 12:00", island), island))
    assert at("2026-04-06 01:45", island) == next(ticks("45 1 * * *", at("2026-04-05 01:45", island), island))


def test_a_day_that_never_was() -> None:
    """Samoa skipped 30 December 2011; what was due then was due when the 31st began."""
    assert at("2011-12-31 00:00", "Pacific/Apia") == next(
        ticks("0 8 30 12 *", at("2011-12-29 12:00", "Pacific/Apia"), "Pacific/Apia")
    )


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("60 8 * * *", "minute: expected 0-59, got '60'"),
        ("0 25 * * *", "hour: expected 0-23, got '25'"),
        ("0 8 0 * *", "day of month: expected 1-31, got '0'"),
        ("0 8 * 13 *", "month: expected 1-12 or JAN-DEC, got '13'"),
        ("0 8 * * 8", "day of week: expected 0-7 or SUN-SAT, got '8'"),
        ("0 8 * * MONDAY", "day of week: expected 0-7 or SUN-SAT, got 'MONDAY'"),
        ("0 8 * * MON#1", "day of week: expected 0-7 or SUN-SAT, got 'MON#1'"),
        ("0 8 * * MON,", "day of week: expected 0-7 or SUN-SAT, got ''"),
        ("0 8 -1 * *", "day of month: expected 1-31, got ''"),
        ("0 ² * * *", "hour: expected 0-23, got '²'"),
        ("0 20-8 * * *", "hour: expected a range that goes up, got '20-8'"),
        ("*/0 8 * * *", "minute: expected a step of 1 or more after the slash, got '*/0'"),
        ("*/ 8 * * *", "minute: expected a step of 1 or more after the slash, got '*/'"),
        ("5/15 8 * * *", "minute: expected a range before the slash, such as 5-59/15"),
        ("0 8 * *", "expected five fields (minute, hour, day of month, month, day of week), got 4 in '0 8 * *'"),
        ("", "expected five fields (minute, hour, day of month, month, day of week), got 0 in ''"),
        ("0 0 31 2 *", "day of month: no month named in '0 0 31 2 *' has a day 31"),
        ("0 0 31 4,6,9,11 *", "day of month: no month named in '0 0 31 4,6,9,11 *' has a day 31"),
        ("@reboot", "expected one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually, got '@reboot'"),
    ],
)
def test_a_wrong_line_is_refused_with_the_field_and_what_it_allows(expression: str, message: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        Schedule.parse(expression, BRUSSELS)

    assert message == str(caught.value)


def test_an_impossible_day_of_month_beside_a_day_of_week_is_no_mistake() -> None:
    """The two are alternatives, so the line ticks on the Mondays of February."""
    assert at("2027-02-01 00:00") == next(ticks("0 0 31 2 MON", at("2026-11-23 12:00")))


@pytest.mark.parametrize("timezone", ["Europe/Brussel", "", "Europe", "../etc/passwd", "/etc/localtime", "a\0b"])
def test_an_unknown_zone_is_refused(timezone: str) -> None:
    with pytest.raises(ScheduleError, match="expected an IANA time zone such as Europe/Brussels, got"):
        Schedule.parse("0 8 * * *", timezone)


def test_spaces_do_not_make_another_schedule() -> None:
    assert Schedule("0 8 * * MON", BRUSSELS) == Schedule.parse("  0  8 *\t* MON ", BRUSSELS)


# --- against another implementation of the same rules ----------------------------------------------------------------


@st.composite
def fields(draw: st.DrawFn, low: int, high: int) -> str:
    """Whatever both programs read alike: cronsim takes `5/10` and `5-5/10` for `5-59/10`, which crontab(5) does not."""
    first = draw(st.integers(low, high - 1))
    last = draw(st.integers(first + 1, high))
    step = draw(st.integers(1, high - low))
    part = st.sampled_from(["*", f"*/{step}", f"{first}", f"{last}", f"{first}-{last}", f"{first}-{last}/{step}"])
    return ",".join(draw(st.lists(part, min_size=1, max_size=3)))


LINES = st.tuples(fields(0, 59), fields(0, 23), fields(1, 31), fields(1, 12), fields(0, 7)).map(" ".join)
STARTS = st.one_of(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001  (hypothesis wants them naive)
    st.datetimes(datetime(2026, 3, 28), datetime(2026, 3, 29, 1)),  # noqa: DTZ001
    st.datetimes(datetime(2026, 10, 24), datetime(2026, 10, 25, 1)),  # noqa: DTZ001
)


@given(LINES, STARTS, st.sampled_from([BRUSSELS, "UTC", "Asia/Kathmandu"]))
def test_ticks_are_those_of_cronsim(expression: str, start: datetime, timezone: str) -> None:
    instant = start.replace(tzinfo=ZoneInfo(timezone), microsecond=0)
    assume(instant == instant.astimezone(UTC).astimezone(instant.tzinfo))
    try:
        schedule = Schedule.parse(expression, timezone)
    except ScheduleError as error:
        assume("no month named" not in str(error))
        raise

    # It repeats a tick where several fall into one gap.
    expected = [tick for tick, _ in islice(groupby(each.astimezone(UTC) for each in CronSim(expression, instant)), 12)]

    assert expected == list(islice(ticks(schedule.expression, instant.astimezone(UTC), timezone), 12))


@given(LINES, STARTS)
def test_a_tick_is_later_and_nothing_lies_between(expression: str, start: datetime) -> None:
    try:
        schedule = Schedule.parse(expression, BRUSSELS)
    except ScheduleError:
        assume(False)
    instant = start.replace(tzinfo=UTC)

    tick = schedule.next_after(instant)

    assert instant < tick
    assert tick == schedule.next_after(tick - timedelta(seconds=1))
    assert UTC == tick.tzinfo


# --- days and intervals ----------------------------------------------------------------------------------------------


def test_a_day_is_that_of_the_wall() -> None:
    assert date(2026, 3, 30) == local_day(datetime(2026, 3, 29, 22, 30, tzinfo=UTC), BRUSSELS)
    assert date(2026, 1, 29) == local_day(datetime(2026, 1, 29, 22, 30, tzinfo=UTC), BRUSSELS)


@given(st.dates(date(1970, 1, 1), date(2100, 1, 1)), st.sampled_from([BRUSSELS, "Pacific/Auckland", "UTC"]))
def test_noon_lies_on_its_day(day: date, timezone: str) -> None:
    assert 12 == noon(day, timezone).astimezone(zone_of(timezone)).hour
    assert day == local_day(noon(day, timezone), timezone)


def test_intervals() -> None:
    assert timedelta(minutes=15) == parse_interval("15m")
    assert timedelta(seconds=90) == parse_interval(" 90 S ")
    assert timedelta(hours=2) == parse_interval("2h")
    assert timedelta(days=1) == parse_interval("1d")


@pytest.mark.parametrize("text", ["", "15", "m", "0m", "-5m", "1.5h", "15 minutes", "9999999d"])
def test_an_interval_written_otherwise_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError, match="expected a number with s, m, h or d such as 15m, got"):
        parse_interval(text)
