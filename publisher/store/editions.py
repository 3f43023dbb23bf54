"""The editions (digests) of each audience (mailing list), each recorded in one transaction, and the cursor of each
audience: the log number up to which its items are dealt with.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Row,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from publisher.model.editions import Edition, TakenOut
from publisher.model.errors import StoreError
from publisher.model.records import ChangeKind, Record
from publisher.store.content import record_of, themes_text
from publisher.store.edition_records import followed_of, records_of
from publisher.store.edition_schema import audiences, dropped_items, edition_corrections, edition_items, editions
from publisher.store.engine import Database
from publisher.store.formerly import formerly_of
from publisher.store.held import HeldEditions, is_edition, items_of, recount, take_out
from publisher.store.schema import IS_HIDDEN, IS_LIVE, items, log

if TYPE_CHECKING:
    from publisher.model.deliveries import NewDelivery
    from publisher.store.past_editions import PastEditions


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceState:
    """How far the editions of an audience (mailing list) are composed: up to which log number and which moment of its
    schedule.
    """

    cursor: int
    """The last log number that the audience's editions have dealt with."""
    start: int
    """Items added up to this log number are older than the audience and never sent to it."""
    last_number: int
    """The number of the audience's latest edition, or 0 if it has none yet."""
    last_tick: datetime | None
    """The last moment of the audience's schedule that was dealt with, in UTC, or `None` if none was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionRow:
    """An edition as shown in lists."""

    audience: str
    number: int
    after: int
    upto: int
    composed_at: datetime
    items: int
    """How many items the edition has. With 0, all were withdrawn, or removed by the editor, so it never went into the
    outbox.
    """
    written_at: datetime | None
    """When the edition went into the outbox, in UTC, or `None` if it is not there yet."""
    held_until: datetime | None
    """Until when the edition waits for its editor's approval, in UTC, or `None` if it does not wait."""
    dropped: int
    """How many items the editor took out of the edition for good."""

    @property
    def name(self) -> str:
        """The name of the edition's folder in the outbox."""
        return f"{self.audience}-{self.number}"


