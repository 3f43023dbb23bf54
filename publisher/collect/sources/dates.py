"""Reads dates as people write them in English, French, Dutch and German. The only module that knows dateutil.

dateutil knows the words here, not the order: its parser would guess a missing day, a century or a swapped month.
"""

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from dateutil.parser import parserinfo

_WORD = r"[^\W\d_]+"
_DAY_FIRST = re.compile(
    rf"(?P<before>(?:{_WORD}[.,]{{0,2}} ){{0,2}})(?P<day>\d{{1,2}})(?:er|[èe]?re|e|de|s?te|st|nd|rd|th|\.)? ?"
    rf"(?:of |de )?(?P<month>{_WORD})[.,]{{0,2}} (?P<year>\d{{3,6}})",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"(?P<before>(?:{_WORD}[.,]{{0,2}} ){{0,2}}?)"
    rf"(?P<month>{_WORD})\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{3,6}})",
    re.IGNORECASE,
)
_MONTH_ALONE = re.compile(rf"(?P<month>{_WORD})\.? \d{{4}}")
_NUMBERS = re.compile(r"(\d{1,6})([-./])(\d{1,2})\2(\d{1,6})")
_BEFORE_A_DAY = frozenset(("the", "on", "le", "op", "de", "den", "der", "am"))
_LONGEST = len("wednesday, the 30th of september 123456")
_BREAK = re.compile(r"\s[-–—|•·/]+\s|[–—|•·:(\[\])]")
"""What stands between a date and other words on its line."""
_WORDS_AROUND = 5


_MONTHS: list[Any] = [
    ("january", "jan", "janvier", "janv", "januari", "januar", "jänner", "jän"),
    ("february", "feb", "février", "fevrier", "févr", "fév", "februari", "februar", "feber"),
    ("march", "mar", "mars", "maart", "mrt", "märz", "maerz", "mär", "mrz"),
    ("april", "apr", "avril", "avr"),
    ("may", "mai", "mei"),
    ("june", "jun", "juin", "juni"),
    ("july", "jul", "juillet", "juil", "juli"),
    ("august", "aug", "août", "aout", "augustus"),
    ("september", "sep", "sept", "septembre"),
    ("october", "oct", "octobre", "oktober", "okt"),
    ("november", "nov", "novembre"),
    ("december", "dec", "décembre", "decembre", "déc", "dezember", "dez"),
]
_WEEKDAYS: list[Any] = [
    ("monday", "mon", "lundi", "maandag", "montag"),
    ("tuesday", "tue", "mardi", "dinsdag", "dienstag"),
    ("wednesday", "wed", "mercredi", "woensdag", "mittwoch"),
    ("thursday", "thu", "jeudi", "donderdag", "donnerstag"),
    ("friday", "fri", "vendredi", "vrijdag", "freitag"),
    ("saturday", "sat", "samedi", "zaterdag", "samstag", "sonnabend"),
    ("sunday", "sun", "dimanche", "zondag", "sonntag"),
]
"""Any: the type stubs of dateutil allow English alone, with two or three names a month."""


class DateError(ValueError):
    """Something written like a date names no day; the message says why."""


class _FourLanguages(parserinfo):
    """Months and days of the week by all their names."""

    MONTHS = _MONTHS
    WEEKDAYS = _WEEKDAYS


_INFO = _FourLanguages()


@lru_cache(maxsize=16_384)  # a listing repeats its dates and short lines
def read_date(text: str) -> date | None:
    """Return the day that `text`, on one line, names and nothing else; None when it is not written like a date.

    Numbers are read day first (10.02.2022, 10/02/2022) unless the year comes first (2022-02-10).

    Raises:
        DateError: it is written like a date but names no day, such as 31 February 2022 or February 2022.
    """
    if len(text) > _LONGEST:
        return None
    if numbers := _NUMBERS.fullmatch(text):
        return _from_numbers(text, numbers[1], numbers[3], numbers[4])
    named = _MONTH_FIRST.fullmatch(text)
    if named is None or not _is_month(named["month"]):
        named = _DAY_FIRST.fullmatch(text)
    if named is not None and all(map(_is_before_a_day, named["before"].split())):
        return _from_names(text, named)
    alone = _MONTH_ALONE.fullmatch(text)
    if alone is not None and _is_month(alone["month"]):
        raise DateError(f"{text!r} is no date: the day is missing")
    return None


def read_moment(text: str) -> date | datetime:
    """Return the instant or the day that `text` names, as machines or people write it: ISO 8601, RFC 5322, `read_date`.

    Raises:
        DateError: it names neither.
    """
    day = read_date(text)
    if day is not None:
        return day
    if len(text) <= _LONGEST:
        from email.utils import parsedate_to_datetime  # late: few dates are written as in mail

        for read in (datetime.fromisoformat, parsedate_to_datetime):
            try:
                moment = read(text)
                return moment if moment.tzinfo is None else moment.astimezone(UTC)
            except (ValueError, TypeError, OverflowError, IndexError):
                continue
    raise DateError(f"{text[:_LONGEST]!r} is no date")


def read_beside(text: str) -> date | datetime | None:
    """Return the instant or day with which a line begins or ends, as in `12 March 2025 – a title`; None: with none.

    A mark sets it apart, or it is all of a short line but for a few words, as in `Posted on 12 March 2025`.
    """
    pieces = [piece.strip(" ,.") for piece in _BREAK.split(text) if piece.strip(" ,.")]
    for piece in (text, *pieces[:1], *pieces[-1:]):
        if moment := _moment(piece):
            return moment
    words = text.split()
    around = range(1, min(_WORDS_AROUND, len(words) - 1) + 1) if len(words) <= 2 * _WORDS_AROUND else ()
    shorter = (part for count in around for part in (words[count:], words[:-count]))
    return next((day for part in shorter if (day := _moment(" ".join(part).strip(" ,.")))), None)


def _moment(text: str) -> date | datetime | None:
    try:
        return read_moment(text)
    except DateError:
        return None


def _from_numbers(text: str, first: str, month: str, last: str) -> date | None:
    year, day = (first, last) if len(first) > len(last) else (last, first)
    if len(year) <= len("31"):  # 1.10.3 is a version, and the century of 10.02.22 a guess
        return None
    return _day(text, int(year), int(month), int(day))


def _from_names(text: str, named: re.Match[str]) -> date:
    month = _INFO.month(named["month"])
    if month is None:
        raise DateError(f"{text!r} is no date: {named['month']!r} is no month")
    return _day(text, int(named["year"]), month, int(named["day"]))


def _day(text: str, year: int, month: int, day: int) -> date:
    if len(str(year)) != len("2022"):
        raise DateError(f"{text!r} is no date: the year needs four digits")
    try:
        return date(year, month, day)
    except ValueError as error:
        raise DateError(f"{text!r} is no date: no such day") from error


def _is_month(word: str) -> bool:
    return _INFO.month(word) is not None


def _is_before_a_day(word: str) -> bool:
    bare = word.rstrip(".,")
    return bare.casefold() in _BEFORE_A_DAY or _INFO.weekday(bare) is not None
