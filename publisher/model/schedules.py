"""When things are due: cron lines, intervals, and days in a time zone. The only module that knows zones; pure.

A cron line means here what cron(8) and crontab(5) of Debian make of it, because that is what its author learnt:

- 0 and 7 are both Sunday; names may stand for months and days of the week.
- Day of month and day of week are alternatives when both are restricted; when one begins with `*`, both must match.
- Clocks go forward: a tick in the skipped hour happens once, at the first instant after the gap.
- Clocks go back: a tick in the repeated hour happens once, the first time.
- The last two hold for lines that name their times. A line whose minute or hour begins with `*` follows the clock on
  the wall, so that `*/15 * * * *` ticks every real quarter of an hour.

APScheduler's own reading differs (its day 0 is Monday, and it ticks twice in autumn), so it is not asked.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


_SHORTHANDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


_INTERVAL = re.compile(r"([1-9][0-9]{0,5})\s*([smhd])")


_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


class ScheduleError(ValueError):
    """A cron line, interval or time zone that cannot be meant; the message names the part and what is allowed."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A cron line in a time zone. One that exists is valid and ticks again some day."""

    expression: str
    timezone: str
    """An IANA name such as Europe/Brussels."""

    def __post_init__(self) -> None:
        _line_of(self.expression)
        zone_of(self.timezone)

    @classmethod
    def parse(cls, expression: str, timezone: str) -> "Schedule":
        """Return the schedule written in `expression`, spaces evened out.

        Raises:
            ScheduleError: a field is not what cron allows, no date can ever match, or the zone is not known.
        """
        return cls(" ".join(expression.split()), timezone)

    def next_after(self, instant: datetime) -> datetime:
        """Return the first tick strictly after `instant`; both are aware, the result is in UTC."""
        line, zone = _line_of(self.expression), zone_of(self.timezone)
        next_tick = _next_on_the_wall if line.is_wall_clock else _next_named_time
        return next_tick(line, zone, instant.astimezone(UTC))


def parse_interval(text: str) -> timedelta:
    """Return how long `15m`, `90s`, `2h` or `1d` is.

    Raises:
        ScheduleError: it is written in another way.
    """
    match = _INTERVAL.fullmatch(text.strip().lower())
    if match is None:
        raise ScheduleError(f"expected a number with s, m, h or d such as 15m, got {text!r}")
    return int(match[1]) * _UNITS[match[2]]


def zone_of(timezone: str) -> ZoneInfo:
    """Return the zone of an IANA name, from the system's database or else the tzdata package's.

    Raises:
        ScheduleError: no such zone.
    """
    try:
        return ZoneInfo(timezone)
    except (KeyError, ValueError, OSError) as error:  # unknown, not a relative name, the folder of a region
        raise ScheduleError(f"expected an IANA time zone such as Europe/Brussels, got {timezone!r}") from error


def local_day(instant: datetime, timezone: str) -> date:
    """Return the date on the wall at `instant`, which is aware."""
    return instant.astimezone(zone_of(timezone)).date()


