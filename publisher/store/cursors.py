"""How far each consumer of the log has come."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from publisher.model.errors import StoreError
from publisher.store.schema import cursors


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far one consumer has come."""

    seq: int = 0
    """The last log number it has dealt with."""
    settings: str = ""
    """A digest of what its output was made with besides the log; when that changes it starts over."""


def cursor(connection: Connection, consumer: str) -> Cursor:
    """Where a consumer stands; at the log's beginning when it never moved."""
    row = connection.execute(select(cursors).where(cursors.c.consumer == consumer)).one_or_none()
    return Cursor() if row is None else Cursor(seq=row.seq, settings=row.settings)


def move_cursor(connection: Connection, consumer: str, *, expected: int, to: Cursor) -> None:
    """Move a consumer on from where it was seen; nothing is written when it stands there already.

    Raises:
        StoreError: it is no longer at `expected`.
    """
    now_at = cursor(connection, consumer)
    if now_at.seq != expected:
        raise StoreError(f"cursor {consumer!r}: another publisher moved it meanwhile; run again")
    if now_at == to:
        return
    moved = update(cursors).where(cursors.c.consumer == consumer).values(seq=to.seq, settings=to.settings)
    if not connection.execute(moved).rowcount:
        connection.execute(insert(cursors).values(consumer=consumer, seq=to.seq, settings=to.settings))
