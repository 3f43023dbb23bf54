"""Reads lists of people as this program and others export them. Pure. In: lines. Out: one entry per person.

The first line of an export identifies the program. If a person must be left out, his entry says why: he left the list,
never confirmed, or could not be reached. So an import adds nobody who said no.

Where the columns come from: listmonk's `cmd/subscribers.go`, phpList's `admin/export.php` and `admin/structure.php`,
Postorius' `csv_view` and `mailman members` of Mailman 3, `list_members` of Mailman 2, Mailchimp's "View and export
contacts".
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from publisher.model.errors import UsageError

Lines = Callable[[], Iterable[str]]
"""Returns the lines of a list from the first one, each with its line end. It is called more than once."""

_SHOWN = 60
_COLUMNS_SHOWN = 8
_DELIMITERS = (",", "\t", ";")
_SEPARATOR = re.compile(r'"?sep=."?\s*')
"""The first line `sep=;` that Excel may write to name the separator of cells. It is no row."""
_TECHNICAL = {"leid", "euid", "optin_time", "member_rating"}
"""Columns of Mailchimp whose names users cannot change."""
_NAMED = re.compile(r".*<([^<>]*)>\s*")
_YES = ("1", "yes", "true")
_BLACKLISTED = ("is this subscriber blacklisted", "is this user blacklisted", "blacklisted")
_CONFIRMED = ("is this subscriber confirmed", "is this user confirmed", "confirmed")
_ADDRESS = ("email", "e-mail", "address")
_PLAIN = {*_ADDRESS, "name", "language", "agreed", "agreed_at"}

UNSUBSCRIBED = "unsubscribed there"
UNCONFIRMED = "never confirmed there"
UNREACHABLE = "could not be reached there"
BLOCKED = "blocked there"
DISABLED = "disabled there"
NEVER = "never subscribed there"
NO_LIST = "on no list there"
SAID_NO = (UNSUBSCRIBED, UNREACHABLE, BLOCKED)
"""Reasons to leave an address out that count even if another line of the list contradicts them."""
MISSHAPEN = "fewer or more cells than the first line"


class Dialect(StrEnum):
    """A program that writes lists of people."""

    OURS = "Publisher"
    LISTMONK = "listmonk"
    MAILCHIMP = "Mailchimp"
    PHPLIST = "phpList"
    MAILMAN = "Mailman"
    PLAIN = "a plain table"


class RosterFlaw(StrEnum):
    """Why a list of people cannot be used."""

    UNKNOWN = "unknown"
    """No known program writes lists with these columns."""
    NO_STATUS = "no status"
    """The list is phpList's, and lacks the columns that say who left."""
    BROKEN = "broken"
    """A line of the list cannot be read."""


