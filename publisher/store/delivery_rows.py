"""Conditions and statements for rows of the ledger, the table of all mails to send: claims, fences and results. A
process claims a mail for the time of a lease, and fences the claim just before it hands the mail to the server.
"""

from collections.abc import Collection, Sequence
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
    false,
    func,
    insert,
    literal,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from publisher.model.deliveries import Delivery, DeliveryKind, DeliveryState, NewDelivery, Rank, Result
from publisher.store.columns import UtcDateTime
from publisher.store.driver import SqliteStatement, text_of
from publisher.store.mail_schema import deliveries, pauses, refusals

EVERYTHING = ""
"""The name in the table `pauses` that stands for all mails."""


class DatabaseClock(Protocol):
    def __call__(self, ahead: timedelta = ...) -> ColumnElement[datetime]:
        """Return an SQL expression for the present moment, or for the moment that is `ahead` in the future."""
        ...


def clock_of(connection: Connection, now: datetime) -> DatabaseClock:
    """Return the clock by which claims on mails end: the clock of the database server, or on SQLite the
    caller's `now`.
    """
    if connection.dialect.name == "sqlite":
        return lambda ahead=timedelta(0): literal(now + ahead, UtcDateTime())
    return lambda ahead=timedelta(0): type_coerce(func.clock_timestamp() + literal(ahead, Interval()), UtcDateTime())


# --- conditions ------------------------------------------------------------------------------------------------------

IS_LEASED = deliveries.c.state.in_((DeliveryState.LEASED, DeliveryState.HANDING))


def is_delivery(delivery: NewDelivery) -> ColumnElement[bool]:
    """Return the SQL condition that a row of the ledger is this delivery."""
    of_it = (deliveries.c.kind == delivery.kind, deliveries.c.name == delivery.name)
    return and_(*of_it, deliveries.c.recipient == delivery.recipient)


def are_named(names: Collection[str]) -> ColumnElement[bool]:
    """Return the SQL condition that deliveries belong to the editions, rounds and letters with these names."""
    # of all kinds, as in the index: without them each row of the ledger would be read
    return and_(deliveries.c.kind.in_(DeliveryKind), deliveries.c.name.in_(names))


def is_held(clock: DatabaseClock, max_age: timedelta) -> ColumnElement[bool]:
    """Return the SQL condition that a digest waits for the operator's decision, because it waited longer than
    `max_age`. Letters never wait for it.
    """
    is_digest = deliveries.c.rank == Rank.DIGEST
    return and_(deliveries.c.state == DeliveryState.QUEUED, is_digest, deliveries.c.queued_at <= clock(-max_age))


def may_go(connection: Connection, clock: DatabaseClock, max_age: timedelta) -> ColumnElement[bool]:
    """Return the SQL condition that a mail may be sent when its time comes: it is not paused, and not so old that the
    operator must decide.
    """
    paused = paused_audiences(connection)
    if EVERYTHING in paused:
        return false()
    not_held = ~is_held(clock, max_age)
    return and_(not_held, deliveries.c.audience.not_in(paused)) if paused else not_held


def paused_audiences(connection: Connection) -> Sequence[str]:
    """Return the audiences (mailing lists) whose mails the operator paused; `EVERYTHING` stands for all mails."""
    return connection.execute(select(pauses.c.audience)).scalars().all()


def counted_states(clock: DatabaseClock, max_age: timedelta) -> list[ColumnElement[Any]]:
    """Return SQL columns that count deliveries by state, one for each field of `DeliveryCounts` except the name."""
    state, due_at, held = deliveries.c.state, deliveries.c.due_at, is_held(clock, max_age)
    is_later = and_(state == DeliveryState.QUEUED, due_at > clock(), ~held)
    counts = {
        "queued": and_(due_at.is_not(None), ~is_later, ~held),
        "later": is_later,
        "sent": state == DeliveryState.SENT,
        "refused": state == DeliveryState.REFUSED,
        "held": held,
        "cancelled": state == DeliveryState.CANCELLED,
        "doubtful": or_(deliveries.c.doubts > 0, and_(state == DeliveryState.HANDING, due_at <= clock())),
    }
    return [
        *(func.sum(case((condition, 1), else_=0)).label(name) for name, condition in counts.items()),
        func.min(case((is_later, due_at))).label("next_at"),
        func.max(case((state == DeliveryState.SENT, ""), else_=deliveries.c.reply)).label("reply"),
    ]


# --- rows ------------------------------------------------------------------------------------------------------------

OF_NEW = deliveries.c["kind", "name", "recipient", "sender", "message_id", "dated", "audience", "rank", "return_path"]
OF_DELIVERY = (*OF_NEW, *deliveries.c["id", "epoch", "attempts", "doubts", "queued_at"])
OF_KNOWN = deliveries.c[
    "id", "kind", "name", "recipient", "state", "attempts", "doubts", "reply", "queued_at", "finished_at"
]
"""The columns of `KnownDelivery`."""


_NAMES = tuple(column.name for column in OF_DELIVERY)


