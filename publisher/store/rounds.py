"""Rounds: when each pace was last due, and who gets which items in a round.

A round is planned in ranges of people, each in one transaction that queues their mails and moves their cursors. So a
crash repeats one range, and memory does not grow with the number of people.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from publisher.model.deliveries import DeliveryKind, DeliveryState, Rank
from publisher.model.editions import TakenOut
from publisher.model.rounds import ItemEntry, Round
from publisher.model.subscribers import SubscriptionState
from publisher.store.columns import UtcDateTime
from publisher.store.content import themes_of
from publisher.store.delivery_rows import clock_of
from publisher.store.engine import Database, batches
from publisher.store.joins import joins_of
from publisher.store.people_schema import (
    pace_ticks,
    ranges,
    round_mails,
    rounds,
    selections,
    subscribers,
    subscriptions,
    theme_joins,
)
from publisher.store.queue import cancel_deliveries
from publisher.store.schema import IS_LIVE, deliveries, dropped_items, items

RANGE = 5_000
"""How many subscribers are planned in one transaction."""
_IS_ACTIVE = subscriptions.c.state == literal(SubscriptionState.ACTIVE, subscriptions.c.state.type)


class Followed(NamedTuple):
    """A subscription of somebody who is due, active or ended."""

    subscriber: int
    number: int
    theme: str
    is_due: bool
    start: int
    cursor: int


class Moved(NamedTuple):
    """The cursor of a subscription that does not move to the end of the round."""

    subscriber: int
    number: int
    cursor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What all mails of a round have in common on their way."""

    sender: str
    """The author's address, in ASCII."""
    host: str
    """The domain of their Message-IDs."""
    bounces: str
    """Where failures are reported, in ASCII; the reader's own mark is put before its `@`. Empty: to the sender."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundMail:
    """A mail of a round to one subscriber."""

    address: str
    subscriber: int
    language: str
    follows: tuple[tuple[str, str, datetime], ...]
    """What he follows now: theme, pace, since when."""
    items: tuple[int, ...]
    """The numbers of its items, in the order in which they were added."""


class RangePass:
    """One range of people in a transaction: nobody in it subscribes, changes or leaves meanwhile."""

    def __init__(self, connection: Connection, round_: Round, first: int, last: int, now: datetime) -> None:
        self._connection = connection
        self._round = round_
        self._first, self._last = first, last
        self._now = now

    def followed(self, *, floor: int) -> Sequence[Followed]:
        """All subscriptions of those in the range who are due, ended ones too, by subscriber and in their order.

        A start below `floor` is given as `floor`: no item is between them, so all those mean the same.
        """
        is_due = and_(_IS_ACTIVE, subscriptions.c.pace.in_(self._round.paces))
        due = (
            select(subscriptions.c.subscriber)
            .join(subscribers, subscribers.c.number == subscriptions.c.subscriber)
            .where(subscriptions.c.subscriber.between(self._first, self._last), is_due, self._is_going())
            .distinct()
        )
        start = subscriptions.c.start
        from_floor = case((start < floor, floor), else_=start).label("start")
        columns = subscriptions.c["subscriber", "number", "theme"]
        query = (
            select(*columns, case((is_due, 1), else_=0).label("is_due"), from_floor, subscriptions.c.cursor)
            .where(subscriptions.c.subscriber.in_(due))
            .order_by(subscriptions.c.subscriber, subscriptions.c.number)
        )
        return self._connection.execute(query).all()  # type: ignore[return-value]  # rows have these fields

    def new_items(self, after: int) -> list[ItemEntry]:
        """As `Rounds.new_items`, up to the end of the round."""
        return _new_items(self._connection, after, self._round.upto)

    def write(
        self,
        mails: Mapping[int, tuple[int, ...]],
        moved: Sequence[Moved],
        known: dict[tuple[int, ...], int],
        *,
        envelope: Envelope,
    ) -> None:
        """Queue mails, and move the cursors of all who are due to the end of the round, but for those in `moved`.

        Args:
            mails: the numbers of items by subscriber.
            moved: cursors that stop earlier.
            known: the numbers of selections by their items; those that are missing are added.
            envelope: as of all mails of the round.
        """
        connection, number = self._connection, self._round.number
        self._keep_selections(mails, known)
        if mails:
            rows = [{"round": number, "subscriber": who, "selection": known[what]} for who, what in mails.items()]
            connection.execute(insert(round_mails), rows)
            self._queue(envelope)
        self._move_cursors()
        if moved:
            its = (subscriptions.c.subscriber == bindparam("who"), subscriptions.c.number == bindparam("which"))
            rows = [{"who": each.subscriber, "which": each.number, "to": each.cursor} for each in moved]
            connection.execute(update(subscriptions).where(*its).values(cursor=bindparam("to")), rows)
        of_range = (ranges.c.round == number, ranges.c.first == self._first)
        connection.execute(update(ranges).where(*of_range).values(planned_at=self._now, mails=len(mails)))

    def _is_going(self) -> ColumnElement[bool]:
        """Whether a subscriber has not paused his mails."""
        return or_(subscribers.c.paused_until.is_(None), subscribers.c.paused_until <= self._now)

    def _keep_selections(self, mails: Mapping[int, tuple[int, ...]], known: dict[tuple[int, ...], int]) -> None:
        new = {_digest_of(what): what for what in {*mails.values()} if what not in known}
        if not new:
            return
        make = sqlite.insert if self._connection.dialect.name == "sqlite" else postgresql.insert
        rows = [{"digest": digest, "items": json.dumps(what)} for digest, what in sorted(new.items())]
        self._connection.execute(make(selections).on_conflict_do_nothing(), rows)
        for some in batches(sorted(new)):
            query = select(selections.c.digest, selections.c.number).where(selections.c.digest.in_(some))
            known.update((new[digest], found) for digest, found in self._connection.execute(query))

    def _queue(self, envelope: Envelope) -> None:
        """Queue the mails of the range in one statement: their rows follow from those of the people."""
        round_, clock = self._round, clock_of(self._connection, self._now)
        moment = f"{round_.begun_at:%Y%m%dT%H%M%SZ}"
        before = literal(f"<{round_.name}.")
        message_id = before.concat(cast(subscribers.c.number, Text)).concat(f".{moment}@{envelope.host}>")
        values: dict[str, ColumnElement[Any]] = {
            "kind": _of(deliveries.c.kind, DeliveryKind.ROUND),
            "name": literal(round_.name),
            "recipient": subscribers.c.address,
            "sender": literal(envelope.sender),
            "message_id": message_id,
            "dated": literal(round_.begun_at, UtcDateTime()),
            "audience": literal(""),
            "rank": _of(deliveries.c.rank, Rank.DIGEST),
            "return_path": _return_path(envelope.bounces),
            "state": _of(deliveries.c.state, DeliveryState.QUEUED),
            "due_at": clock(),
            "queued_at": clock(),
            "epoch": literal(0),
            "attempts": literal(0),
            "doubts": literal(0),
            "reply": literal(""),
        }
        its = (round_mails.c.round == round_.number, round_mails.c.subscriber.between(self._first, self._last))
        found = select(*values.values()).join(round_mails, round_mails.c.subscriber == subscribers.c.number).where(*its)
        make = sqlite.insert if self._connection.dialect.name == "sqlite" else postgresql.insert
        self._connection.execute(make(deliveries).from_select([*values], found).on_conflict_do_nothing())

    def _move_cursors(self) -> None:
        paused = select(subscribers.c.number).where(
            subscribers.c.number.between(self._first, self._last), ~self._is_going()
        )
        due = (
            subscriptions.c.subscriber.between(self._first, self._last),
            _IS_ACTIVE,
            subscriptions.c.pace.in_(self._round.paces),
            subscriptions.c.cursor < self._round.upto,
            subscriptions.c.subscriber.not_in(paused),
        )
        self._connection.execute(update(subscriptions).where(*due).values(cursor=self._round.upto))


class Rounds:
    """The rounds of a site."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- when --------------------------------------------------------------------------------------------------------

    def last_ticks(self) -> dict[str, datetime]:
        """Up to when the ticks of each pace are dealt with; one that was never looked at is missing."""
        with self._database.reading() as connection:
            return {row.pace: row.last_tick for row in connection.execute(select(pace_ticks))}

    def note_ticks(self, ticks: Mapping[str, datetime]) -> None:
        """Note that the ticks of these paces are dealt with up to these moments, without a round."""
        if ticks:
            with self._database.writing_beside() as connection:
                _write_ticks(connection, ticks)

    def lowest_cursor(self, paces: Collection[str]) -> int | None:
        """The lowest cursor of all who follow something at one of these paces; None: nobody does."""
        query = select(func.min(subscriptions.c.cursor)).where(_IS_ACTIVE, subscriptions.c.pace.in_(paces))
        with self._database.reading() as connection:
            return connection.execute(query).scalar()

    # --- rounds ------------------------------------------------------------------------------------------------------

    def begin(
        self, paces: Sequence[str], ticks: Mapping[str, datetime], *, upto: int, now: datetime, size: int = RANGE
    ) -> Round:
        """Begin a round of these paces, with its ranges, and note their ticks."""
        with self._database.writing_beside() as connection:
            number = (connection.execute(select(func.max(rounds.c.number))).scalar() or 0) + 1
            row = {"number": number, "paces": tuple(paces), "upto": upto, "begun_at": now}
            connection.execute(insert(rounds).values(**row, planned_at=None))
            last = connection.execute(select(func.max(subscribers.c.number))).scalar() or 0
            cuts = [
                {"round": number, "first": first, "last": min(first + size - 1, last), "planned_at": None, "mails": 0}
                for first in range(1, last + 1, size)
            ]
            if cuts:
                connection.execute(insert(ranges), cuts)
            _write_ticks(connection, ticks)
        return Round(number=number, paces=tuple(paces), upto=upto, begun_at=now)

    def unplanned(self) -> list[Round]:
        """The rounds that have ranges which are not planned, oldest first."""
        query = select(rounds).where(rounds.c.planned_at.is_(None)).order_by(rounds.c.number)
        with self._database.reading() as connection:
            return [_round_of(row) for row in connection.execute(query)]

    def get(self, number: int) -> Round | None:
        """The round of that number."""
        with self._database.reading() as connection:
            row = connection.execute(select(rounds).where(rounds.c.number == number)).one_or_none()
        return None if row is None else _round_of(row)

    def last(self) -> Round | None:
        """The latest round."""
        with self._database.reading() as connection:
            row = connection.execute(select(rounds).order_by(rounds.c.number.desc()).limit(1)).one_or_none()
        return None if row is None else _round_of(row)

    @contextmanager
    def open_range(self, round_: Round, *, now: datetime) -> Iterator[RangePass | None]:
        """The next range of a round that nobody plans, in one transaction; None: there is none."""
        with self._database.writing_beside() as connection:
            query = select(ranges.c.first, ranges.c.last).where(
                ranges.c.round == round_.number, ranges.c.planned_at.is_(None)
            )
            row = connection.execute(query.order_by(ranges.c.first).limit(1).with_for_update(skip_locked=True)).first()
            if row is None:
                yield None
                return
            if connection.dialect.name != "sqlite":
                # Who leaves meanwhile waits until his mail is queued, and takes it back then.
                people = select(subscribers.c.number).where(subscribers.c.number.between(row.first, row.last))
                connection.execute(people.order_by(subscribers.c.number).with_for_update())
            yield RangePass(connection, round_, row.first, row.last, now)

    def finish(self, round_: Round, *, now: datetime) -> bool:
        """Note that a round is planned, if all of its ranges are; whether they are."""
        open_ = exists().where(ranges.c.round == round_.number, ranges.c.planned_at.is_(None))
        done = update(rounds).where(rounds.c.number == round_.number, ~open_).values(planned_at=now)
        with self._database.writing_beside() as connection:
            return connection.execute(done).rowcount == 1

    # --- items -------------------------------------------------------------------------------------------------------

    def new_items(self, after: int, upto: int) -> list[ItemEntry]:
        """Live items that were added, or came into a theme, in (after, upto], in the order in which they were added.

        Items that an editor took out of an edition for good are left out.
        """
        with self._database.reading() as connection:
            return _new_items(connection, after, upto)

    # --- mails -------------------------------------------------------------------------------------------------------

    def mails(self, number: int, addresses: Collection[str]) -> list[RoundMail]:
        """The mails of a round to these addresses; an address whose reader is gone is missing."""
        columns = (subscribers.c.address, subscribers.c.number, subscribers.c.language, selections.c["items"])
        rows: list[tuple[str, int, str, str]] = []
        query = (
            select(*columns)
            .join(round_mails, round_mails.c.subscriber == subscribers.c.number)
            .join(selections, selections.c.number == round_mails.c.selection)
            .where(round_mails.c.round == number)
        )
        with self._database.reading() as connection:
            for some in batches(sorted(addresses)):
                found = connection.execute(query.where(subscribers.c.address.in_(some)))
                rows += [(row[0], row[1], row[2], row[3]) for row in found]
            follows = _active_follows(connection, [row[1] for row in rows])
        return [
            RoundMail(
                address=address,
                subscriber=subscriber,
                language=language,
                follows=tuple(follows[subscriber]),
                items=_items_of(what),
            )
            for address, subscriber, language, what in rows
        ]

    def take_back(self, round_name: str, addresses: Collection[str], *, now: datetime) -> None:
        """Take back the mails of a round to these addresses that are not handed over."""
        with self._database.writing_beside() as connection:
            for some in batches(sorted(addresses)):
                of_round = and_(deliveries.c.kind == DeliveryKind.ROUND, deliveries.c.name == round_name)
                cancel_deliveries(connection, and_(of_round, deliveries.c.recipient.in_(some)), now=now)


