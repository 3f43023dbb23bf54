"""How each source fared when it was last read."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from publisher.store.engine import Database
from publisher.store.schema import sources


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What is known of one source."""

    validator: str = ""
    """What the source gave with its last reading; "" before the first."""
    listed: int = 0
    """How many items it listed then."""
    failures: int = 0
    """How many readings failed since the last good one."""
    problem: str = ""
    """What the latest of them said."""
    skipped: str = ""
    """What could not be read of the last good reading, a line for each item it skipped."""
    failing_since: datetime | None = None
    changed_at: datetime | None = None
    """UTC; the last reading that differed from the one before. None: never read to its end."""
    next_try: datetime | None = None
    """UTC; until then its server is left alone. None: it may be asked any time."""
    most_added: int = 0
    """How many items it brought at once so far, but for its first reading."""
    fields: str = ""
    """What nearly all items of the last reading had, as names of fields with a space between."""
    held: str = ""
    """Why its last reading waits for the operator, and what it would do; empty: it does not."""
    held_validator: str = ""
    """What that reading is known by."""
    held_at: datetime | None = None
    knows_enclosures: bool = True
    """False until its first good reading by a program that reads enclosures, where an earlier one read it before."""
    told: str = ""
    """The `SourceCondition` that was told last; empty: none, or that all is well."""


class Sources:
    """How each source fares."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def state(self, name: str) -> SourceState:
        """How a source fared when it was last read; all empty when it never was."""
        with self._database.reading() as connection:
            return source_state(connection, name)

    def states(self) -> dict[str, SourceState]:
        """How each source fared that was ever read, by name."""
        with self._database.reading() as connection:
            return {row.name: _state_of(row) for row in connection.execute(select(sources))}

    def record_failure(self, name: str, problem: str, *, now: datetime, next_try: datetime | None = None) -> None:
        """Count a reading that failed; the source is left alone until `next_try`."""
        with self._database.writing() as connection:
            before = source_state(connection, name)
            write_state(connection, name, failed(before, problem, now=now, next_try=next_try), before=before)

    def record_unchanged(self, name: str, validator: str = "", *, next_try: datetime | None = None) -> None:
        """Note a reading that found nothing changed: its failures are over. Nothing is written when it had none."""
        with self._database.writing() as connection:
            before = source_state(connection, name)
            write_state(connection, name, recovered(before, validator, next_try=next_try), before=before)


def source_names(connection: Connection) -> set[str]:
    """The sources that were ever read."""
    return set(connection.execute(select(sources.c.name)).scalars())


def source_state(connection: Connection, name: str) -> SourceState:
    """What is known of a source; all empty for one never read."""
    row = connection.execute(select(sources).where(sources.c.name == name)).one_or_none()
    return SourceState() if row is None else _state_of(row)


def _state_of(row: Row[Any]) -> SourceState:
    return SourceState(
        validator=row.validator,
        listed=row.listed,
        failures=row.failures,
        problem=row.problem,
        skipped=row.skipped,
        failing_since=row.failing_since,
        changed_at=row.changed_at,
        next_try=row.next_try,
        most_added=row.most_added,
        fields=row.fields,
        held=row.held,
        held_validator=row.held_validator,
        held_at=row.held_at,
        knows_enclosures=row.knows_enclosures,
        told=row.told,
    )


def write_state(connection: Connection, name: str, state: SourceState, *, before: SourceState) -> None:
    """Replace what is known of a source; nothing is written when it is `before`."""
    if state == before:
        return
    if not connection.execute(update(sources).where(sources.c.name == name).values(**asdict(state))).rowcount:
        connection.execute(insert(sources).values(name=name, **asdict(state)))


def list_fewer(connection: Connection, name: str, count: int) -> None:
    """Note that so many of the items a source lists are known no more."""
    fewer = update(sources).where(sources.c.name == name)
    connection.execute(fewer.values(listed=sources.c.listed - count))


def failed(state: SourceState, problem: str, *, now: datetime, next_try: datetime | None) -> SourceState:
    """The state after one more failed reading."""
    return replace(
        state,
        failures=state.failures + 1,
        problem=problem,
        failing_since=state.failing_since or now,
        next_try=next_try,
    )


def recovered(state: SourceState, validator: str, *, next_try: datetime | None) -> SourceState:
    """The state after a reading that found nothing changed; a reading that was held is over unless this is it."""
    state = replace(state, failures=0, problem="", failing_since=None, next_try=next_try)
    return state if validator == state.held_validator else replace(state, held="", held_validator="", held_at=None)
