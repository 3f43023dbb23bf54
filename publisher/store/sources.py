"""How each source fared when it was last read."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

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


def source_state(connection: Connection, name: str) -> SourceState:
    """What is known of a source; all empty for one never read."""
    row = connection.execute(select(sources).where(sources.c.name == name)).one_or_none()
    if row is None:
        return SourceState()
    return SourceState(
        validator=row.validator,
        listed=row.listed,
        failures=row.failures,
        problem=row.problem,
        skipped=row.skipped,
        failing_since=row.failing_since,
        changed_at=row.changed_at,
    )


def write_state(connection: Connection, name: str, state: SourceState, *, before: SourceState) -> None:
    """Replace what is known of a source; nothing is written when it is `before`."""
    if state == before:
        return
    if not connection.execute(update(sources).where(sources.c.name == name).values(**asdict(state))).rowcount:
        connection.execute(insert(sources).values(name=name, **asdict(state)))


def failed(state: SourceState, problem: str, *, now: datetime) -> SourceState:
    """The state after one more failed reading."""
    return replace(state, failures=state.failures + 1, problem=problem, failing_since=state.failing_since or now)


def recovered(state: SourceState) -> SourceState:
    """The state after a reading that found nothing changed."""
    return replace(state, failures=0, problem="", failing_since=None)
