"""The ledger: every delivery, and how far it is. Its transactions are its own, beside the log.

A delivery goes from `queued` over `leased` (claimed) and `handing` (fenced) to `sent` or `refused`, or back to
`queued`. Each claim raises its epoch, and a fence or a result counts only in the epoch of its claim. So a process that
stopped for longer than its lease and woke up again cannot send what another one has taken over.

The clock of leases is the server's on PostgreSQL, because several machines share it. On SQLite, where one process
delivers at a time, it is the `now` of the caller.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Interval,
    Row,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    type_coerce,
    update,
)

from publisher.model.deliveries import (
    Delivery,
    DeliveryCounts,
    DeliveryState,
    NewDelivery,
    Result,
)
from publisher.store.columns import UtcDateTime
from publisher.store.engine import Database, batches
from publisher.store.locks import Locks
from publisher.store.schema import deliveries

LEASE = timedelta(minutes=10)
"""How long a claim holds: two steps of SMTP may take five minutes each (RFC 5321 section 4.5.3.2)."""
HANDING_LEASE = timedelta(minutes=20)
"""How long a fence holds: a server may take ten minutes to answer the end of a mail, and a large mail takes time."""
LOCK = "deliver"


class _Clock(Protocol):
    def __call__(self, ahead: timedelta = ...) -> ColumnElement[datetime]:
        """The present, or a moment `ahead` of it."""
        ...


class Ledger:
    """The deliveries of a site."""

    def __init__(self, database: Database, locks: Locks) -> None:
        self._database = database
        self._locks = locks

    @contextmanager
    def delivering(self, *, now: datetime, wait_s: float = 0) -> Iterator[None]:
        """Deliver for the length of a `with`: on SQLite alone, on PostgreSQL beside any number of others.

        Raises:
            BusyError: another process delivers.
        """
        if not self._database.is_sqlite:
            yield
            return
        with self._locks.hold(LOCK, wait_s=wait_s):
            self._end_leases(now)
            yield

    def is_delivering(self, *, now: datetime) -> bool:
        """Whether a process holds a delivery, or died less than its lease ago."""
        leased = deliveries.c.state.in_((DeliveryState.LEASED, DeliveryState.HANDING))
        with self._database.reading() as connection:
            held = select(deliveries.c.id).where(leased, deliveries.c.due_at > _clock(connection, now)()).limit(1)
            return connection.execute(held).scalar() is not None

    def _end_leases(self, now: datetime) -> None:
        """End the leases of processes that died: only who holds the lock has one."""
        leased = deliveries.c.state.in_((DeliveryState.LEASED, DeliveryState.HANDING))
        with self._database.reading() as connection:
            found = connection.execute(select(deliveries.c.id).where(leased).limit(1)).scalar()
        if found is not None:
            with self._database.writing_beside() as connection:
                connection.execute(update(deliveries).where(leased).values(due_at=now))

    # --- queue -------------------------------------------------------------------------------------------------------

    def queue(self, new: Sequence[NewDelivery], *, now: datetime) -> int:
        """Queue these deliveries, and those among them that waited for too long again; return how many.

        A delivery that was sent or refused is left alone.
        """
        with self._database.writing() as connection:
            return sum(_renew(connection, each, now=now) for each in new) + insert_deliveries(connection, new, now=now)

    # --- deliver -----------------------------------------------------------------------------------------------------

    def claim(self, limit: int, *, max_age: timedelta, now: datetime, lease: timedelta = LEASE) -> list[Delivery]:
        """Claim deliveries whose turn it is, at most `limit`, those that wait longest first.

        A delivery that was being handed over when its lease ended is doubtful from now on.
        """
        with self._database.writing_beside() as connection:
            clock = _clock(connection, now)
            is_due = and_(deliveries.c.due_at <= clock(), ~_is_held(clock, max_age))
            found = select(deliveries.c.id).where(is_due).order_by(deliveries.c.due_at, deliveries.c.id).limit(limit)
            is_handing = case((deliveries.c.state == DeliveryState.HANDING, 1), else_=0)
            claim = (
                update(deliveries)
                # SQLAlchemy drops the lock on SQLite, which has one writer anyway.
                .where(deliveries.c.id.in_(found.with_for_update(skip_locked=True)))
                .values(
                    state=DeliveryState.LEASED,
                    due_at=clock(lease),
                    epoch=deliveries.c.epoch + 1,
                    attempts=deliveries.c.attempts + 1,
                    doubts=deliveries.c.doubts + is_handing,
                )
                .returning(*_OF_DELIVERY)
            )
            return sorted((_delivery_of(row) for row in connection.execute(claim)), key=lambda each: each.id)

    def write(
        self,
        fences: Sequence[Delivery],
        results: Sequence[Result],
        *,
        now: datetime,
        lease: timedelta = HANDING_LEASE,
    ) -> set[int]:
        """Write fences and results in one transaction; return the ids of deliveries that may be handed over now.

        A fence fails if the lease of its claim is over. A result of an earlier claim changes nothing.
        """
        with self._database.writing_beside() as connection:
            if results:
                statement = _RESULT_ON_SQLITE if self._database.is_sqlite else _RESULT_ON_SERVER
                connection.execute(statement, [_values_of(result, now=now) for result in results])
            return _fence(connection, fences, now=now, lease=lease) if fences else set()

    # --- ask ---------------------------------------------------------------------------------------------------------

    def due(self, *, max_age: timedelta, now: datetime, limit: int | None = None) -> list[NewDelivery]:
        """Deliveries whose turn it is, those that wait longest first, at most `limit`."""
        with self._database.reading() as connection:
            clock = _clock(connection, now)
            query = (
                select(*_OF_NEW)
                .where(deliveries.c.due_at <= clock(), ~_is_held(clock, max_age))
                .order_by(deliveries.c.due_at, deliveries.c.id)
                .limit(limit)
            )
            return [NewDelivery(**row) for row in connection.execute(query).mappings()]

    def count_due(self, *, max_age: timedelta, now: datetime) -> int:
        """How many deliveries there are whose turn it is."""
        with self._database.reading() as connection:
            clock = _clock(connection, now)
            is_due = and_(deliveries.c.due_at <= clock(), ~_is_held(clock, max_age))
            return connection.execute(select(func.count()).where(is_due)).scalar_one()

    def next_due(self, *, max_age: timedelta, now: datetime) -> datetime | None:
        """When the next delivery has its turn, of those that do not have it yet; None: there is none."""
        with self._database.reading() as connection:
            clock = _clock(connection, now)
            waits = and_(deliveries.c.due_at > clock(), ~_is_held(clock, max_age))
            return connection.execute(select(func.min(deliveries.c.due_at)).where(waits)).scalar()

    def count_sent(self, *, since: datetime) -> int:
        """How many were sent since."""
        is_sent = and_(deliveries.c.finished_at > since, deliveries.c.state == DeliveryState.SENT)
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).where(is_sent)).scalar_one()

    def unfinished(self) -> list[str]:
        """Names of what is not handed over to all recipients yet, sorted."""
        query = select(deliveries.c.name).where(deliveries.c.due_at.is_not(None)).distinct()
        with self._database.reading() as connection:
            return sorted(connection.execute(query).scalars())

    def counts(self, names: Sequence[str], *, max_age: timedelta, now: datetime) -> dict[str, DeliveryCounts]:
        """How the deliveries of each of these editions fare; an edition without deliveries is left out."""
        found: dict[str, DeliveryCounts] = {}
        with self._database.reading() as connection:
            columns = _counted(_clock(connection, now), max_age)
            for some in batches(names):
                query = (
                    select(deliveries.c.name, *columns).where(deliveries.c.name.in_(some)).group_by(deliveries.c.name)
                )
                found |= {row["name"]: DeliveryCounts(**row) for row in connection.execute(query).mappings()}
        return found


def insert_deliveries(connection: Connection, new: Sequence[NewDelivery], *, now: datetime) -> int:
    """Queue deliveries in a transaction that somebody else began; those that are in the ledger already are left alone.

    Returns how many were queued.
    """
    missing = [each for each in new if connection.execute(select(deliveries.c.id).where(_is(each))).scalar() is None]
    if missing:
        clock = _clock(connection, now)
        rows = [{**_values_of_new(each), "state": DeliveryState.QUEUED} for each in missing]
        begun = {"epoch": 0, "attempts": 0, "doubts": 0, "reply": "", "due_at": clock(), "queued_at": clock()}
        for row in rows:
            connection.execute(insert(deliveries).values({**row, **begun}))
    return len(missing)


def _fence(connection: Connection, fences: Sequence[Delivery], *, now: datetime, lease: timedelta) -> set[int]:
    """Fence the deliveries that are still theirs; return their ids."""
    statement = _FENCE_ON_SQLITE if connection.dialect.name == "sqlite" else _FENCE_ON_SERVER
    claims = [
        {"its_id": each.id, "its_epoch": each.epoch, "now": now, "until": now + lease, "lease": lease}
        for each in fences
    ]
    asked = {each.id: each.epoch for each in fences}
    if connection.execute(statement, claims).rowcount == len(fences):
        return set(asked)
    # Which of them failed is seldom asked.
    is_valid = (deliveries.c.state == DeliveryState.HANDING, deliveries.c.due_at > _clock(connection, now)())
    query = select(deliveries.c.id, deliveries.c.epoch).where(deliveries.c.id.in_(asked), *is_valid)
    rows = connection.execute(query)
    return {row.id for row in rows if asked[row.id] == row.epoch}


def _renew(connection: Connection, delivery: NewDelivery, *, now: datetime) -> int:
    clock = _clock(connection, now)
    waits = and_(_is(delivery), deliveries.c.state == DeliveryState.QUEUED)
    return connection.execute(update(deliveries).where(waits).values(due_at=clock(), queued_at=clock())).rowcount


def _clock(connection: Connection, now: datetime) -> _Clock:
    """The clock of leases: the server's, or on SQLite that of the caller."""
    if connection.dialect.name == "sqlite":
        return lambda ahead=timedelta(0): literal(now + ahead, UtcDateTime())
    return lambda ahead=timedelta(0): type_coerce(func.clock_timestamp() + literal(ahead, Interval()), UtcDateTime())


