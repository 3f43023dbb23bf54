"""The file of departures beside the store: who left, was suppressed or was erased, so that a restore can repeat it.

A backup knows nothing of later departures, and a restore would send mails to people who left since. So each departure
is also a line in a file that is in no backup and that no restore replaces: `publisher.db.departures` beside an SQLite
store.

A line is a JSON object and ends with a line feed:

    {"at":"2026-11-26T22:00:00+00:00","kind":"left","mark":"9c1e…"}
    {"at":"2026-11-26T22:00:00+00:00","kind":"suppressed","mark":"9c1e…","suppression":"bounces"}

`mark` is the HMAC-SHA256 of the address with a key that the store has had since its tables were made, so that every
backup of it has the same. No line contains an address; finding the lines of an address needs the key.

A line is flushed to disk before its transaction commits, unless the file cannot be written: then it is kept in the
store (`departure_lines`). What a crash leaves:

- before the line was flushed: nothing was changed; perhaps the beginning of a line at the end, which `read` passes over
  and the next line begins below;
- after that, before the commit: a line about something that did not happen. It makes a difference after a restore
  alone, and there it errs towards sending nothing.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from publisher.model.departures import Departure, DepartureKind, SuppressionKind
from publisher.store.disk_errors import explain_errors
from publisher.store.owners import share

SUFFIX = ".departures"


def beside(database: Path) -> Path:
    """Return the path of the file of departures of an SQLite store."""
    return database.with_name(f"{database.name}{SUFFIX}")


@dataclass(frozen=True, slots=True)
class Journal:
    """The file of departures. Any number of processes and threads may add to it at once."""

    path: Path | None
    """None: nothing is recorded, as with a store in memory or a rehearsal."""

    def size(self) -> int:
        """Return the length of the file in bytes; 0: there is none."""
        if self.path is None:
            return 0
        with explain_errors(self.path):
            try:
                return self.path.stat().st_size
            except FileNotFoundError:
                return 0

    def append(self, departures: Sequence[Departure]) -> int:
        """Append lines and flush them; return the length of the file in bytes, 0 if nothing is recorded.

        Raises:
            FilesError: the disk refuses.
        """
        if self.path is None or not departures:
            return 0
        data = "".join(_line_of(each) for each in departures).encode()
        with explain_errors(self.path):
            return _append(self.path, data)

    def read(self, *, after: int = 0) -> Iterator[Departure]:
        """Yield the departures in the file from a byte position on, in the order in which they happened; none without a
        file.

        A line that cannot be read is skipped: a crash may have left the beginning of one.

        Raises:
            FilesError: the disk refuses.
        """
        if self.path is None:
            return
        with explain_errors(self.path):
            try:
                file = self.path.open("rb")
            except FileNotFoundError:
                return
            with file:
                file.seek(after)
                yield from (found for line in file if (found := _departure_of(line)) is not None)


def _append(path: Path, data: bytes) -> int:
    is_new = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
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


def _line_of(departure: Departure) -> str:
    line = {"at": departure.at.isoformat(), "kind": departure.kind.value, "mark": departure.mark}
    if departure.suppression is not None:
        line["suppression"] = departure.suppression.value
    return json.dumps(line, separators=(",", ":")) + "\n"


def _departure_of(line: bytes) -> Departure | None:
    """Return the departure in a line; None: the line is not one."""
    try:
        said: dict[str, Any] = json.loads(line)
        suppression = said.get("suppression")
        return Departure(
            at=datetime.fromisoformat(said["at"]),
            kind=DepartureKind(said["kind"]),
            mark=str(said["mark"]),
            suppression=None if suppression is None else SuppressionKind(suppression),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