class RosterError(UsageError):
    """Error: a list of people cannot be used."""

    def __init__(self, flaw: RosterFlaw, problem: str, *, line: int = 0, columns: tuple[str, ...] = ()) -> None:
        super().__init__(problem)
        self.flaw = flaw
        self.line = line
        """The number of the line that cannot be read, or 0 if the list as a whole is at fault."""
        self.columns = columns
        """The first few columns whose names are unknown, in a table that no known program wrote. The names are as
        written, and shortened if they are long.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPerson:
    """What a list says about one person."""

    line: int
    """The number of the person's line in the file, from 1."""
    address: str
    because: str = ""
    """Why the person must be left out, or an empty string if the person may be imported."""
    agreed: str = ""
    """How the person consented, or an empty string if the list does not say."""
    agreed_at: str = ""
    """When the person consented or joined, as the list writes it, or an empty string if the list does not say."""
    language: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    """All values of the row, by column in lower case. It is empty for a list of Mailman, which has no columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """A list of people. Its lines are read again each time it is iterated."""

    dialect: Dialect
    says_how: bool
    """Whether a column says how people consented."""
    says_when: bool
    """Whether a column says when people consented or joined."""
    read: Callable[[], Iterator[ListedPerson]] = field(repr=False)
    """Yields the people of the list.

    Raises:
        RosterError: the list's CSV is broken.
    """


def read_roster(lines: Lines, *, name: str = "") -> Roster:
    """Return the list of people in some lines. `name` is the file's name, in which Mailchimp says whether its people
    left.

    Raises:
        RosterError: the lines are no list of a known program, a column that says who left is missing, or the CSV is
            broken.
    """
    first = next((line.strip() for line in _rows_of(lines()) if line.strip()), "")
    for delimiter in _DELIMITERS:
        columns = [each.strip().lower() for _, row in _rows([first], delimiter, strict=False) for each in row]
        if (dialect := _dialect_of(columns)) is not None:
            return _table(dialect, columns, lines, delimiter, _status_in(name) if dialect is Dialect.MAILCHIMP else "")
    if "@" in first:
        return Roster(dialect=Dialect.MAILMAN, says_how=False, says_when=False, read=lambda: _mailman(lines()))
    shown, strange = _shortened(first), _strange_columns(first)
    if strange:
        noun = "column" if len(strange) == 1 else "columns"
        which = ", ".join(map(repr, strange))
        problem = f"the {noun} {which} cannot be read; a table has email, name, language, agreed and agreed_at alone"
    else:
        problem = (
            "expected an export of Publisher, listmonk, Mailchimp or phpList with its first line, a list of Mailman "
            "with an address a line, or a table with the columns email, agreed and agreed_at"
        )
    raise RosterError(
        RosterFlaw.UNKNOWN, f"no list of people is recognised: {problem}; the first line is {shown!r}", columns=strange
    )


def _strange_columns(first: str) -> tuple[str, ...]:
    """Return the first few columns whose names are unknown, in a table that no known program wrote. The names are as
    written, and shortened if they are long. Return none if no column has addresses.
    """
    for delimiter in _DELIMITERS:
        columns = [each.strip() for _, row in _rows([first], delimiter, strict=False) for each in row]
        if {each.lower() for each in columns}.intersection(_ADDRESS):
            strange = [_shortened(each) for each in columns if each and each.lower() not in _PLAIN]
            return (*strange[:_COLUMNS_SHOWN], "…") if len(strange) > _COLUMNS_SHOWN else tuple(strange)
    return ()


def _dialect_of(columns: Sequence[str]) -> Dialect | None:
    """Return the program that writes lists with these columns, or `None` if it is unknown.

    Raises:
        RosterError: the columns are phpList's, and the columns that say who left are missing.
    """
    there = set(columns)
    if {"address", "follows"} <= there:
        return Dialect.OURS
    if {"uuid", "email", "status"} <= there:
        return Dialect.LISTMONK
    if there & _TECHNICAL and _mailchimp_address(columns):
        return Dialect.MAILCHIMP
    if "email" in there and there.intersection((*_BLACKLISTED, *_CONFIRMED, "list membership")):
        for names in (_CONFIRMED, _BLACKLISTED):
            if not there.intersection(names):
                raise RosterError(
                    RosterFlaw.NO_STATUS,
                    "this export of phpList does not say who left: "
                    f"export again with the column {names[0].capitalize()!r}",
                )
        return Dialect.PHPLIST
    # a spreadsheet writes an empty name for each column that it thinks is in use
    return Dialect.PLAIN if there.intersection(_ADDRESS) and there - {""} <= _PLAIN else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """How to read the columns of one program's lists."""

    address: Callable[[Sequence[str]], str]
    """Returns the name of the column with the address, given all names of columns."""
    agreed_at: tuple[str, ...]
    """The names of columns with the time of consent or of joining. The first of them that is filled counts."""
    reason_of: Callable[[Mapping[str, str]], str]
    """Returns why a person must be left out, given the values of the row, or an empty string if the person may be
    imported.
    """


def _table(dialect: Dialect, columns: Sequence[str], lines: Lines, delimiter: str, because: str) -> Roster:
    reader = _READERS[dialect]
    if columns.count(reader.address(columns)) > 1:
        problem = f"line 1 cannot be read as CSV: two of its columns are called {reader.address(columns)!r}"
        raise RosterError(RosterFlaw.BROKEN, problem, line=1)
    dates = [name for name in reader.agreed_at if name in columns]
    is_ours = dialect is Dialect.OURS

    def read() -> Iterator[ListedPerson]:
        column = reader.address(columns)
        rows = _rows(lines(), delimiter)
        next(rows)
        for line, row in rows:
            # the exact words of a consent stay unchanged
            values = dict(zip(columns, row if is_ours else map(str.strip, row), strict=False))
            is_whole = len(row) >= len(columns) and not any(row[len(columns) :])
            yield ListedPerson(
                line=line,
                address=_bare(values.get(column, "")),
                because=(because or reader.reason_of(values)) if is_whole else MISSHAPEN,
                agreed=values.get("agreed", "") if dialect is Dialect.PLAIN else "",
                agreed_at=next((values[name] for name in dates if values.get(name)), ""),
                language=values.get("language", "") if dialect in {Dialect.OURS, Dialect.PLAIN} else "",
                values=values,
            )

    says_how = is_ours or (dialect is Dialect.PLAIN and "agreed" in columns)
    return Roster(dialect=dialect, says_how=says_how, says_when=is_ours or bool(dates), read=read)