def _is(delivery: NewDelivery) -> ColumnElement[bool]:
    """Whether a row is this delivery."""
    of_it = (deliveries.c.kind == delivery.kind, deliveries.c.name == delivery.name)
    return and_(*of_it, deliveries.c.recipient == delivery.recipient)


def _is_held(clock: _Clock, max_age: timedelta) -> ColumnElement[bool]:
    """Whether a delivery waited for too long to be sent without a word of the operator."""
    return and_(deliveries.c.state == DeliveryState.QUEUED, deliveries.c.queued_at <= clock(-max_age))


def _counted(clock: _Clock, max_age: timedelta) -> list[ColumnElement[Any]]:
    state, due_at = deliveries.c.state, deliveries.c.due_at
    is_held = _is_held(clock, max_age)
    is_later = and_(state == DeliveryState.QUEUED, due_at > clock(), ~is_held)
    counts = {
        "queued": and_(due_at.is_not(None), ~is_later, ~is_held),
        "later": is_later,
        "sent": state == DeliveryState.SENT,
        "refused": state == DeliveryState.REFUSED,
        "held": is_held,
        "doubtful": or_(deliveries.c.doubts > 0, and_(state == DeliveryState.HANDING, due_at <= clock())),
    }
    return [
        *(func.sum(case((condition, 1), else_=0)).label(name) for name, condition in counts.items()),
        func.min(case((is_later, due_at))).label("next_at"),
        func.max(case((state == DeliveryState.SENT, ""), else_=deliveries.c.reply)).label("reply"),
    ]