class Editions:
    """The editions (digests) of all audiences (mailing lists), and how far each audience's editions are composed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.held = HeldEditions(database)

    @cached_property
    def past(self) -> "PastEditions":
        """The editions that went out, for their web pages."""
        from publisher.store.past_editions import PastEditions  # late: a pass without news writes no page

        return PastEditions(self._database)

    def audience(self, name: str) -> AudienceState | None:
        """Return up to where the editions of an audience (mailing list) are composed, or `None` if none was ever
        planned for it.
        """
        with self._database.reading() as connection:
            return _audience_state(connection, name)

    def pass_over(self, audience: str, state: AudienceState) -> None:
        """Record that an audience's editions are composed up to `state`, without composing one; write nothing if
        nothing changes.

        Raises:
            StoreError: another process has composed for this audience.
        """
        with self._database.writing() as connection:
            before = _audience_state(connection, audience)
            if before == state:
                return
            if (before.last_number if before else 0) != state.last_number or (before and before.cursor > state.cursor):
                raise _was_outrun(audience)
            _write_state(connection, audience, state)

    def record(self, edition: Edition, *, start: int, tick: datetime | None) -> None:
        """Record an edition, its items and its last log number as the audience's new cursor. `start` is used for its
        first edition only.

        Raises:
            StoreError: the audience's cursor is no longer `edition.after`: another process has composed for it.
        """
        with self._database.writing() as connection:
            before = _audience_state(connection, edition.audience)
            if before and (before.cursor != edition.after or before.last_number >= edition.number):
                raise _was_outrun(edition.audience)
            state = AudienceState(
                cursor=edition.upto,
                start=before.start if before else start,
                last_number=edition.number,
                last_tick=tick or (before.last_tick if before else None),
            )
            _write_state(connection, edition.audience, state)
            _write_edition(connection, edition)

    # --- one edition -------------------------------------------------------------------------------------------------

    def get(self, audience: str, number: int) -> Edition | None:
        """Return an edition as it was composed, without items withdrawn since, or `None` if there is no
        such edition.
        """
        with self._database.reading() as connection:
            row = connection.execute(select(editions).where(is_edition(audience, number))).one_or_none()
            return None if row is None else _edition_of(connection, row)

    def drop_withdrawn(self, audience: str, number: int) -> Edition | None:
        """Remove items withdrawn since from an edition that is not in the outbox yet; return the edition with the items
        that are left.

        Return `None` if the edition is in the outbox already, or does not exist. A removed item becomes due again if
        its source publishes it again.
        """
        its = {"of_audience": audience, "of_number": number}
        with self._database.writing() as connection:
            row = connection.execute(_UNWRITTEN_ONE, its).one_or_none()
            if row is None:
                return None
            if connection.execute(_DROP_WITHDRAWN, its).rowcount:
                recount(connection, audience, number)
            return _edition_of(connection, row)

    def mark_written(
        self, audience: str, number: int, *, at: datetime, deliveries: Sequence["NewDelivery"] = ()
    ) -> None:
        """Record when an edition went into the outbox, and queue its deliveries. Do nothing if that was recorded
        before.
        """
        unwritten = update(editions).where(is_edition(audience, number), editions.c.written_at.is_(None))
        with self._database.writing() as connection:
            if connection.execute(unwritten.values(written_at=at)).rowcount and deliveries:
                from publisher.store.queue import insert_deliveries  # late: most sites send no mail

                insert_deliveries(connection, deliveries, now=at)

    def discard(self, audience: str, number: int) -> bool:
        """Remove all items and corrections from an edition permanently, whether it waits for the editor's approval or
        not, so that it is never sent.

        Returns False, and changes nothing, if the edition is in the outbox already. Its number is not reused.
        """
        unwritten = update(editions).where(is_edition(audience, number), editions.c.written_at.is_(None))
        corrected = and_(edition_corrections.c.audience == audience, edition_corrections.c.number == number)
        with self._database.writing() as connection:
            if not connection.execute(unwritten.values(held_until=None)).rowcount:
                return False
            take_out(connection, audience, number, TakenOut.DISCARDED, items_of(connection, audience, number))
            connection.execute(delete(edition_corrections).where(corrected))
            recount(connection, audience, number)
            return True

    # --- many --------------------------------------------------------------------------------------------------------

    def unwritten(self) -> list[Edition]:
        """Return the editions that are not in the outbox yet, oldest first, without items withdrawn since they were
        composed.
        """
        with self._database.reading() as connection:
            rows = connection.execute(_UNWRITTEN).all()
            return [_edition_of(connection, row) for row in rows]

    def withdrawn(self) -> list[Edition]:
        """Return the editions that have no mail because all their items were withdrawn while they waited for the
        editor's approval, oldest first.
        """
        its = (dropped_items.c.audience == editions.c.audience, dropped_items.c.number == editions.c.number)
        gone = exists().where(*its, dropped_items.c.reason == TakenOut.WITHDRAWN)
        discarded = exists().where(*its, dropped_items.c.reason == TakenOut.DISCARDED)
        is_empty = (editions.c["items"] == 0, editions.c.written_at.is_not(None), editions.c.followed_at.is_not(None))
        query = select(editions).where(*is_empty, gone, ~discarded).order_by(editions.c.composed_at)
        with self._database.reading() as connection:
            return [_edition_of(connection, row) for row in connection.execute(query).all()]

    def released_numbers(self, audience: str, *, after: int) -> list[int]:
        """Return the numbers of an audience's editions after number `after`, up to the first that waits for the
        editor's approval.
        """
        with self._database.reading() as connection:
            rows = connection.execute(_BEYOND, {"of_audience": audience, "after": after}).all()
        return [row.number for row in takewhile(lambda row: row.written_at or row.held_until is None, rows)]

    def written_numbers(self, audience: str, *, start: int) -> list[int]:
        """Return the numbers of an audience's editions, from number `start` on, that are in the outbox as mails,
        sorted.
        """
        is_mail = (editions.c.written_at.is_not(None), editions.c["items"] > 0)
        query = select(editions.c.number).where(editions.c.audience == audience, editions.c.number >= start, *is_mail)
        with self._database.reading() as connection:
            return list(connection.execute(query.order_by(editions.c.number)).scalars())

    def touched(self, after: int, upto: int) -> list[tuple[str, int]]:
        """Return the editions with an item that was revised or withdrawn under a log number in (after, upto], as
        (audience, number), sorted.
        """
        found: set[tuple[str, int]] = set()
        with self._database.reading() as connection:
            for query in _TOUCHED:
                rows = connection.execute(query, {"after": after, "upto": upto})
                found.update((row.audience, row.number) for row in rows)
        return sorted(found)

    def latest(self, audience: str | None = None, *, limit: int) -> list[EditionRow]:
        """Return the latest editions of one audience or of all, latest first, at most `limit`."""
        # Numbers are right even if a clock was wrong; between audiences there is only the clock.
        by_number = (editions.c.number.desc(),)
        by_clock = (editions.c.composed_at.desc(), editions.c.audience, editions.c.number.desc())
        query = _ROWS.order_by(*(by_clock if audience is None else by_number)).limit(limit)
        if audience is not None:
            query = query.where(editions.c.audience == audience)
        with self._database.reading() as connection:
            return [EditionRow(**row) for row in connection.execute(query).mappings()]


# Statements are built once: building one costs more than a query for a few rows in SQLite.
_OF_AUDIENCE: BindParameter[str] = bindparam("of_audience")
_OF_NUMBER: BindParameter[int] = bindparam("of_number")
_AUDIENCE = select(audiences).where(audiences.c.name == _OF_AUDIENCE)
_MOVE_AUDIENCE = update(audiences).where(audiences.c.name == _OF_AUDIENCE)
_UNWRITTEN = (
    select(editions)
    .where(editions.c.written_at.is_(None))
    .order_by(editions.c.composed_at, editions.c.audience, editions.c.number)
)
_UNWRITTEN_ONE = _UNWRITTEN.where(editions.c.audience == _OF_AUDIENCE, editions.c.number == _OF_NUMBER)
_BEYOND = (
    select(*editions.c["number", "written_at", "held_until"])
    .where(editions.c.audience == _OF_AUDIENCE, editions.c.number > bindparam("after"))
    .order_by(editions.c.number)
)
_DROP_WITHDRAWN = delete(edition_items).where(
    edition_items.c.audience == _OF_AUDIENCE,
    edition_items.c.number == _OF_NUMBER,
    exists(select(items.c.number).where(items.c.number == edition_items.c.item, ~IS_LIVE)),
)
_TOUCHED = [
    select(table.c.audience, table.c.number)
    .join(log, log.c.item == table.c.item)
    .where(log.c.seq > bindparam("after"), log.c.seq <= bindparam("upto"), log.c.kind != ChangeKind.ADDED)
    for table in (edition_items, edition_corrections)
]
_ROWS = select(
    *editions.c["audience", "number", "after", "upto", "composed_at", "items", "written_at", "held_until"],
    select(func.count())
    .select_from(dropped_items)
    .where(
        dropped_items.c.audience == editions.c.audience,
        dropped_items.c.number == editions.c.number,
        dropped_items.c.reason.not_in([TakenOut.PUT_OFF, TakenOut.WITHDRAWN]),
    )
    .scalar_subquery()
    .label("dropped"),
)


def _audience_state(connection: Connection, name: str) -> AudienceState | None:
    row = connection.execute(_AUDIENCE, {"of_audience": name}).one_or_none()
    if row is None:
        return None
    return AudienceState(cursor=row.cursor, start=row.start, last_number=row.last_number, last_tick=row.last_tick)


def _was_outrun(audience: str) -> StoreError:
    return StoreError(f"audience {audience!r}: another publisher composed for it meanwhile; run again")


def _edition_of(connection: Connection, row: Row[Any]) -> Edition:
    corrections = records_of(connection, edition_corrections, row.audience, row.number)
    corrected = [record.number for record in corrections]
    return Edition(
        audience=row.audience,
        number=row.number,
        after=row.after,
        upto=row.upto,
        composed_at=row.composed_at,
        records=records_of(connection, edition_items, row.audience, row.number),
        corrections=corrections,
        formerly=formerly_of(connection, row.audience, corrected, before=row.number),
        introduction=row.introduction or "",
        held_until=row.held_until,
        released_at=row.released_at,
        subject=row.subject or "",
        first=tuple(json.loads(row.first_items or "[]")),
        followed=followed_of(connection, row.audience, row.number) if row.held_until else (),
        withdrawn=_withdrawn_of(connection, row) if row.followed_at else (),
        followed_at=row.followed_at,
    )


def _withdrawn_of(connection: Connection, row: Row[Any]) -> tuple[Record, ...]:
    """Return the items of an edition that were withdrawn while it waited for the editor's approval, and were not
    published again.
    """
    query = (
        select(items)
        .join(dropped_items, dropped_items.c.item == items.c.number)
        .where(dropped_items.c.audience == row.audience, dropped_items.c.number == row.number)
        .where(dropped_items.c.reason == TakenOut.WITHDRAWN, ~IS_LIVE, ~IS_HIDDEN)
        .order_by(items.c.number)
    )
    return tuple(record_of(each) for each in connection.execute(query))


def _write_state(connection: Connection, name: str, state: AudienceState) -> None:
    columns = {
        "cursor": state.cursor,
        "start": state.start,
        "last_number": state.last_number,
        "last_tick": state.last_tick,
    }
    if not connection.execute(_MOVE_AUDIENCE, {"of_audience": name, **columns}).rowcount:
        connection.execute(insert(audiences), {"name": name, **columns})


def _write_edition(connection: Connection, edition: Edition) -> None:
    connection.execute(
        insert(editions),
        {
            "audience": edition.audience,
            "number": edition.number,
            "after": edition.after,
            "upto": edition.upto,
            "composed_at": edition.composed_at,
            "items": len(edition.records),
            "held_until": edition.held_until,
            "introduction": edition.introduction,
        },
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
            **({"composed_seq": record.seq} if table is edition_items else {}),
        }
        for position, record in enumerate(records, start=1)
    ]
    if rows:
        connection.execute(insert(table), rows)
