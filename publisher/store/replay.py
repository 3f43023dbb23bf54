"""Repeats what the file of departures says in a store that was put back: who left, was suppressed or erased stays so.

A store notes how long the file was when it last added to it. Opening one whose file is longer repeats the lines beyond:
it was put back by hand, or a crash struck between a line and its commit, and then its reader wanted that as well.
`publisher restore` repeats the whole file, because it may have been moved. A line that is older than what a reader did
later is passed over: he came back.

All of it is one transaction, and repeating it changes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from publisher.model.departures import Standing, standings
from publisher.model.subscribers import EndReason, LetterKind, SubscriptionState
from publisher.store.departures import Journal
from publisher.store.engine import BATCH, Database
from publisher.store.erasure import erase_address
from publisher.store.people_rows import IS_ACTIVE
from publisher.store.people_schema import confirmations, subscribers, subscriptions, suppressions
from publisher.store.queue import cancel_deliveries
from publisher.store.round_mails import is_round_mail
from publisher.store.schema import departures_noted
from publisher.store.suppressions import marks_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """How many people a store learnt of that they had gone."""

    left: int = 0
    erased: int = 0
    suppressed: int = 0


def repeat_departures(database: Database, journal: Journal) -> Repeated:
    """Repeat the whole file."""
    return _repeat(database, journal, after=0)


def repeat_unknown(database: Database, journal: Journal) -> None:
    """Repeat what was added to the file since the store noted its length; that costs a query if it is nothing.

    Only for an SQLite store: the file of a server's store may be one of several, beside each machine's outbox.
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
    with database.writing_beside() as connection:
        gone = [each for each in _people(connection, found) if _repeat_one(connection, *each)]
        suppressed = _suppress(connection, found)
        connection.execute(update(departures_noted).values(size=size))
    erased = sum(standing.erased_at is not None for _, _, standing in gone)
    return Repeated(left=len(gone) - erased, erased=erased, suppressed=suppressed)


def _people(connection: Connection, found: Mapping[str, Standing]) -> Iterator[tuple[str, datetime, Standing]]:
    """Addresses that the file speaks of, each with since when its reader is one, or asked to be."""
    asked = confirmations.c.kind == LetterKind.CONFIRM
    for query in (
        select(*subscribers.c["address", "since"]),
        select(confirmations.c.address, confirmations.c.asked_at).where(asked),
    ):
        rows = connection.execute(query.order_by(query.selected_columns[0])).all()
        for start in range(0, len(rows), BATCH):
            some = rows[start : start + BATCH]
            marks = marks_of(connection, [address for address, _ in some])
            yield from ((address, since, found[marks[address]]) for address, since in some if marks[address] in found)


def _repeat_one(connection: Connection, address: str, since: datetime, standing: Standing) -> bool:
    """Erase somebody, or end what he follows, unless he came later; whether anything was to be done."""
    if standing.erased_at is not None and standing.erased_at > since:
        return erase_address(connection, address, now=standing.erased_at)
    return standing.left_at is not None and _end(connection, address, at=standing.left_at)


def _end(connection: Connection, address: str, *, at: datetime) -> bool:
    number = select(subscribers.c.number).where(subscribers.c.address == address).scalar_subquery()
    its = (subscriptions.c.subscriber == number, IS_ACTIVE)
    began = connection.execute(select(func.max(subscriptions.c.since)).where(*its)).scalar()
    if began is None or began > at:
        return False
    ended = {"state": SubscriptionState.ENDED, "ended_at": at, "ended_because": EndReason.UNSUBSCRIBED}
    connection.execute(update(subscriptions).where(*its).values(ended))
    connection.execute(update(subscribers).where(subscribers.c.address == address).values(left_at=at))
    cancel_deliveries(connection, is_round_mail(connection, address), now=at)
    return True


def _suppress(connection: Connection, found: Mapping[str, Standing]) -> int:
    """Suppress again; one that was lifted since the backup stays, and the operator lifts it again."""
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