# --- rows ------------------------------------------------------------------------------------------------------------

_OF_NEW = deliveries.c["kind", "name", "recipient", "sender", "message_id", "dated"]
_OF_DELIVERY = (*_OF_NEW, *deliveries.c["id", "epoch", "attempts", "doubts", "queued_at"])


def _delivery_of(row: Row[Any]) -> Delivery:
    return Delivery(**row._mapping)  # noqa: SLF001  (SQLAlchemy's public name of it)


def _values_of_new(delivery: NewDelivery) -> dict[str, object]:
    return {column.name: getattr(delivery, column.name) for column in _OF_NEW}


def _values_of(result: Result, *, now: datetime) -> dict[str, object]:
    """The parameters of the statements below."""
    is_finished = result.state is not DeliveryState.QUEUED
    return {
        "its_id": result.delivery.id,
        "its_epoch": result.delivery.epoch,
        "state": result.state,
        "due": None if is_finished else now + result.after,
        "after": None if is_finished else result.after,
        "finished_at": now if is_finished else None,
        "uncounted": 0 if result.is_attempt else 1,
        "doubt": 1 if result.is_doubtful else 0,
        "code": result.code,
        "reply": result.reply,
    }


_RESULT = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("its_id"), deliveries.c.epoch == bindparam("its_epoch"))
    .where(or_(deliveries.c.state == DeliveryState.LEASED, deliveries.c.state == DeliveryState.HANDING))
    .values(
        state=bindparam("state"),
        finished_at=bindparam("finished_at"),
        attempts=deliveries.c.attempts - bindparam("uncounted", type_=Integer),
        doubts=deliveries.c.doubts + bindparam("doubt", type_=Integer),
        code=bindparam("code"),
        reply=bindparam("reply"),
    )
)
_RESULT_ON_SQLITE = _RESULT.values(due_at=bindparam("due", type_=UtcDateTime()))
_RESULT_ON_SERVER = _RESULT.values(due_at=func.clock_timestamp() + bindparam("after", type_=Interval()))

_FENCE = update(deliveries).where(
    deliveries.c.id == bindparam("its_id"),
    deliveries.c.epoch == bindparam("its_epoch"),
    deliveries.c.state == DeliveryState.LEASED,
)
_FENCE_ON_SQLITE = _FENCE.where(deliveries.c.due_at > bindparam("now", type_=UtcDateTime())).values(
    state=DeliveryState.HANDING, due_at=bindparam("until", type_=UtcDateTime())
)
_FENCE_ON_SERVER = _FENCE.where(deliveries.c.due_at > func.clock_timestamp()).values(
    state=DeliveryState.HANDING, due_at=func.clock_timestamp() + bindparam("lease", type_=Interval())
)
