"""Repeats the file of departures in a restored store, so that people who left, were suppressed or were erased stay so.

A store records the length of the file at its last write. If the file is longer when the store is opened, the lines
beyond that length are repeated: either the database was restored by hand, or a crash came between the writing of a line
and its commit; repeating the line is right in both cases. If the file is shorter, the former file was lost and this is
a new file, which is repeated whole. `publisher restore` repeats the whole file, because it may have been moved. A line
is skipped if the subscriber came back later.

A new store, made after the first was lost, takes the key from beside the file, and repeats the whole file.

A repetition is one transaction, and a second repetition changes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, literal, select, update

from publisher.model.decisions import DecisionLog
from publisher.model.departures import Standing, standings
from publisher.model.errors import FilesError
from publisher.model.subscribers import EndReason, LetterKind, SubscriptionState
from publisher.store.address_key import AddressKey, marks_of
from publisher.store.columns import Choice, UtcDateTime
from publisher.store.departure_text import read_departures
from publisher.store.departures import Journal
from publisher.store.engine import Database, batches
from publisher.store.erasure import erase_addresses
from publisher.store.people_schema import (
    IS_ACTIVE,
    confirmations,
    owed_departures,
    subscribers,
    subscriptions,
    suppressions,
)
from publisher.store.queue import cancel_deliveries
from publisher.store.round_mails import is_round_mail
from publisher.store.schema import departures_noted

logger = DecisionLog("subscribers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """How many people the store treats as gone after it has repeated the file of departures (who left or
    was erased).
    """

    left: int = 0
    erased: int = 0
    suppressed: int = 0


def repeat_departures(database: Database, journal: Journal) -> Repeated:
    """Repeat in the store all departures (who left, was suppressed or was erased) that are in their file."""
    return _repeat(database, journal, after=0)


def repeat_unknown(database: Database, journal: Journal) -> None:
    """Repeat the lines of the file of departures (who left, was suppressed or was erased) beyond the length that the
    store last recorded. If there are none, that costs one query.

    A store on a database server does so only until it has recorded a length, because there may be several such files,
    one beside each machine's outbox. A file that cannot be read is skipped; the next pass reports it.

    Raises:
        StoreError: another store wrote the file.
    """
    try:
        if not (size := journal.size()):
            return
        with database.reading() as connection:
            noted = connection.execute(select(departures_noted.c.size)).scalar_one()
        if not noted:
            _take_key(database, journal)
        if size < noted:
            size = journal.size()  # another process may have added a line between the two readings
        if size != noted and (database.is_sqlite or not noted):
            _repeat(database, journal, after=noted if noted < size else 0)
    except FilesError as error:
        logger.debug("departures are not repeated", because=str(error))


def _take_key(database: Database, journal: Journal) -> None:
    """Make the key from beside the file of departures the store's key, if the store has no HMAC of an address by its
    own key yet.
    """
    digits = journal.key()
    kept = AddressKey(digits) if digits else None
    with database.reading() as connection:
        if kept is None or kept == AddressKey.of(connection) or _has_marks(connection):
            return
    with database.writing_beside() as connection:
        if not _has_marks(connection):
            kept.put_into(connection)


def _has_marks(connection: Connection) -> bool:
    tables = (suppressions, owed_departures)
    return any(connection.execute(select(literal(1)).select_from(table).limit(1)).first() for table in tables)


def _repeat(database: Database, journal: Journal, *, after: int) -> Repeated:
    size = journal.size()
    with database.reading() as connection:
        key = AddressKey.of(connection)
    found = standings(read_departures(journal, key, after=after))
    left = erased = 0
    with database.writing_beside() as connection:
        for some in _people(connection, found):
            gone = {
                address: standing.erased_at
                for address, (since, standing) in some.items()
                if standing.erased_at is not None and standing.is_erased(since=since)
            }
            ends = {address: standing for address, (_, standing) in some.items() if address not in gone}
            erased += len(erase_addresses(connection, gone)) if gone else 0
            left += _end(connection, {address: each for address, each in ends.items() if each.left_at})
        suppressed = _suppress(connection, found)
        connection.execute(update(departures_noted).values(size=size))
    return Repeated(left=left, erased=erased, suppressed=suppressed)


def _people(connection: Connection, found: Mapping[str, Standing]) -> Iterator[Mapping[str, tuple[datetime, Standing]]]:
    """Yield, in batches, the stored addresses whose HMACs are in the file of departures. Each has the moment when its
    owner subscribed or last asked to subscribe, and what the file says of him.
    """
    asked = confirmations.c.kind == LetterKind.CONFIRM
    for query in (
        select(*subscribers.c["address", "came_at"]),
        select(confirmations.c.address, confirmations.c.asked_at).where(asked),
    ):
        rows = connection.execute(query.order_by(query.selected_columns[0])).all()
        for some in batches(rows):
            marks = marks_of(connection, [address for address, _ in some])
            known = {address: (since, found[marks[address]]) for address, since in some if marks[address] in found}
            if known:
                yield known


def _end(connection: Connection, left: Mapping[str, Standing]) -> int:
    """End the subscriptions of people who left according to the file of departures, unless they subscribed or changed
    something later; return how many people had subscriptions.
    """
    began = func.max(subscriptions.c.since).label("began")
    query = select(*subscribers.c["number", "address", "came_at"], began)
    query = query.join(subscriptions, subscriptions.c.subscriber == subscribers.c.number)
    query = query.where(subscribers.c.address.in_(left), IS_ACTIVE)
    rows = connection.execute(query.group_by(*subscribers.c["number", "address", "came_at"])).all()
    moments = {address: each.left_at for address, each in left.items() if each.left_at is not None}
    gone = {
        row.address: {
            "who": row.number,
            "moment": moments[row.address],
            "why": left[row.address].left_because or EndReason.UNSUBSCRIBED,
        }
        for row in rows
        if max(row.began, row.came_at) <= moments[row.address]
    }
    if gone:
        moment, why = bindparam("moment", type_=UtcDateTime()), bindparam("why", type_=Choice(EndReason))
        ended = {"state": SubscriptionState.ENDED, "ended_at": moment, "ended_because": why}
        of_reader = (subscriptions.c.subscriber == bindparam("who"), IS_ACTIVE)
        connection.execute(update(subscriptions).where(*of_reader).values(ended), [*gone.values()])
        readers = update(subscribers).where(subscribers.c.number == bindparam("who")).values(left_at=moment)
        connection.execute(readers, [*gone.values()])
        cancel_deliveries(connection, is_round_mail(connection, gone), now=max(moments[each] for each in gone))
    return len(gone)


def _suppress(connection: Connection, found: Mapping[str, Standing]) -> int:
    """Suppress the addresses that the file of departures says were suppressed; return how many were. If the operator
    lifted a suppression since the backup, it is in force again until he lifts it again.
    """
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
