"""Statements that SQLite's driver runs by itself, where mails wait for them: SQLAlchemy takes five times as long."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import BindParameter, Connection, Update
from sqlalchemy.dialects import sqlite

_DIALECT = sqlite.dialect(paramstyle="named")


class SqliteStatement:
    """A statement that is compiled once; its parameters go to the driver as they are."""

    def __init__(self, statement: Update) -> None:
        compiled = statement.compile(dialect=_DIALECT)
        self._sql = str(compiled)
        # What stands in the statement as a value is a parameter, too.
        self._constants = {name: _value_of(bound) for bound, name in compiled.bind_names.items() if not bound.required}

    def run(self, connection: Connection, rows: Sequence[Mapping[str, object]]) -> int:
        """Run it once for each row of parameters; return how many rows of the table were changed."""
        cursor = connection.connection.cursor()
        cursor.executemany(self._sql, [{**self._constants, **row} for row in rows])
        return cursor.rowcount


def _value_of(bound: BindParameter[object]) -> object:
    prepare = bound.type.bind_processor(_DIALECT)
    return prepare(bound.value) if prepare is not None else bound.value


def text_of(moment: datetime) -> str:
    """Return a moment as SQLite keeps it."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