def delivery_of_row(row: Row[Any]) -> Delivery:
    """Return the delivery in a row that begins with the columns `OF_DELIVERY`."""
    return Delivery(**dict(zip(_NAMES, row, strict=False)))


def row_of_new(delivery: NewDelivery) -> dict[str, object]:
    """Return the values of a new delivery for the columns `OF_NEW`."""
    return {column.name: getattr(delivery, column.name) for column in OF_NEW}


def lock_rows(connection: Connection, which: ColumnElement[bool]) -> None:
    """Lock rows in the order of their ids, so that two transactions that lock several rows never wait for each
    other.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(select(deliveries.c.id).where(which).order_by(deliveries.c.id).with_for_update())


# --- claims ----------------------------------------------------------------------------------------------------------


def claim_rows(
    connection: Connection,
    rank: Rank,
    limit: int,
    *,
    paused: Sequence[str],
    max_age: timedelta,
    now: datetime,
    lease: timedelta,
) -> list[Delivery]:
    """Claim due mails of a rank (reserve them for this process), longest waiting first; return them in the order of
    their ids.

    A mail whose claim ended while it was being handed over becomes doubtful (perhaps sent), or is finished if it was
    cancelled.
    """
    is_sqlite = connection.dialect.name == "sqlite"
    on_sqlite = {"its_now": now, "its_end": now + lease, "its_oldest": now - max_age}
    times = on_sqlite if is_sqlite else {"its_lease": lease, "its_max_age": max_age}
    rows = connection.execute(
        _CLAIM_ON_SQLITE if is_sqlite else _CLAIM_ON_SERVER,
        {"its_rank": rank, "its_limit": limit, "its_paused": list(paused), **times},
    )
    claimed = [delivery_of_row(row) for row in rows.all() if row.cancelled_at is None]
    return sorted(claimed, key=lambda each: each.id)


def _claim(
    now: ColumnElement[datetime], end: ColumnElement[datetime], oldest: ColumnElement[datetime]
) -> ReturningUpdate[Any]:
    """Return the SQL statement that claims mails (reserves them for this process). It is built once: building takes
    longer than running.
    """
    is_held = and_(
        deliveries.c.state == DeliveryState.QUEUED, deliveries.c.rank == Rank.DIGEST, deliveries.c.queued_at <= oldest
    )
    turns = (
        select(deliveries.c.id)
        .where(deliveries.c.rank == bindparam("its_rank", type_=deliveries.c.rank.type), deliveries.c.due_at <= now)
        .where(~is_held, deliveries.c.audience.not_in(bindparam("its_paused", expanding=True)))
        .order_by(deliveries.c.due_at, deliveries.c.id)
        .limit(bindparam("its_limit", type_=Integer))
    )
    # SQLAlchemy drops the lock on SQLite, which has one writer anyway. On PostgreSQL a plain subquery would be
    # evaluated once for each compared row, each time skipping the rows it locked before: more rows than the limit.
    found = turns.with_for_update(skip_locked=True).cte("found").prefix_with("MATERIALIZED", dialect="postgresql")
    is_cancelled = deliveries.c.cancelled_at.is_not(None)
    cancelled, leased = (
        literal(state, deliveries.c.state.type) for state in (DeliveryState.CANCELLED, DeliveryState.LEASED)
    )
    return (
        update(deliveries)
        .where(deliveries.c.id.in_(select(found.c.id)))
        .values(
            state=case((is_cancelled, cancelled), else_=leased),
            due_at=case((is_cancelled, None), else_=end),
            finished_at=deliveries.c.cancelled_at,
            epoch=deliveries.c.epoch + 1,
            attempts=deliveries.c.attempts + 1,
            doubts=deliveries.c.doubts + case((deliveries.c.state == DeliveryState.HANDING, 1), else_=0),
        )
        .returning(*OF_DELIVERY, deliveries.c.cancelled_at)
    )


_CLAIM_ON_SQLITE = _claim(*(bindparam(name, type_=UtcDateTime()) for name in ("its_now", "its_end", "its_oldest")))
_CLAIM_ON_SERVER = _claim(
    type_coerce(func.clock_timestamp(), UtcDateTime()),
    type_coerce(func.clock_timestamp() + bindparam("its_lease", type_=Interval()), UtcDateTime()),
    type_coerce(func.clock_timestamp() - bindparam("its_max_age", type_=Interval()), UtcDateTime()),
)


# --- fences ----------------------------------------------------------------------------------------------------------


def fence_rows(connection: Connection, fences: Sequence[Delivery], *, now: datetime, lease: timedelta) -> set[int]:
    """Check that the claims on these mails are still valid, and record that their handing over begins (the fence);
    return the ids of those that may be handed over now.
    """
    is_sqlite = connection.dialect.name == "sqlite"
    times = {"now": text_of(now), "until": text_of(now + lease)} if is_sqlite else {"lease": lease}
    claims = [{"its_id": each.id, "its_epoch": each.epoch, **times} for each in fences]
    fenced = (
        _FENCE_ON_SQLITE.run(connection, claims) if is_sqlite else connection.execute(_FENCE_ON_SERVER, claims).rowcount
    )
    asked = {each.id: each.epoch for each in fences}
    if fenced == len(fences):
        return set(asked)
    # which condition failed is rarely needed
    is_valid = (deliveries.c.state == DeliveryState.HANDING, deliveries.c.due_at > clock_of(connection, now)())
    query = select(deliveries.c.id, deliveries.c.epoch).where(deliveries.c.id.in_(asked), *is_valid)
    rows = connection.execute(query)
    return {row.id for row in rows if asked[row.id] == row.epoch}


_FENCE = update(deliveries).where(
    deliveries.c.id == bindparam("its_id"),
    deliveries.c.epoch == bindparam("its_epoch"),
    deliveries.c.state == DeliveryState.LEASED,
)
_FENCE_ON_SQLITE = SqliteStatement(
    _FENCE.where(deliveries.c.due_at > bindparam("now", type_=UtcDateTime())).values(
        state=DeliveryState.HANDING, due_at=bindparam("until", type_=UtcDateTime())
    )
)
_FENCE_ON_SERVER = _FENCE.where(deliveries.c.due_at > func.clock_timestamp()).values(
    state=DeliveryState.HANDING, due_at=func.clock_timestamp() + bindparam("lease", type_=Interval())
)

# --- results ---------------------------------------------------------------------------------------------------------


def settle_rows(connection: Connection, results: Sequence[Result], *, now: datetime) -> None:
    """Write the results of attempts to send. A result of an attempt under an earlier claim changes nothing; a cancelled
    mail is not retried.
    """
    if connection.dialect.name == "sqlite":
        now_text = text_of(now)
        _RESULT_ON_SQLITE.run(connection, [_texts_of(result, now=now, now_text=now_text) for result in results])
    else:
        connection.execute(_RESULT_ON_SERVER, [_values_of(result, now=now) for result in results])


def note_refusals(connection: Connection, results: Sequence[Result]) -> None:
    """Record which of these results are refusals of mails to subscribers. They are counted later in the subscribers'
    bounce scores.
    """
    refused = [each.delivery for each in results if each.state is DeliveryState.REFUSED and each.delivery.is_to_reader]
    for each in refused:
        settled = (deliveries.c.epoch == each.epoch, deliveries.c.state == DeliveryState.REFUSED)
        is_valid = select(deliveries.c.id).where(deliveries.c.id == each.id, *settled)
        is_noted = select(refusals.c.delivery).where(refusals.c.delivery == each.id)
        connection.execute(insert(refusals).from_select(["delivery"], is_valid.where(~is_noted.exists())))


def _values_of(result: Result, *, now: datetime) -> dict[str, object]:
    """Return a result as parameters of the SQL statement for PostgreSQL."""
    is_finished = result.state is not DeliveryState.QUEUED
    return {
        "its_id": result.delivery.id,
        "its_epoch": result.delivery.epoch,
        "its_state": result.state,
        "after": None if is_finished else result.after,
        "finished": now if is_finished else None,
        "uncounted": 0 if result.is_attempt else 1,
        "doubt": 1 if result.is_doubtful else 0,
        "code": result.code,
        "reply": result.reply,
    }


def _texts_of(result: Result, *, now: datetime, now_text: str) -> dict[str, object]:
    """Return a result as parameters of the SQL statement for SQLite. `now_text` is `now` as SQLite stores it."""
    is_finished = result.state is not DeliveryState.QUEUED
    due, finished = (None, now_text) if is_finished else (text_of(now + result.after), None)
    return {**_values_of(result, now=now), "its_state": result.state.value, "due": due, "finished": finished}


_STATE = bindparam("its_state", type_=deliveries.c.state.type)
_IS_OVER = and_(deliveries.c.cancelled_at.is_not(None), _STATE == DeliveryState.QUEUED)
_RESULT = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("its_id"), deliveries.c.epoch == bindparam("its_epoch"))
    .where(or_(deliveries.c.state == DeliveryState.LEASED, deliveries.c.state == DeliveryState.HANDING))
    .values(
        state=case((_IS_OVER, literal(DeliveryState.CANCELLED, deliveries.c.state.type)), else_=_STATE),
        finished_at=case((_IS_OVER, deliveries.c.cancelled_at), else_=bindparam("finished", type_=UtcDateTime())),
        attempts=deliveries.c.attempts - bindparam("uncounted", type_=Integer),
        doubts=deliveries.c.doubts + bindparam("doubt", type_=Integer),
        code=bindparam("code"),
        reply=bindparam("reply"),
    )
)
_RESULT_ON_SQLITE = SqliteStatement(
    _RESULT.values(due_at=case((_IS_OVER, None), else_=bindparam("due", type_=UtcDateTime())))
)
_RESULT_ON_SERVER = _RESULT.values(
    due_at=case((_IS_OVER, None), else_=func.clock_timestamp() + bindparam("after", type_=Interval()))
)
