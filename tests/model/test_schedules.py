"""A cron line means what cron(8) says, clock changes included."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from publisher.model.schedules import Schedule, ScheduleError, local_day, noon, parse_interval, zone_of

BRUSSELS = "Europe/Brussels"


def at(text: str, timezone: str = BRUSSELS) -> datetime:
    """Return the instant of a local time. If the text ends in an asterisk, it is the later of two instants with that
    local time.
    """
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
        ("0 8 * * 5-7", "2026-11-21 12:00", "2026-11-22 08:00"),
        ("0 8 * * MON#1", "2026-11-03 12:00", "2026-12-07 08:00"),
        ("0 8 * * mon#2,THU", "2026-11-06 12:00", "2026-11-09 08:00"),
        ("0 8 * * 5L", "2026-11-03 12:00", "2026-11-27 08:00"),
        ("0 8 L * *", "2026-11-03 12:00", "2026-11-30 08:00"),
        ("0 8 L 2 *", "2026-11-03 12:00", "2027-02-28 08:00"),
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
    """A weekly digest that goes out at eight does so in summer and in winter."""
    walls = [tick.astimezone(ZoneInfo(BRUSSELS)) for tick in islice(ticks("0 8 * * MON", at("2026-01-01 00:00")), 60)]

    assert {(8, 0, 0)} == {(wall.hour, wall.minute, wall.weekday()) for wall in walls}
    assert {6, 7} == {wall.astimezone(UTC).hour for wall in walls}


def test_half_an_hour_of_summer_time() -> None:
    """On Lord Howe Island 02:00 becomes 02:30, and 02:00 becomes 01:30."""
    island = "Australia/Lord_Howe"

    assert at("2026-10-04 02:30", island) == next(ticks("15 2 * * *", at("2026-10-03 12:00", island), island))
    assert at("2026-04-06 01:45", island) == next(ticks("45 1 * * *", at("2026-04-05 01:45", island), island))


def test_a_day_that_never_was() -> None:
    """Samoa skipped 30 December 2011; what was due then is due at the beginning of the 31st."""
    assert at("2011-12-31 00:00", "Pacific/Apia") == next(
        ticks("0 8 30 12 *", at("2011-12-29 12:00", "Pacific/Apia"), "Pacific/Apia")
    )


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("60 8 * * *", "minute: expected 0-59, got '60'"),
        ("0 25 * * *", "hour: expected 0-23, got '25'"),
        ("0 8 0 * *", "day of month: expected 1-31 or L, got '0'"),
        ("0 8 * 13 *", "month: expected 1-12 or JAN-DEC, got '13'"),
        ("0 8 * * 8", "day of week: expected 0-7, SUN-SAT, MON#1 or 5L, got '8'"),
        ("0 8 * * MONDAY", "day of week: expected 0-7, SUN-SAT, MON#1 or 5L, got 'MONDAY'"),
        ("0 8 * * MON#6", "day of week: expected 0-7, SUN-SAT, MON#1 or 5L, got 'MON#6'"),
        ("0 8 * * MON,", "day of week: expected 0-7, SUN-SAT, MON#1 or 5L, got ''"),
        ("0 8 -1 * *", "day of month: expected 1-31 or L, got '-1'"),
        ("0 ² * * *", "hour: expected 0-23, got '²'"),
        ("0 20-8 * * *", "hour: expected a range that goes up, got '20-8'"),
        ("*/0 8 * * *", "minute: expected a step of 1 or more after the slash, got '*/0'"),
        ("*/ 8 * * *", "minute: expected a step of 1 or more after the slash, got '*/'"),
        ("5/15 8 * * *", "minute: expected a range before the slash, such as 5-59/15, got '5/15'"),
        ("5-5/15 8 * * *", "minute: expected a range before the slash, such as 5-59/15, got '5-5/15'"),
        ("59/5 8 * * *", "minute: expected a range before the slash, such as */5, got '59/5'"),
        ("0 8 L/2 * *", "day of month: expected a range before the slash, such as */2, got 'L/2'"),
        ("0 8 * * MON/2", "day of week: expected a range before the slash, such as 1-7/2, got 'MON/2'"),
        ("0 8 * * MON-1/2", "day of week: expected a range before the slash, such as 1-7/2, got 'MON-1/2'"),
        (
            "0 8 * * FRI-SUN",
            "day of week: expected a range that goes up, got 'FRI-SUN'; write 5-7, where 7 is Sunday",
        ),
        ("0 8 * * SAT-MON", "day of week: expected a range that goes up, got 'SAT-MON'"),
        ("0 8 * * MONL", "day of week: expected 0-7, SUN-SAT, MON#1 or 5L, got 'MONL'"),
        ("0 " + "9" * 5000 + " * * *", f"hour: expected 0-23, got '{'9' * 5000}'"),
        ("0 0 */31 * MON#5", "expected a line that is due some day, got '0 0 */31 * MON#5'"),
        (
            "0 0 8 * * MON",
            "expected five fields (minute, hour, day of month, month, day of week), got 6 in '0 0 8 * * MON'",
        ),
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
    """Day of month and day of week are alternatives, so the line is due on the Mondays of February."""
    assert at("2027-02-01 00:00") == next(ticks("0 0 31 2 MON", at("2026-11-23 12:00")))


@pytest.mark.parametrize("timezone", ["Europe/Brussel", "", "Europe", "../etc/passwd", "/etc/localtime", "a\0b"])
def test_an_unknown_zone_is_refused(timezone: str) -> None:
    with pytest.raises(ScheduleError, match="expected an IANA time zone such as Europe/Brussels, got"):
        Schedule.parse("0 8 * * *", timezone)


def test_spaces_do_not_make_another_schedule() -> None:
    assert Schedule("0 8 * * MON", BRUSSELS) == Schedule.parse("  0  8 *\t* MON ", BRUSSELS)


# --- compared with crontab(5), minute by minute ----------------------------------------------------------------------


@st.composite
def fields(draw: st.DrawFn, low: int, high: int) -> str:
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
LOOKED_AT = timedelta(days=2)
MINUTE = timedelta(minutes=1)


def numbers(field: str, low: int, high: int) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        ends = (low, high) if span == "*" else (int(first), int(last or first))
        found.update(range(ends[0], ends[1] + 1, int(step or 1)))
    return found


def minutes_named(line: str) -> Callable[[datetime], bool]:
    """Return a function that says whether crontab(5) matches a local minute."""
    fields = line.split()
    limits = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
    minutes, hours, days, months, weekdays = (numbers(field, *ends) for field, ends in zip(fields, limits, strict=True))
    weekdays |= {7} if 0 in weekdays else set()
    is_either = not fields[2].startswith("*") and not fields[4].startswith("*")

    def is_named(wall: datetime) -> bool:
        in_month, in_week = wall.day in days, wall.isoweekday() in weekdays
        is_day = in_month or in_week if is_either else in_month and in_week
        return is_day and wall.month in months and wall.hour in hours and wall.minute in minutes

    return is_named


def minute_by_minute(line: str, start: datetime, timezone: str) -> list[datetime]:
    """Return the moments on the days after `start` at which the line is due, in UTC, found by trying every minute."""
    zone, is_named = ZoneInfo(timezone), minutes_named(line)
    early = start - timedelta(hours=3)  # what happened in an hour before it is repeated
    moments = [early + n * MINUTE for n in range(1, (LOOKED_AT + (start - early)) // MINUTE + 1)]
    walls = {moment: moment.astimezone(zone).replace(tzinfo=None) for moment in moments}
    if any(field.startswith("*") for field in line.split()[:2]):
        return [moment for moment, wall in walls.items() if moment > start and is_named(wall)]
    ticks, latest = [], early.astimezone(zone).replace(tzinfo=None)
    for moment, wall in walls.items():
        if any(is_named(latest + n * MINUTE) for n in range(1, (wall - latest) // MINUTE + 1)):
            ticks.append(moment)
        latest = max(latest, wall)
    return [tick for tick in ticks if tick > start]


@given(LINES, STARTS, st.sampled_from([BRUSSELS, "UTC", "Asia/Kathmandu"]))
@example("1 2 * * *", datetime(2024, 10, 27, 1), BRUSSELS)  # noqa: DTZ001  (in the hour that is repeated)
def test_ticks_are_those_of_crontab_read_minute_by_minute(line: str, start: datetime, timezone: str) -> None:
    instant = start.replace(tzinfo=UTC, second=0, microsecond=0)
    try:
        schedule = Schedule.parse(line, timezone)
    except ScheduleError as error:
        assume("no month named" not in str(error))
        raise

    found = list(takewhile(lambda tick: tick <= instant + LOOKED_AT, ticks(schedule.expression, instant, timezone)))

    assert minute_by_minute(line, instant, timezone) == found


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


def test_a_line_that_is_due_on_either_of_two_days_says_so() -> None:
    assert ("1-7", "MON") == Schedule.parse("0 8 1-7 * MON", BRUSSELS).either_day
    assert all(Schedule.parse(line, BRUSSELS).either_day is None for line in ("0 8 */2 * MON", "0 8 1 * *", "@monthly"))


# --- recurrence rules ------------------------------------------------------------------------------------------------

EVERY_OTHER_MONDAY = "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;BYHOUR=8"


@pytest.mark.parametrize(
    ("rule", "start", "expected"),
    [
        (EVERY_OTHER_MONDAY, "2024-01-01 07:00", ["2024-01-01 08:00", "2024-01-15 08:00"]),
        (EVERY_OTHER_MONDAY, "2024-03-05 12:00", ["2024-03-11 08:00", "2024-03-25 08:00", "2024-04-08 08:00"]),
        (EVERY_OTHER_MONDAY, "2023-12-01 12:00", ["2023-12-04 08:00", "2023-12-18 08:00", "2024-01-01 08:00"]),
        ("rrule:freq=weekly;byday=mo,th", "2026-11-23 12:00", ["2026-11-26 00:00", "2026-11-30 00:00"]),
        ("RRULE:FREQ=WEEKLY", "2026-11-24 12:00", ["2026-11-30 00:00"]),
        ("RRULE:FREQ=DAILY;INTERVAL=10;BYHOUR=6;BYMINUTE=30", "2024-01-10 12:00", ["2024-01-11 06:30"]),
        ("RRULE:FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR;BYHOUR=8", "2026-11-03 12:00", ["2027-01-29 08:00"]),
        ("RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1", "2026-11-03 12:00", ["2026-12-01 00:00"]),
        ("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2026-11-03 12:00", ["2028-02-29 00:00"]),
        (
            "RRULE:FREQ=WEEKLY;BYDAY=MO;BYHOUR=8 EXDATE:20261130, 20261214T080000",
            "2026-11-23 12:00",
            ["2026-12-07 08:00", "2026-12-21 08:00"],
        ),
        ("rrule:freq=daily exdate;value=date:20261225", "2026-12-24 00:00", ["2026-12-26 00:00"]),
        ("RRULE:FREQ=DAILY\nEXDATE:20261225\nEXDATE:20261226,20261227\n", "2026-12-24 00:00", ["2026-12-28 00:00"]),
    ],
)
def test_the_next_ticks_of_a_rule(rule: str, start: str, expected: list[str]) -> None:
    assert [at(each) for each in expected] == list(islice(ticks(rule, at(start)), len(expected)))


def test_a_skipped_time_of_a_rule_happens_right_after_the_gap_and_a_repeated_one_once() -> None:
    at_half_past_two = "RRULE:FREQ=DAILY;BYHOUR=2;BYMINUTE=30"
    in_spring = [at("2026-03-28 02:30"), at("2026-03-29 03:00"), at("2026-03-30 02:30")]
    in_autumn = [at("2026-10-25 02:30"), at("2026-10-26 02:30")]

    assert in_spring == list(islice(ticks(at_half_past_two, at("2026-03-28 00:00")), 3))
    assert in_autumn == list(islice(ticks(at_half_past_two, at("2026-10-25 00:00")), 2))
    assert at("2026-10-26 02:30") == next(ticks(at_half_past_two, at("2026-10-25 02:10*")))


@given(st.integers(1, 99), st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1)))  # noqa: DTZ001
def test_weeks_are_counted_from_the_same_monday_whatever_the_instant(interval: int, start: datetime) -> None:
    tick = next(ticks(f"RRULE:FREQ=WEEKLY;INTERVAL={interval};BYHOUR=8", start.replace(tzinfo=UTC)))

    weeks, rest = divmod(local_day(tick, BRUSSELS) - date(2024, 1, 1), timedelta(weeks=1))
    assert (0, timedelta(0)) == (weeks % interval, rest)
    assert timedelta(0) < tick - start.replace(tzinfo=UTC) <= timedelta(weeks=interval, hours=1)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("RRULE:", "expected each of FREQ, INTERVAL, BYMONTH, BYMONTHDAY, BYDAY, BYHOUR, BYMINUTE, BYSETPOS, WKST at"),
        ("RRULE:FREQ=WEEKLY;BYEASTER=1", "expected each of FREQ"),
        ("RRULE:FREQ=WEEKLY;FREQ=DAILY", "expected each of FREQ"),
        ("RRULE:INTERVAL=2", "expected FREQ to be one of DAILY, WEEKLY, MONTHLY, YEARLY, got None"),
        ("RRULE:FREQ=HOURLY", "expected FREQ to be one of DAILY, WEEKLY, MONTHLY, YEARLY, got HOURLY"),
        ("RRULE:FREQ=WEEKLY;INTERVAL=0", "expected INTERVAL to be a number from 1 to 99, got '0'"),
        ("RRULE:FREQ=WEEKLY;INTERVAL=100", "expected INTERVAL to be a number from 1 to 99, got '100'"),
        ("RRULE:FREQ=WEEKLY;COUNT=3", "expected a rule without COUNT: a schedule has no end"),
        ("RRULE:FREQ=WEEKLY;UNTIL=20300101", "expected a rule without UNTIL: a schedule has no end"),
        ("RRULE:FREQ=WEEKLY;BYDAY=1MO", "expected BYDAY with a number only where FREQ is MONTHLY or YEARLY, got '1MO'"),
        ("RRULE:FREQ=WEEKLY;BYDAY=XX", "expected a recurrence rule (RFC 5545): invalid 'BYDAY': XX, in"),
        ("RRULE:FREQ=WEEKLY;BYHOUR=25", "expected a recurrence rule (RFC 5545): hour must be in 0..23, in"),
        ("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "expected a rule that is due some day, got"),
        ("RRULE:FREQ=DAILY EXDATE:2026-12-25", "expected days such as 20261225 after EXDATE:, got '2026-12-25'"),
        ("RRULE:FREQ=DAILY EXDATE:20261225,20261332", "expected days such as 20261225 after EXDATE:, got '20261332'"),
        (
            "RRULE:FREQ=DAILY;EXDATE=20261225",
            "expected the days to leave out after the rule and a space, such as EXDATE:20261225",
        ),
        ("RRULE:FREQ=DAILY EXDATE:", "expected days such as 20261225 after EXDATE:, got ''"),
    ],
)
def test_a_wrong_rule_is_refused_with_what_is_allowed(rule: str, message: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        Schedule.parse(rule, BRUSSELS)

    assert str(caught.value).startswith(message)


# --- days and intervals ----------------------------------------------------------------------------------------------


def test_the_day_of_an_instant_is_the_local_day() -> None:
    assert date(2026, 3, 30) == local_day(datetime(2026, 3, 29, 22, 30, tzinfo=UTC), BRUSSELS)
    assert date(2026, 1, 29) == local_day(datetime(2026, 1, 29, 22, 30, tzinfo=UTC), BRUSSELS)


@given(st.dates(date(1970, 1, 1), date(2100, 1, 1)), st.sampled_from([BRUSSELS, "Pacific/Auckland", "UTC"]))
def test_noon_lies_on_its_day(day: date, timezone: str) -> None:
    assert 12 == noon(day, timezone).astimezone(zone_of(timezone)).hour
    assert day == local_day(noon(day, timezone), timezone)


def test_an_interval_is_read() -> None:
    assert timedelta(minutes=15) == parse_interval("15m")
    assert timedelta(seconds=90) == parse_interval(" 90 S ")
    assert timedelta(hours=2) == parse_interval("2h")
    assert timedelta(days=1) == parse_interval("1d")


@pytest.mark.parametrize("text", ["", "15", "m", "0m", "-5m", "1.5h", "15 minutes", "9999999d"])
def test_an_interval_written_otherwise_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError, match="expected a number with s, m, h or d such as 15m, got"):
        parse_interval(text)
