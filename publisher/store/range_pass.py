"""One range of people in a round (all digests due at one moment): reads who is due, and writes their mails and cursors,
in one transaction.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Integer,
    Row,
    Text,
    and_,
    any_,
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

from publisher.model.deliveries import DeliveryKind, DeliveryState, Rank
from publisher.model.editions import TakenOut
from publisher.model.rounds import ItemEntry, Round
from publisher.store.columns import UtcDateTime
from publisher.store.content import themes_of
from publisher.store.delivery_rows import clock_of
from publisher.store.edition_schema import dropped_items
from publisher.store.engine import batches
from publisher.store.joins import joins_of
from publisher.store.mail_schema import deliveries
from publisher.store.people_schema import (
    IS_ACTIVE,
    bounce_scores,
    ranges,
    round_items,
    round_mails,
    selections,
    subscribers,
    subscriptions,
    theme_joins,
)
from publisher.store.schema import IS_LIVE, items
from publisher.store.upsert import insert_into

_ARRAYS = (
    func.unnest(bindparam("who", type_=ARRAY(Integer)), bindparam("what", type_=ARRAY(Integer)))
    .table_valued("subscriber", "selection")
    .render_derived()
)
_FROM_ARRAYS = insert(round_mails).from_select(
    ["round", "subscriber", "selection"],
    select(bindparam("whose_round", type_=Integer), _ARRAYS.c.subscriber, _ARRAYS.c.selection),
)


class FollowRow(NamedTuple):
    """A subscription of a person to whom a mail is due; the subscription may have ended."""

    subscriber: int
    number: int
    theme: str
    is_due: bool
    start: int
    cursor: int
    is_active: bool


class Moved(NamedTuple):
    """A subscription whose cursor (the log number up to which its items are dealt with) moves, but stops before the
    round's last log number.
    """

    subscriber: int
    number: int
    cursor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundEnvelope:
    """The parts of the envelope that all mails of a round (the digests due at one moment) share."""

    sender: str
    """The author's address, in ASCII."""
    host: str
    """The domain of the mails' Message-IDs."""
    bounces: str
    """The address to which mails come back, in ASCII; the recipient's own mark, a random text, is inserted before the
    `@`. If it is empty, mails come back to `sender`.
    """


class RangePass:
    """One range (people with consecutive numbers) of a round, open in a transaction. Meanwhile, nobody in the range can
    subscribe, change or leave.
    """

    def __init__(self, connection: Connection, round_: Round, first: int, last: int, now: datetime) -> None:
        self._connection = connection
        self._round = round_
        self._first, self._last = first, last
        self._now = now
        self._planned: set[int] = set()
        """The numbers of the people whose subscriptions `followed` returned."""

    def followed(self, *, floor: int) -> Sequence[FollowRow]:
        """Return all subscriptions of the people in this transaction's range who are due, ended subscriptions included,
        sorted by subscriber.

        A start of a subscription below the log number `floor` is returned as `floor`: no item has a number between
        them, so all such starts mean the same.
        """
        is_due = and_(IS_ACTIVE, subscriptions.c.pace.in_(self._round.paces))
        due = (
            select(subscriptions.c.subscriber)
            .join(subscribers, subscribers.c.number == subscriptions.c.subscriber)
            .where(self._in_range(subscriptions.c.subscriber), is_due)
            .where(self._in_range(subscribers.c.number), gets_mails(self._now))
            .distinct()
        )
        start = subscriptions.c.start
        from_floor = case((start < floor, floor), else_=start).label("start")
        columns = subscriptions.c["subscriber", "number", "theme"]
        query = (
            select(*columns, _flag(is_due, "is_due"), from_floor, subscriptions.c.cursor, _flag(IS_ACTIVE, "is_active"))
            .where(self._in_range(subscriptions.c.subscriber), subscriptions.c.subscriber.in_(due))
            .order_by(subscriptions.c.subscriber, subscriptions.c.number)
        )
        rows = self._connection.execute(query).all()
        self._planned = {row.subscriber for row in rows}
        return rows  # type: ignore[return-value]  # rows have these fields

    def new_items(self, after: int) -> list[ItemEntry]:
        """Return the items added after the log number `after` and up to the round's last one, in the form of
        `Rounds.new_items`.
        """
        return new_items(self._connection, after, self._round.upto)

    def write(
        self,
        mails: Mapping[int, tuple[int, ...]],
        moved: Sequence[Moved],
        known: dict[tuple[int, ...], int],
        *,
        envelope: RoundEnvelope,
    ) -> None:
        """Queue mails, and record that all due people were served up to the round's last log number, except those in
        `moved`.

        Args:
            mails: the numbers of items, by subscriber.
            moved: subscriptions served only up to an earlier log number.
            known: the stored number of each set of items that some mail has; new sets are added to it.
            envelope: the parts of the envelope that all mails of the round share.
        """
        connection, number = self._connection, self._round.number
        self._keep_selections(mails, known)
        if mails:
            self._assign({who: known[what] for who, what in mails.items()})
            self._queue(envelope)
        self._move_cursors()
        if moved:
            its = (subscriptions.c.subscriber == bindparam("who"), subscriptions.c.number == bindparam("which"))
            rows = [{"who": each.subscriber, "which": each.number, "to": each.cursor} for each in moved]
            connection.execute(update(subscriptions).where(*its).values(cursor=bindparam("to")), rows)
        of_range = (ranges.c.round == number, ranges.c.first == self._first)
        connection.execute(update(ranges).where(*of_range).values(planned_at=self._now, mails=len(mails)))

    def _in_range(self, number: ColumnElement[int]) -> ColumnElement[bool]:
        """Return the SQL condition that a subscriber's number is in the range of people that this transaction plans.

        Each table of an SQL join needs this condition: PostgreSQL reads a table without it as a whole.
        """
        return number.between(self._first, self._last)

    def _keep_selections(self, mails: Mapping[int, tuple[int, ...]], known: dict[tuple[int, ...], int]) -> None:
        new = {_digest_of(what): what for what in {*mails.values()} if what not in known}
        if not new:
            return
        rows = [{"digest": digest, "items": json.dumps(what)} for digest, what in sorted(new.items())]
        self._connection.execute(insert_into(self._connection, selections).on_conflict_do_nothing(), rows)
        for some in batches(sorted(new)):
            query = select(selections.c.digest, selections.c.number).where(selections.c.digest.in_(some))
            known.update((new[digest], found) for digest, found in self._connection.execute(query))

    def _assign(self, chosen: Mapping[int, int]) -> None:
        """Record which subscriber gets which items: `chosen` has, by subscriber, the number under which the set of
        items is stored.
        """
        number = self._round.number
        if self._connection.dialect.name == "sqlite":
            rows = [{"round": number, "subscriber": who, "selection": what} for who, what in chosen.items()]
            self._connection.execute(insert(round_mails), rows)
        else:  # two arrays: a server takes several times as long for rows that come one by one
            its = {"whose_round": number, "who": [*chosen], "what": [*chosen.values()]}
            self._connection.execute(_FROM_ARRAYS, its)

    def _queue(self, envelope: RoundEnvelope) -> None:
        """Queue the mails to all people of this transaction's range in one SQL statement."""
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
        its = (round_mails.c.round == round_.number, self._in_range(round_mails.c.subscriber))
        found = select(*values.values()).join(round_mails, round_mails.c.subscriber == subscribers.c.number)
        found = found.where(*its, self._in_range(subscribers.c.number))
        # Mails are sent in the order of ids: so a digest that many subscribers get is rendered once.
        found = found.order_by(round_mails.c.selection, subscribers.c.language, subscribers.c.number)
        self._connection.execute(
            insert_into(self._connection, deliveries).from_select([*values], found).on_conflict_do_nothing()
        )

    def _move_cursors(self) -> None:
        paused = select(subscribers.c.number).where(self._in_range(subscribers.c.number), ~gets_mails(self._now))
        due = (
            self._in_range(subscriptions.c.subscriber),
            IS_ACTIVE,
            subscriptions.c.pace.in_(self._round.paces),
            subscriptions.c.cursor < self._round.upto,
            subscriptions.c.subscriber.not_in(paused),
        )
        moved = update(subscriptions).where(*due).values(cursor=self._round.upto)
        if self._connection.dialect.name != "sqlite":
            # a person whose number is in the range may have been stored since the range was read
            moved = moved.where(subscriptions.c.subscriber == any_(literal([*self._planned], ARRAY(Integer))))
        self._connection.execute(moved)


