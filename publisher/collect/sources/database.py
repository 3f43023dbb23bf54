"""The `database` kind: the rows of an SQL query, each an item."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from publisher.collect.sources.base import Fetch
from publisher.collect.sources.columns import Row, check_columns, fill_flags, map_row
from publisher.collect.sources.fields import FieldRules, item_of
from publisher.collect.sources.harvest import harvest
from publisher.collect.sources.moments import Undated, first_sight
from publisher.collect.sources.values import FieldError
from publisher.model.errors import SourceError
from publisher.model.items import Item
from publisher.model.sources import FailureKind

if TYPE_CHECKING:
    import sqlite3

READER = "database-6"
MAX_ROWS = 200_000
"""A query that gives more rows is refused as a mistake."""
PATIENCE_S = 60
"""The most seconds for a query: a longer query would keep all other sources waiting."""
_STEPS = 100_000
"""How many instructions SQLite executes between two checks of the time limit."""
_LIMITS = {
    "postgresql": f"SET statement_timeout = '{PATIENCE_S}s'",
    "mysql": f"SET SESSION max_execution_time = {PATIENCE_S * 1000}",
    "mariadb": f"SET SESSION max_statement_time = {PATIENCE_S}",
}


@dataclass(frozen=True, slots=True)
class DatabaseSource:
    """A `Source` that reads a database through SQLAlchemy, and changes nothing in it."""

    name: str
    url: str
    """The SQLAlchemy URL of the database. It may contain a password, so it is never shown."""
    query: str
    columns: Mapping[str, str | None] = field(default_factory=dict)
    separator: str = ","
    undated: Undated = "skip"
    timezone: str = "UTC"
    labels: frozenset[str] = frozenset()
    """Names of themes that contain separators, as in `FieldRules`."""
    complete: bool = False
    """Whether the query lists all items, so that an item that it lacks is gone."""
    base: str = ""
    """The base URL of relative addresses."""

    def fetch(self, *, validator: str, now: datetime) -> Fetch:
        """Run the query. A row that makes no item becomes a `Problem` with its number; the other rows are returned.

        Raises:
            SourceError: the database or the query cannot be used, or no row makes an item.
        """
        names, rows = self._rows()
        check_columns(self.name, "`query`", names, self.columns, undated=self.undated)
        settings = (
            self.separator,
            self.undated,
            sorted(self.columns.items()),
            sorted(self.labels),
            self.complete,
            self.base,
        )
        whole = hashlib.sha256(repr((READER, settings, rows)).encode(errors="surrogatepass"))
        if validator == (current := f"{READER}:{whole.hexdigest()}"):
            return Fetch(items=(), validator=current, is_unchanged=True)
        today = first_sight(self.undated, now=now, timezone=self.timezone)
        rules = FieldRules(separator=self.separator, today=today, labels=self.labels, base=self.base)
        found = harvest(
            self.name,
            fill_flags((f"{self.name}, row {number}", row) for number, row in enumerate(rows, start=1)),
            lambda row: self._item(row, rules),
            findings=rules.findings,
        )
        return found.as_fetch(validator=current, is_complete=self.complete)

    def _item(self, row: Row, rules: FieldRules) -> Item:
        if isinstance(row, FieldError):
            raise row
        return item_of(map_row(row, self.columns), rules)

    def _rows(self) -> tuple[list[str], Sequence[dict[str, object]]]:
        # Messages must not contain the URL of the database, which may hold a password.
        try:
            url = make_url(self.url)
            _check_file(self.name, url)
            engine = create_engine(url)
        except (SQLAlchemyError, ValueError) as error:
            raise SourceError(self.name, "`url` is no address of a database that SQLAlchemy knows") from error
        except ImportError as error:
            raise SourceError(self.name, f"its database needs a Python package: {error}") from error
        try:
            with engine.connect() as connection:
                _prepare(connection)
                result = connection.execute(text(self.query))
                names = list(result.keys())
                rows = [_row_of(names, row) for row in result.fetchmany(MAX_ROWS + 1)]
                connection.rollback()
        except SQLAlchemyError as error:
            problem = f"the database says: {_first_line(error)}"
            raise SourceError(self.name, problem, kind=FailureKind.UNREACHABLE) from error
        finally:
            engine.dispose()
        if len(rows) > MAX_ROWS:
            raise SourceError(self.name, f"`query` gives more than {MAX_ROWS} rows; let it give fewer")
        return names, rows


def _row_of(names: Sequence[str], values: Sequence[object]) -> dict[str, object]:
    """Return a row by the names of its columns; of several with one name, as a join gives them, the first counts."""
    return dict(reversed([*zip(names, map(_as_text, values), strict=True)]))


def _as_text(value: object) -> object:
    """Return the text of bytes in UTF-8, as MySQL gives columns with a binary collation; other values stay."""
    if not isinstance(value, bytes) or len(value) == 1:  # one byte may be a bit
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def _prepare(connection: Connection) -> None:
    """Make the transaction read-only and limit it to `PATIENCE_S`, where the database can do that."""
    backend = connection.dialect.name
    if backend == "sqlite":
        connection.exec_driver_sql("PRAGMA query_only = ON")
        end = time.monotonic() + PATIENCE_S
        driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
        driver.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    elif statement := _LIMITS.get(backend):
        connection.exec_driver_sql(statement)


def _check_file(source: str, url: URL) -> None:
    """Refuse a missing SQLite file: connecting would create it."""
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        path = Path(url.database or "")
        if not path.is_file():
            problem = f"there is no {path}; create it or correct `url`"
            raise SourceError(source, problem, kind=FailureKind.MISSING)


def _first_line(error: SQLAlchemyError) -> str:
    reason = getattr(error, "orig", None) or error
    return (str(reason).strip().splitlines() or [type(reason).__name__])[0]
