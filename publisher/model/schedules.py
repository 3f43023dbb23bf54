"""When things are due: cron lines, recurrence rules, intervals, and days in a time zone. Time zones are used nowhere
else.

A cron line means what cron(8) and crontab(5) of Debian say; cronsim reads it:

- 0 and 7 are both Sunday; names may stand for months and days of the week.
- Day of month and day of week are alternatives when both are restricted; when one begins with `*`, both must match.
- `MON#1` is the first Monday of a month, `5L` its last Friday; a day of month `L` is its last day, `LW` its last
  weekday.
- Clocks go forward: a tick in the skipped hour happens once, at the first instant after the gap.
- Clocks go back: a tick in the repeated hour happens once, the first time.
- The two rules about clocks hold for lines with fixed times. A line whose minute or hour begins with `*` follows local
  time, so `*/15 * * * *` ticks every 15 minutes of real time.

A line that cronsim reads differently from crontab(5) is refused: `5/15`, `5-5/10`, `L/2`, `FRI-SUN` and a sixth field.

A recurrence rule (RFC 5545 section 3.3.10) can say more than cron, such as every other week; dateutil reads it. A
rule's periods are counted from Monday, 1 January 2024, 00:00 local time; changes of the clock are treated as for cron
lines. `EXDATE:` after it (section 3.8.5.1) leaves out days, such as holidays.

APScheduler's own cron lines differ (its day 0 is Monday, and it ticks twice in autumn), so APScheduler only wakes the
service.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from dateutil.rrule import rrulestr

_SHORTHANDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_FIELDS = ("minute", "hour", "day of month", "month", "day of week")
_DAY_OF_MONTH, _DAY_OF_WEEK = 2, 4
_ALLOWED = ("0-59", "0-23", "1-31 or L", "1-12 or JAN-DEC", "0-7, SUN-SAT, MON#1 or 5L")
_HIGHEST = (59, 23, 31, 12, 7)
_STEP = re.compile(r"0*[1-9][0-9]{0,3}")

_RULE = "RRULE:"
_RULE_PARTS = ("FREQ", "INTERVAL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYHOUR", "BYMINUTE", "BYSETPOS", "WKST")
_PERIOD_DAYS = {"DAILY": 1, "WEEKLY": 7}
_PERIOD_MONTHS = {"MONTHLY": 1, "YEARLY": 12}
_FIRST_PERIOD = datetime(2024, 1, 1)  # noqa: DTZ001  (on the wall of whichever zone; a Monday)
_LEFT_OUT = re.compile(r" EXDATE(?:;[^:]*)?:")
_DAY_LEFT_OUT = re.compile(r"(\d{8})(?:T\d{6})?")
_RULE_INTERVAL = re.compile(r"[1-9][0-9]?")
_LATE_PERIOD = datetime(9940, 1, 1)  # noqa: DTZ001
"""A Monday in a leap year, like `_FIRST_PERIOD`, but close to the year 9999, in which dateutil's search ends."""

_INTERVAL = re.compile(r"([1-9][0-9]{0,5})\s*([smhd])")
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


class ScheduleError(ValueError):
    """A schedule, interval or time zone is not valid. The message names the wrong part and what is allowed."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A valid cron line or recurrence rule in a time zone. A moment at which it is due is a tick; there always is a
    next tick.
    """

    expression: str
    timezone: str
    """An IANA name such as Europe/Brussels."""

    def __post_init__(self) -> None:
        if self.expression.upper().startswith(_RULE):
            _check_rule(self.expression)
        else:
            _check_line(self.expression)
        zone_of(self.timezone)

    @classmethod
    def parse(cls, expression: str, timezone: str) -> "Schedule":
        """Return the schedule that `expression` describes; runs of spaces do not matter.

        Raises:
            ScheduleError: the expression is neither a cron line nor a rule, or it never matches a date, or the zone is
                unknown.
        """
        return cls(" ".join(expression.split()), timezone)

    @property
    def either_day(self) -> tuple[str, str] | None:
        """The fields day of month and day of week, if one of them is enough for the cron line to be due; `None` for any
        other schedule.
        """
        if self.expression.upper().startswith(_RULE):
            return None
        _, _, day, _, weekday = _fields_of(self.expression)
        return None if day.startswith("*") or weekday.startswith("*") else (day, weekday)

    @property
    def rule(self) -> str:
        """The recurrence rule in capitals, without `RRULE:` and without the days that it leaves out; an empty string
        for a cron line.
        """
        return _rule_of(self.expression) if self.expression.upper().startswith(_RULE) else ""

    def next_after(self, instant: datetime) -> datetime:
        """Return the first tick (moment at which the schedule is due) strictly after `instant`, which is aware; the
        tick is in UTC.
        """
        is_rule = self.expression.upper().startswith(_RULE)
        ticks = _rule_ticks if is_rule else _line_ticks
        return next(tick for tick in ticks(self.expression, zone_of(self.timezone), instant) if tick > instant)