def gets_mails(now: datetime) -> ColumnElement[bool]:
    """Return the SQL condition that a subscriber gets mails now: he has no pause, and is not suspended because of
    bounces.
    """
    suspended = select(bounce_scores.c.subscriber).where(bounce_scores.c.suspended_at.is_not(None))
    is_not_paused = or_(subscribers.c.paused_until.is_(None), subscribers.c.paused_until <= now)
    return and_(is_not_paused, subscribers.c.number.not_in(suspended))


def new_items(connection: Connection, after: int, upto: int, *, only: int | None = None) -> list[ItemEntry]:
    """Return the items added under log numbers in (after, upto], in the form of `Rounds.new_items`; with `only`, the
    item of that number or none.
    """
    joined = select(theme_joins.c.item).where(theme_joins.c.seq > after, theme_joins.c.seq <= upto)
    taken_out = exists().where(
        dropped_items.c.item == items.c.number,
        dropped_items.c.reason.in_([TakenOut.DROPPED, TakenOut.DISCARDED]),
    )
    left_out = exists().where(round_items.c.item == items.c.number, round_items.c.is_left_out)
    is_new = or_(and_(items.c.added_seq > after, items.c.added_seq <= upto), items.c.number.in_(joined))
    query = select(*items.c["number", "added_seq", "themes"]).where(IS_LIVE, is_new, ~taken_out, ~left_out)
    if only is not None:
        query = query.where(items.c.number == only)
    rows = connection.execute(query.order_by(items.c.added_seq)).all()
    joins = joins_of(connection, [row.number for row in rows])
    return [_entry_of(row, joins[row.number]) for row in rows]


def _entry_of(row: Row[Any], joins: Mapping[str, int]) -> ItemEntry:
    themes = {theme.slug: joins.get(theme.slug, row.added_seq) for theme in themes_of(row.themes)}
    left = {slug: seq for slug, seq in joins.items() if slug not in themes}
    return ItemEntry(number=row.number, added_seq=row.added_seq, themes=themes, left=left)


def _digest_of(what: tuple[int, ...]) -> str:
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()


def _flag(condition: ColumnElement[bool], name: str) -> ColumnElement[int]:
    return case((condition, 1), else_=0).label(name)


def _of(column: ColumnElement[Any], value: object) -> ColumnElement[Any]:
    return literal(value, column.type)


def _return_path(bounces: str) -> ColumnElement[Any]:
    """Return an SQL expression for the return path of a mail, the address for bounces with the subscriber's own mark:
    `bounces+MARK@example.org` (VERP).
    """
    if not bounces:
        return literal("")
    local, _, domain = bounces.rpartition("@")
    return literal(f"{local}+").concat(subscribers.c.bounce_mark).concat(f"@{domain}")
