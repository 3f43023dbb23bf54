"""Reads dates and times as machines and people write them; all kinds of source use it.

Dates in a standard form (ISO 8601, RFC 5322) are tried first, by the standard library. Everything else is read by the
grammar in this module: a day in words or numbers, in English, French, Dutch or German, optionally with a weekday before
or after it, a time and a zone.

- Numbers are read day first (10.02.2022, 10/02/2022) unless the year comes first (2022-02-10), or the weekday beside
  them shows that the month does (Mon, 03/04/2024). A year has four digits.
- A time without a zone is returned without one: it is in the site's zone. A day without a time stays a day.
- A zone is an offset, an IANA name, or one of the names in `date_words`.
- Words such as `Published on` or `Date:` may come before the date, and words such as `noon` after it.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache
from html import unescape
from unicodedata import normalize

from publisher.collect.sources.date_words import TimeOfDay, is_connector, offset_of, part_of, said_of_change, split_said
from publisher.collect.sources.days import day_of
from publisher.collect.sources.near_dates import problem_of
from publisher.model.characters import without_invisible
from publisher.model.schedules import ScheduleError, zone_of

LONGEST = 90
"""The most characters of a date with the words around it."""

# --- times -----------------------------------------------------------------------------------------------------------

_CLOCK = (
    r"(?P<hour>\d{1,2})"
    r"(?:(?: ?: ?|\.| ?[hu] ?| uhr )(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?(?: ?min)?)?"
    r"(?: ?(?P<half>[ap])\.? ?m\.?)?(?: ?(?P<unit>uhr|uur|hrs?|heures?|h|u|o'?clock)\.?)?(?![^\W\d_])"
)
_OFFSET = r"(?:(?:utc|gmt) ?)?[+-]\d{1,2}(?::?\d{2})?"
_NAMED = r"[a-z]+/[a-z_/-]+|[a-z]{1,5}"
_ZONE = rf"(?: ?\(?(?P<zone>{_OFFSET}|{_NAMED})\)?(?: \([^()]*\)|(?<=\d) [a-z]{{2,5}}\Z)?)?"
"""A zone, optionally with its name after its offset."""
_BEHIND = re.compile(rf"(?P<rest>.+?)[ ,;:|/(@-]+{_CLOCK}{_ZONE}[ .)]*", re.IGNORECASE)
_BEFORE = re.compile(rf"(?:(?:at|à|a|um|om) )?{_CLOCK}{_ZONE}[ ,;:|/)-]+(?P<rest>.+)", re.IGNORECASE)
_AMID = re.compile(
    r"(?P<day>.*\D\d{1,2}) (?P<clock>\d{1,2}:\d{2}(?::\d{2})?(?: [A-Z]{1,5}| [+-]\d{4})?) (?P<year>\d{4})"
)
"""A date as the C function `ctime` and the program `date` write it: `Mon Mar 4 10:00:00 CET 2024`."""

_PART = re.compile(
    r"(?P<rest>.*\d.*?)[ ,;:|/(@-]+(?:in the |at |am |um |om |in |le |la |à |de |du |(?:de )?l'|')?(?:(?<=')s )?"
    r"(?P<part>[^\W\d_]+(?:-midi)?)[ .)]*",
    re.IGNORECASE,
)
"""A time of day as a word after the date, optionally after a time in figures."""
_LOCAL = re.compile(
    r",? \(?(?:local time|heure locale|plaatselijke tijd|lokale tijd|ortszeit|lokalzeit)\)?", re.IGNORECASE
)
_T = re.compile(r"(?<=\d) ?T ?(?=\d)", re.IGNORECASE)
_MIDNIGHT = re.compile(r"(?<=[T ])24(?=:00(?::00(?:[.,]0+)?)?(?!\d)|$)|(?<=\dT)24(?=00)", re.IGNORECASE)
"""The end of a day, as ISO 8601 writes it."""
_LEAP = re.compile(r"(?<=\d\d:\d\d:)60")
_DAY_ENDS = timedelta(hours=23, minutes=59, seconds=59, microseconds=999_999)
_NOON = 12
_LATE = 6
"""The first hour of the evening: `10:00 at night` means the evening, `5:00 at night` the morning."""

# --- standards -------------------------------------------------------------------------------------------------------

_ISO = re.compile(
    r"(?P<moment>\d{4}-\d\d-\d\d[T ]\d\d(?::\d\d(?::\d\d(?:[.,]\d+)?)?)?|\d{8}T\d\d(?:\d\d(?:\d\d(?:[.,]\d+)?)?)?) ?"
    r"(?P<offset>Z|[+-]\d\d(?::?\d\d)?)?(?:\[(?P<zone>[\w/+-]+)\])?",
    re.IGNORECASE,
)
_MAIL = re.compile(
    r"(?:[a-z]{3}, )?\d{1,2} (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec) (?:\d{2}|[1-9]\d{3}) "
    r"(?!24)\d\d:\d\d(?::\d\d)? (?:[+-]\d{4}|UT|GMT|[ECMP][SD]T)",
    re.IGNORECASE,
)
_HTTP = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day, \d\d-(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)-\d\d "
    r"\d\d:\d\d:\d\d (?:gmt|utc)",
    re.IGNORECASE,
)
"""A date in the form of RFC 850, the only form with a two-digit year that cannot mean another date."""
_DOTNET = re.compile(r"/Date\((?P<number>\d{11,13})(?:[+-]\d{4})?\)/")
"""A time in milliseconds since 1970, as .NET writes it in JSON; the zone offset after the number changes nothing."""
_STAMP = re.compile(r"\d{8,14}(?=\.\d*\Z|\Z)")

_SECONDS, _MILLISECONDS = range(10**8, 10**10), range(10**11, 10**13)
"""Numbers that may be a time since 1970: seconds for 1973 to 2286, and milliseconds."""
_DIGIT = re.compile(r"\d")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-") | dict.fromkeys("’‘", "'"))
_BREAK = re.compile(r"\s[-–—|•·/]+\s|[–—|•·:(\[\])]")
"""Marks between a date and other words on its line."""
_WORDS_AROUND = 5
_FURTHEST_HOURS = 15


_FRAME = re.compile(r"[\[(\"«“„<*_#=~|-]+ ?(?P<within>.+?) ?[\])\"»”“>*_#=~|-]+")
_COMMA = re.compile(r",(?=[^\W\d_])|(?<=[^\W\d_]),(?=\d)|(?<=\d),(?=\d{4})")
"""A comma without a space between the parts of a date."""
_HEADING = re.compile(r"#{1,6} (?P<within>.+)")
_TRAIL = re.compile(r"(?P<within>.+\d{4})[ .-]+")
"""A date, with the full stop or dash after it."""


class DateError(ValueError):
    """Something written like a date cannot be read; the message says why."""


@lru_cache(maxsize=16_384)  # a listing repeats its dates and short lines
def read_line(text: str) -> date | datetime | None:
    """Return the day or moment that a line of text consists of; return `None` if the line is other text.

    Raises:
        DateError: the line clearly is a date and cannot be read, such as 31 February 2022, February 2022 or 10.02.22.
    """
    if len(text) > LONGEST or not _DIGIT.search(text):
        return None
    plain = plain_of(text)
    _, bare = split_said(plain)
    try:
        if moment := _moment(bare):
            return moment
        problem = problem_of(bare)
    except (ValueError, OverflowError) as error:
        problem = str(error)
    if problem:
        raise DateError(f"{text!r} is no date: {problem}")
    return None


def plain_of(text: str) -> str:
    """Return a line in the form in which dates are searched: plain dashes, apostrophes and spaces, no marks at its
    ends.
    """
    plain = without_invisible(normalize("NFKC", text)).translate(_DASHES)
    plain = _COMMA.sub(", ", " ".join(plain.split())).strip(" ,;:")
    for form in (_FRAME, _HEADING, _TRAIL):
        if match := form.fullmatch(plain):
            plain = match["within"].strip(" ,;:")
    return plain


def read_moment(text: str) -> date | datetime:
    """Return the day, the moment without a zone, or the instant that the text of a field gives. The text may contain
    HTML.

    Raises:
        DateError: the text names none of these.
    """
    bare = _unmarked(text) if "<" in text or "&" in text else text
    if dotnet := _DOTNET.fullmatch(bare):
        bare = dotnet["number"]
    if stamp := _STAMP.match(bare):
        return read_number(int(stamp[0]))
    moment = read_line(bare)
    if moment is None:
        raise DateError(f"{text[:LONGEST]!r} is no date")
    return moment


def round_up(moment: datetime) -> datetime:
    """Return midnight if `moment` is the last microsecond before it, or else `moment`. The reader of dates returns that
    microsecond for `24:00` without a zone.
    """
    return moment + timedelta(microseconds=1) if moment.microsecond == _DAY_ENDS.microseconds else moment


def is_moment(text: str) -> bool:
    """Whether `read_moment` can read the text."""
    try:
        read_moment(text)
    except DateError:
        return False
    return True


def read_number(number: int) -> date | datetime:
    """Return the instant of a number of seconds or milliseconds since 1970, or the date in digits such as
    20220210093000.

    Raises:
        DateError: the number is none of these.
    """
    written = str(number) if number < 10**15 else ""
    try:
        if len(written) == len("20220210"):
            return date.fromisoformat(written)
        if len(written) == len("20220210093000"):
            return datetime.fromisoformat(f"{written[:8]}T{written[8:]}")
        if number in _SECONDS or number in _MILLISECONDS:
            return datetime.fromtimestamp(number if number in _SECONDS else number // 1_000, tz=UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise DateError(
        f"{written or 'so large a number'} is no date: expected seconds since 1970, or a day such as 20220210"
    )


def read_beside(text: str) -> date | datetime | None:
    """Return the date with which a line begins or ends, as in `12 March 2025 – a title`; return `None` if the line has
    no date at either end.

    A mark must separate the date from the other words, or the line must be short and have only a few other words, as in
    `Posted on 12 March 2025`.
    """
    pieces = [piece.strip(" ,.") for piece in _BREAK.split(text) if piece.strip(" ,.")]
    for piece in (text, *pieces[:1], *pieces[-1:]):
        if moment := _moment_or_none(piece):
            return moment
    words = text.split()
    around = range(1, min(_WORDS_AROUND, len(words) - 1) + 1) if len(words) <= 2 * _WORDS_AROUND else ()
    shorter = (part for count in around for part in (words[count:], words[:-count]))
    return next((day for part in shorter if (day := _moment_or_none(" ".join(part).strip(" ,.")))), None)


def _moment_or_none(text: str) -> date | datetime | None:
    try:
        return read_moment(text)
    except DateError:
        return None


def _unmarked(text: str) -> str:
    """Return the words of a date that is surrounded by HTML; the `datetime` of a `<time>` element is preferred."""
    # no tag contains a "<": so that a text of many is not searched to its end for each
    exact = re.search(r"<time\b[^<>]*\bdatetime\s*=\s*[\"']?([^\"'>]+)", text, re.IGNORECASE)
    return " ".join(unescape(exact[1] if exact else re.sub(r"<[^<>]*>", " ", text)).split())


# --- the parts -------------------------------------------------------------------------------------------------------


def _moment(plain: str) -> date | datetime | None:
    """Return the date that a text names, ignoring words after the date about a change of the item."""
    plain = _LEAP.sub("59", plain)  # datetime knows no leap seconds
    moment = next((moment for read in (_iso, _mail, _written, _in_part) if (moment := read(plain))), None)
    if moment:
        return moment
    changed = said_of_change(plain)
    before = re.sub(r"[^\d]+\Z", "", plain.partition(changed)[0]) if changed else ""
    return _moment(before) if before else None


def _iso(plain: str) -> datetime | None:
    is_over = _MIDNIGHT.search(plain)
    match = _ISO.fullmatch(_MIDNIGHT.sub("00", plain))
    if match is None:
        return None
    moment = datetime.fromisoformat(f"{match['moment']}{match['offset'] or ''}".upper())
    if match["zone"] and not match["offset"]:
        moment = moment.replace(tzinfo=_zone_of(match["zone"]))
    if is_over:
        moment += _DAY_ENDS if moment.tzinfo is None else timedelta(days=1)
    return moment if moment.tzinfo is None else moment.astimezone(UTC)


def _mail(plain: str) -> datetime | None:
    if not (_MAIL.fullmatch(plain) or _HTTP.fullmatch(plain)):
        return None
    moment = parsedate_to_datetime(plain)
    # RFC 5322 section 3.3: -0000 is UTC, too.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _written(plain: str) -> date | datetime | None:
    if day := day_of(plain):
        return day
    plain = _AMID.sub(r"\g<day> \g<year> \g<clock>", plain) if ":" in plain else plain
    plain = _LOCAL.sub("", _T.sub(" ", plain))
    for pattern in (_BEHIND, _BEFORE):
        match = pattern.fullmatch(plain)
        if match and part_of(match["zone"] or ""):  # 9:00 morning
            continue
        if match and (match["minute"] or match["half"] or match["unit"]) and (day := day_of(match["rest"])):
            return _at(day, match)
    return None


def _in_part(plain: str) -> date | datetime | None:
    """Read a date with a time of day as a word, as in `10 February 2022, noon`. Midnight is the beginning of
    the day.
    """
    match = _PART.fullmatch(plain)
    part = part_of(match["part"]) if match else None
    moment = _written(match["rest"].rstrip(" ,;:(-")) if match and part else None
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time(_NOON)) if moment and part is TimeOfDay.NOON else moment
    is_late = part is TimeOfDay.AFTERNOON or (part is TimeOfDay.NIGHT and moment.hour >= _LATE)
    if part in (TimeOfDay.NIGHT, TimeOfDay.MIDNIGHT) and moment.hour == _NOON:
        return moment - timedelta(hours=_NOON)
    return moment + timedelta(hours=_NOON) if is_late and moment.hour < _NOON else moment


def _at(day: date, clock: re.Match[str]) -> datetime:
    hour, minute, second = (int(clock[name] or 0) for name in ("hour", "minute", "second"))
    if clock["half"] and hour <= _NOON:
        hour = hour % _NOON + _NOON * (clock["half"].lower() == "p")
    is_over = (hour, minute, second) == (24, 0, 0)
    at = datetime.combine(day, time(0 if is_over else hour, minute, second))
    zone = clock["zone"] or ""
    if zone.startswith("-") and not clock["second"]:  # a period of time, as in 10:00-12:00
        raise ValueError("it names a span of time")
    if zone and not is_connector(zone):
        exact = at.replace(tzinfo=_zone_of(zone)).astimezone(UTC)
        return exact + timedelta(days=1) if is_over else exact
    return at + _DAY_ENDS if is_over else at


def _zone_of(text: str) -> tzinfo:
    if match := re.fullmatch(r"(?:utc|gmt)? ?([+-])(\d{1,2}):?(\d{2})?", text, re.IGNORECASE):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        if offset <= timedelta(hours=_FURTHEST_HOURS):
            return timezone(-offset if match[1] == "-" else offset)
    elif "/" in text:
        try:
            return zone_of(text)
        except ScheduleError as error:
            raise ValueError(str(error)) from error
    elif (seconds := offset_of(text)) is not None:
        return timezone(timedelta(seconds=seconds))
    raise ValueError(f"{text!r} is no time zone that is known here")
