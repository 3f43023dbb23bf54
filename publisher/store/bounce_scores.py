"""Scores of subscribers whose mails come back: points, suspension, and the probe (a letter that tests the address). A
subscriber without points has no row.

A report of a returned mail, or a refusal by the mail server, is counted in the transaction that records it, so a crash
never counts it twice.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from publisher.model.bounces import BounceRow, BounceScore
from publisher.model.deliveries import PROBE, DeliveryKind, DeliveryState, Letter
from publisher.model.errors import OutrunError
from publisher.store.bounces import keep_bounce
from publisher.store.engine import Database, batches
from publisher.store.mail_schema import deliveries, refusals
from publisher.store.people_schema import bounce_scores, former_marks, subscribers
from publisher.store.queue import insert_letters
from publisher.store.round_mails import hold_back, send_held_back


class Marked(NamedTuple):
    """A subscriber, found by the mark (random text) in the address to which his mail came back (VERP)."""

    subscriber: int
    is_former: bool
    """Whether the subscriber has got another mark (random text in his return address) since, so that the returned mail
    is an old one.
    """


class UncountedRefusal(NamedTuple):
    """A mail to a subscriber that the server refused permanently, and that his bounce score does not count yet."""

    delivery: int
    address: str
    code: int | None
    reply: str


class Suspended(NamedTuple):
    """A subscriber who gets no digests because mails to him came back."""

    subscriber: int
    score: BounceScore
    probe: DeliveryState | None
    """The state of the delivery of his probe (a letter that tests the address), or `None` if the ledger has none for
    him.
    """
    probe_sent_at: datetime | None
    """When the server took his probe (a letter that tests the address), in UTC, or `None` if it has not yet."""


class BounceScores:
    """The bounce scores (points for mails that came back) of a site's subscribers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, subscriber: int) -> BounceScore | None:
        """Return the bounce score of a subscriber, or `None` if he has none."""
        with self._database.reading() as connection:
            return _score(connection, subscriber)

    def all(self) -> dict[int, BounceScore]:
        """Return the bounce scores of all subscribers who have one, by the subscriber's number."""
        with self._database.reading() as connection:
            return {row.subscriber: _score_of(row) for row in connection.execute(select(bounce_scores))}

    def count_suspended(self) -> int:
        """Return how many subscribers get no digests because mails to them came back."""
        query = select(func.count()).where(bounce_scores.c.suspended_at.is_not(None))
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def holder_of(self, mark: str) -> Marked | None:
        """Return the subscriber whose return address has or had this mark (a random text), or `None` if nobody had it,
        or if he was erased.
        """
        present = select(subscribers.c.number).where(subscribers.c.bounce_mark == mark)
        former = select(former_marks.c.subscriber).where(former_marks.c.bounce_mark == mark)
        with self._database.reading() as connection:
            if (number := connection.execute(present).scalar()) is not None:
                return Marked(subscriber=number, is_former=False)
            number = connection.execute(former).scalar()
        return None if number is None else Marked(subscriber=number, is_former=True)

    def mark_of(self, subscriber: int) -> str:
        """Return the mark of a subscriber (the random text in his return address), or an empty string if there is no
        subscriber with this number.
        """
        query = select(subscribers.c.bounce_mark).where(subscribers.c.number == subscriber)
        with self._database.reading() as connection:
            return connection.execute(query).scalar() or ""

    def marked(self, subscriber: int) -> Marked:
        """Return a subscriber in the form of `holder_of`, for a returned mail that names no mark (random text in a
        return address). The mail counts as an old one if he ever had another mark than now.
        """
        query = select(former_marks.c.bounce_mark).where(former_marks.c.subscriber == subscriber).limit(1)
        with self._database.reading() as connection:
            is_former = connection.execute(query).first() is not None
        return Marked(subscriber=subscriber, is_former=is_former)

    # --- counting ----------------------------------------------------------------------------------------------------

    def count_report(
        self, row: BounceRow, subscriber: int, *, before: BounceScore | None, after: BounceScore | None
    ) -> bool:
        """Record a report of a returned mail, and the subscriber's score after it; return False and change nothing if
        the report is already recorded.

        Raises:
            OutrunError: the stored score is no longer `before`.
        """
        with self._database.writing_beside() as connection:
            is_new = keep_bounce(connection, row)
            if is_new:
                _write(connection, subscriber, before, after)
            return is_new

    def refusals(self) -> list[UncountedRefusal]:
        """Return the mails refused by the server that no bounce score counts yet, in the order in which the mails were
        queued.
        """
        columns = (deliveries.c.id.label("delivery"), deliveries.c.recipient.label("address"))
        query = select(*columns, *deliveries.c["code", "reply"]).join(refusals, refusals.c.delivery == deliveries.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(deliveries.c.id)).mappings()
            return [UncountedRefusal(**row) for row in rows]

    def count_refusal(
        self,
        refusal: UncountedRefusal,
        subscriber: int | None,
        *,
        before: BounceScore | None = None,
        after: BounceScore | None = None,
    ) -> bool:
        """Record a subscriber's new bounce score and that it counts a refusal by the mail server; return False if
        another process counted the refusal first.

        Raises:
            OutrunError: the stored score is no longer `before`.
        """
        with self._database.writing_beside() as connection:
            counted = delete(refusals).where(refusals.c.delivery == refusal.delivery)
            is_new = connection.execute(counted).rowcount == 1
            if is_new and subscriber is not None:
                _write(connection, subscriber, before, after)
            return is_new

    # --- probes ------------------------------------------------------------------------------------------------------

    def suspended(self, *, before: datetime) -> list[Suspended]:
        """Return the subscribers who were suspended before the moment `before`, sorted by number, each with the
        delivery of the letter that tests his address.
        """
        query = (
            select(bounce_scores, subscribers.c.bounce_mark)
            .join(subscribers, subscribers.c.number == bounce_scores.c.subscriber)
            .where(bounce_scores.c.suspended_at <= before)
            .order_by(bounce_scores.c.subscriber)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
            probes = _probes(connection, [probe_name(row.bounce_mark) for row in rows])
        return [_suspended_of(row, probes.get(probe_name(row.bounce_mark))) for row in rows]

    def begin_probe(self, subscriber: int, before: BounceScore, letter: Letter, *, mark: str, now: datetime) -> bool:
        """Queue a probe (a letter that tests an address) and put a new mark into its recipient's return address; return
        False if his score is no longer `before`.

        While suspended, the recipient gets no other mails, so a mail that comes back to the new mark is this letter.
        """
        with self._database.writing_beside() as connection:
            _lock(connection, subscriber)
            if _score(connection, subscriber) != before:
                return False
            _give_mark(connection, subscriber, mark)
            probed = update(bounce_scores).where(bounce_scores.c.subscriber == subscriber)
            connection.execute(probed.values(probed_at=now))
            insert_letters(connection, [letter], now=now)
            return True

    def forget(self, subscriber: int, *, is_going_on: bool = True, now: datetime) -> bool:
        """Delete a subscriber's score, so that he gets mails again; return False if he had none.

        His return address gets a new mark, so reports about earlier mails no longer count. With `is_going_on`, he keeps
        his former subscriptions, and mails that were cancelled at his suspension are queued again.
        """
        with self._database.reading() as connection:
            if _score(connection, subscriber) is None:
                return False
        with self._database.writing_beside() as connection:
            _lock(connection, subscriber)
            return forget_score(connection, subscriber, is_going_on=is_going_on, now=now)


def forget_score(connection: Connection, subscriber: int, *, is_going_on: bool, now: datetime) -> bool:
    """Delete a bounce score as `BounceScores.forget` does, in an open transaction, which has locked the subscriber's
    row.
    """
    score = _score(connection, subscriber)
    if score is None:
        return False
    connection.execute(delete(bounce_scores).where(bounce_scores.c.subscriber == subscriber))
    _give_mark(connection, subscriber, new_mark())
    if is_going_on and score.suspended_at is not None:
        send_held_back(connection, _address_of(connection, subscriber), since=score.suspended_at, now=now)
    return True


def new_mark() -> str:
    """Return a mark, a random text that nobody can guess, for a subscriber's return address."""
    return secrets.token_hex(10)


def probe_name(mark: str) -> str:
    """Return the name of the letter that tests the address with this mark (random text); the name does not reveal the
    mark.
    """
    return f"{PROBE}{hashlib.sha256(mark.encode()).hexdigest()[:16]}"


# --- rows ------------------------------------------------------------------------------------------------------------


def _probes(connection: Connection, names: Sequence[str]) -> dict[str, Row[Any]]:
    """Return the deliveries of the letters with these names, by name."""
    columns = deliveries.c["name", "state", "finished_at"]
    is_letter = deliveries.c.kind == DeliveryKind.LETTER
    return {
        row.name: row
        for some in batches(names)
        for row in connection.execute(select(*columns).where(is_letter, deliveries.c.name.in_(some)))
    }


def _suspended_of(row: Row[Any], probe: Row[Any] | None) -> Suspended:
    is_sent = probe is not None and probe.state is DeliveryState.SENT
    return Suspended(
        subscriber=row.subscriber,
        score=_score_of(row),
        probe=probe.state if probe else None,
        probe_sent_at=probe.finished_at if probe and is_sent else None,
    )


def _lock(connection: Connection, subscriber: int) -> None:
    """Lock a subscriber's row. Everything that reads his bounce score locks first, so that no two transactions wait for
    each other (deadlock).
    """
    connection.execute(select(subscribers.c.number).where(subscribers.c.number == subscriber).with_for_update())


def _score(connection: Connection, subscriber: int) -> BounceScore | None:
    row = connection.execute(select(bounce_scores).where(bounce_scores.c.subscriber == subscriber)).one_or_none()
    return None if row is None else _score_of(row)


def _score_of(row: Row[Any]) -> BounceScore:
    return BounceScore(points=row.points, last_at=row.last_at, suspended_at=row.suspended_at, probed_at=row.probed_at)


def _write(connection: Connection, subscriber: int, before: BounceScore | None, after: BounceScore | None) -> None:
    """Write a subscriber's bounce score, unless the stored one is no longer `before`."""
    _lock(connection, subscriber)
    if _score(connection, subscriber) != before:
        raise OutrunError("subscribers: another mail of this subscriber came back meanwhile; try again")
    if after is None or after == before:
        return
    values = asdict(after)
    if before is None:
        connection.execute(insert(bounce_scores).values(subscriber=subscriber, **values))
    else:
        its = bounce_scores.c.subscriber == subscriber
        connection.execute(update(bounce_scores).where(its).values(values))
    if after.suspended_at is not None and (before is None or before.suspended_at is None):
        hold_back(connection, _address_of(connection, subscriber), now=after.suspended_at)


def _address_of(connection: Connection, subscriber: int) -> str:
    query = select(subscribers.c.address).where(subscribers.c.number == subscriber)
    return str(connection.execute(query).scalar_one())


def _give_mark(connection: Connection, subscriber: int, mark: str) -> None:
    its = subscribers.c.number == subscriber
    former = connection.execute(select(subscribers.c.bounce_mark).where(its)).scalar_one()
    connection.execute(insert(former_marks).values(bounce_mark=former, subscriber=subscriber))
    connection.execute(update(subscribers).where(its).values(bounce_mark=mark))
