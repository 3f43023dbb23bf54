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

- before the line was flushed: nothing was changed; perhaps the beginning of a line at the end of the file. `read` skips
  it, and the next line begins below it;
- after that, before the commit: a line about something that did not happen. It makes a difference after a restore
  alone, and there it errs towards sending nothing.
"""

import errno
import fcntl
import json
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from publisher.model.departures import Departure, DepartureKind, SuppressionKind
from publisher.model.errors import FilesError, StoreError
from publisher.model.subscribers import EndReason
from publisher.store.address_key import AddressKey
from publisher.store.disk_errors import explain_errors
from publisher.store.owners import share

SUFFIX = ".departures"
_KEY_SUFFIX = ".key"
_DIGITS = re.compile(r"[0-9a-f]{64}")
"""The form of a key and of an HMAC of an address."""


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

    def append(self, departures: Sequence[Departure], key: AddressKey) -> int:
        """Append a line for each departure, with an HMAC of the address by `key`, and flush the file; return its length
        in bytes, or 0 if nothing is written.

        Raises:
            FilesError: the disk refuses.
        """
        if self.path is None or self.is_rehearsed or not departures:
            return 0
        data = "".join(_line_of(each, key) for each in departures).encode()
        with explain_errors(self.path):
            self.keep(key)
            return _append(self.path, data)

    def keep(self, key: AddressKey) -> None:
        """Write the key for HMACs of addresses to its file beside the file of departures.

        Raises:
            FilesError: the disk refuses.
        """
        if self.key_path is None or self.is_rehearsed or self.key() == key:
            return
        with explain_errors(self.key_path):
            self.key_path.parent.mkdir(parents=True, exist_ok=True)
            _keep(self.key_path, key)

    def read(self, key: AddressKey, *, after: int = 0) -> Iterator[Departure]:
        """Yield the departures in the file after byte `after`, in the order in which they happened; yield none if there
        is no file.

        A line that cannot be read is skipped: a crash may have left the beginning of one.

        Raises:
            FilesError: the disk refuses.
            StoreError: a line has an HMAC by another key than `key`.
        """
        file = self._open()
        if file is None:
            return
        with explain_errors(str(self.path)), file:
            file.seek(after)
            for line in file:
                said = _said_in(line)
                found = said and _departure_of(said)
                if said and found and said.get("key") != key.name:
                    problem = "another store wrote it, and this one cannot tell by it who left"
                    remedy = "put a backup of that store back (publisher restore FILE), or move the file away"
                    raise StoreError(f"departures {self.path}: {problem}: {remedy} if that site no longer exists")
                if found:
                    yield found

    def key(self) -> AddressKey | None:
        """Return the key for HMACs of addresses, from its file beside the file of departures, or `None` if there is no
        such file.
        """
        try:
            digits = self.key_path.read_text("ascii").strip() if self.key_path else ""
        except (OSError, UnicodeDecodeError):
            return None
        return AddressKey(digits) if _DIGITS.fullmatch(digits) else None

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


def _refuse_other_things(descriptor: int, path: Path) -> None:
    found = os.fstat(descriptor)
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        raise FilesError(f"{path}: something is there that is no file: move it away")


def _keep(path: Path, key: AddressKey) -> None:
    """Write a key to a file in one step: other programs see the whole file or none."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        share(file, folder=path.parent)
        os.write(file, f"{key.digits}\n".encode())
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


def _line_of(departure: Departure, key: AddressKey) -> str:
    line = {"at": departure.at.isoformat(), "key": key.name, "kind": departure.kind.value, "mark": departure.mark}
    if departure.suppression is not None:
        line["suppression"] = departure.suppression.value
    if departure.because is not None:
        line["because"] = departure.because.value
    return json.dumps(line, separators=(",", ":")) + "\n"


def _said_in(line: bytes) -> dict[str, Any] | None:
    """Return the JSON object in a line of the file of departures, or `None` if the line is incomplete."""
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _departure_of(said: dict[str, Any]) -> Departure | None:
    """Return the departure that a line's JSON object describes, or `None` if it describes none."""
    suppression, because = said.get("suppression"), said.get("because")
    if not _DIGITS.fullmatch(str(said.get("mark"))):
        return None
    try:
        return Departure(
            at=datetime.fromisoformat(said["at"]),
            kind=DepartureKind(said["kind"]),
            mark=str(said["mark"]),
            suppression=None if suppression is None else SuppressionKind(suppression),
            because=None if because is None else EndReason(because),
        )
    except (ValueError, KeyError, TypeError):
        return None
