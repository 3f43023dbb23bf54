"""Retention: data about people is deleted when its retention period has ended.

The periods are in `model.retention`. All lookups use an index, so that a pass with nothing to delete costs a few
milliseconds for any number of people. Deletions are transactions of a few thousand rows, each of which leaves a
consistent store: after a crash, the next pass continues.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from publisher.model.deliveries import DeliveryKind, DeliveryState
from publisher.model.retention import BOUNCES, ENDED, LINKS, MAILS, UNCONFIRMED, Forgotten
from publisher.model.round_names import round_name
from publisher.model.subscribers import LetterKind
from publisher.store.columns import Moment
from publisher.store.engine import BATCH, Database
from publisher.store.erasure import erase_addresses, erase_unconfirmed, unconfirmed
from publisher.store.mail_schema import IS_LETTER, bounces, deliveries, delivery_sums, letters
from publisher.store.people_schema import confirmations, round_mails, rounds, subscribers

_ANSWERED_LATER = (LetterKind.CONFIRM, LetterKind.RENEW)
"""Kinds of letters whose links are valid for longer than those of other letters."""
PEOPLE = 250
"""How many people are erased in one transaction."""
ROWS = BATCH
"""How many rows are deleted in one transaction. A form may have to wait for as long as that takes."""


class Retention:
    """Deletes data about people when its retention period has ended."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def forget(self, *, now: datetime, is_stopping: Callable[[], bool] = lambda: False) -> Forgotten:
        """Delete all data whose retention period has ended, and return what was deleted. If `is_stopping` returns true,
        end early, between two transactions.
        """
        if not self._finds_any(now):
            return Forgotten()
        return Forgotten(
            unconfirmed=self._erase_unconfirmed(now, is_stopping),
            ended=self._erase_ended(now, is_stopping),
            mails=self._forget_rounds(now, is_stopping),
            letters=self._delete(deliveries, _are_old_letters(now - MAILS), is_stopping, before_each=_delete_letters),
            bounces=self._delete(bounces, _are_old_bounces(now - BOUNCES), is_stopping),
            links=self._forget_links(now),
        )

    def _finds_any(self, now: datetime) -> bool:
        """Whether any retention period has ended. Most passes find none, and ask only this."""
        periods = {"unconfirmed": UNCONFIRMED, "ended": ENDED, "mails": MAILS, "bounces": BOUNCES, "links": LINKS}
        with self._database.reading() as connection:
            return bool(connection.scalar(_any(), {name: now - period for name, period in periods.items()}))

    # --- people ------------------------------------------------------------------------------------------------------

    def _erase_unconfirmed(self, now: datetime, is_stopping: Callable[[], bool]) -> int:
        query = unconfirmed(before=now - UNCONFIRMED).order_by(confirmations.c.address)
        return self._erase(query, partial(erase_unconfirmed, now=now), is_stopping)

    def _erase_ended(self, now: datetime, is_stopping: Callable[[], bool]) -> int:
        """Erase people who have followed nothing for the retention period; return how many. A person who comes back
        later is a new subscriber.
        """

        def erase(connection: Connection, addresses: Sequence[str]) -> int:
            return len(erase_addresses(connection, dict.fromkeys(addresses, now)))

        return self._erase(_ended(now - ENDED).order_by(subscribers.c.left_at), erase, is_stopping)

    def _erase(
        self,
        query: Select[Any],
        erase: Callable[[Connection, Sequence[str]], int],
        is_stopping: Callable[[], bool],
    ) -> int:
        """Erase the people whose addresses `query` finds, a part of them in each transaction; return how many."""
        erased = 0
        while self._finds(query.limit(1)) and not is_stopping():
            with self._database.writing_beside() as connection:
                found = connection.execute(query.limit(PEOPLE).with_for_update()).scalars().all()
                erased += erase(connection, found) if found else 0
        return erased

    def _forget_links(self, now: datetime) -> int:
        its = _are_old_links(now - LINKS)
        if not self._finds(select(confirmations.c.address).where(its).limit(1)):
            return 0
        with self._database.writing_beside() as connection:
            return connection.execute(delete(confirmations).where(its)).rowcount

    # --- mails -------------------------------------------------------------------------------------------------------

    def _forget_rounds(self, now: datetime, is_stopping: Callable[[], bool]) -> int:
        """Delete old mails to subscribers except their counts, and the record of which subscriber got which items;
        return how many mails.
        """
        before, forgotten = now - MAILS, 0
        with self._database.reading() as connection:
            numbers = connection.execute(_old_rounds(before).order_by(rounds.c.planned_at)).scalars().all()
        for number in numbers:
            its = and_(deliveries.c.kind == DeliveryKind.ROUND, deliveries.c.name == round_name(number))
            is_open = or_(deliveries.c.due_at.is_not(None), deliveries.c.finished_at >= before)
            if self._finds(select(deliveries.c.id).where(its, is_open).limit(1)):
                continue
            forgotten += self._delete(deliveries, its, is_stopping, before_each=_count_mails)
            self._forget_selections(number, is_stopping)
            if not is_stopping():
                with self._database.writing_beside() as connection:
                    connection.execute(update(rounds).where(rounds.c.number == number).values(forgotten_at=now))
        return forgotten

    def _forget_selections(self, number: int, is_stopping: Callable[[], bool]) -> None:
        """Delete the record of which subscriber got which items in a round (the mails due at one moment)."""
        its = round_mails.c.round == number
        some = select(round_mails.c.subscriber).where(its).order_by(round_mails.c.subscriber).limit(ROWS)
        while self._finds(some.limit(1)) and not is_stopping():
            with self._database.writing_beside() as connection:
                last = connection.execute(select(func.max(some.subquery().c.subscriber))).scalar()
                connection.execute(delete(round_mails).where(its, round_mails.c.subscriber <= last))

    # --- shared ------------------------------------------------------------------------------------------------------

    def _delete(
        self,
        table: Table,
        which: ColumnElement[bool],
        is_stopping: Callable[[], bool],
        *,
        before_each: Callable[[Connection, Sequence[int]], object] = lambda _connection, _ids: None,
    ) -> int:
        """Delete the rows of a table for which the condition `which` is true, a part of them in each transaction;
        return how many. Before each part is deleted, `before_each` is called with the ids of its rows, to deal with
        dependent data.
        """
        some, deleted = select(table.c.id).where(which), 0
        while self._finds(some.limit(1)) and not is_stopping():
            with self._database.writing_beside() as connection:
                ids = connection.execute(some.order_by(table.c.id).limit(ROWS).with_for_update()).scalars().all()
                before_each(connection, ids)
                deleted += connection.execute(delete(table).where(table.c.id.in_(ids))).rowcount
        return deleted

    def _finds(self, query: Select[Any]) -> bool:
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None