def _rows(lines: Iterable[str], delimiter: str, *, strict: bool = True) -> Iterator[tuple[int, list[str]]]:
    """Yield the non-empty rows of a CSV table, each with the number of its first line."""
    # strict, because otherwise an unclosed quotation mark would swallow all people after it
    reader = csv.reader(_rows_of(lines), delimiter=delimiter, strict=strict)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"line {line} cannot be read as CSV: {error}"
            raise RosterError(RosterFlaw.BROKEN, problem, line=line) from error
        if any(each.strip() for each in row):
            yield line, row


def _rows_of(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a CSV file. If Excel wrote a first line with the delimiter, an empty line replaces it, so that
    line numbers stay right.

    Raises:
        RosterError: a line has a NUL, which some databases refuse.
    """
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            raise RosterError(RosterFlaw.BROKEN, f"line {number} cannot be read as CSV: it has a NUL", line=number)
        yield "\n" if number == 1 and _SEPARATOR.fullmatch(line) else line


def _mailman(lines: Iterable[str]) -> Iterator[ListedPerson]:
    """Yield one person per line of a list from Mailman; a name may precede an address: `Ada Lovelace
    <ada@example.org>`.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield ListedPerson(line=number, address=_bare(line))


def _bare(address: str) -> str:
    """Return an address without a name before it (`Ada Lovelace <ada@example.org>`), `mailto:` or quotes."""
    named = _NAMED.fullmatch(address)
    return (named[1] if named else address).strip().strip("\"'").removeprefix("mailto:")


def _shortened(line: str) -> str:
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


# --- the programs ----------------------------------------------------------------------------------------------------


def _listmonk(values: Mapping[str, str]) -> str:
    return {"enabled": "", "blocklisted": BLOCKED}.get(values.get("status", "").lower(), DISABLED)


def _status_in(name: str) -> str:
    """Return why the people of a Mailchimp file with this name must be left out, or an empty string if they may be
    imported.
    """
    named = {"unsubscribed_": UNSUBSCRIBED, "cleaned_": UNREACHABLE, "nonsubscribed_": NEVER}
    return next((reason for start, reason in named.items() if name.lower().startswith(start)), "")


def _mailchimp_address(columns: Sequence[str]) -> str:
    """Return the name of the first column, which has the address. Each Mailchimp audience can name it differently, in
    any language.
    """
    named = [name for name in columns if "mail" in name]
    if "email address" in named:
        return "email address"
    return named[0] if named else columns[0] if len(_TECHNICAL.intersection(columns)) > 1 else ""


def _mailchimp(values: Mapping[str, str]) -> str:
    """Return why a person in a Mailchimp export must be left out, or an empty string if the person may be imported."""
    # Only the file of subscribers has LAST_CHANGED; fields of the same names that an audience imported from an older
    # export are empty there.
    is_theirs = "last_changed" in values
    status = values.get("status", "").lower()
    if status == "unsubscribed" or _is_any(values, "unsub_", if_empty=not is_theirs):
        return UNSUBSCRIBED
    if status == "cleaned" or _is_any(values, "clean_", if_empty=not is_theirs):
        return UNREACHABLE
    return "" if status in {"", "subscribed"} else UNCONFIRMED


def _is_any(values: Mapping[str, str], start: str, *, if_empty: bool) -> bool:
    return any(name.startswith(start) and (value or if_empty) for name, value in values.items())


def _phplist(values: Mapping[str, str]) -> str:
    def says(names: Iterable[str]) -> bool:
        return any(values.get(name, "").lower() in _YES for name in names)

    if says(_BLACKLISTED):
        return BLOCKED
    if says(("is this account disabled?",)):
        return DISABLED
    if not says(_CONFIRMED):
        return UNCONFIRMED
    return NO_LIST if values.get("list membership", "").lower() == "no lists" else ""


def _no_reason(values: Mapping[str, str]) -> str:  # noqa: ARG001  (as the others)
    return ""


def _named(*names: str) -> Callable[[Sequence[str]], str]:
    """Return a function that takes a table's columns and returns the first of these names that is among them."""
    return lambda columns: next(name for name in names if name in columns)


_READERS = {
    Dialect.OURS: _Reader(address=_named("address"), agreed_at=("consent_at",), reason_of=_no_reason),
    Dialect.LISTMONK: _Reader(address=_named("email"), agreed_at=("created_at",), reason_of=_listmonk),
    Dialect.MAILCHIMP: _Reader(
        address=_mailchimp_address, agreed_at=("confirm_time", "optin_time"), reason_of=_mailchimp
    ),
    Dialect.PHPLIST: _Reader(address=_named("email"), agreed_at=("entered",), reason_of=_phplist),
    Dialect.PLAIN: _Reader(address=_named(*_ADDRESS), agreed_at=("agreed_at",), reason_of=_no_reason),
}
