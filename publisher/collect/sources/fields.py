"""Makes items of named values, as front matter, tables, databases, feeds and pages give them."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal, TypeVar
from uuid import UUID

from publisher.collect.sources.dates import DateError, read_moment, read_number
from publisher.collect.sources.links import absolute
from publisher.collect.sources.order import newest_first
from publisher.collect.sources.text import clean_line, clean_name, clean_paragraphs, fit
from publisher.collect.sources.withheld import KEPT, SHOWN, STATES, why_withheld
from publisher.model.errors import SourceError
from publisher.model.items import Enclosure, Item
from publisher.model.problems import Problem
from publisher.model.schedules import local_day

FIELDS = (
    "id",
    "date",
    "title",
    "text",
    "html",
    "link",
    "language",
    "themes",
    "keywords",
    "enclosures",
    "draft",
    "embargo",
    "expires",
)
"""What an item may be made of; only `date` and one of `title`, `text` and `html` must be there."""

MAX_CHARACTERS = 500_000
"""Of a text; what is beyond is cut off."""
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_WRITTEN = (str, int, float, Decimal, UUID, date, time)
"""What can be taken as a text; databases and front matter have more types than one expects."""
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
"""RFC 6838 section 4.2."""
MAX_ENCLOSURES = 20
"""Of one item; the others are left out."""
LONGEST_URL = 2_000
"""Of an enclosure; no browser has to open a longer one."""
LARGEST_BYTES = 10**13
"""An enclosure that says it is larger does not know its size."""
_EARLIEST, _LATEST = 1900, 2199
"""Years; another one is a mistake, as when a program writes "no date" as 0001-01-01."""

_T = TypeVar("_T")

Undated = Literal["seen", "skip"]
"""What becomes of an item without a date: the day counts when it is first seen, or it is left out and told."""
Today = date | None
"""The date of items that have none; None: they must have one."""


class FieldError(ValueError):
    """The values make no item; the message says why."""


class Withheld(Exception):  # noqa: N818 - it is no error
    """The values make an item that its source keeps back; the message says by which words."""


def item_of(values: Mapping[str, object], *, separator: str = ",", today: Today = None) -> Item:
    """Return the item that values under the names of `FIELDS` make; `separator` stands between themes in one text.

    Raises:
        FieldError: the date, or all text, is missing or no such thing.
        Withheld: the source keeps it back.
    """
    if why := why_withheld(values):
        raise Withheld(why)
    said = _moment(values.get("date"), "date")
    published = said or today
    if published is None:
        raise FieldError("it has no date")
    title = clean_name(_text(values, "title"))
    text = clean_paragraphs(_text(values, "text"))
    html = fit(_text(values, "html"))
    if not (title or text or html.strip()):
        raise FieldError("it has neither a title nor a text")
    link, language = clean_line(_text(values, "link")), clean_line(_text(values, "language")).replace("_", "-")
    return Item(
        date=published.date() if isinstance(published, datetime) else published,
        published=published if isinstance(published, datetime) else None,
        title=title,
        text=text or ("" if html.strip() else title),
        html=html,
        link=link if _ADDRESS.fullmatch(link) else "",
        native_id=clean_line(_text(values, "id")),
        language=language if _LANGUAGE_TAG.fullmatch(language) else "",
        labels=_list(values, "themes", separator),
        keywords=_list(values, "keywords", separator),
        enclosures=enclosures_of(values.get("enclosures"), separator=separator, base=link),
        is_undated=said is None,
        embargo=embargo_of(values.get("embargo")),
        expires=expiry_of(values.get("expires")),
    )


def first_sight(undated: Undated, *, now: datetime, timezone: str) -> Today:
    """Return what `today` is to a source whose key `undated` says that."""
    return local_day(now, timezone) if undated == "seen" else None


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


@dataclass(frozen=True, slots=True)
class Harvest:
    """What could be read of a source's single items, and what could not."""

    items: tuple[Item, ...]
    """Newest first."""
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...] = ()
    """What the source itself keeps back."""


def harvest(source: str, places: Iterable[tuple[str, _T]], make: Callable[[_T], Item | None]) -> Harvest:
    """Make an item of each thing, which comes with its place; None is left out without a word.

    Raises:
        SourceError: there are some, and not one could be read.
    """
    items: list[Item] = []
    problems: list[Problem] = []
    notes: list[Problem] = []
    for place, thing in places:
        try:
            item = make(thing)
        except FieldError as error:
            problems.append(Problem(where=place, what=f"{error}; the item was left out"))
        except Withheld as why:
            notes.append(Problem(where=place, what=f"a draft ({why})"))
        else:
            items += [item] if item else []
    if problems and not items:
        raise SourceError(source, f"nothing could be read; {problems[0]}")
    return Harvest(items=newest_first(items), problems=tuple(problems), notes=tuple(notes))


def _moment(value: object, name: str) -> date | datetime | None:
    """Return an instant in UTC, a moment without a zone, or the day when that is all that is said; None: nothing is.

    Midnight to the second and without a zone is a day: so databases and spreadsheets write one.
    """
    if value is None or (isinstance(value, str) and not clean_line(value)):
        return None
    try:
        moment = _read_moment(value)
    except (DateError, ValueError, OverflowError) as error:  # also of numbers that are not finite
        raise FieldError(str(error) if name == "date" else f"its {name} cannot be read: {error}") from error
    if not _EARLIEST <= moment.year <= _LATEST:
        raise FieldError(f"{moment.isoformat()} is no {name} of news")
    if isinstance(moment, datetime) and moment.tzinfo is None:
        return moment if moment.time() != time() else moment.date()
    return moment.astimezone(UTC) if isinstance(moment, datetime) else moment


