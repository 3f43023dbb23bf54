"""What each audience has had, and what it is to get next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, case, delete, exists, func, insert, select, update

from publisher.model.editions import Edition
from publisher.model.errors import StoreError
from publisher.model.records import ChangeKind, Record
from publisher.store.content import record_of, themes_text
from publisher.store.schema import (
    IS_LIVE,
    audiences,
    dropped_items,
    edition_corrections,
    edition_items,
    editions,
    items,
    log,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceState:
    """How far an audience has come."""

    cursor: int
    """The last log number its editions have dealt with."""
    start: int
    """Items added up to this log number are never for it: they were there before it was."""
    last_number: int
    """Its latest edition; 0: none yet."""
    last_tick: datetime | None
    """UTC; the tick of its schedule that was dealt with last. None: its schedule was never watched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionRow:
    """An edition as lists show it."""

    audience: str
    number: int
    after: int
    upto: int
    composed_at: datetime
    items: int
    """How many it has; 0: all were withdrawn before it was written, so it never went into the outbox."""
    written_at: datetime | None
    """UTC; None: not dealt with yet."""
    held_until: datetime | None
    """UTC; None: it is not held."""
    dropped: int
    """How many items the editor took out for good."""

    @property
    def name(self) -> str:
        """Its folder in the outbox."""
        return f"{self.audience}-{self.number}"


def audience_state(connection: Connection, name: str) -> AudienceState | None:
    """How far an audience has come; None: it never had an edition nor passed one over."""
    row = connection.execute(select(audiences).where(audiences.c.name == name)).one_or_none()
    if row is None:
        return None
    return AudienceState(cursor=row.cursor, start=row.start, last_number=row.last_number, last_tick=row.last_tick)


def pass_over(connection: Connection, name: str, state: AudienceState) -> None:
    """Move an audience on without an edition; nothing is written when it stands there already.

    Raises:
        StoreError: it got an edition, or came further, since `state` was made.
    """
    before = audience_state(connection, name)
    if before == state:
        return
    if (before.last_number if before else 0) != state.last_number or (before and before.cursor > state.cursor):
        raise _moved(name)
    _write_state(connection, name, state)


def record_edition(connection: Connection, edition: Edition, *, start: int, tick: datetime | None) -> None:
    """Record an edition, its items and the audience's new cursor; `start` counts for its first row only.

    Raises:
        StoreError: the audience's cursor is no longer `edition.after`.
    """
    before = audience_state(connection, edition.audience)
    at = (before.cursor, before.last_number) if before else (edition.after, 0)
    if at != (edition.after, edition.number - 1):
        raise _moved(edition.audience)
    state = AudienceState(
        cursor=edition.upto,
        start=before.start if before else start,
        last_number=edition.number,
        last_tick=tick or (before.last_tick if before else None),
    )
    _write_state(connection, edition.audience, state)
    _write_edition(connection, edition)


def unwritten_editions(connection: Connection) -> list[Edition]:
    """The editions not yet in the outbox, oldest first, as they were composed, less what was withdrawn since."""
    order = (editions.c.composed_at, editions.c.audience, editions.c.number)
    rows = connection.execute(_unwritten().order_by(*order)).all()
    return [_composed_edition(connection, row) for row in rows]


def drop_withdrawn(connection: Connection, audience: str, number: int) -> Edition | None:
    """Take what was withdrawn since out of an edition that is not in the outbox yet, and return what is left of it.

    None: it is in the outbox, or there is none. Should an item come back, it is due again.
    """
    of_edition = (editions.c.audience == audience, editions.c.number == number)
    row = connection.execute(_unwritten().where(*of_edition)).one_or_none()
    if row is None:
        return None
    gone = select(items.c.number).where(items.c.number == edition_items.c.item, ~IS_LIVE)
    its_items = (edition_items.c.audience == audience, edition_items.c.number == number)
    if connection.execute(delete(edition_items).where(*its_items, exists(gone))).rowcount:
        recount(connection, audience, number)
    return _composed_edition(connection, row)


def recount(connection: Connection, audience: str, number: int) -> None:
    """Note that an edition has other items than before: how many, and that its folder no longer shows them."""
    its_items = (edition_items.c.audience == audience, edition_items.c.number == number)
    left = select(func.count()).select_from(edition_items).where(*its_items).scalar_subquery()
    of_edition = (editions.c.audience == audience, editions.c.number == number)
    connection.execute(update(editions).where(*of_edition).values(items=left, shown_at=None))


def edition(connection: Connection, audience: str, number: int) -> Edition | None:
    """An edition as it was composed, less what was withdrawn since; None: there is none."""
    of_edition = (editions.c.audience == audience, editions.c.number == number)
    row = connection.execute(select(editions).where(*of_edition)).one_or_none()
    return None if row is None else _composed_edition(connection, row)


