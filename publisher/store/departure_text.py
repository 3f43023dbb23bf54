"""What the lines of the file of departures (who left, was suppressed or was erased) say. `departures` shows an
example.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from publisher.model.departures import Departure, DepartureKind, SuppressionKind
from publisher.model.errors import StoreError
from publisher.model.subscribers import EndReason
from publisher.store.address_key import AddressKey
from publisher.store.departures import DIGITS, Journal
from publisher.store.engine import Database


def append_departures(journal: Journal, departures: Sequence[Departure], key: AddressKey) -> int:
    """Append a line for each departure, with an HMAC of the address by `key`, and flush the file; return its length in
    bytes, or 0 if nothing is written.

    Raises:
        FilesError: the disk refuses.
    """
    return journal.append("".join(_line_of(each, key) for each in departures).encode(), key.digits)


def copy_departures(database: Database, source: Journal, target: Journal) -> None:
    """Append to the file of departures `target` the lines of `source`, the file of the store in `database`, that it
    lacks.

    Raises:
        FilesError: the disk refuses.
        StoreError: a line of `target` has an HMAC by another key than that store's.
    """
    with database.reading() as connection:
        key = AddressKey.of(connection)
    for _ in read_departures(target, key):
        pass
    known = set(target.lines())
    lines = [line for line in source.lines() if line.endswith(b"\n") and line not in known]
    target.append(b"".join(lines), key.digits)


def read_departures(journal: Journal, key: AddressKey, *, after: int = 0) -> Iterator[Departure]:
    """Yield the departures in the file after byte `after`, in the order in which they happened; yield none if there is
    no file.

    A line that cannot be read is skipped: a crash may have left the beginning of one.

    Raises:
        FilesError: the disk refuses.
        StoreError: a line has an HMAC by another key than `key`.
    """
    for line in journal.lines(after=after):
        said = _said_in(line)
        found = said and _departure_of(said)
        if said and found and said.get("key") != key.name:
            problem = "another store wrote it, and this one cannot tell by it who left"
            remedy = "put a backup of that store back (publisher restore FILE), or move the file away"
            raise StoreError(f"departures {journal.path}: {problem}: {remedy} if that site no longer exists")
        if found:
            yield found


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
    if not DIGITS.fullmatch(str(said.get("mark"))):
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
