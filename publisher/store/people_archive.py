"""Exports all data about people from one store, row by row, and imports it into another, whatever its database.

The item log, the rounds and the ledger of mails are not exported: the two log numbers of each subscription say which
items the subscriber got. Rows are read as of one moment and written in one transaction: a crash leaves no people, and
the import can be repeated.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from itertools import groupby, islice
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Column, Connection, Table, delete, func, insert, literal, select

from publisher.model.errors import StoreError
from publisher.store.address_key import AddressKey
from publisher.store.columns import Choice, UtcDateTime
from publisher.store.departure_lines import keep_key
from publisher.store.departures import Journal
from publisher.store.engine import BATCH, Database
from publisher.store.numbers import go_on_from, last_number
from publisher.store.people_schema import (
    address_key,
    bounce_scores,
    confirmations,
    consents,
    former_marks,
    link_key,
    past_follows,
    subscribers,
    subscriptions,
    suppressions,
    wordings,
)
from publisher.store.schema import counters, items

PEOPLE = (
    address_key,
    link_key,
    subscribers,
    subscriptions,
    consents,
    wordings,
    confirmations,
    suppressions,
    bounce_scores,
    former_marks,
    past_follows,
)
"""The tables of people, in the order in which they can be filled."""

Row: TypeAlias = Mapping[str, Any]
"""The values of a row by column, in the types of JSON: an instant is text in ISO 8601."""

_REPLACED = (address_key, link_key, wordings, past_follows, suppressions)
"""Tables that may have rows even in a store without people; imported rows replace them. Imported suppressions
(addresses that get no mail) are added instead.
"""
_LOOKED_AT = 1000
"""How many of the latest items are compared to find out whether two logs are the same."""


class LogPlace(NamedTuple):
    """A position in the item log of a store. Another store can use it to find out whether it has the same log."""

    end: int
    digest: str
    """A hash of the latest items up to `end`, or an empty string if there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleRows:
    """All rows of the tables about people, as of one moment."""

    place: LogPlace
    last_number: int
    """The highest number that a subscriber ever had. It is never reused."""
    total: int
    rows: Iterator[tuple[str, Row]] = field(repr=False)
    """The rows, each with the name of its table, table after table. Read them before the archive is closed."""


class PeopleArchive:
    """All data about people in a store, as rows of its tables."""

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal

    @contextmanager
    def open(self) -> Iterator[PeopleRows]:
        """Open all rows of people, as of one moment, for the time of a `with` block."""
        with self._database.snapshot() as connection:
            yield PeopleRows(
                place=_place(connection, _log_end(connection)),
                last_number=last_number(connection, subscribers),
                total=sum(_count(connection, table) for table in PEOPLE),
                rows=_rows(connection),
            )

    def has_log(self, place: LogPlace) -> bool:
        """Whether the item log of this store contains this position, so that log numbers up to it mean the
        same here.
        """
        with self._database.reading() as connection:
            return bool(place.digest) and place == _place(connection, place.end)

    def fill(self, rows: Iterable[tuple[str, Row]], *, last_number: int, advance: Callable[[int], None]) -> None:
        """Write rows into a store without people. `rows` are (name of the table, row); `advance` is called with the
        number of rows written since its last call.

        Raises:
            StoreError: the store has people already, or has suppressions or departures with HMACs by another key than
                the archive's, or rows do not fit. Then nothing is written.
        """
        with self._database.writing_beside() as connection:
            _refuse_people(connection)
            own_key = AddressKey.of(connection)
            own = [dict(row) for row in connection.execute(select(suppressions)).mappings()]
            for table in _REPLACED:
                connection.execute(delete(table))
            for name, group in groupby(rows, key=lambda row: row[0]):
                _fill_table(connection, name, (row for _, row in group), advance)
            self._refuse_another_key(connection, own_key, has_suppressions=bool(own))
            _add_suppressions(connection, own)
            keep_key(connection, self._journal)
            go_on_from(connection, subscribers, last_number)

    def _refuse_another_key(self, connection: Connection, own_key: AddressKey, *, has_suppressions: bool) -> None:
        if connection.execute(select(address_key.c.key)).scalar() is None:
            raise StoreError("archive: it lacks the key by which it knows suppressed addresses")
        if AddressKey.of(connection) == own_key:
            return
        if self._journal.size():
            raise StoreError(
                f"archive: it is of another site, and {self._journal.path} says who left this one; import a CSV instead"
            )
        if has_suppressions:
            raise StoreError(
                "archive: it is of another site, and this one has suppressed addresses, which it would not know any "
                "more; import a CSV instead"
            )


def _rows(connection: Connection) -> Iterator[tuple[str, Row]]:
    for table in PEOPLE:
        query = select(table).order_by(*table.primary_key.columns).execution_options(stream_results=True)
        names = table.columns.keys()
        with connection.execute(query) as found:
            for rows in found.partitions(BATCH):
                for row in rows:
                    yield table.name, dict(zip(names, map(_out, row), strict=True))


def _out(value: Any) -> Any:  # noqa: ANN401  (of any column)
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _fill_table(connection: Connection, name: str, rows: Iterator[Row], advance: Callable[[int], None]) -> None:
    table = next((table for table in PEOPLE if table.name == name), None)
    if table is None:
        raise StoreError(f"archive: it has rows of {name!r}, which this version does not know")
    names = set(table.columns.keys())
    read = {column.name: _reader_of(column) for column in table.columns}
    while some := list(islice(rows, BATCH)):
        if any(row.keys() != names for row in some):
            raise StoreError(f"archive: rows of {name!r} have other columns than those of this version")
        try:
            values = [{column: read[column](value) for column, value in row.items()} for row in some]
        except (ValueError, TypeError, KeyError) as error:
            raise StoreError(f"archive: a row of {name!r} cannot be read: {error}") from error
        connection.execute(insert(table), values)
        advance(len(some))


def _reader_of(column: Column[Any]) -> Callable[[Any], Any]:
    kind = column.type
    if isinstance(kind, UtcDateTime):
        return lambda value: None if value is None else datetime.fromisoformat(value)
    if isinstance(kind, Choice):
        return lambda value: None if value is None else kind.members(value)
    return lambda value: value


def _add_suppressions(connection: Connection, own: Sequence[Row]) -> None:
    """Add the suppressions (addresses that get no mail) that the site had before people were imported, for example from
    its file of departures.
    """
    known = {(row.mark, row.kind) for row in connection.execute(select(*suppressions.c["mark", "kind"]))}
    if missing := [row for row in own if (row["mark"], row["kind"]) not in known]:
        connection.execute(insert(suppressions), missing)


def _refuse_people(connection: Connection) -> None:
    full = (subscribers, confirmations)
    if any(connection.execute(select(literal(1)).select_from(table).limit(1)).first() for table in full):
        raise StoreError("archive: this site has subscribers already; an archive goes into one that never had any")


def _place(connection: Connection, end: int) -> LogPlace:
    latest = select(*items.c["added_seq", "uid"]).where(items.c.added_seq.between(1, end))
    found = connection.execute(latest.order_by(items.c.added_seq.desc(), items.c.uid).limit(_LOOKED_AT)).all()
    said = "\n".join(f"{row.added_seq} {row.uid}" for row in found)
    return LogPlace(end=end, digest=hashlib.sha256(said.encode()).hexdigest() if found else "")


def _log_end(connection: Connection) -> int:
    return int(connection.execute(select(counters.c.log_end)).scalar_one())


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()
