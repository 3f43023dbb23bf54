"""When an item is from, from when on it may be seen, and until when: values read as moments."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from publisher.collect.sources.dates import DateError, read_moment, read_number
from publisher.collect.sources.text import clean_line
from publisher.collect.sources.values import FieldError, shorten
from publisher.model.schedules import local_day

Undated = Literal["seen", "skip"]
"""What becomes of an item without a date: the day counts when it is first seen, or it is left out and told."""
Today = date | None
"""The date of items that have none; None: they must have one."""
_EARLIEST, _LATEST = 1900, 2199
"""Years; another one is a mistake, as when a program writes "no date" as 0001-01-01."""


def first_sight(undated: Undated, *, now: datetime, timezone: str) -> Today:
    """Return what `today` is to a source whose key `undated` says that."""
    return local_day(now, timezone) if undated == "seen" else None


def date_of(value: object) -> date | datetime | None:
    """Return an instant in UTC, a moment without a zone, or the day when that is all that is said; None: nothing is.

    Raises:
        FieldError: it cannot be read.
    """
    return _moment(value, "date")


def embargo_of(value: object) -> datetime | None:
    """Return when an embargo ends; that of a day ends when the day begins. None: there is none.

    Raises:
        FieldError: it cannot be read.
    """
    moment = _moment(value, "embargo")
    return moment if moment is None or isinstance(moment, datetime) else datetime.combine(moment, time())


def expiry_of(value: object) -> datetime | None:
    """Return when an item expires; on a day, when the day is over. None: it never does.

    Raises:
        FieldError: it cannot be read.
    """
    moment = _moment(value, "expiry date")
    if moment is None or isinstance(moment, datetime):
        return moment
    return datetime.combine(moment + timedelta(days=1), time())


def _moment(value: object, name: str) -> date | datetime | None:
    """Read a moment. Midnight to the second and without a zone is a day: so databases and spreadsheets write one."""
    if value is None or (isinstance(value, str) and not clean_line(value)):
        return None
    try:
        moment = _read(value)
    except (DateError, ValueError, OverflowError) as error:  # also of numbers that are not finite
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
