"""The database engine, and two kinds of transaction, the same for SQLite and PostgreSQL."""

import sqlite3
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import StaticPool
from sqlalchemy.sql.compiler import Compiled
from sqlalchemy.util import LRUCache

from publisher.model.errors import StoreError
from publisher.model.masking import without_addresses
from publisher.store.faults import place_of, translate_errors
from publisher.store.schema import counters
from publisher.store.sqlite_dialect import DRIVER, begin_by

PATIENCE_S = 10
"""How many seconds a transaction waits for another program's transaction. `?timeout=` in an SQLite URL overrides it."""

BATCH = 500
"""How many rows one statement reads or names: enough to be fast, few enough to save memory."""

_T = TypeVar("_T")
_Key = tuple[Any, ...]
_SHAPES = "sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME"


class _Statements(MutableMapping[_Key, Compiled]):
    """A cache of compiled statements, shared by all databases of one kind in this process.

    Compiling a statement takes longer than running it. SQLAlchemy's cache key contains the dialect, and each engine has
    its own dialect object. All dialects of one kind have the same options and compile alike, so this cache leaves the
    dialect out of the key.
    """

    def __init__(self, size: int) -> None:
        self._kept: LRUCache[_Key, Compiled] = LRUCache(size)

    def __getitem__(self, key: _Key) -> Compiled:
        return self._kept[key[1:]]

    def __setitem__(self, key: _Key, compiled: Compiled) -> None:
        self._kept[key[1:]] = compiled

    def __delitem__(self, key: _Key) -> None:
        del self._kept[key[1:]]

    def __iter__(self) -> Iterator[_Key]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)


_SQLITE_STATEMENTS = _Statements(500)
_POSTGRESQL_STATEMENTS = _Statements(500)


