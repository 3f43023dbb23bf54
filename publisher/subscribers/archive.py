"""Exports and imports all data about people in one file: who they are, their subscriptions, ended ones included, their
consents, suppressions, and the keys with which links and HMACs of addresses are made.

The file has one JSON object per line. The first line describes the file; each other line is a row, with the name of its
table:

    {"archive":"publisher people","format":1,"log":{"end":57,"digest":"9c1e…"},"last_number":12,"rows":31}
    {"table":"subscribers","number":1,"address":"ada@example.org",…}

The file contains no time of writing, so that people imported into an empty site are exported again with the same bytes.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from publisher.model.errors import UsageError
from publisher.model.progress import Progress, Steps, quiet
from publisher.store import Store
from publisher.store.people import LogPlace

_ARCHIVE = "publisher people"
_FORMAT = 1

Lines = Callable[[], Iterable[str]]
"""Returns the lines of a file from the first one. It is called more than once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveReport:
    """Counts of an import of people from an archive."""

    people: int
    rows: int
    is_same_log: bool
    """Whether the site has the same items as the archive's site. If not, people get what is new from now on."""
    gone: int
    """How many people left or were erased since the archive was written, according to the file of departures beside the
    store. They are not subscribed again.
    """


def is_archive(lines: Lines) -> bool:
    """Whether a file is an archive of people."""
    first = next(iter(lines()), "")
    return first.startswith("{") and _ARCHIVE in first


def write_archive(store: Store, *, progress: Progress = quiet) -> Iterator[str]:
    """Yield the lines of a file with all data about the people of a site, in the format that the module's docstring
    shows.
    """
    with store.people.archive.open() as archive:
        log = {"end": archive.place.end, "digest": archive.place.digest}
        head = {"archive": _ARCHIVE, "format": _FORMAT, "log": log}
        yield _line({**head, "last_number": archive.last_number, "rows": archive.total})
        steps = Steps(progress, "rows", archive.total)
        for table, row in archive.rows:
            yield _line({"table": table, **row})
            steps.advance(1)


def read_archive(store: Store, lines: Lines, *, progress: Progress = quiet) -> ArchiveReport:
    """Put the people of an archive into a site that has none.

    Raises:
        UsageError: the file is no whole archive of this version; nothing is written.
        StoreError: the site has subscribers already; nothing is written.
    """
    read = enumerate(lines(), start=1)
    number, first = next(read, (1, ""))
    head = _object_in(first, number)
    if head.get("archive") != _ARCHIVE or head.get("format") != _FORMAT:
        raise UsageError(f"expected an archive of people of format {_FORMAT}, as this version writes it")
    try:
        place = LogPlace(end=head["log"]["end"], digest=head["log"]["digest"])
        last, total = int(head["last_number"]), int(head["rows"])
    except (KeyError, TypeError, ValueError):
        raise UsageError("the first line of the archive does not say what is in it") from None
    is_same_log = store.people.archive.has_log(place)
    steps = Steps(progress, "rows", total)
    counted = _Counted(total)
    rows = counted.rows(_object_in(line, number) for number, line in read)
    if not is_same_log:
        rows = _restart_subscriptions(rows, store.log.end())
    store.people.archive.fill(rows, last_number=last, advance=steps.advance)
    repeated = store.repeat_departures()
    return ArchiveReport(
        people=counted.people, rows=total, is_same_log=is_same_log, gone=repeated.left + repeated.erased
    )


class _Counted:
    """Reads the rows of an archive of people, and counts them."""

    def __init__(self, total: int) -> None:
        self.people = 0
        self._total = total

    def rows(self, objects: Iterable[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the rows, each with the name of its table.

        Raises:
            UsageError: there are fewer or more rows than the first line of the file says.
        """
        count = 0
        for each in objects:
            count += 1
            table = str(each.pop("table", ""))
            self.people += table == "subscribers"
            yield table, each
        if count != self._total:
            raise UsageError(f"the archive is not whole: it has {count} of {self._total} rows")


def _restart_subscriptions(
    rows: Iterable[tuple[str, dict[str, Any]]], log_end: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows, in which subscriptions begin at the present end of the item log: the log numbers in the archive
    mean nothing in this store.
    """
    for table, row in rows:
        yield table, {**row, "start": log_end, "cursor": log_end} if table == "subscriptions" else row


def _object_in(line: str, number: int) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UsageError(f"line {number} is no line of an archive: the file is damaged or cut off")
    return found


def _line(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n"
