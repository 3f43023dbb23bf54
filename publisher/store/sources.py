"""Sources: the last reading of each source, its failures since, and a reading that waits for the operator's approval (a
held reading).
"""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from publisher.model.errors import StoreError
from publisher.model.sources import FailureKind, HeldChange, HoldReason, SourceCondition
from publisher.store.engine import Database
from publisher.store.schema import sources


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What the store knows about one source."""

    validator: str = ""
    """The validator of the last complete reading, or an empty string before the first."""
    listed: int = 0
    """How many items the source lists; `LogPass` counts them."""
    fields: tuple[str, ...] = ()
    """Names of the fields that nearly all items of the last complete reading had."""
    skipped: tuple[str, ...] = ()
    """One line for each item of the last complete reading that could not be read."""
    lifetime_s: int = 0
    """For how many seconds the source said that its listing stays fresh, or 0 if it did not say."""
    most_added: int = 0
    """The largest number of new items in one reading, without the first reading."""
    changed_at: datetime | None = None
    """When a complete reading last differed from the one before, in UTC, or `None` if none ever did."""
    next_try: datetime | None = None
    """The time before which the source is not read, in UTC, or `None` if it may be read at any time."""
    failure: FailureKind | None = None
    """Why the last reading failed, or `None` if it did not fail."""
    failures: int = 0
    """How many readings have failed in a row."""
    problem: str = ""
    """The problem of the last failed reading, or an empty string if there was none."""
    failing_since: datetime | None = None
    hold_reason: HoldReason | None = None
    """Why a reading of the source waits for the operator's approval, or `None` if none waits."""
    held: str = ""
    """In words, why a reading of the source waits for approval and what it would change; an empty string if
    none waits.
    """
    held_added: int = 0
    """How many items the reading that waits for approval would add. The next two fields say how many it would revise
    and withdraw.
    """
    held_revised: int = 0
    held_withdrawn: int = 0
    held_new: tuple[str, ...] = ()
    """Titles of the first items that the reading that waits for approval would add."""
    held_gone: tuple[str, ...] = ()
    """Titles of the first items that the reading that waits for approval would withdraw."""
    held_validator: str = ""
    """The validator (HTTP ETag or date) of the reading that waits for approval."""
    held_at: datetime | None = None
    told: SourceCondition | None = None
    """The condition (such as failing) that the last notice to the operator about the source reported, or `None` if
    there was no notice or it said that all is well.
    """

    @property
    def held_change(self) -> HeldChange:
        """Return what the reading of the source that waits for approval would change; it is empty if none waits."""
        return HeldChange(
            added=self.held_added,
            revised=self.held_revised,
            withdrawn=self.held_withdrawn,
            new=self.held_new,
            gone=self.held_gone,
        )


class Sources:
    """The stored states of all sources that were ever read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def state(self, name: str) -> SourceState:
        """Return the stored state of a source. All fields are empty if the source was never read."""
        with self._database.reading() as connection:
            return read_state(connection, name)

    def states(self) -> dict[str, SourceState]:
        """Return the state of each source that was ever read, by name."""
        with self._database.reading() as connection:
            return {row.name: _state_of(row) for row in connection.execute(_STATES)}

    def write(self, name: str, state: SourceState, *, before: SourceState) -> None:
        """Replace the stored state of a source; write nothing if nothing changes.

        Raises:
            StoreError: the state is no longer `before`: another process has read the source.
        """
        if state == before:
            return
        with self._database.writing() as connection:
            if read_state(connection, name) != before:
                raise StoreError(f"source {name!r}: another publisher read it meanwhile; run again")
            write_state(connection, name, state)


# Statements are built once: building one costs more than a query for a few rows in SQLite.
_STATES = select(sources)
_STATE = _STATES.where(sources.c.name == bindparam("of_name"))
_UPDATE = update(sources).where(sources.c.name == bindparam("of_name"))
_INSERT = insert(sources)


def source_names(connection: Connection) -> set[str]:
    """Return the names of the sources that were ever read."""
    return set(connection.execute(select(sources.c.name)).scalars())


def read_state(connection: Connection, name: str) -> SourceState:
    """Return the stored state of a source. All fields are empty if the source was never read."""
    row = connection.execute(_STATE, {"of_name": name}).one_or_none()
    return SourceState() if row is None else _state_of(row)


def write_state(connection: Connection, name: str, state: SourceState) -> None:
    """Replace the state of a source."""
    values = asdict(state)
    if not connection.execute(_UPDATE, {"of_name": name, **values}).rowcount:
        connection.execute(_INSERT, {"name": name, **values})


def list_fewer(connection: Connection, name: str, count: int) -> None:
    """Lower the stored number of items that a source lists by `count`."""
    fewer = update(sources).where(sources.c.name == name)
    connection.execute(fewer.values(listed=sources.c.listed - count))


def _state_of(row: Row[Any]) -> SourceState:
    return SourceState(**{field.name: getattr(row, field.name) for field in fields(SourceState)})
