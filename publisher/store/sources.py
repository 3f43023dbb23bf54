"""What is known of each source: its last reading to the end, failures since, a reading that waits for the operator."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from publisher.model.errors import StoreError
from publisher.model.reports import SourceCondition
from publisher.model.sources import FailureKind, HoldReason
from publisher.store.engine import Database
from publisher.store.schema import sources


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What is known of one source."""

    validator: str = ""
    """What the source gave with its last reading to the end; "" before the first."""
    listed: int = 0
    """How many items it listed then. The log keeps the count."""
    fields: tuple[str, ...] = ()
    """Names of the fields that nearly all items of that reading had."""
    skipped: tuple[str, ...] = ()
    """A line for each item of that reading that could not be read."""
    lifetime_s: int = 0
    """For how many seconds the source said that it stays as it was last read; 0: it did not say."""
    most_added: int = 0
    """The most items it brought at once, its first reading aside."""
    changed_at: datetime | None = None
    """UTC; the last reading that differed from the one before. None: never read to its end."""
    next_try: datetime | None = None
    """UTC; until then its server is left alone. None: it may be asked any time."""
    failure: FailureKind | None = None
    """Why the last reading failed; None: it did not."""
    failures: int = 0
    """How many readings failed since the last good one."""
    problem: str = ""
    """What the latest of them said."""
    failing_since: datetime | None = None
    hold_reason: HoldReason | None = None
    """Why a reading waits for the operator; None: none waits."""
    held: str = ""
    """The same in words, and what the reading would change."""
    held_validator: str = ""
    """What the source gave with that reading."""
    held_at: datetime | None = None
    told: SourceCondition | None = None
    """The condition that was told last; None: none, or that all is well."""


class Sources:
    """What is known of the sources."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def state(self, name: str) -> SourceState:
        """What is known of a source; all empty when it was never read."""
        with self._database.reading() as connection:
            return read_state(connection, name)

    def states(self) -> dict[str, SourceState]:
        """What is known of each source that was ever read, by name."""
        with self._database.reading() as connection:
            return {row.name: _state_of(row) for row in connection.execute(select(sources))}

    def write(self, name: str, state: SourceState, *, before: SourceState) -> None:
        """Replace what is known of a source; nothing is written when it is known already.

        Raises:
            StoreError: it is no longer as it was `before`.
        """
        if state == before:
            return
        with self._database.writing() as connection:
            if read_state(connection, name) != before:
                raise StoreError(f"source {name!r}: another publisher read it meanwhile; run again")
            write_state(connection, name, state)


def source_names(connection: Connection) -> set[str]:
    """The sources that were ever read."""
    return set(connection.execute(select(sources.c.name)).scalars())


def read_state(connection: Connection, name: str) -> SourceState:
    """What is known of a source; all empty when it was never read."""
    row = connection.execute(select(sources).where(sources.c.name == name)).one_or_none()
    return SourceState() if row is None else _state_of(row)


def write_state(connection: Connection, name: str, state: SourceState) -> None:
    """Replace what is known of a source."""
    values = asdict(state)
    if not connection.execute(update(sources).where(sources.c.name == name).values(values)).rowcount:
        connection.execute(insert(sources).values(name=name, **values))


def list_fewer(connection: Connection, name: str, count: int) -> None:
    """Note that a source lists so many items fewer."""
    fewer = update(sources).where(sources.c.name == name)
    connection.execute(fewer.values(listed=sources.c.listed - count))


def _state_of(row: Row[Any]) -> SourceState:
    return SourceState(**{field.name: getattr(row, field.name) for field in fields(SourceState)})