class Database:
    """Opens transactions. Errors of the database are raised as `StoreError`."""

    def __init__(self, url: str, *, place: str = "") -> None:
        """Connect to the database at an SQLAlchemy URL. Messages call the database `place`; if that is empty, they show
        its URL without the password.
        """
        self.url = _read(url)
        self.place = place or place_of(self.url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.is_in_memory = self.is_sqlite and self.url.database in (None, "", ":memory:")
        self.engine = self._sqlite_engine() if self.is_sqlite else self._postgresql_engine()
        self.file = Path(self.url.database or "") if self.is_sqlite and not self.is_in_memory else None
        """The file of an SQLite database, or `None` if the database is in memory or on a server."""

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction for reading."""
        with translate_errors(self.place, self.file), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Open a transaction for reading in which all data is as it was at one moment, even if others write
        meanwhile.
        """
        with translate_errors(self.place, self.file), self.engine.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction for writing: committed at the end, rolled back on any error. Only one is open at a time.

        The transaction holds the lock of the item log from the start, so what it reads stays true until it commits. An
        SQLite file is not touched unless something is written.
        """
        with translate_errors(self.place, self.file), self.engine.connect() as connection:
            self.begin_immediately(connection)
            with connection.begin():
                self._lock(connection)
                yield connection

    @contextmanager
    def writing_beside(self) -> Iterator[Connection]:
        """Open a transaction for writing that does not lock the item log, so that another process may write changes of
        items meanwhile.

        An SQLite file still has only one writer at a time.
        """
        with translate_errors(self.place, self.file), self.engine.connect() as connection:
            self.begin_immediately(connection)
            with connection.begin():
                yield connection

    @contextmanager
    def rehearsing(self) -> Iterator["Rehearsal"]:
        """Open a database whose changes are visible to itself only, and are rolled back at the end."""
        # SQLite locks at the first change, so other writers need not wait for a rehearsal without changes
        with translate_errors(self.place, self.file), self.engine.connect() as connection:
            yield Rehearsal(self, connection)

    def close(self) -> None:
        self.engine.dispose()

    def begin_immediately(self, connection: Connection) -> None:
        """Make transactions on SQLite lock at their start. A transaction that reads first and writes later fails at
        once if another wrote after its first read: SQLite cannot let it wait.
        """
        if self.is_sqlite:
            begin_by(connection, "BEGIN IMMEDIATE")

    def _lock(self, connection: Connection) -> None:
        """Lock the item log until the transaction ends. On SQLite, the start of the transaction has locked it
        already.
        """
        if not self.is_sqlite:
            connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE_S}s'"))
            connection.execute(select(counters.c.id).with_for_update())

    def _sqlite_engine(self) -> Engine:
        options: dict[str, Any] = {"poolclass": StaticPool} if self.is_in_memory else {}
        # Without an isolation level the driver begins no transaction by itself; the dialect does.
        arguments: dict[str, Any] = {"isolation_level": None, "check_same_thread": False}
        if "timeout" not in self.url.query:
            arguments["timeout"] = PATIENCE_S
        # An error message of the database ends in a log, where no address may appear.
        url = self.url.set(drivername=DRIVER)
        engine = create_engine(url, connect_args=arguments, hide_parameters=True, **options)
        engine.update_execution_options(compiled_cache=_SQLITE_STATEMENTS)
        event.listen(engine, "connect", _prepare_sqlite)
        return engine

    def _postgresql_engine(self) -> Engine:
        if not self.url.get_driver_name() == "psycopg":
            raise StoreError(f"store {self.place}: store.url must be like {_SHAPES}")
        arguments = {} if "connect_timeout" in self.url.query else {"connect_timeout": PATIENCE_S}
        try:
            # READ COMMITTED, so that a writer sees what others committed while it waited for the lock.
            engine = create_engine(
                self.url,
                isolation_level="READ COMMITTED",
                pool_pre_ping=True,
                connect_args=arguments,
                hide_parameters=True,
            )
        except ImportError as error:
            problem = "PostgreSQL needs psycopg; install it with: pip install 'psycopg[binary]'"
            raise StoreError(f"store {self.place}: {problem}") from error
        engine.update_execution_options(compiled_cache=_POSTGRESQL_STATEMENTS)
        event.listen(engine, "handle_error", _cut_details)
        return engine


class Rehearsal(Database):
    """A database in which all transactions are savepoints of one transaction that is never committed."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self.url = database.url
        self.place = database.place
        self.is_sqlite = database.is_sqlite
        self.is_in_memory = database.is_in_memory
        self.engine = database.engine
        self.file = database.file
        self._connection = connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with translate_errors(self.place, self.file):
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with translate_errors(self.place, self.file), self._connection.begin_nested():
            self._lock(self._connection)
            yield self._connection

    @contextmanager
    def writing_beside(self) -> Iterator[Connection]:
        with translate_errors(self.place, self.file), self._connection.begin_nested():
            yield self._connection

    def close(self) -> None:
        """Do nothing: `Database.rehearsing` closes the connection."""


def _read(url: str) -> URL:
    # The library's own message is dropped: it may contain a part of the password.
    try:
        read = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(f"store.url cannot be read; it must be like {_SHAPES}") from None
    if "@" in (read.host or ""):
        raise StoreError("store.url cannot be read; write @ in the password as %40, / as %2F and : as %3A")
    if read.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(f"store.url names {read.get_backend_name()!r}; it must be like {_SHAPES}")
    return read


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    # NORMAL could lose the last commits in a power cut, and with them the record of sent mails.
    connection.execute("PRAGMA synchronous = FULL")


def _cut_details(context: ExceptionContext) -> None:
    """Reduce a message of PostgreSQL to its first line. Further lines contain values of rows, and are in the server's
    language: `Key (address)=(ada@example.org) already exists`. The message may end in a log, which must contain no
    address.
    """
    first = getattr(getattr(context.original_exception, "diag", None), "message_primary", None)
    if first is None:  # no connection, so no values
        return
    whole, said = str(context.original_exception), without_addresses(first)
    context.original_exception.args = (said,)
    if context.sqlalchemy_exception is not None:
        told = context.sqlalchemy_exception.args
        context.sqlalchemy_exception.args = tuple(str(each).replace(whole, said) for each in told)


def batches(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Yield these values in parts of at most `BATCH`, because databases limit the number of parameters of a
    statement.
    """
    for start in range(0, len(values), BATCH):
        yield values[start : start + BATCH]
