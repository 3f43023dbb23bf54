"""Copies an SQLite database as of one moment, without writing any file beside it.

Opening the database with SQLite would write: it makes or removes `-wal` and `-shm` files, owned by the present user.
"""

import shutil
import sqlite3
import time
from contextlib import closing
from itertools import count
from pathlib import Path

from publisher.model.errors import StoreError
from publisher.store.owners import PRIVATE, make_private, share

_ATTEMPTS = 40
_PAUSE_S = 0.05


def take_snapshot(database: Path, to: Path) -> None:
    """Copy the database, with all committed changes, to a new file `to`.

    Raises:
        StoreError: the database cannot be read, or the copy cannot be written.
    """
    try:
        make_private(to)
        if not _copy_from_writer(database, to):
            _copy_files(database, to)
    except OSError as error:
        raise StoreError(
            f"store {database}: it cannot be copied to {to}: {(error.strerror or str(error)).lower()}"
        ) from error


def _copy_from_writer(database: Path, to: Path) -> bool:
    """Copy the database with SQLite's own backup, if another program has the database open, so that its `-wal` and
    `-shm` files exist already. Return whether that was possible.
    """
    if not (_beside(database, "-shm").exists() and _beside(database, "-wal").exists()):
        return False
    try:
        with (
            closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(to)) as copy,
        ):
            source.backup(copy)
    except sqlite3.Error:  # a killed program left the files, or this user may not write them
        to.unlink(missing_ok=True)
        make_private(to)
        return False
    return True


def _copy_files(database: Path, to: Path) -> None:
    """Copy the database file and its write-ahead log. Repeat this if one of them changed meanwhile. SQLite merges the
    two when it opens the copy.
    """
    for _ in range(_ATTEMPTS):
        before = _traces(database)
        shutil.copyfile(database, to)
        log = _beside(database, "-wal")
        if log.exists():
            make_private(_beside(to, "-wal"))
            shutil.copyfile(log, _beside(to, "-wal"))
        if before == _traces(database):
            return
        _beside(to, "-wal").unlink(missing_ok=True)
        time.sleep(_PAUSE_S)
    raise StoreError(f"store {database}: another program keeps changing it; try again when that has finished")


def _traces(database: Path) -> list[tuple[int, int, int] | None]:
    return [_trace(database), _trace(_beside(database, "-wal"))]


def _trace(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _beside(database: Path, ending: str) -> Path:
    return database.with_name(database.name + ending)


def join_log(copy: Path, *, place: str) -> None:
    """Merge a copy and its write-ahead log into one file.

    Raises:
        StoreError: the copy is damaged; the message calls it `place`.
    """
    try:
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise StoreError(
            f"store {place}: the file is damaged ({' '.join(found.split())}); put back a copy, or read "
            "https://www.sqlite.org/recovery.html"
        )


def put_in_place(new: Path, database: Path) -> Path | None:
    """Replace a database, and keep the old one beside it; return the old one's new path, or `None` if there was none.

    Neither database may be open. A crash leaves the old database in place, or the new one, or none with the old one
    beside it.
    """
    kept = _free_name(database)
    is_kept = database.exists()
    new.chmod(PRIVATE | (database.stat().st_mode & 0o060 if is_kept else 0))
    with new.open("rb") as file:
        share(file.fileno(), folder=database.parent)
    if is_kept:
        # Before its write-ahead log: a log without its file is ignored, but a file without its log would look complete.
        database.replace(kept)
    log = _beside(database, "-wal")
    if log.exists():
        log.replace(_beside(kept, "-wal"))
    _beside(database, "-shm").unlink(missing_ok=True)
    new.replace(database)
    return kept if is_kept else None


def _free_name(database: Path) -> Path:
    """Return an unused file name beside the database, so that databases kept earlier stay."""
    names = (database.with_name(f"{database.name}.before-restore-{number}") for number in count(1))
    return next(name for name in names if not (name.exists() or _beside(name, "-wal").exists()))
