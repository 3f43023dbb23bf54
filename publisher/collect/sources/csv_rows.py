"""Reads CSV as programs write it, Excel above all. Yields rows with their line number and their values by the names in
the header.
"""

import csv
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from io import StringIO
from itertools import chain, islice

from publisher.collect.sources.values import MAX_CHARACTERS, FieldError, shorten
from publisher.model.errors import SourceError
from publisher.model.problems import counted

DELIMITERS = ",;\t|"
_SEPARATOR = re.compile(r'"?sep=(?P<mark>[^\w" \r\n])"?(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
"""Excel's optional first line, which names the separator of cells."""

_END = "\ue000"
"""A line added at the end of the CSV text: it is read as a row of its own unless a quote is still open there."""

_OPEN = "a quote is opened here and never closed, so that nothing below it can be read"

_MOST_ABOVE = 9
"""The most rows above the header."""
_ERROR_NAMES = (
    "#N/A #REF! #VALUE! #NAME? #DIV/0! #NULL! #NUM! #SPILL! #CALC! #NV #BEZUG! #WERT! #ZAHL! #NOM? #VALEUR! #NOMBRE! "
    "#NUL! #NB #VERW! #WAARDE! #NAAM? #DEEL/0! #GETAL! #LEEG!"
)
_ERRORS = frozenset(_ERROR_NAMES.split())
"""What Excel shows for a formula without a value, in English, German, French and Dutch."""

_AS_TEXT = re.compile(r'="(?P<formula>[^"]*)"|\'(?P<guarded>[=+@-].*|[\d/.: T-]+)', re.DOTALL)
"""A cell that a program marked as text: `="007"`, which Excel keeps as it is, or an apostrophe before what could be a
formula or a number.
"""

csv.field_size_limit(2 * MAX_CHARACTERS)  # the module's own limit is below the length of a long report


class NotCsvError(ValueError):
    """The file is not CSV; the message says where and why."""


def read_csv(
    text: str, check: Callable[[Collection[str]], None], tell: Callable[[int, str], None]
) -> Iterator[tuple[int, Mapping[str, object] | FieldError]]:
    """Yield each row's line number and its values by the names in the header. `check` is called first, with these
    names.

    If a quote is never closed, a `FieldError` is yielded in place of the last row, which contains all text after the
    quote.

    `tell` is called with a line number and what is left out on that line: lines above the header, cells without a name
    in the header, and Excel's errors.

    The separator of cells is the one that Excel's line `sep=` names. Otherwise, of the separators that make a header
    which `check` accepts, the one that cuts the header into most cells is used. Titles may precede the header. Rows of
    empty cells are left out. Of several columns with one name the first that has a value counts.

    Raises:
        NotCsvError: the file is not CSV.
    """
    said = _SEPARATOR.match(text)
    body = text[said.end() :] if said else text
    above, delimiter = _header_of(body, said["mark"] if said else DELIMITERS, check)
    rows = csv.reader(chain(StringIO(body, newline=""), [_END]), delimiter=delimiter, skipinitialspace=True)
    first_line = 1 if said else 0
    try:
        filled = filter(_says_something, rows)
        for title in islice(filled, above):
            tell(rows.line_num + first_line, f"above the header, left out: {shorten(' '.join(title).strip())}")
        names = [name.strip() for name in next(filled, [])]
        if names == [_END]:
            return
        if any(_END in name for name in names):
            raise NotCsvError(f"{1 + first_line}: {_OPEN}")
        check(names)
        begin = rows.line_num
        for row in rows:
            line, begin = begin + 1, rows.line_num
            if row == [_END]:
                return
            if row and row[-1].endswith(_END):
                yield line + first_line, FieldError(_OPEN)
                return
            if _says_something(row):
                for what in _left_out(names, row, delimiter):
                    tell(rows.line_num + first_line, what)
                yield rows.line_num + first_line, _values(names, row)
    except csv.Error as error:
        raise NotCsvError(f"{rows.line_num + first_line}: this is not CSV: {error}") from error


def _left_out(names: list[str], row: list[str], delimiter: str) -> Iterator[str]:
    """Yield a sentence for each thing that is left out of a row: surplus cells, and Excel's errors."""
    named = max((place for place, name in enumerate(names, start=1) if name), default=0)
    if surplus := [cell for cell in row[named:] if cell.strip()]:
        more = counted(len(surplus), "cell")
        yield f"{more} more than the head has, left out; put a text that contains {delimiter!r} in quotes"
    if failed := [cell.strip() for cell in row if cell.strip() in _ERRORS]:
        yield f"an error of the spreadsheet in place of a value, left out: {', '.join(failed)}"


def _values(names: list[str], row: list[str]) -> dict[str, object]:
    values: dict[str, object] = {}
    for name, cell in zip(names, row, strict=False):
        if not str(values.get(name, "")).strip():
            values[name] = "" if cell.strip() in _ERRORS else _unmarked(cell)
    return values


def _unmarked(cell: str) -> str:
    marked = _AS_TEXT.fullmatch(cell.strip())
    return (marked["formula"] or marked["guarded"] or "") if marked else cell


def _header_of(text: str, delimiters: str, check: Callable[[Collection[str]], None]) -> tuple[int, str]:
    """Return how many rows precede the header, and the separator of cells. If no row is a header, the first row counts
    as the header.
    """
    tops = {mark: _top(text, mark) for mark in delimiters}
    ranked = sorted(delimiters, key=lambda mark: len(tops[mark][0]) if tops[mark] else 0, reverse=True)
    for above in range(_MOST_ABOVE + 1):
        for mark in ranked:
            if len(tops[mark]) > above and _is_taken(tops[mark][above], check):
                return above, mark
    return 0, ranked[0]


def _is_taken(names: list[str], check: Callable[[Collection[str]], None]) -> bool:
    try:
        check([name.strip() for name in names])
    except SourceError:
        return False
    return True


def _top(text: str, delimiter: str) -> list[list[str]]:
    """Return the first rows that are not empty, each as its cells."""
    try:
        rows = csv.reader(StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
        return [*islice((row for row in rows if _says_something(row)), _MOST_ABOVE + 1)]
    except csv.Error:
        return []


def _says_something(row: list[str]) -> bool:
    return any(cell.strip() for cell in row)
