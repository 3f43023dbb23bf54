"""The file of departures beside the store: who left, was suppressed or was erased, so that a restore can repeat it.

A backup knows nothing of later departures, and a restore would send mails to people who left since. So each departure
is also a line in a file that is in no backup and that no restore replaces: `publisher.db.departures` beside an SQLite
store.

A line is a JSON object and ends with a line feed:

    {"at":"2026-11-26T22:00:00+00:00","key":"0f3a9c1e","kind":"left","mark":"9c1e…","because":"unsubscribed"}
    {"at":"2026-11-26T22:00:00+00:00","key":"0f3a9c1e","kind":"suppressed","mark":"9c1e…","suppression":"bounces"}

`mark` is the HMAC of the address by the store's key (`address_key`), and `key` the name of that key. No line contains
an address; finding the lines of an address needs the key.

The key itself is in a second file, `publisher.db.key`: a new store, made after the first was lost, takes it from there.
So a copy of the file of departures alone reveals nothing.

A line is flushed to disk before its transaction commits, unless the file cannot be written: then it is kept in the
store (`departure_lines`). What a crash leaves:

- before the line was flushed: nothing was changed; perhaps the beginning of a line at the end of the file.
  `read_departures` skips it, and the next line begins below it;
- after that, before the commit: a line about something that did not happen. It makes a difference after a restore
  alone, and there it errs towards sending nothing.

This module reads and writes lines as bytes; `departure_text` knows what they say.
"""

import errno
import fcntl
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sqlalchemy import select

from publisher.model.errors import FilesError
from publisher.store.disk_errors import explain_errors
from publisher.store.engine import Database
from publisher.store.owners import share
from publisher.store.schema import departures_noted

SUFFIX = ".departures"
_KEY_SUFFIX = ".key"
DIGITS = re.compile(r"[0-9a-f]{64}")
"""The form of a key and of an HMAC of an address."""
_NOTED = select(departures_noted.c.size)
"""The length of the file when this store last wrote to it."""


def beside(database: Path) -> Path:
    """Return the path of the file of departures that belongs to an SQLite database."""
    return database.with_name(f"{database.name}{SUFFIX}")


@dataclass(frozen=True, slots=True)
class Journal:
    """The file of departures (who left, was suppressed or was erased). Any number of processes and threads may add to
    it at once.
    """

    path: Path | None
    """The path of the file, or `None` if nothing is recorded, as with a store in memory."""
    is_rehearsed: bool = False
    """Whether the file is read only, so that `append` writes nothing."""

    @property
    def key_path(self) -> Path | None:
        """Return the path of the file with the key for HMACs of addresses, or `None` if no departures are recorded."""
        return self.path and self.path.with_suffix(_KEY_SUFFIX)

    def size(self) -> int:
        """Return the length of the file of departures in bytes, or 0 if there is no file.

        Raises:
            FilesError: it cannot be read.
        """
        file = self._open()
        if file is None:
            return 0
        with explain_errors(str(self.path)), file:
            fcntl.flock(file, fcntl.LOCK_SH)  # so that no line is incomplete
            return os.fstat(file.fileno()).st_size

    def append(self, lines: bytes, key: str) -> int:
        """Append these lines and flush the file; return its length in bytes, or 0 if nothing is written. Before that,
        write the digits of the store's `key` to their file.

        Raises:
            FilesError: the disk refuses.
        """
        if self.path is None or self.is_rehearsed or not lines:
            return 0
        with explain_errors(self.path):
            self.keep(key)
            return _append(self.path, lines)

    def keep(self, key: str) -> None:
        """Write the digits of the store's key for HMACs of addresses to their file beside the file of departures.

        Raises:
            FilesError: the disk refuses.
        """
        if self.key_path is None or self.is_rehearsed or self.key() == key:
            return
        with explain_errors(self.key_path):
            self.key_path.parent.mkdir(parents=True, exist_ok=True)
            _keep(self.key_path, key)

    def lines(self, *, after: int = 0) -> Iterator[bytes]:
        """Yield the lines of the file after byte `after`; yield none if there is no file. The last may be incomplete.

        Raises:
            FilesError: the disk refuses.
        """
        file = self._open()
        if file is None:
            return
        with explain_errors(str(self.path)), file:
            file.seek(after)
            yield from file

    def key(self) -> str | None:
        """Return the digits of the key for HMACs of addresses, from their file beside the file of departures, or `None`
        if there is no such file.
        """
        try:
            digits = self.key_path.read_text("ascii").strip() if self.key_path else ""
        except (OSError, UnicodeDecodeError):
            return None
        return digits if DIGITS.fullmatch(digits) else None

    def _open(self) -> IO[bytes] | None:
        """Open the file of departures; return `None` if it does not exist."""
        if self.path is None:
            return None
        with explain_errors(self.path):
            try:
                # opening a pipe without a writer would block
                descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except FileNotFoundError:
                return None
            try:
                _refuse_other_things(descriptor, self.path)
            except BaseException:
                os.close(descriptor)
                raise
            return os.fdopen(descriptor, "rb")


def is_as_noted(database: Database, journal: Journal) -> bool:
    """Whether the file of departures is as long as it was when the store last wrote to it, so that the store knows all
    of its lines. Return False if the file cannot be read.
    """
    try:
        size = journal.size()
    except FilesError:
        return False
    if not size:
        return True
    with database.reading() as connection:
        return bool(size == connection.execute(_NOTED).scalar_one())


def _refuse_other_things(descriptor: int, path: Path) -> None:
    found = os.fstat(descriptor)
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        raise FilesError(f"{path}: something is there that is no file: move it away")


def _keep(path: Path, key: str) -> None:
    """Write a key to a file in one step: other programs see the whole file or none."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        share(file, folder=path.parent)
        os.write(file, f"{key}\n".encode())
        os.fsync(file)
    finally:
        os.close(file)
    new.replace(path)
    _flush_folder(path.parent)


def _append(path: Path, data: bytes) -> int:
    is_new = not path.exists()
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    try:
        _refuse_other_things(file, path)
        fcntl.flock(file, fcntl.LOCK_EX)
        share(file, folder=path.parent)
        size = os.fstat(file).st_size
        is_torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
        rest = memoryview(b"\n" + data if is_torn else data)
        while rest:
            rest = rest[os.write(file, rest) :]
        os.fsync(file)
        size = os.fstat(file).st_size
    finally:
        os.close(file)
    if is_new:
        _flush_folder(path.parent)
    return size


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
