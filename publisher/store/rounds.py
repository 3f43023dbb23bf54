"""Rounds: all digests to subscribers that are due at one moment. Also when each pace (how often a subscriber gets
mails) was last due, and who gets which items in a round.

A round is planned in ranges of people, each in one transaction that queues their mails and moves their cursors. So
after a crash one range is planned again, and memory does not grow with the number of people.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from publisher.model.deliveries import Delivery
from publisher.model.rounds import ItemEntry, Round
from publisher.store.delivery_rows import is_delivery
from publisher.store.engine import Database, batches
from publisher.store.next_round import NextRound, give_words_back, take_words
from publisher.store.people_schema import (
    IS_ACTIVE,
    bounce_scores,
    pace_ticks,
    ranges,
    round_mails,
    rounds,
    selections,
    subscribers,
    subscriptions,
)
from publisher.store.queue import cancel_deliveries
from publisher.store.range_pass import RangePass, gets_mails, new_items
from publisher.store.round_mails import APART, let_wait
from publisher.store.suppressions import suppressed_among

# Built once: building a query takes as long as running it, and fifty mails need these.
_READERS = (
    select(*subscribers.c["number", "address", "language", "paused_until"], bounce_scores.c.suspended_at)
    .outerjoin(bounce_scores, bounce_scores.c.subscriber == subscribers.c.number)
    .where(subscribers.c.address.in_(bindparam("addresses", expanding=True)))
)
# not joined to `_READERS`: SQLite would then look at every mail of the round for each batch
_ITEMS = (
    select(round_mails.c.subscriber, selections.c["items"])
    .join(selections, selections.c.number == round_mails.c.selection)
    .where(round_mails.c.round == bindparam("round"))
    .where(round_mails.c.subscriber.in_(bindparam("subscribers", expanding=True)))
)
_FOLLOWED = (
    select(*subscriptions.c["subscriber", "ended_at", "theme", "pace", "since"])
    .where(or_(IS_ACTIVE, subscriptions.c.ended_at >= bindparam("left_since")))
    .where(subscriptions.c.subscriber.in_(bindparam("subscribers", expanding=True)))
    .order_by(subscriptions.c.subscriber, subscriptions.c.number)
)
RANGE = 5_000
"""How many subscribers are planned in one transaction."""


Follow = tuple[str, str, datetime]
"""What a subscriber follows: theme, pace (how often he gets mails), since when."""


class RoundMail(NamedTuple):
    """A mail of a round (the digests to subscribers that are due at one moment) to one subscriber."""

    address: str
    subscriber: int
    language: str
    follows: tuple[Follow, ...]
    """What the subscriber follows now."""
    items: tuple[int, ...]
    """The numbers of the mail's items, in the order in which the items were added."""
    left: frozenset[str] = frozenset()
    """The themes that the subscriber stopped following since his mail was planned."""
    paused_until: datetime | None = None
    """The end of the subscriber's latest pause, in UTC, or `None` if he never paused."""
    is_suspended: bool = False
    """Whether the subscriber gets no digests because mails to him came back."""
    is_suppressed: bool = False
    """Whether the address gets no mail at all."""


