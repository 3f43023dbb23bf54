"""Finds text that is written like a date but names no day; pure.

A line of a listing that clearly is a date but cannot be read is reported, and the text below the line becomes part of
no other item.
"""

import re
from functools import lru_cache

from publisher.collect.sources.date_words import (
    is_among_dates,
    is_connector,
    is_like_month,
    is_ordinal,
    is_period,
    is_relative,
    month_of,
    offset_of,
    part_of,
    weekday_of,
)

_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_UNITS = "er re ère e de ste te st nd rd th o h u min hr hrs uhr uur heure heures am pm m t"
_BESIDE_NUMBERS = frozenset(_UNITS.split())
_CLOCK = re.compile(r"\d ?:|\d ?(?:h|u|uhr|uur|[ap]\.? ?m)\b", re.IGNORECASE)
_DAYS = re.compile(
    r"(?:\d{1,2}[./]? ?(?:[-/&+]|and|to|au|et|tot|en|bis|und|u\.) ?)+\d{1,2}[./] ?\d{1,2}[./] ?\d{2,4}|"
    r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4} ?(?:[-&+/]|and|to|until|au|et|tot|en|bis|und) ?\d{1,4}[-./]\d{1,2}[-./]\d{1,4}",
    re.IGNORECASE,
)
"""Several days in figures: `04.-06.03.2024`, `04.03.2024 - 06.03.2024`."""
_CJK = re.compile(r"\d{4} ?[年년] ?\d{1,2} ?[月월] ?\d{1,2} ?[日일].*")
_WHOLE = re.compile(r"(?<!\d)(?:\d{1,2}[-./]\d{1,2}[-./](?:19|20)\d\d|(?:19|20)\d\d[-./]\d{1,2}[-./]\d{1,2})(?!\d)")
_ROMAN = re.compile(r"\d{1,2} ?[./-] ?[ivx]{1,4} ?[./-] ?\d{2,4}", re.IGNORECASE)
_NO_YEAR = re.compile(r"(?P<day>\d{1,2})\. ?(?P<month>\d{1,2})\.|(?=.*0)(?P<two>\d{2})[./](?P<last>\d{2})")
_NO_DAY = re.compile(r"(?:(?:19|20)\d\d[-/.](?P<behind>\d{2})|(?P<before>\d{1,2})[/.](?:19|20)\d\d)")
_WEEKS = re.compile(r"(?:19|20)\d\d-?W\d\d(?:-?\d)?|(?:19|20)\d\d-\d{3}", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_FIGURES = re.compile(r"(?=.*\b0)(?P<day>\d{2}) (?P<month>\d{2}) \d{2}")
_MONTHS = range(1, 13)
_DAYS_OF_MONTH = range(1, 32)

NO_YEAR, NO_DAY, UNKNOWN = "the year is missing", "the day is missing", "it is not understood"


def problem_of(plain: str) -> str:
    """Return why a text that consists only of date words and numbers (a month may be misspelt) names no day. Return an
    empty string if the text has other words or no numbers, or may be something else than a date.
    """
    numbers = re.findall(r"\d+", plain)
    if not numbers:
        return ""
    if any(form.fullmatch(plain) for form in (_DAYS, _CJK, _ROMAN)):
        return UNKNOWN
    words = _WORD.findall(plain)
    if not all(map(_is_of_dates, words)):
        return _misspelt(words, numbers)
    if any(month_of(word) is not None for word in words):
        return _problem_of_months(plain, words, numbers)
    has_weekday = any(weekday_of(word) is not None for word in words)
    if has_weekday and re.search(r"\d{1,2}\.\d{1,2}\.?(?!\d)", plain):
        return NO_YEAR
    return UNKNOWN if _WHOLE.search(plain) else ""


def _problem_of_months(plain: str, words: list[str], numbers: list[str]) -> str:
    """Return why a text of only a month and numbers names no day; return an empty string if the text may be something
    else.
    """
    if not any(len(number) == len("2022") for number in numbers):
        return "" if _CLOCK.search(plain) else NO_YEAR
    if any(map(is_ordinal, words)):
        return UNKNOWN
    if any(map(is_among_dates, words)) and len(numbers) < len(("day", "day", "year")):
        return ""  # until 10 February 2022: a deadline
    return NO_DAY if len(numbers) == 1 else UNKNOWN


def doubt_of(plain: str) -> str:
    """Return why a text that stands in the place of a date names no day; return an empty string if it is not written
    like a date.

    Forms such as `06.03.`, `2024-03` and `yesterday` can also be other things, so only their place shows that they are
    meant as dates.
    """
    words = _WORD.findall(plain)
    has_year = any(map(is_year, re.findall(r"\d+", plain)))
    if is_relative(words):
        return "it does not say which day it is"
    if _WEEKS.fullmatch(plain):
        return UNKNOWN
    if has_year and words and all(map(_is_of_periods, words)):
        return NO_DAY
    if not has_year and words:  # with a time, as in `Thursday 10 February, 10:00`
        is_dated = re.search(r"\d", plain) and any(map(month_of, words)) and all(map(_is_of_dates, words))
        return NO_YEAR if is_dated else ""
    return _doubt_of_figures(plain)


def _doubt_of_figures(plain: str) -> str:
    if (match := _NO_YEAR.fullmatch(plain)) and _is_day(match["day"] or match["two"], match["month"] or match["last"]):
        return NO_YEAR
    if (match := _NO_DAY.fullmatch(plain)) and int(match["behind"] or match["before"]) in _MONTHS:
        return NO_DAY
    if (match := _FIGURES.fullmatch(plain)) and _is_day(match["day"], match["month"]):
        return "the year needs four digits"
    return ""


def is_year(plain: str) -> bool:
    """Whether a text is a year and nothing else, as headings are."""
    return _YEAR.fullmatch(plain) is not None


def _misspelt(words: list[str], numbers: list[str]) -> str:
    """Return why a text is no date, if the only fault is one misspelt month; otherwise return an empty string."""
    unknown = [word for word in words if not _is_of_dates(word)]
    has_year = any(_YEAR.fullmatch(number) for number in numbers)
    if len(unknown) == 1 and has_year and len(numbers) <= len(("day", "year")) and is_like_month(unknown[0]):
        return f"{unknown[0]!r} is no month"
    return ""


def _is_day(day: str, month: str) -> bool:
    return int(day) in _DAYS_OF_MONTH and int(month) in _MONTHS


def _is_of_periods(word: str) -> bool:
    return is_period(word) or is_connector(word) or word.lower() in _BESIDE_NUMBERS


@lru_cache(maxsize=16_384)
def _is_of_dates(word: str) -> bool:
    return (
        month_of(word) is not None
        or weekday_of(word) is not None
        or offset_of(word) is not None
        or is_connector(word)
        or is_among_dates(word)
        or is_ordinal(word)
        or part_of(word) is not None
        or word.lower() in _BESIDE_NUMBERS
    )
