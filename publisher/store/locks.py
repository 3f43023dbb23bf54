"""Named locks: one holder at a time among all processes; the system frees a lock when its holder dies."""

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from sqlalchemy import BigInteger, ColumnElement, Connection, Integer, cast, column, func, literal_column, select, table
from sqlalchemy.exc import DBAPIError

from publisher.model.errors import BusyError, StoreError
from publisher.store.engine import Database
from publisher.store.faults import translate_errors
from publisher.store.hindrance import find_hindrance
from publisher.store.owners import share

_POLL_S = 0.05


class Locks:
    """The locks of one store. They are not re-entrant: a second `hold` in the same process waits like any other."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._in_process: dict[str, threading.Lock] = {}

    @contextmanager
    def hold(self, purpose: str, *, wait_s: float) -> Iterator[None]:
        """Hold the lock named `purpose` while the block runs.

        Raises:
            BusyError: another holder kept it for all of `wait_s`.
        """
        with ExitStack() as stack:
            _acquire(self._attempt(purpose, stack), purpose, self._database.place, wait_s)
            yield

    def is_held(self, purpose: str) -> bool:
        """Whether any process holds the lock named `purpose`. The check creates nothing."""
        if self._database.is_in_memory:
            return self._in_process.setdefault(purpose, threading.Lock()).locked()
        if self._database.is_sqlite:
            return _is_file_held(_lock_file(self._database, purpose))
        return _is_held_on_server(self._database, purpose)

    def _attempt(self, purpose: str, stack: ExitStack) -> Callable[[], bool]:
        """Return a function that tries once to get the lock named `purpose`, and says whether it did; `stack` frees the
        lock when it closes.
        """
        if self._database.is_in_memory:
            return _attempt_in_process(self._in_process.setdefault(purpose, threading.Lock()), stack)
        if self._database.is_sqlite:
            return _attempt_on_file(_lock_file(self._database, purpose), stack)
        return _attempt_on_server(self._database, purpose, stack)


def _acquire(attempt: Callable[[], bool], purpose: str, place: str, wait_s: float) -> None:
    give_up_at = time.monotonic() + wait_s
    while not attempt():
        if time.monotonic() >= give_up_at:
            raise BusyError(f"store {place}: another publisher is at work ({purpose}); try again when it has finished")
        time.sleep(_POLL_S)


def _attempt_in_process(lock: threading.Lock, stack: ExitStack) -> Callable[[], bool]:
    def attempt() -> bool:
        if not lock.acquire(blocking=False):
            return False
        stack.callback(lock.release)
        return True

    return attempt


def _lock_file(database: Database, purpose: str) -> Path:
    # Resolved, so that one database under two names has one lock. The file is never removed: a second process could
    # lock a new file while the first still holds the old one.
    path = Path(database.url.database or "").resolve()
    return path.with_name(f"{path.name}.{purpose}.lock")


def _is_file_held(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreError(f"store lock {path}: {(error.strerror or str(error)).lower()}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _attempt_on_file(path: Path, stack: ExitStack) -> Callable[[], bool]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        share(descriptor, folder=path.parent)
    except OSError as error:
        problem = find_hindrance(path) or f"{error.strerror}; check that its folder exists and that this user may write"
        raise StoreError(f"store lock {path}: {problem}") from error
    stack.callback(os.close, descriptor)

    def attempt() -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    return attempt


def _attempt_on_server(database: Database, purpose: str, stack: ExitStack) -> Callable[[], bool]:
    with translate_errors(database.place):
        # a connection of its own, outside any transaction: the lock may be held for a whole run
        connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    stack.callback(connection.close)
    # closed and not returned to the pool: the lock belongs to the server's session
    stack.callback(connection.invalidate)

    def attempt() -> bool:
        with translate_errors(database.place):
            is_held = _try_on_server(connection, purpose)
        if is_held:
            stack.callback(_free_on_server, connection, purpose)
        return is_held

    return attempt


def _try_on_server(connection: Connection, purpose: str) -> bool:
    return bool(connection.execute(select(func.pg_try_advisory_lock(_key(purpose)))).scalar_one())


def _free_on_server(connection: Connection, purpose: str) -> None:
    """Free the lock on the PostgreSQL server now: a busy server may notice a closed session only after some time."""
    with suppress(DBAPIError):  # if the connection broke, the lock ended with its session
        connection.execute(select(func.pg_advisory_unlock(_key(purpose))))


def _is_held_on_server(database: Database, purpose: str) -> bool:
    # https://www.postgresql.org/docs/current/view-pg-locks.html: a 64-bit key is shown there as two halves.
    databases = select(column("oid", Integer)).select_from(table("pg_database"))
    here = databases.where(column("datname") == func.current_database())
    key = cast(column("classid"), BigInteger).op("<<")(literal_column("32")).op("|")(cast(column("objid"), BigInteger))
    held = (
        select(1)
        .select_from(table("pg_locks"))
        .where(
            column("locktype") == "advisory",
            column("granted"),
            column("objsubid") == 1,
            column("database") == here.scalar_subquery(),
            key == _key(purpose),
        )
    )
    with database.reading() as connection:
        return connection.execute(held).first() is not None


def _key(purpose: str) -> ColumnElement[int]:
    # Advisory locks apply to the whole database; the schema name keeps two sites in one database apart.
    return func.hashtextextended(func.concat("publisher ", func.current_schema(), " ", purpose), 0)