def _new_items(connection: Connection, after: int, upto: int) -> list[ItemEntry]:
    joined = select(theme_joins.c.item).where(theme_joins.c.seq > after, theme_joins.c.seq <= upto)
    taken_out = exists().where(
        dropped_items.c.item == items.c.number,
        dropped_items.c.reason.in_([TakenOut.DROPPED, TakenOut.DISCARDED]),
    )
    is_new = or_(and_(items.c.added_seq > after, items.c.added_seq <= upto), items.c.number.in_(joined))
    query = select(*items.c["number", "added_seq", "themes"]).where(IS_LIVE, is_new, ~taken_out)
    rows = connection.execute(query.order_by(items.c.added_seq)).all()
    later = joins_of(connection, [row.number for row in rows])
    return [
        ItemEntry(
            number=row.number,
            added_seq=row.added_seq,
            themes={theme.slug: later[row.number].get(theme.slug, row.added_seq) for theme in themes_of(row.themes)},
        )
        for row in rows
    ]


def _write_ticks(connection: Connection, ticks: Mapping[str, datetime]) -> None:
    for pace, tick in ticks.items():
        moved = update(pace_ticks).where(pace_ticks.c.pace == pace).values(last_tick=tick)
        if not connection.execute(moved).rowcount:
            connection.execute(insert(pace_ticks).values(pace=pace, last_tick=tick))