# --- cron lines ------------------------------------------------------------------------------------------------------


def _line_ticks(expression: str, zone: ZoneInfo, instant: datetime) -> Iterator[datetime]:
    """Yield the ticks (moments at which it is due) of a cron line from `instant` on, in UTC. In an hour that a clock
    change repeats, the first ticks may lie before `instant`.
    """
    for tick in CronSim(" ".join(_fields_of(expression)), instant.astimezone(zone)):
        yield tick.astimezone(UTC)


@lru_cache(maxsize=256)
def _check_line(expression: str) -> None:
    fields = _fields_of(expression)
    for place, field in enumerate(fields):
        for term in field.split(","):
            _check_term(place, term)
    try:
        next(CronSim(" ".join(fields), _FIRST_PERIOD))
    except CronSimError as error:  # each field is valid by itself
        first = min(_values(_DAY_OF_MONTH, fields[_DAY_OF_MONTH]))
        raise ScheduleError(f"day of month: no month named in {expression!r} has a day {first}") from error
    except StopIteration:
        raise ScheduleError(f"expected a line that is due some day, got {expression!r}") from None


def _fields_of(expression: str) -> list[str]:
    if expression.startswith("@") and expression.lower() not in _SHORTHANDS:
        raise ScheduleError(f"expected one of {', '.join(_SHORTHANDS)}, got {expression!r}")
    fields = _SHORTHANDS.get(expression.lower(), expression).split()
    if len(fields) != len(_FIELDS):
        raise ScheduleError(f"expected five fields ({', '.join(_FIELDS)}), got {len(fields)} in {expression!r}")
    return fields


def _check_term(place: int, term: str) -> None:
    """Raise ScheduleError if cron does not take this term of a field, or if cronsim reads it differently."""
    name, highest = _FIELDS[place], _HIGHEST[place]
    span, slash, step = term.partition("/")
    if slash and not _STEP.fullmatch(step):
        raise ScheduleError(f"{name}: expected a step of 1 or more after the slash, got {term!r}")
    values = _values(place, span)
    if not values:
        first, _, last = (_values(place, end) for end in span.partition("-"))
        if not first or not last:
            raise ScheduleError(f"{name}: expected {_ALLOWED[place]}, got {term!r}")
        is_up_to_sunday = place == _DAY_OF_WEEK and last == {0}
        remedy = f"; write {min(first)}-7, where 7 is Sunday" if is_up_to_sunday else ""
        raise ScheduleError(f"{name}: expected a range that goes up, got {term!r}{remedy}")
    if slash and len(values) == 1:  # crontab(5) and cron disagree about 5/15; cronsim reads 5-5/10 as 5/10
        span = f"{min(values)}-{highest}" if 0 <= min(values) < highest else "*"
        raise ScheduleError(f"{name}: expected a range before the slash, such as {span}/{step}, got {term!r}")