def noon(day: date, timezone: str) -> datetime:
    """Return twelve o'clock on that day, in UTC."""
    return _first_instant(datetime.combine(day, time(12)), zone_of(timezone))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A cron line taken apart."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """0 is Sunday; 7 became 0."""
    is_either_day: bool
    """Day of month and day of week are alternatives."""
    is_wall_clock: bool
    """Minute or hour begins with `*`: a skipped time is skipped, a repeated one repeated."""

    def is_on(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return in_month or in_week if self.is_either_day else in_month and in_week


@dataclass(frozen=True, slots=True)
class _Field:
    """What one of the five places of a cron line allows."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    """Words for `low`, `low + 1`, …"""

    def values(self, text: str) -> frozenset[int]:
        """Return every number that `text`, a list of ranges with steps, stands for."""
        return frozenset(value for part in text.split(",") for value in self._range(part))

    def _range(self, part: str) -> range:
        span, slash, step = part.partition("/")
        if slash and not (step.isascii() and step.isdigit() and int(step) > 0):
            raise ScheduleError(f"{self.name}: expected a step of 1 or more after the slash, got {part!r}")
        first, dash, last = span.partition("-")
        if span == "*":
            low, high = self.low, self.high
        elif dash:
            low, high = self._number(first), self._number(last)
            if last.upper() == "SUN" and low > 0:  # FRI-SUN: Sunday is 7 at the end of a week
                high = 7
        elif slash:
            # cron does not agree with itself about 5/15, so it is not guessed at.
            raise ScheduleError(f"{self.name}: expected a range before the slash, such as {span}-{self.high}/{step}")
        else:
            low = high = self._number(first)
        if low > high:
            raise ScheduleError(f"{self.name}: expected a range that goes up, got {part!r}")
        return range(low, high + 1, int(step) if slash else 1)

    def _number(self, word: str) -> int:
        if word.upper() in self.names:
            return self.low + self.names.index(word.upper())
        if word.isascii() and word.isdigit() and self.low <= int(word) <= self.high:
            return int(word)
        also = f" or {self.names[0]}-{self.names[-1]}" if self.names else ""
        raise ScheduleError(f"{self.name}: expected {self.low}-{self.high}{also}, got {word!r}")


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 7, _WEEKDAYS),
)


@lru_cache(maxsize=256)
def _line_of(expression: str) -> _Line:
    if expression.startswith("@") and expression.lower() not in _SHORTHANDS:
        raise ScheduleError(f"expected one of {', '.join(_SHORTHANDS)}, got {expression!r}")
    parts = _SHORTHANDS.get(expression.lower(), expression).split()
    if len(parts) != len(_FIELDS):
        names = ", ".join(field.name for field in _FIELDS)
        raise ScheduleError(f"expected five fields ({names}), got {len(parts)} in {expression!r}")
    minutes, hours, days, months, weekdays = (field.values(part) for field, part in zip(_FIELDS, parts, strict=True))
    # crontab(5), Debian: a field counts as restricted unless it *begins* with a star, so */2 is not.
    minute_star, hour_star, day_star, _, weekday_star = (part.startswith("*") for part in parts)
    is_either_day = not day_star and not weekday_star
    if not is_either_day and min(days) > max(_LONGEST_MONTHS[month - 1] for month in months):
        raise ScheduleError(f"day of month: no month named in {expression!r} has a day {min(days)}")
    return _Line(
        minutes=tuple(sorted(minutes)),
        hours=tuple(sorted(hours)),
        days=days,
        months=months,
        weekdays=frozenset(value % 7 for value in weekdays),
        is_either_day=is_either_day,
        is_wall_clock=minute_star or hour_star,
    )


def _following(day: date, line: _Line) -> date:
    """Return the next day worth a look: tomorrow, or the first of the next month when tomorrow's month is not named."""
    tomorrow = day + timedelta(days=1)
    while tomorrow.month not in line.months:
        tomorrow = (tomorrow.replace(day=28) + timedelta(days=4)).replace(day=1)
    return tomorrow


def _next_on_the_wall(line: _Line, zone: ZoneInfo, instant: datetime) -> datetime:
    """Watch the clock, minute by minute, on the days that match."""
    moment = instant.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while True:
        wall = moment.astimezone(zone)
        if not line.is_on(wall.date()):
            moment = _first_instant(datetime.combine(_following(wall.date(), line), time()), zone)
        elif wall.hour in line.hours and wall.minute in line.minutes:
            return moment
        else:
            moment += timedelta(minutes=1)


def _next_named_time(line: _Line, zone: ZoneInfo, instant: datetime) -> datetime:
    """Turn each named time into its first instant: these never go down, so the first after `instant` is the next."""
    day = instant.astimezone(zone).date()
    while True:
        if line.is_on(day):
            for hour in line.hours:
                for minute in line.minutes:
                    tick = _first_instant(datetime.combine(day, time(hour, minute)), zone)
                    if tick > instant:
                        return tick
        day = _following(day, line)


def _first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return when `wall` is first the time, or the first instant after the gap that swallows it."""

    def on_the_wall(instant: datetime) -> datetime:
        return instant.astimezone(zone).replace(tzinfo=None)

    after = wall.replace(tzinfo=zone).astimezone(UTC)
    if on_the_wall(after) == wall:
        return after
    # PEP 495: in a gap, fold 0 reads with the offset of before it and lands after it; fold 1 the other way round.
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // timedelta(seconds=2) * timedelta(seconds=1)
        before, after = (before, middle) if on_the_wall(middle) > wall else (middle, after)
    return after


CLOCK_ERROR = timedelta(days=1)
"""A tick recorded further ahead of now than this was recorded under a clock that was wrong."""


def is_due(schedule: Schedule, *, last: datetime, now: datetime) -> bool:
    """Whether a tick of the schedule lies in (last, now]: one late edition catches up for any number of missed ticks.

    `last` is what `tick_to_record` gave, at first the audience's start. A clock set back repeats no tick. Should `last`
    lie so far ahead that the clock was wrong then, it is disbelieved: the ticks of the last `CLOCK_ERROR` count.
    """
    return schedule.next_after(_believable(last, now)) <= now


def tick_to_record(*, last: datetime, now: datetime) -> datetime:
    """Return up to when ticks are dealt with, once what was due at `now` has been done."""
    return max(_believable(last, now), now)


def _believable(last: datetime, now: datetime) -> datetime:
    return last if last <= now + CLOCK_ERROR else now - CLOCK_ERROR