def _active_follows(connection: Connection, numbers: Sequence[int]) -> dict[int, list[tuple[str, str, datetime]]]:
    """What subscribers follow now, as (theme, pace, since when), by their numbers."""
    found: dict[int, list[tuple[str, str, datetime]]] = defaultdict(list)
    columns = subscriptions.c["subscriber", "theme", "pace", "since"]
    query = select(*columns).where(_IS_ACTIVE).order_by(subscriptions.c.subscriber, subscriptions.c.number)
    for some in batches(numbers):
        for subscriber, *follow in connection.execute(query.where(subscriptions.c.subscriber.in_(some))):
            found[subscriber].append((follow[0], follow[1], follow[2]))
    return found


@lru_cache(10_000)
def _items_of(what: str) -> tuple[int, ...]:
    return tuple(json.loads(what))


def _round_of(row: Row[Any]) -> Round:
    return Round(number=row.number, paces=row.paces, upto=row.upto, begun_at=row.begun_at)


def _digest_of(what: tuple[int, ...]) -> str:
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()


def _of(column: ColumnElement[Any], value: object) -> ColumnElement[Any]:
    return literal(value, column.type)


def _return_path(bounces: str) -> ColumnElement[Any]:
    """The address with the reader's own mark: `bounces+MARK@example.org` (VERP)."""
    if not bounces:
        return literal("")
    local, _, domain = bounces.rpartition("@")
    return literal(f"{local}+").concat(subscribers.c.bounce_mark).concat(f"@{domain}")
