"""Reads CSV as programs write it, Excel above all. Yields rows with their line number and their values by the names in
the header.
"""

import csv
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from io import StringIO
from itertools import chain

from publisher.collect.sources.values import MAX_CHARACTERS, FieldError
from publisher.model.problems import counted

DELIMITERS = ",;\t|"
_SEPARATOR = re.compile(r'"?sep=(?P<mark>[^\w" \r\n])"?(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
"""Excel's optional first line, which names the separator of cells."""

_END = "\ue000"
"""A line added at the end of the text: it is a row of its own unless a quote is still open there."""

_OPEN = "a quote is opened here and never closed, so that nothing below it can be read"

csv.field_size_limit(2 * MAX_CHARACTERS)  # the module's own limit is below the length of a long report


class NotCsvError(ValueError):
    """The file is not CSV; the message says where and why."""


def read_csv(
    text: str, check: Callable[[Collection[str]], None], tell: Callable[[int, str], None]
) -> Iterator[tuple[int, Mapping[str, object] | FieldError]]:
    """Yield each row's line number and its values by the names in the header, which `check` gets first.

    If a quote is never closed, the last row is an error instead: it contains all rows after the quote.

    `tell` gets the line number of a row that has more cells than the header has names, and those cells.

    The separator is the one named by `sep=`, or the one that cuts the header into most cells. Rows of empty cells are
    left out.

    Raises:
        NotCsvError: the file is not CSV.
    """
    said = _SEPARATOR.match(text)
    body = text[said.end() :] if said else text
    delimiter = said["mark"] if said else max(DELIMITERS, key=lambda mark: len(_head(body, mark)))
    rows = csv.reader(chain(StringIO(body, newline=""), [_END]), delimiter=delimiter)
    first_line = 1 if said else 0
    try:
        names = [name.strip() for name in next((row for row in rows if _says_something(row)), [])]
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
            if _says_something(row[len(names) :]):
                tell(
                    rows.line_num + first_line,
                    f"{counted(len(row) - len(names), 'cell')} more than the head has, left out; "
                    f"put a text that contains {delimiter!r} in quotes",
                )
            if _says_something(row):
                yield rows.line_num + first_line, dict(zip(names, row, strict=False))
    except csv.Error as error:
        raise NotCsvError(f"{rows.line_num + first_line}: this is not CSV: {error}") from error


def _head(text: str, delimiter: str) -> list[str]:
    try:
        rows = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
        return next((row for row in rows if _says_something(row)), [])
    except csv.Error:
        return []


def _says_something(row: list[str]) -> bool:
    return any(cell.strip() for cell in row)