def released_numbers(connection: Connection, audience: str, *, after: int) -> list[int]:
    """The editions beyond number `after` that are in the outbox or on their way, up to the first that is held."""
    query = select(*editions.c["number", "written_at", "held_until"]).where(
        editions.c.audience == audience, editions.c.number > after
    )
    rows = connection.execute(query.order_by(editions.c.number))
    return [row.number for row in takewhile(lambda row: row.written_at or row.held_until is None, rows)]


def editions_touched(connection: Connection, after: int, upto: int) -> list[tuple[str, int]]:
    """The editions, as (audience, number), that hold an item which was revised or withdrawn in (after, upto]."""
    is_change = (log.c.seq > after, log.c.seq <= upto, log.c.kind != ChangeKind.ADDED.value)
    found: set[tuple[str, int]] = set()
    for table in (edition_items, edition_corrections):
        query = select(table.c.audience, table.c.number).join(log, log.c.item == table.c.item).where(*is_change)
        found.update((row.audience, row.number) for row in connection.execute(query))
    return sorted(found)


def mark_written(connection: Connection, audience: str, number: int, *, at: datetime) -> None:
    """Note that an edition is in the outbox; the first time counts."""
    of_edition = (editions.c.audience == audience, editions.c.number == number)
    connection.execute(update(editions).where(*of_edition, editions.c.written_at.is_(None)).values(written_at=at))


def edition_rows(connection: Connection, audience: str | None, *, limit: int) -> list[EditionRow]:
    """The editions composed last, latest first, of one audience or of all."""
    order = (editions.c.composed_at.desc(), editions.c.audience, editions.c.number.desc())
    its_dropped = (dropped_items.c.audience == editions.c.audience, dropped_items.c.number == editions.c.number)
    dropped = select(func.count()).select_from(dropped_items).where(*its_dropped).scalar_subquery()
    known = editions.c["audience", "number", "after", "upto", "composed_at", "items", "written_at", "held_until"]
    query = select(*known, dropped.label("dropped")).order_by(*order).limit(limit)
    if audience is not None:
        query = query.where(editions.c.audience == audience)
    return [EditionRow(**row) for row in connection.execute(query).mappings()]


def _moved(audience: str) -> StoreError:
    return StoreError(f"audience {audience!r}: another publisher composed for it meanwhile; run again")


def _unwritten() -> Select[Any]:
    return select(editions).where(editions.c.written_at.is_(None))


def _composed_edition(connection: Connection, row: Row[Any]) -> Edition:
    return Edition(
        audience=row.audience,
        number=row.number,
        after=row.after,
        upto=row.upto,
        composed_at=row.composed_at,
        records=_composed_records(connection, edition_items, row.audience, row.number),
        corrections=_composed_records(connection, edition_corrections, row.audience, row.number),
        introduction=row.introduction or "",
        held_until=row.held_until,
        released_at=row.released_at,
    )


def _write_state(connection: Connection, name: str, state: AudienceState) -> None:
    columns = {
        "cursor": state.cursor,
        "start": state.start,
        "last_number": state.last_number,
        "last_tick": state.last_tick,
    }
    if not connection.execute(update(audiences).where(audiences.c.name == name).values(columns)).rowcount:
        connection.execute(insert(audiences).values(name=name, **columns))


def _write_edition(connection: Connection, edition: Edition) -> None:
    connection.execute(
        insert(editions).values(
            audience=edition.audience,
            number=edition.number,
            after=edition.after,
            upto=edition.upto,
            composed_at=edition.composed_at,
            items=len(edition.records),
            held_until=edition.held_until,
            introduction=edition.introduction,
        )
    )
    _write_records(connection, edition_items, edition, edition.records)
    _write_records(connection, edition_corrections, edition, edition.corrections)


def _write_records(connection: Connection, table: Table, edition: Edition, records: Sequence[Record]) -> None:
    rows = [
        {
            "audience": edition.audience,
            "number": edition.number,
            "position": position,
            "item": record.number,
            "seq": record.seq,
            "themes": themes_text(record.themes),
        }
        for position, record in enumerate(records, start=1)
    ]
    if rows:
        connection.execute(insert(table), rows)


def _composed_records(connection: Connection, table: Table, audience: str, number: int) -> tuple[Record, ...]:
    """What one of the tables of items says of an edition: each as it was then, less what was withdrawn since."""
    columns: list[ColumnElement[Any]] = [
        *items.c["number", "source", "uid", "path", "published", "added_seq", "state"],
        *table.c["seq", "themes"],
        *log.c["revision", "content"],
        case((log.c.kind == ChangeKind.ADDED.value, items.c.published), else_=log.c.at).label("updated"),
    ]
    query = (
        select(*columns)
        .join(items, items.c.number == table.c.item)
        .join(log, log.c.seq == table.c.seq)
        .where(table.c.audience == audience, table.c.number == number, IS_LIVE)
        .order_by(table.c.position)
    )
    return tuple(record_of(row) for row in connection.execute(query))
