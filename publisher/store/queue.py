"""Queues and cancels deliveries (mails to one recipient each) within the caller's transaction.

When a subscription ends, or an edition is taken back, its deliveries are cancelled in the same transaction. A process
that has claimed one of them finds out before it hands the mail to the server (its fence fails), so consent counts until
that moment.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, case, delete, insert, literal, select, update

from publisher.model.deliveries import DeliveryState, Letter, NewDelivery
from publisher.store.delivery_rows import clock_of, is_delivery, lock_rows, row_of_new
from publisher.store.mail_schema import deliveries, letters
from publisher.store.upsert import insert_into

_BEGUN = {"state": DeliveryState.QUEUED, "epoch": 0, "attempts": 0, "doubts": 0, "reply": ""}
_KEY = ["kind", "name", "recipient"]


def insert_deliveries(connection: Connection, new: Sequence[NewDelivery], *, now: datetime) -> int:
    """Queue deliveries that are not in the ledger yet; return how many were queued."""
    if not new:
        return 0
    clock = clock_of(connection, now)
    statement = (
        insert_into(connection, deliveries)
        .values(due_at=clock(), queued_at=clock())
        .on_conflict_do_nothing(index_elements=_KEY)
    )
    rows = [{**row_of_new(each), **_BEGUN} for each in new]
    return connection.execute(statement, rows, execution_options={"preserve_rowcount": True}).rowcount


def insert_letters(connection: Connection, new: Sequence[Letter], *, now: datetime) -> int:
    """Queue letters (mails about a subscription itself) with their content, unless they are in the ledger already;
    return how many were queued.
    """
    queued = 0
    for each in new:
        if insert_deliveries(connection, [each.delivery], now=now):
            its_id = select(deliveries.c.id).where(is_delivery(each.delivery)).scalar_subquery()
            connection.execute(insert(letters).values(delivery=its_id, mail=each.mail))
            queued += 1
    return queued


def cancel_deliveries(connection: Connection, which: ColumnElement[bool], *, now: datetime) -> int:
    """Cancel deliveries for which the condition `which` is true, if they are not handed over yet; return how many rows
    were affected.

    A mail that is being handed over cannot be stopped, but if the attempt fails it is not sent again.
    """
    unfinished = which & deliveries.c.due_at.is_not(None)
    is_handing = deliveries.c.state == DeliveryState.HANDING
    cancelled = literal(DeliveryState.CANCELLED, deliveries.c.state.type)
    clock = clock_of(connection, now)
    lock_rows(connection, unfinished)
    its_letters = select(deliveries.c.id).where(unfinished, ~is_handing)
    connection.execute(delete(letters).where(letters.c.delivery.in_(its_letters)))
    values = {
        "state": case((is_handing, deliveries.c.state), else_=cancelled),
        "due_at": case((is_handing, deliveries.c.due_at)),
        "finished_at": case((is_handing, deliveries.c.finished_at), else_=clock()),
        "cancelled_at": clock(),
    }
    return connection.execute(update(deliveries).where(unfinished).values(values)).rowcount


def give_back(connection: Connection, which: ColumnElement[bool], *, now: datetime) -> None:
    """Take unsent mails back from the processes that reserved them, so that these cannot send them; the mails wait in
    the queue again.
    """
    its = and_(which, deliveries.c.state == DeliveryState.LEASED)
    lock_rows(connection, its)
    values = {"state": DeliveryState.QUEUED, "attempts": deliveries.c.attempts - 1}
    connection.execute(update(deliveries).where(its).values(**values, due_at=clock_of(connection, now)()))


def delete_finished_letters(connection: Connection, ids: Sequence[int]) -> None:
    """Delete the stored mails of these letters if the letters are sent, refused or cancelled."""
    finished = select(deliveries.c.id).where(deliveries.c.id.in_(ids), deliveries.c.due_at.is_(None))
    connection.execute(delete(letters).where(letters.c.delivery.in_(finished)))
