"""Maps the columns of a row to the fields of an item; pure."""

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import TypeVar

from publisher.collect.sources.escapes import is_blank, is_markup, mark_paragraphs, unescape_characters, unescape_name
from publisher.collect.sources.fields import FIELDS
from publisher.collect.sources.moments import EMBARGO_NAMES, EXPIRY_NAMES, Undated
from publisher.collect.sources.values import FieldError
from publisher.collect.sources.withheld import KEPT, SHOWN, STATES, says_yes
from publisher.model.errors import SourceError

T = TypeVar("T")
Row = Mapping[str, object] | FieldError
"""A row, or why it cannot be read."""
_WORDS = ("title", "text", "html")
"""Fields with the words of an item; every item has one of them."""
_NULLS = frozenset({"NULL", "null", "(null)", "<null>", "\\N", "None", "NaN", "nan", "NaT", "undefined"})
"""What databases, Python and JavaScript write for a cell without a value."""
KEEPING = (*KEPT, *SHOWN, *STATES)
"""Fields that may withhold an item, such as `draft`."""


@lru_cache(maxsize=4_096)
def fold_name(name: str) -> str:
    """Return a field's name without capitals, spaces, hyphens and underscores, to compare it with others."""
    return re.sub(r"[\W_]+", "", name.casefold())


def map_row(row: Mapping[str, object], columns: Mapping[str, str | None]) -> dict[str, object]:
    """Return a row's values by field; a field without a configured column is read from the column of its own name.

    Capitals, spaces and punctuation in names make no difference; of several columns with one name the first that has a
    value counts. Fields that may withhold an item are read under each of their names. A text that is HTML is returned
    as `html`.
    """
    row = {name: value for name, value in row.items() if not _is_empty(value)}
    folded: dict[str, object] = {}
    for name, value in row.items():
        folded.setdefault(fold_name(name), value)
    folded.setdefault("authors", folded.get("author"))
    kept = {name: folded[name] for name in KEEPING if name in folded}
    values = {field: _value(row, folded, columns.get(field) or field) for field in FIELDS}
    values["title"] = unescape_name(values["title"])
    values |= _plain_or_html(values["text"], values["html"])
    given = {fold_name(column) for column in columns.values() if column}
    for field, aliases in (("embargo", EMBARGO_NAMES), ("expires", EXPIRY_NAMES)):
        values[field] = [values[field], *(folded[name] for name in aliases if name in folded and name not in given)]
    return kept | values


def _plain_or_html(text: object, html: object) -> dict[str, object]:
    """Return the fields `text` and `html`: many programs have one column for both."""
    text = unescape_characters(text) if isinstance(text, str) else text
    if isinstance(html, str) and not is_blank(html):
        html = mark_paragraphs(html)
    elif isinstance(text, str) and is_markup(text):
        text, html = None, text
    elif isinstance(html, str):
        html = None
    return {"text": text, "html": html}


def fill_flags(rows: Iterable[tuple[T, Row]]) -> list[tuple[T, Row]]:
    """Return rows with their places. Empty cells are filled with "no" in a column that says "yes" in other rows, if the
    column tells whether an item is published (`withheld.SHOWN`).

    Programs write an unchecked box, and NULL, as an empty cell. An empty cell in a column of dates says nothing.
    """
    every = list(rows)
    read = [row for _, row in every if isinstance(row, Mapping)]
    flags = {name for row in read for name, value in row.items() if fold_name(name) in SHOWN and says_yes(value)}
    if not flags:
        return every
    return [
        (place, {**row, **{name: "no" for name in flags if _is_empty(row.get(name))}})
        if isinstance(row, Mapping)
        else (place, row)
        for place, row in every
    ]


def _is_empty(value: object) -> bool:
    """Whether a cell is empty, or has only a word that programs write into empty cells."""
    return value is None or (isinstance(value, str) and (not value.strip() or value.strip() in _NULLS))


def fields_within(tables: Iterable[object], names: Collection[str]) -> dict[str, object]:
    """Return the named fields from tables inside front matter or an entry; the first value for each name counts."""
    found: dict[str, object] = {}
    for table in tables:
        if isinstance(table, Mapping):
            folded = {fold_name(str(name)): value for name, value in table.items()}
            found = {name: value for name, value in folded.items() if name in names} | found
    return found


def check_columns(
    source: str, where: str, names: Collection[str], columns: Mapping[str, str | None], *, undated: Undated
) -> None:
    """Check that the configured columns exist, and the columns that every item needs.

    Raises:
        SourceError: a column is missing; the message lists the columns that exist.
    """
    there = ", ".join(repr(name) for name in names if name) or "none"
    known = {*names, *map(fold_name, names)}

    def has(column: str) -> bool:
        return not known.isdisjoint((column, fold_name(column), column.partition(".")[0]))

    for column in columns.values():
        if column and not has(column):
            raise SourceError(source, f"{where} has no column {column!r}; it has {there}")
    if undated == "skip" and not has(columns.get("date") or "date"):
        raise SourceError(source, f"{where} has no column for the date; it has {there}: say which in `columns`")
    if not any(has(columns.get(field) or field) for field in _WORDS):
        raise SourceError(
            source, f"{where} has no column for a title, a text or HTML; it has {there}: say which in `columns`"
        )


def _value(row: Mapping[str, object], folded: Mapping[str, object], column: str) -> object:
    """Return a column's value; `author.name` also means the `name` within `author`."""
    if column in row:
        return row[column]
    if "." not in column:
        return folded.get(fold_name(column))
    head, _, rest = column.partition(".")
    inner = row.get(head)
    if not isinstance(inner, Mapping):
        return None
    return _value(inner, {fold_name(str(name)): value for name, value in inner.items()}, rest)
