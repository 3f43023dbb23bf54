"""Settles a restore of a backup: holds all mails, and records the operator's answers, until he has said for all
audiences (mailing lists) which editions went out since the backup. `restoration` tells what waits until then.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from publisher.model.deliveries import DeliveryKind, DeliveryState, NewDelivery
from publisher.model.subscribers import LetterKind
from publisher.store.desk import forget_entries
from publisher.store.edition_schema import audiences, edition_items, editions
from publisher.store.engine import Database
from publisher.store.held import is_edition, is_item_of, recount
from publisher.store.mail_schema import deliveries
from publisher.store.people_schema import IS_ACTIVE, confirmations, subscriptions
from publisher.store.queue import cancel_deliveries, insert_deliveries
from publisher.store.restoration import READERS
from publisher.store.schema import counters, items, restoration, sent_before

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
SAID = "said to have gone out, after a restore"
"""The text that the ledger stores as the server's answer for mails that the operator says went out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The operator's answer for one audience: which of its editions went out since the backup."""

    audience: str
    sent_up_to: int
    """The number of the audience's last edition that went out. With 0, only the editions went out that the store knows
    as sent.
    """
    last_number: int
    """The highest number that any of the audience's editions ever had."""
    start: int
    """The audience's start, used if the store does not know the audience."""
    last_tick: datetime | None
    """When the last edition that went out was composed, in UTC, or `None` if that is unknown."""
    had: frozenset[str] = frozenset()
    """The uids and paths of items in editions that went out and are not in the store."""
    in_outbox: Mapping[int, frozenset[str]] = field(default_factory=dict)
    """The uids in the folders of the outbox, by edition number, for editions that the store has recorded but not as
    written.
    """
    deliveries: tuple[NewDelivery, ...] = ()
    """The deliveries of editions in the outbox that did not go out."""


