"""The ledger: all deliveries (mails to one recipient each) and their states. Its transactions do not lock the item log.

The state of a delivery goes from `queued` over `leased` (claimed) and `handing` (fenced) to `sent` or `refused`, or
back to `queued`; before it is fenced, it can become `cancelled`. Each claim raises the delivery's epoch, and a fence or
a result counts only in the epoch of its claim. So a process that was suspended for longer than its lease cannot send a
mail that another process has taken over.

The clock of leases is the server's on PostgreSQL, because several machines share it. On SQLite, where one process
delivers at a time, the clock is the `now` of the caller.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, true, update

from publisher.model.deliveries import (
    Delivery,
    DeliveryCounts,
    DeliveryKind,
    DeliveryState,
    FailedMail,
    KnownDelivery,
    NewDelivery,
    Rank,
    Result,
)
from publisher.store.delivery_rows import (
    EVERYTHING,
    IS_LEASED,
    OF_KNOWN,
    OF_NEW,
    are_named,
    claim_rows,
    clock_of,
    counted_states,
    fence_rows,
    is_delivery,
    is_held,
    lock_rows,
    may_go,
    note_refusals,
    paused_audiences,
    settle_rows,
)
from publisher.store.engine import Database, batches
from publisher.store.locks import Locks
from publisher.store.mail_schema import IS_NO_ROUND, deliveries, delivery_sums, letters, refusals
from publisher.store.orders import Orders
from publisher.store.pauses import Pauses
from publisher.store.queue import cancel_deliveries, delete_finished_letters, insert_deliveries

LEASE = timedelta(minutes=10)
"""How long a mail is reserved for the process that took it from the queue: two steps of SMTP may take five minutes each
(RFC 5321 section 4.5.3.2).
"""
HANDING_LEASE = timedelta(minutes=20)
"""How long a process may take to hand over a mail: a server may take ten minutes to answer the end of a mail, and a
large mail takes time.
"""
LOCK = "deliver"


class Ledger:
    """The ledger of a site: all mails to send. A claim reserves a mail for a process; a fence is the last check before
    it is handed over.
    """

    def __init__(self, database: Database, locks: Locks) -> None:
        self._database = database
        self._locks = locks
        self.pauses = Pauses(database)
        self.orders = Orders(database)

    @contextmanager
    def delivering(self, *, now: datetime, wait_s: float = 0) -> Iterator[None]:
        """Hold the right to deliver mails during a `with`: on SQLite as the only process, on PostgreSQL beside any
        number of others.

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
        """Whether a process is delivering mails, or died with mails that are still reserved for it."""
        with self._database.reading() as connection:
            held = select(deliveries.c.id).where(IS_LEASED, deliveries.c.due_at > clock_of(connection, now)()).limit(1)
            return connection.execute(held).scalar() is not None

    def _end_leases(self, now: datetime) -> None:
        """End all claims on mails. The processes that had them have died, because a living one would hold the lock that
        this process holds now.
        """
        with self._database.reading() as connection:
            found = connection.execute(select(deliveries.c.id).where(IS_LEASED).limit(1)).scalar()
        if found is not None:
            with self._database.writing_beside() as connection:
                connection.execute(update(deliveries).where(IS_LEASED).values(due_at=now))

    # --- queue -------------------------------------------------------------------------------------------------------

    def queue(self, new: Sequence[NewDelivery], *, now: datetime) -> int:
        """Queue these deliveries, also those in the ledger that are too old and wait for the operator's decision;
        return how many were queued.

        A delivery that was sent, refused or cancelled is left alone.
        """
        with self._database.writing_beside() as connection:
            return sum(_renew(connection, each, now=now) for each in new) + insert_deliveries(connection, new, now=now)

    def cancel(self, kind: DeliveryKind, name: str, *, now: datetime, but: str = "") -> int:
        """Cancel the mails of an edition, a round (all mails to subscribers due at one moment) or a letter that are not
        handed over yet; return how many were cancelled.

        The mail to the address `but`, if given, is not cancelled.
        """
        with self._database.writing_beside() as connection:
            which = and_(deliveries.c.kind == kind, deliveries.c.name == name, deliveries.c.recipient != but)
            return cancel_deliveries(connection, which, now=now)

    def send_again(self, known: KnownDelivery, *, now: datetime) -> bool:
        """Queue a delivery again, whatever its state; return False if a process has reserved it to send it.

        The mail keeps its Message-ID and Date.
        """
        with self._database.writing_beside() as connection:
            clock = clock_of(connection, now)
            its = (deliveries.c.id == known.id, ~IS_LEASED)
            begun = {"due_at": clock(), "queued_at": clock(), "finished_at": None, "cancelled_at": None}
            renewed = update(deliveries).where(*its).values(state=DeliveryState.QUEUED, **begun)
            return connection.execute(renewed).rowcount == 1

    def send_rest(self, kind: DeliveryKind, name: str, *, now: datetime) -> int:
        """Queue the mails of an edition or round again that were cancelled or grew too old; return how many were
        queued.

        Sent and refused mails are not queued again, and mails that wait for the end of their recipient's pause go on
        waiting.
        """
        with self._database.writing_beside() as connection:
            clock = clock_of(connection, now)
            waits = and_(deliveries.c.state == DeliveryState.QUEUED, deliveries.c.queued_at <= clock())
            is_left = or_(deliveries.c.state == DeliveryState.CANCELLED, waits)
            its = and_(deliveries.c.kind == kind, deliveries.c.name == name, is_left)
            lock_rows(connection, its)
            begun = {"due_at": clock(), "queued_at": clock(), "finished_at": None, "cancelled_at": None}
            return connection.execute(
                update(deliveries).where(its).values(state=DeliveryState.QUEUED, **begun)
            ).rowcount

    def take_back_refusals(self, refused: Sequence[Delivery], *, after: timedelta, now: datetime) -> int:
        """Queue mails again that were refused in these attempts, due when the time `after` has passed; return how many
        were queued.
        """
        queued = 0
        with self._database.writing_beside() as connection:
            values = {"state": DeliveryState.QUEUED, "due_at": clock_of(connection, now)(after), "finished_at": None}
            for each in refused:
                its = (deliveries.c.id == each.id, deliveries.c.epoch == each.epoch)
                is_refused = deliveries.c.state == DeliveryState.REFUSED
                if connection.execute(update(deliveries).where(*its, is_refused).values(values)).rowcount:
                    queued += 1
                    connection.execute(delete(refusals).where(refusals.c.delivery == each.id))
        return queued

    # --- deliver -----------------------------------------------------------------------------------------------------

    def claim(self, limit: int, *, max_age: timedelta, now: datetime, lease: timedelta = LEASE) -> list[Delivery]:
        """Claim (reserve for this process) due mails, at most `limit`, for the time `lease`. The order is by rank, then
        by waiting time, longest first.

        A mail whose claim ended while it was being handed over becomes doubtful: it may have been sent.
        """
        claimed: list[Delivery] = []
        with self._database.writing_beside() as connection:
            paused = paused_audiences(connection)
            for rank in Rank:  # each rank has its own part of the index
                if len(claimed) < limit and EVERYTHING not in paused:
                    left = limit - len(claimed)
                    claimed += claim_rows(connection, rank, left, paused=paused, max_age=max_age, now=now, lease=lease)
        return claimed

    def write(
        self,
        fences: Sequence[Delivery],
        results: Sequence[Result],
        *,
        now: datetime,
        lease: timedelta = HANDING_LEASE,
    ) -> set[int]:
        """Write fences (the last step before a mail is handed to the server) and results in one transaction; return the
        ids of the deliveries that may be handed over now.

        A fence fails if this process no longer has the mail reserved (its claim has ended), or if the mail was paused
        or cancelled. A result of an earlier claim changes nothing.
        """
        finished = [each.delivery.id for each in results if each.delivery.kind is DeliveryKind.LETTER]
        with self._database.writing_beside() as connection:
            if not self._database.is_sqlite:
                ids = [each.id for each in (*(result.delivery for result in results), *fences)]
                lock_rows(connection, deliveries.c.id.in_(ids))
            if results:
                settle_rows(connection, results, now=now)
                note_refusals(connection, results)
            if finished:
                delete_finished_letters(connection, finished)
            return fence_rows(connection, fences, now=now, lease=lease) if fences else set()

    def letters(self, deliveries_of: Sequence[Delivery]) -> dict[int, bytes]:
        """Return the mails of these letters (mails about a subscription itself) as bytes, by the ids of their
        deliveries. Letters that are finished are missing.
        """
        with self._database.reading() as connection:
            query = select(letters).where(letters.c.delivery.in_([each.id for each in deliveries_of]))
            return {row.delivery: row.mail for row in connection.execute(query)}

    # --- queries -----------------------------------------------------------------------------------------------------

    def due(self, *, max_age: timedelta, now: datetime, limit: int | None = None) -> list[NewDelivery]:
        """Return the due deliveries in the order in which they would be sent, at most `limit`."""
        with self._database.reading() as connection:
            query = (
                select(*OF_NEW)
                .where(_is_due(connection, max_age=max_age, now=now))
                .order_by(deliveries.c.rank, deliveries.c.due_at, deliveries.c.id)
                .limit(limit)
            )
            return [NewDelivery(**row) for row in connection.execute(query).mappings()]

    def count_due(self, *, max_age: timedelta, now: datetime) -> int:
        """Return how many deliveries are due now."""
        with self._database.reading() as connection:
            is_due = _is_due(connection, max_age=max_age, now=now)
            return connection.execute(select(func.count()).where(is_due)).scalar_one()

    def count_stopped(self, *, max_age: timedelta, now: datetime) -> tuple[int, int]:
        """Return how many deliveries wait until the operator ends a pause, and how many are so old that he
        must decide.
        """
        with self._database.reading() as connection:
            clock = clock_of(connection, now)
            paused, held = paused_audiences(connection), is_held(clock, max_age)
            is_paused = true() if EVERYTHING in paused else deliveries.c.audience.in_(paused)
            waiting = select(func.count()).where(deliveries.c.due_at <= clock())
            count_paused = connection.execute(waiting.where(is_paused, ~held)).scalar_one() if paused else 0
            return count_paused, connection.execute(waiting.where(held)).scalar_one()

    def next_due(self, *, max_age: timedelta, now: datetime) -> datetime | None:
        """Return when the next waiting delivery (a mail to one recipient) is due, or `None` if none waits."""
        with self._database.reading() as connection:
            clock = clock_of(connection, now)
            waits = and_(deliveries.c.due_at > clock(), may_go(connection, clock, max_age))
            first = select(func.min(deliveries.c.due_at)).where(waits)
            found = (connection.execute(first.where(deliveries.c.rank == rank)).scalar() for rank in Rank)
            return min((each for each in found if each is not None), default=None)

    def count_sent(self, *, since: datetime) -> int:
        """Return how many mails were sent since a moment."""
        is_sent = and_(deliveries.c.finished_at > since, deliveries.c.state == DeliveryState.SENT)
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).where(is_sent)).scalar_one()

    def known(self, name: str, *, limit: int | None = None) -> list[KnownDelivery]:
        """Return the deliveries of the edition, round (mails due at one moment) or letter with this name, in the order
        in which they were queued, at most `limit`.
        """
        with self._database.reading() as connection:
            query = select(*OF_KNOWN).where(are_named([name])).order_by(deliveries.c.id).limit(limit)
            return [KnownDelivery(**row) for row in connection.execute(query).mappings()]

    def refused_editions(self, *, since: datetime) -> list[FailedMail]:
        """Return the mails of editions that the server refused permanently since a moment, in the order of their
        refusals.
        """
        is_refused = and_(
            IS_NO_ROUND, deliveries.c.kind == DeliveryKind.EDITION, deliveries.c.state == DeliveryState.REFUSED
        )
        columns = deliveries.c["name", "recipient", "reply"], deliveries.c.finished_at.label("at")
        query = select(*columns[0], columns[1]).where(is_refused, deliveries.c.finished_at > since)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(deliveries.c.finished_at, deliveries.c.id)).mappings()
            return [FailedMail(**row) for row in rows]

    def unfinished(self) -> list[str]:
        """Return the names of editions, rounds (mails to subscribers due at one moment) and letters that are not handed
        over to all recipients yet, sorted.
        """
        query = select(deliveries.c.name).where(deliveries.c.due_at.is_not(None)).distinct()
        with self._database.reading() as connection:
            return sorted(connection.execute(query).scalars())

    def counts(self, names: Sequence[str], *, max_age: timedelta, now: datetime) -> dict[str, DeliveryCounts]:
        """Return the counts of the deliveries of each edition, round (mails due at one moment) or letter, by name. A
        name without deliveries is missing.
        """
        found: dict[str, DeliveryCounts] = {}
        with self._database.reading() as connection:
            columns = counted_states(clock_of(connection, now), max_age)
            for some in batches(names):
                query = select(deliveries.c.name, *columns).where(are_named(some)).group_by(deliveries.c.name)
                found |= {row["name"]: DeliveryCounts(**row) for row in connection.execute(query).mappings()}
                sums = connection.execute(select(delivery_sums).where(delivery_sums.c.name.in_(some))).mappings()
                found |= {row["name"]: _with_sums(found.get(row["name"]), DeliveryCounts(**row)) for row in sums}
        return found


def _with_sums(counted: DeliveryCounts | None, sums: DeliveryCounts) -> DeliveryCounts:
    """Return the counts of the mails in the ledger, plus the stored sums of mails deleted since."""
    if counted is None:
        return sums
    summed = {
        name: getattr(counted, name) + getattr(sums, name) for name in ("sent", "refused", "cancelled", "doubtful")
    }
    return replace(counted, **summed)


def _is_due(connection: Connection, *, max_age: timedelta, now: datetime) -> ColumnElement[bool]:
    clock = clock_of(connection, now)
    return and_(deliveries.c.due_at <= clock(), may_go(connection, clock, max_age))


def _renew(connection: Connection, delivery: NewDelivery, *, now: datetime) -> int:
    clock = clock_of(connection, now)
    waits = and_(is_delivery(delivery), deliveries.c.state == DeliveryState.QUEUED)
    return connection.execute(update(deliveries).where(waits).values(due_at=clock(), queued_at=clock())).rowcount
