"""Reads lists of people as this program and others export them. Pure: a text comes in, an entry a person goes out.

A program is recognised by the columns of its export. An entry says why its person stays out, if he left there, never
confirmed or could not be reached: an import asks nobody again who said no.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from io import StringIO

from publisher.model.errors import UsageError

_DELIMITERS = (",", "\t", ";")
_NAMED = re.compile(r".*<([^<>]*)>\s*")
_YES = ("1", "yes", "true")
_BLACKLISTED = ("is this subscriber blacklisted", "is this user blacklisted", "blacklisted")
_CONFIRMED = ("is this subscriber confirmed", "is this user confirmed", "confirmed")

UNSUBSCRIBED = "unsubscribed there"
UNCONFIRMED = "never confirmed there"
UNREACHABLE = "could not be reached there"
BLOCKED = "blocked there"
DISABLED = "disabled there"


class Dialect(StrEnum):
    """The program that wrote a list."""

    OURS = "Publisher"
    LISTMONK = "listmonk"
    MAILCHIMP = "Mailchimp"
    PHPLIST = "phpList"
    MAILMAN = "Mailman"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a list says of one person."""

    line: int
    """Counts the lines of the file from 1."""
    address: str
    because: str = ""
    """Why he stays out; empty: he may come in."""
    values: Mapping[str, str] = field(default_factory=dict)
    """All that stands there, by column in lower case; empty in a list of Mailman, which has no columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """A list of people."""

    dialect: Dialect
    entries: tuple[Entry, ...]


def read_roster(text: str) -> Roster:
    """The list in a text.

    Raises:
        UsageError: it is no list of a known program, or its CSV is broken.
    """
    for delimiter in _DELIMITERS:
        rows = _rows(text, delimiter)
        head = next(rows, None)
        columns = [] if head is None else [each.strip().lower() for each in head[1]]
        if (dialect := _dialect_of(columns)) is not None:
            return Roster(dialect=dialect, entries=tuple(_entries(rows, columns, dialect)))
    first = next((line for line in text.splitlines() if line.strip()), "")
    if "@" in first:
        return Roster(dialect=Dialect.MAILMAN, entries=tuple(_mailman(text)))
    raise UsageError(
        "no list of people is recognised: expected an export of Publisher, listmonk, Mailchimp or phpList with its "
        "first line, or a list of Mailman with an address a line"
    )


def _dialect_of(columns: list[str]) -> Dialect | None:
    there = set(columns)
    if {"address", "follows"} <= there:
        return Dialect.OURS
    if {"uuid", "email", "status"} <= there:
        return Dialect.LISTMONK
    if "email address" in there and there & {"leid", "euid", "optin_time", "member_rating"}:
        return Dialect.MAILCHIMP
    if "email" in there and there.intersection(_BLACKLISTED):
        return Dialect.PHPLIST
    return None


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the line on which it begins."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UsageError(f"line {reader.line_num} cannot be read as CSV: {error}") from error
        if any(each.strip() for each in row):
            yield line, row


def _entries(rows: Iterator[tuple[int, list[str]]], columns: list[str], dialect: Dialect) -> Iterator[Entry]:
    column, reason_of = _READERS[dialect]
    for line, row in rows:
        # The exact words of a consent stay as they are.
        cells = row if dialect is Dialect.OURS else [each.strip() for each in row]
        values = dict(zip(columns, cells, strict=False))
        yield Entry(line=line, address=values.get(column, ""), because=reason_of(values), values=values)


def _mailman(text: str) -> Iterator[Entry]:
    """An address a line, perhaps with a name before it: `Ada Lovelace <ada@example.org>`."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            named = _NAMED.fullmatch(line)
            yield Entry(line=number, address=(named[1] if named else line).strip().strip('"'))


def _no_reason(values: Mapping[str, str]) -> str:  # noqa: ARG001  (as the others)
    return ""


def _listmonk(values: Mapping[str, str]) -> str:
    return {"enabled": "", "blocklisted": BLOCKED}.get(values.get("status", "").lower(), DISABLED)


def _mailchimp(values: Mapping[str, str]) -> str:
    """Mailchimp exports those who unsubscribed, and those who were cleaned, in files with columns of their own."""
    status = values.get("status", "").lower()
    if status == "unsubscribed" or any(name.startswith("unsub_") for name in values):
        return UNSUBSCRIBED
    if status == "cleaned" or any(name.startswith("clean_") for name in values):
        return UNREACHABLE
    return "" if status in ("", "subscribed") else UNCONFIRMED


def _phplist(values: Mapping[str, str]) -> str:
    if any(values.get(name, "").lower() in _YES for name in _BLACKLISTED):
        return BLOCKED
    return UNCONFIRMED if any(values.get(name, "1").lower() not in _YES for name in _CONFIRMED) else ""


_READERS: dict[Dialect, tuple[str, Callable[[Mapping[str, str]], str]]] = {
    Dialect.OURS: ("address", _no_reason),
    Dialect.LISTMONK: ("email", _listmonk),
    Dialect.MAILCHIMP: ("email address", _mailchimp),
    Dialect.PHPLIST: ("email", _phplist),
}
"""By dialect, the column of the address, and what says why a person stays out."""