def _values(place: int, term: str) -> frozenset[int]:
    """Return the numbers that cronsim makes of this term of a field; return an empty set if cronsim refuses the term.

    `L` gives negative numbers, and `MON#1` gives the number of the weekday.
    """
    fields = ["*"] * len(_FIELDS)
    fields[place] = term
    try:
        line = CronSim(" ".join(fields), _FIRST_PERIOD)
    except (CronSimError, ValueError):  # ValueError: more digits than Python reads
        return frozenset()
    weekdays = {day if isinstance(day, int) else day[0] for day in line.weekdays}
    return frozenset((line.minutes, line.hours, line.days, line.months, weekdays)[place])


# --- recurrence rules ------------------------------------------------------------------------------------------------


def _rule_ticks(expression: str, zone: ZoneInfo, instant: datetime) -> Iterator[datetime]:
    """Yield the ticks (moments at which it is due) of a recurrence rule from `instant` on, in UTC. In an hour that a
    clock change repeats, the first ticks may lie before `instant`.
    """
    wall = instant.astimezone(zone).replace(tzinfo=None)
    rule = rrulestr(_rule_of(expression), dtstart=_period_start(_parts_of(expression), wall))
    left_out = _days_left_out(expression)
    for tick in rule.xafter(wall):
        if tick.date() not in left_out:
            yield _first_instant(tick, zone)


