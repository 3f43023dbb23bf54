"""Suppressions: addresses that get no mail, stored only as HMACs. A suppressed address can be subscribed neither by a
form nor by an import.

Each change of suppressions is also a line in the file of departures (see `departures`), which a restore does not
replace.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select

from publisher.model.departures import Departure, DepartureKind, Suppression, SuppressionKind
from publisher.model.errors import SuppressedError
from publisher.model.subscribers import EndReason
from publisher.store.address_key import marks_of
from publisher.store.departure_lines import add_lines
from publisher.store.departures import Journal
from publisher.store.engine import Database, batches
from publisher.store.people_schema import suppressions
from publisher.store.queue import cancel_deliveries
from publisher.store.round_mails import is_letter_to, is_round_mail
from publisher.store.upsert import insert_into


class Suppressions:
    """The suppressed addresses of a site, which get no mail. Addresses are passed as the store keeps them: ASCII, in
    lower case.
    """

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal

    def mark_of(self, address: str) -> str:
        """Return the HMAC that stands for an address in the table of suppressions and in the file of departures."""
        with self._database.reading() as connection:
            return marks_of(connection, [address])[address]

    def of(self, address: str) -> tuple[Suppression, ...]:
        """Return the suppressions of an address (reasons why it gets no mail), oldest first. If there are none, it may
        get mails.
        """
        with self._database.reading() as connection:
            return suppressions_of(connection, address)

    def among(self, addresses: Sequence[str]) -> dict[str, frozenset[SuppressionKind]]:
        """Return which of the addresses are suppressed (get no mail), each with the kinds of suppression."""
        found: dict[str, frozenset[SuppressionKind]] = {}
        with self._database.reading() as connection:
            for some in batches(addresses):
                found |= suppressed_among(connection, some)
        return found

    def counts(self) -> dict[SuppressionKind, int]:
        """Return how many suppressed addresses (which get no mail) there are, by kind of suppression."""
        query = select(suppressions.c.kind, func.count().label("number")).group_by(suppressions.c.kind)
        with self._database.reading() as connection:
            return {row.kind: row.number for row in connection.execute(query)}

    def add(self, address: str, kind: SuppressionKind, *, reason: str = "", now: datetime) -> bool:
        """Suppress an address and cancel the mails to it; return False if it already has a suppression of this kind.

        The subscriptions of the address stay.
        """
        with self._database.writing_beside() as connection:
            return suppress(connection, self._journal, address, kind, reason=reason, now=now)

    def lift(self, address: str, kinds: Collection[SuppressionKind], *, now: datetime) -> tuple[Suppression, ...]:
        """Lift the suppressions of these kinds from an address, so that it may get mail again; return the
        lifted ones.
        """
        with self._database.writing_beside() as connection:
            return lift(connection, self._journal, address, kinds, now=now)


# --- within the caller's transaction ---------------------------------------------------------------------------------


def suppressions_of(connection: Connection, address: str) -> tuple[Suppression, ...]:
    """Return the suppressions of an address (reasons why it gets no mail), oldest first."""
    its = suppressions.c.mark == marks_of(connection, [address])[address]
    rows = connection.execute(select(suppressions).where(its).order_by(suppressions.c.at, suppressions.c.kind))
    return tuple(Suppression(kind=row.kind, at=row.at, reason=row.reason) for row in rows)


_OF_MARKS = select(*suppressions.c["mark", "kind"]).where(suppressions.c.mark.in_(bindparam("marks", expanding=True)))


def suppressed_among(connection: Connection, addresses: Sequence[str]) -> dict[str, frozenset[SuppressionKind]]:
    """Return which of these addresses, at most `BATCH`, are suppressed (get no mail), each with the kinds of
    suppression.
    """
    marks: Mapping[str, str] = marks_of(connection, addresses)
    by_mark: dict[str, set[SuppressionKind]] = {}
    for mark, kind in connection.execute(_OF_MARKS, {"marks": list(marks.values())}):
        by_mark.setdefault(mark, set()).add(kind)
    return {address: frozenset(by_mark[mark]) for address, mark in marks.items() if mark in by_mark}


def suppress(
    connection: Connection, journal: Journal, address: str, kind: SuppressionKind, *, reason: str = "", now: datetime
) -> bool:
    """Suppress an address and cancel the mails to it; return False if it already has a suppression of this kind.

    Call this last before the commit.
    """
    for its in (is_letter_to([address]), is_round_mail(connection, [address])):
        cancel_deliveries(connection, its, now=now)
    mark = marks_of(connection, [address])[address]
    row = {"mark": mark, "kind": kind, "at": now, "reason": reason}
    statement = insert_into(connection, suppressions).values(row).on_conflict_do_nothing()
    is_new = connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1
    if is_new:
        add_lines(connection, journal, [Departure(at=now, kind=DepartureKind.SUPPRESSED, mark=mark, suppression=kind)])
    return is_new


def refuse_suppressed(connection: Connection, address: str, *, but: Collection[SuppressionKind] = ()) -> None:
    """Raise an error if an address is suppressed (gets no mail), except by suppressions of the kinds `but`.

    Raises:
        SuppressedError: the address is suppressed.
    """
    if found := [each for each in suppressions_of(connection, address) if each.kind not in but]:
        raise SuppressedError(found[0].kind.value)


def lift(
    connection: Connection, journal: Journal, address: str, kinds: Collection[SuppressionKind], *, now: datetime
) -> tuple[Suppression, ...]:
    """Lift the suppressions of these kinds from an address, so that it may get mail again; return the lifted ones. Call
    this last before the commit.
    """
    there = tuple(each for each in suppressions_of(connection, address) if each.kind in kinds)
    if there:
        mark = marks_of(connection, [address])[address]
        gone = (suppressions.c.mark == mark, suppressions.c.kind.in_([each.kind for each in there]))
        connection.execute(delete(suppressions).where(*gone))
        lifted = DepartureKind.LIFTED
        add_lines(
            connection, journal, [Departure(at=now, kind=lifted, mark=mark, suppression=each.kind) for each in there]
        )
    return there


def note_departures(
    connection: Connection,
    journal: Journal,
    addresses: Sequence[str],
    kind: DepartureKind,
    *,
    because: EndReason | None = None,
    now: datetime,
) -> None:
    """Add lines to the file of departures that say that these people left, returned or were erased. Call this last
    before the commit.
    """
    if journal.path is not None and addresses:
        marks = marks_of(connection, addresses)
        lines = [Departure(at=now, kind=kind, mark=marks[address], because=because) for address in addresses]
        add_lines(connection, journal, lines)
