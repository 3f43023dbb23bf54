"""The `table` kind: a CSV file, or one with a JSON object a line; each row an item."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from io import StringIO
from pathlib import Path

from publisher.collect.sources.base import Fetch
from publisher.collect.sources.fields import (
    MAX_CHARACTERS,
    FieldError,
    Today,
    Undated,
    first_sight,
    harvest,
    item_of,
    mapped,
    missing_columns,
)
from publisher.collect.sources.files import decoded, read_unless, validator_of
from publisher.model.errors import SourceError
from publisher.model.items import Item

READER = "table-3"
DELIMITERS = ",;\t|"

csv.field_size_limit(2 * MAX_CHARACTERS)  # the module's own limit is below the length of a long report


@dataclass(frozen=True, slots=True)
class TableSource:
    """A `Source` that reads one file in UTF-8: `.jsonl` and `.ndjson` hold JSON, every other name CSV with a head."""

    name: str
    path: Path
    columns: Mapping[str, str | None] = field(default_factory=dict)
    """The column of each field of `fields.FIELDS`; one that is not named is in the column of its own name."""
    separator: str = ","
    """Between the themes, keywords or enclosures in one column."""
    undated: Undated = "skip"
    timezone: str = "UTC"

    def fetch(self, *, validator: str, now: datetime) -> Fetch:
        """Read the file; a row that makes no item is a `Problem` with its line, and the others are given.

        Raises:
            SourceError: the file cannot be read, a column is not there, or not one row makes an item.
        """
        reader = f"{READER} {sorted(self.columns.items())} {self.separator} {self.undated}"
        data = read_unless(self.name, self.path, validator, reader=reader)
        if data is None:
            return Fetch(items=(), validator=validator, is_unchanged=True)
        text = decoded(self.name, self.path, data)
        is_json = self.path.suffix.lower() in (".jsonl", ".ndjson")
        rows = _json_rows(text) if is_json else self._csv_rows(text)
        today = first_sight(self.undated, now=now, timezone=self.timezone)
        places = ((f"{self.path}:{line}", row) for line, row in rows)
        found = harvest(self.name, places, lambda row: self._item(row, today))
        return Fetch(items=found.items, validator=validator_of(data, reader=reader), problems=found.problems)

    def _item(self, row: Mapping[str, object] | FieldError, today: Today) -> Item:
        if isinstance(row, FieldError):
            raise row
        return item_of(mapped(row, self.columns), separator=self.separator, today=today)

    def _csv_rows(self, text: str) -> Iterator[tuple[int, Mapping[str, object]]]:
        head = text.partition("\n")[0]
        rows = csv.reader(StringIO(text, newline=""), delimiter=max(DELIMITERS, key=head.count))
        try:
            names = [name.strip() for name in next((row for row in rows if row), [])]
            if missing := missing_columns(names, self.columns):
                raise SourceError(self.name, f"{self.path} has no column {missing[0]!r}; it has {', '.join(names)}")
            for row in rows:
                if row:
                    yield rows.line_num, dict(zip(names, row, strict=False))
        except csv.Error as error:
            raise SourceError(self.name, f"{self.path}:{rows.line_num}: this is not CSV: {error}") from error


def _json_rows(text: str) -> Iterator[tuple[int, Mapping[str, object] | FieldError]]:
    # Not splitlines(): a JSON text may hold U+2028 as it is.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, _json_row(line)


def _json_row(line: str) -> Mapping[str, object] | FieldError:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return FieldError(f"this is not JSON: {error}")
    return row if isinstance(row, dict) else FieldError("expected a JSON object")
