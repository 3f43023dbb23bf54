"""Makes items of named values, as front matter, tables, databases, feeds and pages give them."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from publisher.collect.sources.dates import DateError, read_moment
from publisher.collect.sources.links import absolute
from publisher.collect.sources.text import clean_line, clean_paragraphs, fit
from publisher.model.errors import SourceError
from publisher.model.items import Enclosure, Item
from publisher.model.problems import Problem

FIELDS = ("id", "date", "title", "text", "html", "link", "language", "themes", "keywords", "enclosures")
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


class FieldError(ValueError):
    """The values make no item; the message says why."""


def item_of(values: Mapping[str, object], *, separator: str = ",") -> Item:
    """Return the item that values under the names of `FIELDS` make; `separator` stands between themes in one text.

    Raises:
        FieldError: the date, or all text, is missing or no such thing.
    """
    published = _moment(values.get("date"))
    title = clean_line(_text(values, "title"))
    text = clean_paragraphs(_text(values, "text"))
    html = fit(_text(values, "html"))
    if not (title or text or html.strip()):
        raise FieldError("it has neither a title nor a text")
    link, language = clean_line(_text(values, "link")), clean_line(_text(values, "language")).replace("_", "-")
    return Item(
        date=published.astimezone(UTC).date() if isinstance(published, datetime) else published,
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
    )


@dataclass(frozen=True, slots=True)
class Harvest:
    """What could be read of a source's single items, and what could not."""

    items: tuple[Item, ...]
    problems: tuple[Problem, ...]


def harvest(source: str, places: Iterable[tuple[str, _T]], make: Callable[[_T], Item | None]) -> Harvest:
    """Make an item of each thing, which comes with its place; None is left out without a word.

    Raises:
        SourceError: there are some, and not one could be read.
    """
    items: list[Item] = []
    problems: list[Problem] = []
    for place, thing in places:
        try:
            item = make(thing)
        except FieldError as error:
            problems.append(Problem(where=place, what=f"{error}; the item was left out"))
        else:
            items += [item] if item else []
    if problems and not items:
        raise SourceError(source, f"nothing could be read; {problems[0]}")
    return Harvest(items=tuple(items), problems=tuple(problems))


def _moment(value: object) -> date | datetime:
    """Return an instant in UTC, or the day when that is all that is said; a time without a zone is none."""
    if value is None or value == "":
        raise FieldError("it has no date")
    if isinstance(value, str):
        try:
            value = read_moment(clean_line(value))
        except DateError as error:
            raise FieldError(str(error)) from error
    if not isinstance(value, date):
        raise FieldError(f"{shortened(value)} is no date")
    if not _EARLIEST <= value.year <= _LATEST:
        raise FieldError(f"{value.isoformat()} is no date of news")
    if not isinstance(value, datetime):
        return value
    return value.date() if value.tzinfo is None else value.astimezone(UTC)


def _text(values: Mapping[str, object], name: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, _WRITTEN):
        raise FieldError(f"its {name} is no text: {shortened(value)}")
    try:
        return str(value)[:MAX_CHARACTERS]
    except ValueError as error:  # an int of more digits than Python writes
        raise FieldError(f"its {name} is no text: {error}") from error


def _list(values: Mapping[str, object], name: str, separator: str) -> tuple[str, ...]:
    value = values.get(name)
    pieces = value if isinstance(value, list | tuple) else _text(values, name).split(separator)
    words = (clean_line(_text({name: piece}, name)) for piece in pieces)
    return tuple(dict.fromkeys(word for word in words if word))


def shortened(value: object) -> str:
    """Return how a message shows a value that came from outside: its beginning, on one line."""
    is_short = isinstance(value, str | float) or (isinstance(value, int) and value.bit_length() < 4 * _SHOWN)
    shown = clean_line(repr(value) if is_short else f"a {type(value).__name__}")
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


_SHOWN = 60


def mapped(row: Mapping[str, object], columns: Mapping[str, str | None]) -> dict[str, object]:
    """Return a row's values by field; a field without a column of its own is read from the one of its name."""
    return {field: _value(row, columns.get(field) or field) for field in FIELDS}


def missing_columns(names: Collection[str], columns: Mapping[str, str | None]) -> list[str]:
    """Return the columns that configuration names and the source does not have."""
    wanted = [column for column in columns.values() if column]
    return [column for column in wanted if column not in names and column.partition(".")[0] not in names]


def _value(row: Mapping[str, object], column: str) -> object:
    """Return a column's value; `author.name` also means the `name` within `author`."""
    if column in row or "." not in column:
        return row.get(column)
    head, _, rest = column.partition(".")
    inner = row.get(head)
    return _value(inner, rest) if isinstance(inner, Mapping) else None


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
        title=clean_line(_text(values, "enclosure's title")),
    )


def _size(length: str) -> int | None:
    """Return the bytes; None when it says nothing, or 0, as feeds do that must say something (RSS 2.0)."""
    is_number = length.isascii() and length.isdigit() and len(length) <= len(str(LARGEST_BYTES))
    return int(length) if is_number and 0 < int(length) <= LARGEST_BYTES else None
