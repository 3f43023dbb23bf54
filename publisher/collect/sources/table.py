"""The `table` kind: a CSV file, or JSON with one object per line or one array of objects; each row an item."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from publisher.collect.sources.base import Fetch
from publisher.collect.sources.columns import check_columns, fill_flags, map_row
from publisher.collect.sources.csv_rows import NotCsvError, read_csv
from publisher.collect.sources.dates import is_moment
from publisher.collect.sources.escapes import page_in_place
from publisher.collect.sources.fields import FieldRules, item_of
from publisher.collect.sources.files import decoded, read_unless, validator_of
from publisher.collect.sources.harvest import harvest
from publisher.collect.sources.moments import Undated, first_sight
from publisher.collect.sources.values import FieldError
from publisher.model.errors import SourceError
from publisher.model.items import Item
from publisher.model.problems import Problem

READER = "table-11"
_JSON = (".jsonl", ".ndjson", ".json")
_DAY_NUMBER = re.compile(r"(?P<day>[3-6]\d{4})(?:[.,](?P<part>\d{1,15}))?")
"""A date as spreadsheets keep it, and write it if its cell has no format of a date: the number of days since
`_DAY_0`, with the time as a part of the day. The numbers from 30000 to 69999 are the years 1982 to 2091.
"""
_SHORT_DATE = re.compile(r"(?P<day>\d{1,2})\.?[- ](?P<month>[^\W\d_]{3,9})\.?[- ](?P<year>\d{2})")
"""A date as Excel shows it, `4-Mar-24`: beside a month in letters the first number is the day."""
_LAST_CENTURY = "70"
"""The first year of two digits that is one of the last century."""
_DAY_0, _DAY = datetime(1899, 12, 30), timedelta(days=1)  # noqa: DTZ001  (in the site's zone)
_LISTS = frozenset("items data rows results records entries posts articles news values".split())  # noqa: SIM905
"""The names under which programs put their list of objects into one object."""


@dataclass(frozen=True, slots=True)
class TableSource:
    """A `Source` that reads one file in UTF-8: JSON if it ends in `.jsonl`, `.ndjson` or `.json`, otherwise CSV with a
    header.
    """

    name: str
    path: Path
    columns: Mapping[str, str | None] = field(default_factory=dict)
    """The column of each field of `fields.FIELDS`; a field not listed here is read from the column of its own name."""
    separator: str = ","
    """What separates themes, keywords or enclosures in one cell."""
    undated: Undated = "skip"
    timezone: str = "UTC"
    labels: frozenset[str] = frozenset()
    """Names of themes that contain separators, as in `FieldRules`."""
    complete: bool = False
    """Whether the file lists all items, so that an item that it lacks is gone."""
    base: str = ""
    """The base URL of relative addresses."""

    def fetch(self, *, validator: str, now: datetime) -> Fetch:
        """Read the file. A row that makes no item becomes a `Problem` with its line; the items of the other rows are
        returned.

        Raises:
            SourceError: the file cannot be read, a column is missing, or no row makes an item.
        """
        said = (
            sorted(self.columns.items()),
            self.separator,
            self.undated,
            sorted(self.labels),
            self.complete,
            self.base,
        )
        reader = " ".join([READER, *map(str, said)])
        data = read_unless(self.name, self.path, validator, reader=reader)
        if data is None:
            return Fetch(items=(), validator=validator, is_unchanged=True)
        today = first_sight(self.undated, now=now, timezone=self.timezone)
        rules = FieldRules(separator=self.separator, today=today, labels=self.labels, base=self.base)
        seen: dict[str, None] = {}
        remarks: list[Problem] = []
        text = decoded(self.name, self.path, data)
        if page_in_place(text):
            raise SourceError(self.name, f"{self.path} is a page of HTML; save the table as CSV in UTF-8")
        try:
            rows = fill_flags(self._rows(text, seen, remarks))
            places = ((f"{self.path}:{line}", row) for line, row in rows)
            found = harvest(self.name, places, lambda row: self._item(row, rules), findings=rules.findings)
        except SourceError:
            if seen:
                self._check(seen)
            raise
        return found.as_fetch(validator=validator_of(data, reader=reader), is_complete=self.complete, remarks=remarks)

    def _item(self, row: Mapping[str, object] | FieldError, rules: FieldRules) -> Item:
        if isinstance(row, FieldError):
            raise row
        values = map_row(row, self.columns)
        return item_of(values | {name: _dated(values[name]) for name in ("date", "embargo", "expires")}, rules)

    def _rows(
        self, text: str, seen: dict[str, None], remarks: list[Problem]
    ) -> Iterator[tuple[int, Mapping[str, object] | FieldError]]:
        """Yield the rows with their line numbers. Column names are added to `seen`, and a note to `remarks` for what is
        left out.
        """
        if self.path.suffix.lower() in _JSON:
            for line, row in _json_rows(text):
                seen |= dict.fromkeys(row) if isinstance(row, Mapping) else {}
                yield line, row
            return
        try:
            yield from read_csv(text, self._check, lambda line, what: remarks.append(self._remark(line, what)))
        except NotCsvError as error:
            raise SourceError(self.name, f"{self.path}:{error}") from error

    def _remark(self, line: int, what: str) -> Problem:
        return Problem(where=f"{self.path}:{line}", what=what)

    def _check(self, names: Collection[str]) -> None:
        check_columns(self.name, str(self.path), names, self.columns, undated=self.undated)


def _dated(value: object) -> object:
    """Return the day or the moment that a spreadsheet's day number or short date means, also in a list of values;
    return any other value unchanged.
    """
    if isinstance(value, list):
        return [_dated(each) for each in value]
    text = str(value).strip() if isinstance(value, str | int) else ""
    if named := _SHORT_DATE.fullmatch(text):
        century = "19" if named["year"] >= _LAST_CENTURY else "20"
        day = f"{named['day']} {named['month']} {century}{named['year']}"
        return day if is_moment(day) else value
    match = _DAY_NUMBER.fullmatch(text)
    if match is None:
        return value
    seconds = round(float(f"0.{match['part'] or 0}") * _DAY.total_seconds())
    moment = _DAY_0 + int(match["day"]) * _DAY + timedelta(seconds=seconds)
    return moment if seconds else moment.date()


def _json_rows(text: str) -> Iterator[tuple[int, Mapping[str, object] | FieldError]]:
    """Yield the JSON objects in a text: each with its line number, or with its number in the list if the text is one
    list.
    """
    if (rows := _json_list(text)) is not None:
        yield from enumerate(rows, start=1)
        return
    # not splitlines(): a JSON text may contain U+2028 unescaped
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, _json_row(line)


def _json_list(text: str) -> list[Mapping[str, object] | FieldError] | None:
    """Return the objects of a text that is one array, one object with a list of objects (`_LISTS`), or one object;
    return `None` if the text has one object per line.
    """
    try:
        whole = _json(text)
    except (ValueError, RecursionError):
        return None  # each line is then reported
    rows = whole if isinstance(whole, list) else _listed(whole)
    return [row if isinstance(row, dict) else FieldError("expected a JSON object") for row in rows]


def _listed(whole: object) -> list[object]:
    """Return the objects in the only list of an object that is no item; return the object itself if it has none."""
    inner = [whole[name] for name in whole if name.casefold() in _LISTS] if isinstance(whole, dict) else []
    if len(inner) == 1 and isinstance(inner[0], dict):
        return _listed(inner[0])
    return inner[0] if len(inner) == 1 and _is_list_of_objects(inner[0]) else [whole]


def _is_list_of_objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _json(text: str) -> object:
    # 1.10 may be a version as well as a number, and what is not a number is no value
    return json.loads(text, parse_float=str, parse_constant=lambda _: None)


def _json_row(line: str) -> Mapping[str, object] | FieldError:
    try:
        row = _json(line)
    except (ValueError, RecursionError) as error:
        return FieldError(f"this is not JSON: {error}")
    return row if isinstance(row, dict) else FieldError("expected a JSON object")


def peek(path: Path, text: str) -> list[Mapping[str, object]]:
    """Return the rows of a file with unparsed values, to see what its columns hold; return an empty list if the file is
    no table.
    """
    try:
        if path.suffix.lower() in _JSON:
            rows = _json_rows(text)
        else:
            rows = read_csv(text, lambda _: None, lambda _line, _what: None)
        return [row for _, row in rows if not isinstance(row, FieldError)]
    except NotCsvError:
        return []