def _read_moment(value: object) -> date | datetime:
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        return read_moment(clean_line(value))
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return read_number(int(value))
    raise DateError(f"{shorten(value)} is no date")


def _text(values: Mapping[str, object], name: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, _WRITTEN):
        raise FieldError(f"its {name} is no text: {shorten(value)}")
    try:
        return str(value)[:MAX_CHARACTERS]
    except ValueError as error:  # an int of more digits than Python writes
        raise FieldError(f"its {name} is no text: {error}") from error


def _list(values: Mapping[str, object], name: str, separator: str) -> tuple[str, ...]:
    value = values.get(name)
    pieces = value if isinstance(value, list | tuple) else _text(values, name).split(separator)
    words = (clean_name(_text({name: piece}, name)) for piece in pieces)
    return tuple(dict.fromkeys(word for word in words if word))


def shorten(value: object) -> str:
    """Return how a message shows a value that came from outside: its beginning, on one line."""
    is_short = isinstance(value, str | float) or (isinstance(value, int) and value.bit_length() < 4 * _SHOWN)
    shown = clean_line(repr(value) if is_short else f"a {type(value).__name__}")
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


_SHOWN = 60


def mapped(row: Mapping[str, object], columns: Mapping[str, str | None]) -> dict[str, object]:
    """Return a row's values by field; a field without a column of its own is read from the one of its name.

    Capitals, spaces and marks in names make no difference. What keeps an item back is read by whatever name.
    """
    folded = {fold_name(name): value for name, value in row.items()}
    kept = {name: folded[name] for name in (*KEPT, *SHOWN, *STATES) if name in folded}
    return kept | {field: _value(row, folded, columns.get(field) or field) for field in FIELDS}


@lru_cache(maxsize=4_096)
def fold_name(name: str) -> str:
    """Return the name of a field so that capitals, spaces, hyphens and underscores make no difference."""
    return re.sub(r"[\W_]+", "", name.casefold())


def missing_columns(names: Collection[str], columns: Mapping[str, str | None]) -> list[str]:
    """Return the columns that configuration names and the source does not have."""
    there = {*names, *map(fold_name, names)}
    wanted = [column for column in columns.values() if column]
    return [each for each in wanted if there.isdisjoint((each, fold_name(each), each.partition(".")[0]))]


def _value(row: Mapping[str, object], folded: Mapping[str, object], column: str) -> object:
    """Return a column's value; `author.name` also means the `name` within `author`."""
    if column in row:
        return row[column]
    if "." not in column:
        return folded.get(fold_name(column))
    head, _, rest = column.partition(".")
    inner = row.get(head)
    return (
        _value(inner, {fold_name(str(name)): value for name, value in inner.items()}, rest)
        if isinstance(inner, Mapping)
        else None
    )


# --- enclosures ------------------------------------------------------------------------------------------------------


def enclosures_of(value: object, *, separator: str = ",", base: str = "") -> tuple[Enclosure, ...]:
    """Return what is given as addresses in one text, as a list of them, or as tables with an `url`; each address once.

    As with links, an address that is none of the web is left out; a relative one is seen from the item's link.
    """
    match value:
        case Mapping():
            pieces: Sequence[object] = [value]
        case list() | tuple():
            pieces = value
        case _:
            # An address may well hold the separator, but then no other address follows it.
            start = rf"(?:(?<=\s)|(?<={re.escape(separator)}))(?=https?://)"
            pieces = re.split(start, _text({"enclosures": value}, "enclosures"), flags=re.IGNORECASE)
    found: dict[str, Enclosure] = {}
    for piece in pieces:
        enclosure = _enclosure(piece if isinstance(piece, Mapping) else {"url": piece}, separator, base)
        if enclosure is not None and len(found) < MAX_ENCLOSURES:
            found.setdefault(enclosure.url, enclosure)
    return tuple(found.values())


def _enclosure(values: Mapping[str, object], separator: str, base: str) -> Enclosure | None:
    values = {f"enclosure's {name}": value for name, value in values.items()}
    address = clean_line(_text(values, "enclosure's url")).removesuffix(separator).rstrip()
    url = absolute(address, base)
    if not _ADDRESS.fullmatch(url) or len(url) > LONGEST_URL:
        return None
    media_type = clean_line(_text(values, "enclosure's type")).partition(";")[0].strip().lower()
    return Enclosure(
        url=url,
        media_type=media_type if _MEDIA_TYPE.fullmatch(media_type) else "",
        size_bytes=_size(_text(values, "enclosure's length").strip()),
        title=clean_name(_text(values, "enclosure's title")),
    )


def _size(length: str) -> int | None:
    """Return the bytes; None when it says nothing, or 0, as feeds do that must say something (RSS 2.0)."""
    is_number = length.isascii() and length.isdigit() and len(length) <= len(str(LARGEST_BYTES))
    return int(length) if is_number and 0 < int(length) <= LARGEST_BYTES else None