class Settlements:
    """What the operator says about mails that went out between a backup and its restore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, *, taken_at: datetime | None, at: datetime) -> None:
        """Record a restore of a backup: from now on, all audiences and all mails wait until the operator says what went
        out since the backup.
        """
        # A mail that has waited so long is sent only when the operator decides so. A mail that was being handed over
        # when the backup was made may have arrived.
        is_handing = deliveries.c.state == DeliveryState.HANDING
        with self._database.writing() as connection:
            # A letter is soon out of date, and most were sent.
            cancel_deliveries(connection, deliveries.c.kind == DeliveryKind.LETTER, now=at)
            # A subscriber who answered since the backup must not lose his mails because his answer is lost.
            connection.execute(delete(confirmations).where(confirmations.c.kind == LetterKind.RENEW))
            forget_entries(connection)
            unfinished = update(deliveries).where(deliveries.c.due_at.is_not(None))
            connection.execute(unfinished.where(is_handing).values(doubts=deliveries.c.doubts + 1))
            connection.execute(unfinished.values(state=DeliveryState.QUEUED, queued_at=_LONG_AGO))
            log_end = connection.execute(select(counters.c.log_end)).scalar_one()
            connection.execute(delete(restoration))
            connection.execute(
                insert(restoration).values(id=1, taken_at=taken_at, restored_at=at, log_end=log_end, answered=())
            )

    def settle(
        self,
        settlements: Sequence["Settlement"],
        *,
        audiences_of_site: Collection[str],
        had_rounds: bool | None = None,
        now: datetime,
    ) -> None:
        """Record the operator's answers for some audiences. Once all audiences are settled, the restore is over.

        `had_rounds` says whether subscribers got digests since the backup: if so, they count as having got every item
        that is in the log now. `None` means that the operator has not said so. `READERS` is in `audiences_of_site` if
        the site has subscribers.
        """
        with self._database.writing() as connection:
            answered = connection.execute(select(restoration.c.answered)).scalar() or ()
            for each in settlements:
                _settle(connection, each, now=now)
            if had_rounds is not None:
                _settle_readers(connection, had_rounds=had_rounds, now=now)
            names = sorted(
                {*answered, *(each.audience for each in settlements), *([READERS] if had_rounds is not None else [])}
            )
            if set(audiences_of_site) <= set(names):
                connection.execute(delete(restoration))
            else:
                connection.execute(update(restoration).values(answered=names))


def _settle_readers(connection: Connection, *, had_rounds: bool, now: datetime) -> None:
    clock = now if connection.dialect.name == "sqlite" else func.clock_timestamp()
    its = and_(deliveries.c.kind == DeliveryKind.ROUND, deliveries.c.due_at.is_not(None))
    if not had_rounds:
        connection.execute(update(deliveries).where(its).values(due_at=clock, queued_at=clock))
        return
    gone = {"state": DeliveryState.SENT, "due_at": None, "finished_at": now, "reply": SAID}
    connection.execute(update(deliveries).where(its).values(gone))
    log_end = select(counters.c.log_end).scalar_subquery()
    behind = and_(IS_ACTIVE, subscriptions.c.cursor < log_end)
    connection.execute(update(subscriptions).where(behind).values(cursor=log_end))


def _settle(connection: Connection, settlement: Settlement, *, now: datetime) -> None:
    _move_audience(connection, settlement)
    known = select(sent_before.c.mark).where(sent_before.c.audience == settlement.audience)
    new = settlement.had - set(connection.execute(known).scalars())
    if new:
        rows = [{"audience": settlement.audience, "mark": mark} for mark in sorted(new)]
        connection.execute(insert(sent_before), rows)
    for number, uids in settlement.in_outbox.items():
        _align(connection, settlement.audience, number, uids)
    of_audience = (editions.c.audience == settlement.audience, editions.c.written_at.is_(None))
    is_out = or_(editions.c.number <= settlement.sent_up_to, editions.c.number.in_(settlement.in_outbox))
    connection.execute(update(editions).where(*of_audience, is_out).values(written_at=now, held_until=None))
    _settle_deliveries(connection, settlement, now=now)
    insert_deliveries(connection, settlement.deliveries, now=now)


def _move_audience(connection: Connection, settlement: Settlement) -> None:
    its = audiences.c.name == settlement.audience
    row = connection.execute(select(audiences).where(its)).one_or_none()
    if row is None and not settlement.last_number:
        return
    if row is None:
        start, number, tick = settlement.start, settlement.last_number, settlement.last_tick
        connection.execute(
            insert(audiences).values(
                name=settlement.audience, cursor=start, start=start, last_number=number, last_tick=tick
            )
        )
        return
    ticks = [tick for tick in (row.last_tick, settlement.last_tick) if tick is not None]
    moved = {"last_number": max(row.last_number, settlement.last_number), "last_tick": max(ticks, default=None)}
    connection.execute(update(audiences).where(its).values(moved))


def _align(connection: Connection, audience: str, number: int, uids: Collection[str]) -> None:
    """Make a recorded edition contain exactly the items of its folder in the outbox; items that only the record has are
    due again.
    """
    query = (
        select(edition_items.c.item, edition_items.c.seq)
        .join(items, items.c.number == edition_items.c.item)
        .where(is_item_of(audience, number), items.c.uid.not_in(uids))
    )
    numbers = {row.item: row.seq for row in connection.execute(query)}
    if not numbers:
        return
    connection.execute(delete(edition_items).where(is_item_of(audience, number), edition_items.c.item.in_(numbers)))
    recount(connection, audience, number)
    back = min(numbers.values()) - 1
    of_audience = update(audiences).where(audiences.c.name == audience, audiences.c.cursor > back)
    connection.execute(of_audience.values(cursor=back))
    of_edition = update(editions).where(is_edition(audience, number), editions.c.upto > back)
    connection.execute(of_edition.values(upto=back))


def _settle_deliveries(connection: Connection, settlement: Settlement, *, now: datetime) -> None:
    numbers = connection.execute(select(editions.c.number).where(editions.c.audience == settlement.audience)).scalars()
    for number in numbers:
        its = and_(deliveries.c.name == f"{settlement.audience}-{number}", deliveries.c.due_at.is_not(None))
        if number <= settlement.sent_up_to:
            gone = {"state": DeliveryState.SENT, "due_at": None, "finished_at": now, "reply": SAID}
            connection.execute(update(deliveries).where(its).values(gone))
        else:
            clock = now if connection.dialect.name == "sqlite" else func.clock_timestamp()
            connection.execute(update(deliveries).where(its).values(due_at=clock, queued_at=clock))
