"""Reads days as people write them, in words or numbers; pure."""

import re
from collections.abc import Iterator
from datetime import date

from publisher.collect.sources.date_words import is_connector, month_of, weekday_of

_WORD = r"[^\W\d_]+"
_SUFFIX = r"(?: ?(?:er|[èe]?re|e|de|s?te|st|nd|rd|th|o|°)(?![^\W\d_]))?"
_NUMBERS = re.compile(r"(\d{1,6}) ?([-./]) ?(\d{1,2}) ?\2 ?(\d{1,6})\.?")
_DAY_FIRST = re.compile(
    rf"(?P<day>\d{{1,2}}){_SUFFIX}(?:\.? ?|[-/])(?:of |de |du )?"
    rf"(?P<month>{_WORD})[.,]{{0,2}}[ /-]?(?:del? )?(?P<year>'?\d{{2,6}})",
    re.IGNORECASE,
)
_FIGURES = re.compile(r"(?P<day>\d{1,2}) (?P<month>\d{1,2}) (?P<year>(?:19|20)\d\d)")
_FIGURES_BACKWARDS = re.compile(r"(?P<year>(?:19|20)\d\d) (?P<month>\d{2}) (?P<day>\d{2})")
"""Year, month and day separated by spaces. Other numbers may look like this, so an impossible date in this form is not
reported as a wrong date.
"""
_MONTH_FIRST = re.compile(
    rf"(?P<month>{_WORD})[.,]?[ -](?P<day>\d{{1,2}}){_SUFFIX}(?:,? |-)(?P<year>'?\d{{2,6}})", re.IGNORECASE
)
_YEAR_FIRST = re.compile(
    rf"(?P<year>\d{{4}})[ .,/-]{{1,2}}(?P<month>{_WORD})[ .,/-]{{1,2}}(?P<day>\d{{1,2}}){_SUFFIX}\.?", re.IGNORECASE
)
_DIGITS = "the year needs four digits"


def day_of(plain: str) -> date | None:
    """Return the day that a text names, optionally with a weekday and words without meaning around it."""
    for bare, weekday in _without_around(plain):
        if numbers := _NUMBERS.fullmatch(bare):
            return _from_numbers(numbers[1], numbers[3], numbers[4], weekday, may_be_month_first=numbers[2] != ".")
        for form in (_MONTH_FIRST, _DAY_FIRST, _YEAR_FIRST):
            named = form.fullmatch(bare)
            if named and (day := _from_names(named, is_day_first=form is _DAY_FIRST)):
                return day
        figures = _FIGURES.fullmatch(bare) or _FIGURES_BACKWARDS.fullmatch(bare)
        if figures and _is_day(figures["day"], figures["month"]):
            return _named_day(figures["year"], int(figures["month"]), int(figures["day"]))
    return None


def _without_around(plain: str) -> Iterator[tuple[str, int | None]]:
    """Yield `plain` with `None`, then ever shorter texts without words that may stand around a day.

    Each of these has the number of the weekday among the words that were left out, or `None`.
    """
    words, weekday = plain.split(" "), None
    yield plain, weekday
    for side in (0, 0, 0, -1, -1, -1):
        bare = words[side].strip(".,;:()") if words else ""
        found = weekday_of(bare)
        if words and (found is not None or not bare or is_connector(bare)):
            weekday = found if weekday is None else weekday
            words.pop(side)
            yield " ".join(words).strip(" ,;:()"), weekday


def _from_numbers(first: str, middle: str, last: str, weekday: int | None, *, may_be_month_first: bool) -> date | None:
    year, day = (first, last) if len(first) > len(last) else (last, first)
    if len(year) < len("22"):  # 1.10.3 is a version
        return None
    if len(year) == len("22"):
        if not _is_day(day, middle):
            return None
        raise ValueError(_DIGITS)
    if may_be_month_first and weekday is not None and year is last and _is_day(middle, day):
        other = _named_day(year, int(day), int(middle))
        if other.weekday() == weekday and not (_is_day(day, middle) and _is_on(year, middle, day, weekday)):
            return other
    if not _is_day(day, middle) and year is last and _is_day(middle, day):
        raise ValueError("no such day; the day comes before the month here, or the year first")
    return _named_day(year, int(middle), int(day))


def _is_day(day: str, month: str) -> bool:
    return 1 <= int(day) <= 31 and 1 <= int(month) <= 12  # noqa: PLR2004 - of a month and a year


def _is_on(year: str, month: str, day: str, weekday: int) -> bool:
    try:
        return date(int(year), int(month), int(day)).weekday() == weekday
    except ValueError:
        return False


def _from_names(named: re.Match[str], *, is_day_first: bool) -> date | None:
    month, year = month_of(named["month"]), named["year"]
    if month is not None:
        return _named_day(year, month, int(named["day"]))
    if is_day_first and len(year) > len("'22") and not is_connector(named["month"]):
        raise ValueError(f"{named['month']!r} is no month")
    return None


def _named_day(year: str, month: int, day: int) -> date:
    if len(year) != len("2022") or not year[0].isdigit() or year.startswith("0"):
        raise ValueError(_DIGITS)
    try:
        return date(int(year), month, day)
    except ValueError as error:
        raise ValueError("no such day") from error