@cache
def _any() -> Select[tuple[bool]]:
    """Return the query whether any retention period has ended. It takes for each period the moment before which data is
    too old. It is made once, because making it takes longer than running it.
    """
    queries: Sequence[Select[Any]] = (
        unconfirmed(before=bindparam("unconfirmed")),
        _ended(bindparam("ended")),
        _old_rounds(bindparam("mails")),
        select(deliveries.c.id).where(_are_old_letters(bindparam("mails"))),
        select(bounces.c.id).where(_are_old_bounces(bindparam("bounces"))),
        select(confirmations.c.address).where(_are_old_links(bindparam("links"))),
    )
    return select(or_(*(query.exists() for query in queries)))


def _ended(before: Moment) -> Select[Any]:
    return select(subscribers.c.address).where(subscribers.c.left_at < before)


def _old_rounds(before: Moment) -> Select[Any]:
    return select(rounds.c.number).where(rounds.c.forgotten_at.is_(None), rounds.c.planned_at < before)


def _are_old_letters(before: Moment) -> ColumnElement[bool]:
    return and_(IS_LETTER, deliveries.c.finished_at < before)


def _are_old_bounces(before: Moment) -> ColumnElement[bool]:
    return bounces.c.at < before


def _are_old_links(before: Moment) -> ColumnElement[bool]:
    is_over = or_(confirmations.c.used_at.is_not(None), confirmations.c.kind.not_in(_ANSWERED_LATER))
    return and_(confirmations.c.asked_at < before, is_over)


def _delete_letters(connection: Connection, ids: Sequence[int]) -> None:
    connection.execute(delete(letters).where(letters.c.delivery.in_(ids)))


def _count_mails(connection: Connection, ids: Sequence[int]) -> None:
    """Add the results of these mails to the stored sums of their rounds (a round is the mails due at one moment),
    before the mails are deleted.
    """
    state = deliveries.c.state
    counted = {
        "sent": state == DeliveryState.SENT,
        "refused": state == DeliveryState.REFUSED,
        "cancelled": state == DeliveryState.CANCELLED,
        "doubtful": deliveries.c.doubts > 0,
    }
    columns = [func.sum(case((which, 1), else_=0)).label(name) for name, which in counted.items()]
    query = select(deliveries.c.name, *columns).where(deliveries.c.id.in_(ids)).group_by(deliveries.c.name)
    for row in connection.execute(query).mappings().all():
        its = delivery_sums.c.name == row["name"]
        added = {name: delivery_sums.c[name] + row[name] for name in counted}
        if not connection.execute(update(delivery_sums).where(its).values(added)).rowcount:
            connection.execute(insert(delivery_sums).values(dict(row)))
