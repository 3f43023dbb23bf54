"""Adjusts the waiting mails to a subscriber when he changes something, such as to pause or to leave."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, exists, literal, or_, select, update

from publisher.model.deliveries import DeliveryKind, DeliveryState
from publisher.model.round_names import round_name
from publisher.model.subscribers import LetterKind, Subscriber
from publisher.store.columns import UtcDateTime
from publisher.store.delivery_rows import clock_of, lock_rows
from publisher.store.mail_schema import IS_LETTER, IS_NO_ROUND, deliveries, orders
from publisher.store.people_schema import rounds
from publisher.store.queue import cancel_deliveries, give_back

APART = timedelta(minutes=1)
"""How far the clocks of a program and its database may differ."""


def follow_reader(connection: Connection, before: Subscriber, after: Subscriber, *, now: datetime) -> None:
    """Adjust the mails to a subscriber that are not handed over yet to what he changed.

    - If he left, the mails are cancelled, and so is a letter of renewal. If he undoes that, they are queued again.
    - If he paused, they wait until the end of the pause. If he ends the pause or changes its end, they wait until its
      new end.
    - If he follows fewer themes, or wants another language, mails being made are taken back from the process that makes
      them, so that they are made again.
    """
    mails = is_round_mail(connection, [before.address])
    if before.active and not after.active:
        cancel_deliveries(connection, mails, now=now)
        cancel_deliveries(connection, is_letter_to([before.address], [LetterKind.RENEW]), now=now)
        return
    ended = {each.number: each.ended_at for each in before.subscriptions}
    if left := [at for each in after.active if (at := ended.get(each.number)) is not None]:
        _queue_again(connection, mails, since=min(left), now=now)
    until = after.pause_at(now)
    if until != before.pause_at(now) or (until and left):
        let_wait(connection, mails, until, now=now)
    elif {each.theme for each in before.active} - {each.theme for each in after.active} or (
        before.language != after.language
    ):
        give_back(connection, mails, now=now)


def hold_back(connection: Connection, address: str, *, now: datetime) -> None:
    """Cancel the mails to a subscriber who is suspended from now on because of bounces, and a letter that asks him to
    renew his consent.
    """
    cancel_deliveries(connection, is_round_mail(connection, [address]), now=now)
    cancel_deliveries(connection, is_letter_to([address], [LetterKind.RENEW]), now=now)


def send_held_back(connection: Connection, address: str, *, since: datetime, now: datetime) -> None:
    """Queue the mails to a subscriber again that were cancelled while he was suspended because of bounces. No later
    digest has their items.
    """
    _queue_again(connection, is_round_mail(connection, [address]), since=since, now=now)


def is_round_mail(connection: Connection, recipients: Collection[str]) -> ColumnElement[bool]:
    """Return the SQL condition that a delivery is a mail of a round (a digest to a subscriber) to one of these
    addresses.
    """
    query = select(rounds.c.number).where(rounds.c.forgotten_at.is_(None))
    names = [round_name(number) for number in connection.execute(query).scalars()]
    # by kind, name and recipient, as in the index
    return and_(
        deliveries.c.kind == DeliveryKind.ROUND, deliveries.c.name.in_(names), deliveries.c.recipient.in_(recipients)
    )


def is_letter_to(recipients: Collection[str], kinds: Iterable[LetterKind] = LetterKind) -> ColumnElement[bool]:
    """Return the SQL condition that a delivery is a letter about a subscription to one of these addresses. Notices
    (letters to the operator) are not included.
    """
    of_reader = [deliveries.c.name.startswith(f"{kind.value}-") for kind in kinds]
    return and_(IS_LETTER, IS_NO_ROUND, deliveries.c.recipient.in_(recipients), or_(*of_reader))


def let_wait(connection: Connection, which: ColumnElement[bool], until: datetime | None, *, now: datetime) -> None:
    """Make deliveries that are not handed over wait until a moment; with `None`, make waiting deliveries due now.

    A delivery waits if its time of queueing is in the future.
    """
    give_back(connection, which, now=now)
    clock = clock_of(connection, now)
    waits = and_(which, deliveries.c.state == DeliveryState.QUEUED)
    moment = clock() if until is None else literal(until, UtcDateTime())
    its = waits if until is not None else and_(waits, deliveries.c.queued_at > clock())
    lock_rows(connection, its)
    connection.execute(update(deliveries).where(its).values(due_at=moment, queued_at=moment))


def _queue_again(connection: Connection, which: ColumnElement[bool], *, since: datetime, now: datetime) -> None:
    """Queue the deliveries again that were cancelled since a moment, because no other mail will have their items.

    A mail that is being handed over is retried if that fails. Mails that the operator cancelled stay cancelled.
    """
    clock = clock_of(connection, now)
    anew = orders.alias()
    is_sent_anew = exists().where(anew.c.verb == "again", anew.c.about == orders.c.about, anew.c.id > orders.c.id)
    recalled = select(orders.c.about).where(orders.c.verb == "recall", orders.c.at >= since - APART, ~is_sent_anew)
    taken_back = and_(which, deliveries.c.cancelled_at >= since - APART, deliveries.c.name.not_in(recalled))
    lock_rows(connection, taken_back)
    values: dict[str, object] = {"state": DeliveryState.QUEUED, "due_at": clock(), "queued_at": clock()}
    values |= {"finished_at": None, "cancelled_at": None}
    is_cancelled = deliveries.c.state == DeliveryState.CANCELLED
    connection.execute(update(deliveries).where(taken_back, is_cancelled).values(values))
    is_handing = deliveries.c.state == DeliveryState.HANDING
    connection.execute(update(deliveries).where(taken_back, is_handing).values(cancelled_at=None))
