"""Named locks: one holder at a time among all processes; the system frees a lock whose holder dies."""

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import Connection, text

from publisher.model.errors import BusyError, StoreError
from publisher.store.engine import Database
from publisher.store.faults import translate_errors

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

    def _attempt(self, purpose: str, stack: ExitStack) -> Callable[[], bool]:
        """Return a function that tries once to get the lock; `stack` frees it again."""
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


def _attempt_on_file(path: Path, stack: ExitStack) -> Callable[[], bool]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        problem = f"{error.strerror}; check that its folder exists and that this user may write there"
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
        # A connection of its own, outside any transaction: it may be held for a whole run.
        connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    stack.callback(connection.close)
    # Closed, and not returned to the pool: the lock belongs to the server's session.
    stack.callback(connection.invalidate)

    def attempt() -> bool:
        with translate_errors(database.place):
            return _try_on_server(connection, purpose)

    return attempt


def _try_on_server(connection: Connection, purpose: str) -> bool:
    # Advisory locks are of the whole database; the schema keeps two sites in one database apart.
    statement = text(
        "SELECT pg_try_advisory_lock(hashtextextended('publisher ' || current_schema() || ' ' || :name, 0))"
    )
    return bool(connection.execute(statement, {"name": purpose}).scalar_one())