def _period_start(parts: Mapping[str, str], wall: datetime) -> datetime:
    """Return the start of the rule's period that contains `wall`. Without this start dateutil would walk through all
    periods from the first one.
    """
    interval, unit = int(parts.get("INTERVAL", "1")), parts["FREQ"]
    if unit in _PERIOD_DAYS:
        period = timedelta(days=interval * _PERIOD_DAYS[unit])
        return _FIRST_PERIOD + (wall - _FIRST_PERIOD) // period * period
    step = interval * _PERIOD_MONTHS[unit]
    months = ((wall.year - _FIRST_PERIOD.year) * 12 + wall.month - 1) // step * step
    return _FIRST_PERIOD.replace(year=_FIRST_PERIOD.year + months // 12, month=months % 12 + 1)


@lru_cache(maxsize=256)
def _check_rule(expression: str) -> None:
    parts, _ = _parts_of(expression), _days_left_out(expression)
    units = (*_PERIOD_DAYS, *_PERIOD_MONTHS)
    if parts.get("FREQ") not in units:
        raise ScheduleError(f"expected FREQ to be one of {', '.join(units)}, got {parts.get('FREQ')}")
    if not _RULE_INTERVAL.fullmatch(parts.get("INTERVAL", "1")):
        raise ScheduleError(f"expected INTERVAL to be a number from 1 to 99, got {parts['INTERVAL']!r}")
    if parts["FREQ"] in _PERIOD_DAYS and any(letter.isdigit() for letter in parts.get("BYDAY", "")):
        raise ScheduleError(
            f"expected BYDAY with a number only where FREQ is MONTHLY or YEARLY, got {parts['BYDAY']!r}"
        )
    try:
        rule = rrulestr(_rule_of(expression), dtstart=_LATE_PERIOD)
    except ValueError as error:
        raise ScheduleError(f"expected a recurrence rule (RFC 5545): {error}, in {expression!r}") from error
    if next(iter(rule), None) is None:
        raise ScheduleError(f"expected a rule that is due some day, got {expression!r}")


def _parts_of(expression: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in _rule_of(expression).split(";")]
    for name, _, _ in pairs:
        if name in ("COUNT", "UNTIL"):
            raise ScheduleError(f"expected a rule without {name}: a schedule has no end")
        if name == "EXDATE":
            raise ScheduleError("expected the days to leave out after the rule and a space, such as EXDATE:20261225")
        if name not in _RULE_PARTS or [each for each, _, _ in pairs].count(name) > 1:
            raise ScheduleError(f"expected each of {', '.join(_RULE_PARTS)} at most once, got {name!r}")
    return {name: value for name, _, value in pairs}


def _rule_of(expression: str) -> str:
    return _LEFT_OUT.split(expression[len(_RULE) :].upper())[0]


@lru_cache(maxsize=256)
def _days_left_out(expression: str) -> frozenset[date]:
    """Return the local days on which a recurrence rule is not due."""
    _, *lists = _LEFT_OUT.split(expression[len(_RULE) :].upper())
    days = set()
    for text in (each for days_of_one in lists for each in days_of_one.split(",")):
        try:
            day = _DAY_LEFT_OUT.fullmatch(text.strip())
            days.add(date.fromisoformat(day[1] if day else ""))
        except ValueError as error:
            raise ScheduleError(f"expected days such as 20261225 after EXDATE:, got {text.strip()!r}") from error
    return frozenset(days)


# --- intervals and days ----------------------------------------------------------------------------------------------


def parse_interval(text: str) -> timedelta:
    """Return the interval that a text such as `15m`, `90s`, `2h` or `1d` describes.

    Raises:
        ScheduleError: the text has another form.
    """
    match = _INTERVAL.fullmatch(text.strip().lower())
    if match is None:
        raise ScheduleError(f"expected a number with s, m, h or d such as 15m, got {text!r}")
    return int(match[1]) * _UNITS[match[2]]


def zone_of(timezone: str) -> ZoneInfo:
    """Return the time zone of an IANA name, from the system's database or else from the tzdata package.

    Raises:
        ScheduleError: there is no such zone.
    """
    try:
        return ZoneInfo(timezone)
    except (KeyError, ValueError, OSError) as error:  # unknown, no relative path, or a folder of zones
        raise ScheduleError(f"expected an IANA time zone such as Europe/Brussels, got {timezone!r}") from error


def local_day(instant: datetime, timezone: str) -> date:
    """Return the local date at `instant`, which is aware."""
    return instant.astimezone(zone_of(timezone)).date()


def instant_of(moment: datetime, timezone: str) -> datetime:
    """Return a moment in UTC; a moment without a zone is local time."""
    return moment.astimezone(UTC) if moment.tzinfo else _first_instant(moment, zone_of(timezone))


def noon(day: date, timezone: str) -> datetime:
    """Return twelve o'clock local time on a day, in UTC."""
    return _first_instant(datetime.combine(day, time(12)), zone_of(timezone))


def end_of_day(day: date, timezone: str) -> datetime:
    """Return the last instant of a local day, in UTC."""
    return _first_instant(datetime.combine(day, time.max), zone_of(timezone))


def _first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant at which local clocks show `wall`; if they skip it, the first instant after the gap."""

    def on_the_wall(instant: datetime) -> datetime:
        return instant.astimezone(zone).replace(tzinfo=None)

    after = wall.replace(tzinfo=zone).astimezone(UTC)
    if on_the_wall(after) == wall:
        return after
    # PEP 495: in a gap, fold 0 uses the offset from before it and lands after it; fold 1 does the reverse
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // timedelta(seconds=2) * timedelta(seconds=1)
        before, after = (before, middle) if on_the_wall(middle) > wall else (middle, after)
    return after


# --- what is due -----------------------------------------------------------------------------------------------------

CLOCK_ERROR = timedelta(days=1)
"""If the last moment recorded as due is later than the present time by more than this, the clock was wrong when it was
recorded.
"""


def is_due(schedule: Schedule, *, last: datetime, now: datetime) -> bool:
    """Whether a tick of the schedule (a moment at which it is due) lies in (last, now]: one late edition catches up for
    any number of missed ticks.

    `last` is the result of `tick_to_record`, or the start of the audience. A clock that is set back repeats no tick. If
    `last` is more than `CLOCK_ERROR` after `now`, the clock was wrong when `last` was recorded, and a tick counts if it
    is at most `CLOCK_ERROR` before `now`.
    """
    return schedule.next_after(_believable(last, now)) <= now


def tick_to_record(*, last: datetime, now: datetime) -> datetime:
    """Return the instant to store once everything due at `now` is done: no scheduled moment up to this instant counts
    as due again.
    """
    return max(_believable(last, now), now)


def _believable(last: datetime, now: datetime) -> datetime:
    return last if last <= now + CLOCK_ERROR else now - CLOCK_ERROR
