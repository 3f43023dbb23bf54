"""Reads values as moments: an item's date, embargo and expiry."""

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from publisher.collect.sources.dates import DateError, read_moment, read_number, round_up
from publisher.collect.sources.text import clean_line
from publisher.collect.sources.values import FieldError, shorten
from publisher.collect.sources.withheld import says_no
from publisher.model.schedules import local_day

Undated = Literal["seen", "skip"]
"""What happens to an item without a date: it gets the day on which it is first seen (`seen`), or is left out and
reported (`skip`).
"""
Today = date | None
"""The date that undated items get; `None` if every item must have a date of its own."""
_EARLIEST, _LATEST = 1900, 2199
"""The first and last year of a valid date; any other year is a mistake, as when a program writes "no date" as
0001-01-01.
"""
EMBARGO_NAMES = (
    *("embargo", "embargodate", "embargountil", "embargoeduntil", "publishdate", "publishon", "publishat"),
    *("publishfrom", "publishafter", "goliveat", "availablefrom", "visiblefrom", "notbefore"),
    *("embargojusquau", "publierle", "embargotot", "publicerenop", "sperrfrist", "sperrfristbis", "gesperrtbis"),
)
"""The names of an embargo in front matter and columns, folded by `columns.fold_name`."""
EXPIRY_NAMES = (
    *("expires", "expire", "expireson", "expiresat", "expireat", "expiry", "expirydate", "expirationdate"),
    *("unpublishdate", "unpublishon", "unpublishat", "publishuntil", "availableuntil", "visibleuntil", "validuntil"),
    *("notafter", "datedexpiration", "expirele", "vervaldatum", "verlooptop", "ablaufdatum", "gültigbis"),
)
"""The names of an expiry in front matter and columns."""
_NO_TIME = re.compile(r"[0\s:.T/-]*Z?")
"""What databases write when there is no date: `0000-00-00`."""
_ZERO = re.compile(r"(?:[a-z]{3}, )?0?1 jan 0001 .*|0001-01-01", re.IGNORECASE)
"""What Go and Hugo write when there is no date: the year 1."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""What programs that count seconds write when there is no date."""
_BEFORE = re.compile(
    r"(?:until|till|from|not before|jusqu'au|jusqu'à|dès(?: le)?|à partir du|pas avant(?: le)?|tot|vanaf|niet voor|"
    r"bis(?: zum)?|ab|nicht vor(?: dem)?)\s+",
    re.IGNORECASE,
)
"""Words before the date of an embargo or an expiry."""
_NONE = frozenset({"keine", "keiner", "kein", "geen", "aucun", "aucune", "n/a", "na"})
_NEVER = frozenset({"never", "jamais", "nooit", "nie", "niemals"})


def first_sight(undated: Undated, *, now: datetime, timezone: str) -> Today:
    """Return the date that undated items get; `undated` is the source's key of that name in config.toml."""
    return local_day(now, timezone) if undated == "seen" else None


def date_of(value: object) -> date | datetime | None:
    """Return an instant in UTC, a moment without a zone, or a day, whichever the value says; return `None` if the value
    is empty.

    Raises:
        FieldError: the value cannot be read.
    """
    return None if _is_never_set(value) else _moment(value, "date")


def says_date(text: str) -> bool:
    """Whether a text is a date that a news item may have."""
    try:
        return date_of(text) is not None
    except FieldError:
        return False


def _is_never_set(value: object) -> bool:
    """Whether a date is what programs write when there is no date: zero, the year 1, the beginning of 1970."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return not value
    if isinstance(value, str):
        text = clean_line(value)
        if _ZERO.fullmatch(text) or _NO_TIME.fullmatch(text):
            return True
    try:
        moment = _read(value) if value else None
    except (DateError, ValueError, OverflowError):
        return False
    if isinstance(moment, datetime) and moment.tzinfo and moment == _EPOCH:
        return True
    return moment is not None and moment.year == 1


def embargo_of(value: object) -> datetime | None:
    """Return when an item's embargo ends; an embargo on a day ends when the day begins. Return `None` if there is no
    embargo.

    An item may use several of `EMBARGO_NAMES`; of several values the latest counts.

    Raises:
        FieldError: a value cannot be read.
    """
    moments = [_moment(each, "embargo") for each in _times_in(value)]
    ends = [
        round_up(each) if isinstance(each, datetime) else datetime.combine(each, time()) for each in moments if each
    ]
    return max(ends, key=_in_utc, default=None)


def expiry_of(value: object) -> datetime | None:
    """Return when an item expires; an item with a day of expiry expires when that day ends. Return `None` if it never
    expires.

    Of several values the earliest counts. A year far in the future, such as 9999, means never.

    Raises:
        FieldError: a value cannot be read.
    """
    said = [each for each in _times_in(value) if not _is_never(each)]
    moments = [_moment(each, "expiry date") for each in said]
    ends = [
        round_up(each) if isinstance(each, datetime) else datetime.combine(each + timedelta(days=1), time())
        for each in moments
        if each
    ]
    return min(ends, key=_in_utc, default=None)


def _times_in(value: object) -> list[object]:
    """Return the values in a field that name a time; a clear no, such as `false` or 0, is left out."""
    several = value if isinstance(value, list | tuple) else [value]
    said = [_BEFORE.sub("", _plain(each), count=1) if isinstance(each, str) else each for each in several]
    return [each for each in said if not (says_no(each) or (isinstance(each, str) and _is_none(each)))]


def _plain(text: str) -> str:
    return clean_line(text).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


def _is_none(text: str) -> bool:
    return _NO_TIME.fullmatch(text) is not None or text.casefold() in _NONE


def _is_never(value: object) -> bool:
    if isinstance(value, str) and clean_line(value).casefold() in _NEVER:
        return True
    try:
        return value is not None and _read(value).year > _LATEST
    except (DateError, ValueError, OverflowError):
        return False


def _in_utc(moment: datetime) -> datetime:
    """Return a sort key for moments. A moment without a zone counts as UTC; it may be hours off, which is good enough
    to choose among days.
    """
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _moment(value: object, name: str) -> date | datetime | None:
    """Return the day or moment in the value of the field `name`. Exact midnight without a zone is read as a day:
    databases and spreadsheets write days like that.
    """
    if value is None or (isinstance(value, str) and not clean_line(value)):
        return None
    try:
        moment = _read(value)
    except (DateError, ValueError, OverflowError) as error:  # ValueError: numbers that are not finite
        raise FieldError(str(error) if name == "date" else f"its {name} cannot be read: {error}") from error
    if not _EARLIEST <= moment.year <= _LATEST:
        raise FieldError(f"{moment.isoformat()} is no {name} of news")
    if isinstance(moment, datetime) and moment.tzinfo is None:
        return moment if moment.time() != time() else moment.date()
    return moment.astimezone(UTC) if isinstance(moment, datetime) else moment


def _read(value: object) -> date | datetime:
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        return read_moment(clean_line(value))
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return read_number(int(value))
    raise DateError(f"{shorten(value)} is no date")