class Rounds:
    """The rounds of a site; a round is the mails to all subscribers who are due at one moment."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.next = NextRound(database)

    # --- when --------------------------------------------------------------------------------------------------------

    def last_ticks(self) -> dict[str, datetime]:
        """Return, by pace (how often mails come), the moment up to which its schedule was dealt with. A pace whose
        schedule never was is missing.
        """
        with self._database.reading() as connection:
            return _last_ticks(connection)

    def note_ticks(self, ticks: Mapping[str, datetime]) -> None:
        """Record, by pace (how often mails come), the moment up to which its schedule is dealt with, without making
        mails.
        """
        if ticks:
            with self._database.writing_beside() as connection:
                _write_ticks(connection, ticks)

    def lowest_cursor(self, paces: Collection[str], *, now: datetime) -> int | None:
        """Return the lowest cursor (the log number up to which items are dealt with) of people who follow something at
        one of these paces (how often mails come) and get mails now, or `None` if there are none.

        People who have a pause or are suspended do not count: what waits for them is no reason for a round.
        """
        stopped = select(subscribers.c.number).where(~gets_mails(now))
        query = select(func.min(subscriptions.c.cursor)).where(
            IS_ACTIVE, subscriptions.c.pace.in_(paces), subscriptions.c.subscriber.not_in(stopped)
        )
        with self._database.reading() as connection:
            return connection.execute(query).scalar()

    # --- rounds ------------------------------------------------------------------------------------------------------

    def begin(
        self,
        paces: Sequence[str],
        ticks: Mapping[str, datetime],
        *,
        before: Mapping[str, datetime],
        upto: int,
        now: datetime,
        size: int = RANGE,
    ) -> Round | None:
        """Begin a round (the mails due at one moment) of these paces, divide its people into ranges, and record up to
        when the schedules of the paces are dealt with.

        `before` is what `last_ticks` returned when the round was decided on. If that has changed since, another process
        was quicker: nothing is done and `None` is returned.
        """
        with self._database.writing() as connection:
            if _last_ticks(connection) != before:
                return None
            number = (connection.execute(select(func.max(rounds.c.number))).scalar() or 0) + 1
            row = {"number": number, "paces": tuple(paces), "upto": upto, "begun_at": now}
            words = take_words(connection)
            connection.execute(insert(rounds).values(**row, **words, planned_at=None))
            last = connection.execute(select(func.max(subscribers.c.number))).scalar() or 0
            cuts = [
                {"round": number, "first": first, "last": min(first + size - 1, last), "planned_at": None, "mails": 0}
                for first in range(1, last + 1, size)
            ]
            if cuts:
                connection.execute(insert(ranges), cuts)
            _write_ticks(connection, ticks)
        return Round(number=number, paces=tuple(paces), upto=upto, begun_at=now, **words)

    def unplanned(self) -> list[Round]:
        """Return the rounds (mails due at one moment) that have people whose mails are not planned yet,
        oldest first.
        """
        query = select(rounds).where(rounds.c.planned_at.is_(None)).order_by(rounds.c.number)
        with self._database.reading() as connection:
            return [_round_of(row) for row in connection.execute(query)]

    def get(self, number: int) -> Round | None:
        """Return the round (the mails to subscribers due at one moment) with this number, or `None` if
        there is none.
        """
        with self._database.reading() as connection:
            row = connection.execute(select(rounds).where(rounds.c.number == number)).one_or_none()
        return None if row is None else _round_of(row)

    def last(self) -> Round | None:
        """Return the latest round (the mails to subscribers due at one moment), or `None` if there is none."""
        with self._database.reading() as connection:
            row = connection.execute(select(rounds).order_by(rounds.c.number.desc()).limit(1)).one_or_none()
        return None if row is None else _round_of(row)

    def latest(self, *, limit: int) -> list[Round]:
        """Return the `limit` latest rounds (each the mails to subscribers due at one moment), latest first."""
        query = select(rounds).order_by(rounds.c.number.desc()).limit(limit)
        with self._database.reading() as connection:
            return [_round_of(row) for row in connection.execute(query)]

    @contextmanager
    def open_range(self, round_: Round, *, now: datetime) -> Iterator[RangePass | None]:
        """Open, in one transaction, the next range of people (consecutive subscriber numbers) of a round whose mails
        are not planned yet. Ranges that another process has open are skipped. Yield `None` if there is none.
        """
        with self._database.writing_beside() as connection:
            query = select(ranges.c.first, ranges.c.last).where(
                ranges.c.round == round_.number, ranges.c.planned_at.is_(None)
            )
            row = connection.execute(query.order_by(ranges.c.first).limit(1).with_for_update(skip_locked=True)).first()
            if row is None:
                yield None
                return
            if connection.dialect.name != "sqlite":
                # A person who leaves meanwhile waits until his mail is queued, and then cancels it.
                people = select(subscribers.c.number).where(subscribers.c.number.between(row.first, row.last))
                connection.execute(people.order_by(subscribers.c.number).with_for_update())
            yield RangePass(connection, round_, row.first, row.last, now)

    def finish(self, round_: Round, *, now: datetime) -> bool:
        """Record that a round (the mails due at one moment) is planned, if the mails to all its people are planned;
        return whether they are. A round without mails leaves its subject and introduction to the next one.
        """
        open_ = exists().where(ranges.c.round == round_.number, ranges.c.planned_at.is_(None))
        done = update(rounds).where(rounds.c.number == round_.number, ~open_).values(planned_at=now)
        with self._database.writing_beside() as connection:
            is_planned = connection.execute(done).rowcount == 1
            if is_planned and (round_.subject or round_.introduction):
                mails = select(func.sum(ranges.c.mails)).where(ranges.c.round == round_.number)
                if not connection.execute(mails).scalar():
                    give_words_back(connection, round_)
            return is_planned

    # --- items -------------------------------------------------------------------------------------------------------

    def new_items(self, after: int, upto: int) -> list[ItemEntry]:
        """Return live items that were added, or entered a theme, under log numbers in (after, upto], in the order in
        which they were added.

        Items that an editor took out of an edition permanently are left out.
        """
        with self._database.reading() as connection:
            return new_items(connection, after, upto)

    # --- mails -------------------------------------------------------------------------------------------------------

    def mails(self, number: int, addresses: Collection[str]) -> list[RoundMail]:
        """Return the mails of a round (the mails due at one moment) to these addresses; an address that belongs to no
        subscriber is missing.
        """
        readers: list[Sequence[Any]] = []
        what: dict[int, str] = {}
        suppressed: set[str] = set()
        with self._database.reading() as connection:
            begun_at = connection.execute(select(rounds.c.begun_at).where(rounds.c.number == number)).scalar_one()
            for some in batches(sorted(addresses)):
                found = connection.execute(_READERS, {"addresses": some}).all()
                readers += found
                its = connection.execute(_ITEMS, {"round": number, "subscribers": [row[0] for row in found]})
                what |= {row[0]: row[1] for row in its.all()}
                suppressed |= suppressed_among(connection, some).keys()
            follows, left = _follows_and_left(connection, list(what), since=begun_at)
        return [
            RoundMail(
                address=address,
                subscriber=subscriber,
                language=language,
                follows=tuple(follows[subscriber]),
                items=_items_of(what[subscriber]),
                left=frozenset(left[subscriber]),
                paused_until=paused_until,
                is_suspended=suspended_at is not None,
                is_suppressed=address in suppressed,
            )
            for subscriber, address, language, paused_until, suspended_at in readers
            if subscriber in what
        ]

    def let_wait(self, mail: Delivery, until: datetime, *, now: datetime) -> None:
        """Let a mail that this process has reserved wait until the end of its recipient's pause."""
        with self._database.writing_beside() as connection:
            let_wait(connection, is_delivery(mail), until, now=now)

    def hold_back(self, mail: Delivery, *, now: datetime) -> None:
        """Cancel a mail, reserved by this process, to a subscriber who is suspended because of bounces or has left; it
        is queued again when the suspension ends, or when he undoes leaving.
        """
        with self._database.writing_beside() as connection:
            cancel_deliveries(connection, is_delivery(mail), now=now)


