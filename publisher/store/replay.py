"""Repeats the file of departures in a restored store: people who left, were suppressed or erased stay so.

A store records how long the file was when it last wrote to it. If the file is longer when the store is opened, the
further lines are repeated: the database was restored by hand, or a crash struck between a line and its commit, and then
the line is right as well. `publisher restore` repeats the whole file, because it may have been moved. A line older than
what a reader did later is skipped: the reader came back.

All of it is one transaction, and a second repetition changes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select, update

from publisher.model.departures import Standing, standings
from publisher.model.subscribers import EndReason, LetterKind, SubscriptionState
from publisher.store.columns import UtcDateTime
from publisher.store.departures import Journal
from publisher.store.engine import Database, batches
from publisher.store.erasure import erase_addresses
from publisher.store.people_rows import IS_ACTIVE
from publisher.store.people_schema import confirmations, subscribers, subscriptions, suppressions
from publisher.store.queue import cancel_deliveries
from publisher.store.round_mails import is_round_mail
from publisher.store.schema import departures_noted
from publisher.store.suppressions import marks_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """How many people the file of departures marked as gone in the store."""

    left: int = 0
    erased: int = 0
    suppressed: int = 0


def repeat_departures(database: Database, journal: Journal) -> Repeated:
    """Repeat the whole file of departures."""
    return _repeat(database, journal, after=0)


def repeat_unknown(database: Database, journal: Journal) -> None:
    """Repeat the lines that the store does not know by their position; without any, that costs one query.

    Only for an SQLite store: a server's store may have several such files, one beside each machine's outbox.
    """
    if database.file is None or not (size := journal.size()):
        return
    with database.reading() as connection:
        noted = connection.execute(select(departures_noted.c.size)).scalar_one()
    if size > noted:
        _repeat(database, journal, after=noted)


def _repeat(database: Database, journal: Journal, *, after: int) -> Repeated:
    size = journal.size()
    found = standings(journal.read(after=after))
    left = erased = 0
    with database.writing_beside() as connection:
        for some in _people(connection, found):
            gone = {
                address: standing.erased_at
                for address, (since, standing) in some.items()
                if standing.erased_at is not None and standing.erased_at > since
            }
            ends = {address: standing.left_at for address, (_, standing) in some.items() if standing.left_at}
            erased += len(erase_addresses(connection, gone)) if gone else 0
            left += _end(connection, {address: at for address, at in ends.items() if address not in gone})
        suppressed = _suppress(connection, found)
        connection.execute(update(departures_noted).values(size=size))
    return Repeated(left=left, erased=erased, suppressed=suppressed)


def _people(connection: Connection, found: Mapping[str, Standing]) -> Iterator[Mapping[str, tuple[datetime, Standing]]]:
    """Yield, in batches, the addresses that the file names, each with the time its reader subscribed or asked to."""
    asked = confirmations.c.kind == LetterKind.CONFIRM
    for query in (
        select(*subscribers.c["address", "since"]),
        select(confirmations.c.address, confirmations.c.asked_at).where(asked),
    ):
        rows = connection.execute(query.order_by(query.selected_columns[0])).all()
        for some in batches(rows):
            marks = marks_of(connection, [address for address, _ in some])
            known = {address: (since, found[marks[address]]) for address, since in some if marks[address] in found}
            if known:
                yield known


def _end(connection: Connection, moments: Mapping[str, datetime]) -> int:
    """End the subscriptions of these people, unless they subscribed after the given moments; return how many
    had any.
    """
    query = select(*subscribers.c["number", "address"], func.max(subscriptions.c.since).label("began"))
    its = (subscribers.c.address.in_(moments), IS_ACTIVE)
    query = query.join(subscriptions, subscriptions.c.subscriber == subscribers.c.number).where(*its)
    rows = connection.execute(query.group_by(subscribers.c.number, subscribers.c.address)).all()
    gone = {
        row.address: {"who": row.number, "moment": moments[row.address]}
        for row in rows
        if row.began <= moments[row.address]
    }
    if gone:
        moment = bindparam("moment", type_=UtcDateTime())
        ended = {"state": SubscriptionState.ENDED, "ended_at": moment, "ended_because": EndReason.UNSUBSCRIBED}
        of_reader = (subscriptions.c.subscriber == bindparam("who"), IS_ACTIVE)
        connection.execute(update(subscriptions).where(*of_reader).values(ended), [*gone.values()])
        left = update(subscribers).where(subscribers.c.number == bindparam("who")).values(left_at=moment)
        connection.execute(left, [*gone.values()])
        cancel_deliveries(connection, is_round_mail(connection, gone), now=max(moments[each] for each in gone))
    return len(gone)


def _suppress(connection: Connection, found: Mapping[str, Standing]) -> int:
    """Suppress again. A suppression that was lifted since the backup stays in force; the operator lifts it again."""
    known = {(row.mark, row.kind) for row in connection.execute(select(*suppressions.c["mark", "kind"]))}
    rows = [
        {"mark": mark, "kind": kind, "at": at, "reason": ""}
        for mark, standing in found.items()
        for kind, at in standing.suppressions.items()
        if (mark, kind) not in known
    ]
    if rows:
        connection.execute(insert(suppressions), rows)
    return len(rows)