def _last_ticks(connection: Connection) -> dict[str, datetime]:
    return {row.pace: row.last_tick for row in connection.execute(select(pace_ticks))}


def _write_ticks(connection: Connection, ticks: Mapping[str, datetime]) -> None:
    for pace, tick in ticks.items():
        moved = update(pace_ticks).where(pace_ticks.c.pace == pace).values(last_tick=tick)
        if not connection.execute(moved).rowcount:
            connection.execute(insert(pace_ticks).values(pace=pace, last_tick=tick))


def _follows_and_left(
    connection: Connection, numbers: Sequence[int], *, since: datetime
) -> tuple[dict[int, list[Follow]], dict[int, list[str]]]:
    """Return what subscribers follow now, and the themes that they left since a moment, by subscriber number."""
    follows: dict[int, list[Follow]] = defaultdict(list)
    left: dict[int, list[str]] = defaultdict(list)
    for some in batches(numbers):
        found = connection.execute(_FOLLOWED, {"left_since": since - APART, "subscribers": some})
        for subscriber, ended_at, theme, pace, begun in found.all():
            if ended_at is None:
                follows[subscriber].append((theme, pace, begun))
            else:
                left[subscriber].append(theme)
    return follows, left


@lru_cache(10_000)
def _items_of(what: str) -> tuple[int, ...]:
    return tuple(json.loads(what))


def _round_of(row: Row[Any]) -> Round:
    words = {"subject": row.subject or "", "introduction": row.introduction or ""}
    return Round(number=row.number, paces=row.paces, upto=row.upto, begun_at=row.begun_at, **words)
