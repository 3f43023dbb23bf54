"""Adds lines to the file of departures (who left, was suppressed or was erased) within the caller's transaction.

If the file cannot be written, the departure counts all the same: its line waits in the store (it is owed), and is
written first as soon as the file can be written, at the next departure or pass.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from publisher.model.decisions import DecisionLog
from publisher.model.departures import Departure
from publisher.model.errors import FilesError
from publisher.store.address_key import AddressKey
from publisher.store.departure_text import append_departures
from publisher.store.departures import Journal
from publisher.store.engine import Database
from publisher.store.people_schema import owed_departures
from publisher.store.schema import departures_noted

logger = DecisionLog("subscribers")

_OF_DEPARTURE = ("at", "kind", "mark", "suppression", "because")
_COUNT = select(func.count()).select_from(owed_departures)


class OwedDepartures:
    """Departures (who left, was suppressed or was erased) that could not be written to their file yet, and wait in the
    store.
    """

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal

    def count(self) -> int:
        """Return how many departures are still to be written to the file of departures."""
        with self._database.reading() as connection:
            return connection.execute(_COUNT).scalar_one()

    def note(self) -> None:
        """Write the departures that could not be written before into their file.

        Raises:
            FilesError: the disk refuses again; the lines stay in the store.
        """
        if self._journal.path is None or not self.count():
            return
        with self._database.writing_beside() as connection:
            _append(connection, self._journal, _take_owed(connection))


def add_lines(connection: Connection, journal: Journal, lines: Sequence[Departure]) -> None:
    """Add lines to the file of departures, after those that could not be written before. Lines that cannot be written
    are kept in the store. Call this last before the commit.
    """
    if journal.path is None:
        return
    owed = _take_owed(connection)
    try:
        _append(connection, journal, [*owed, *lines])
    except FilesError as error:
        logger.debug("departures are noted in the store", because=str(error), lines=len(lines))
        rows = [{name: getattr(each, name) for name in _OF_DEPARTURE} for each in (*owed, *lines)]
        connection.execute(insert(owed_departures), rows)


def keep_key(connection: Connection, journal: Journal) -> None:
    """Write the store's key for HMACs of addresses to its file beside the file of departures, so that a new store can
    use the same key. If the disk refuses, the next departure writes the key.
    """
    try:
        journal.keep(AddressKey.of(connection).digits)
    except FilesError as error:
        logger.debug("the key of departures is not kept yet", because=str(error))


def _append(connection: Connection, journal: Journal, lines: Sequence[Departure]) -> None:
    """Add lines to the file of departures, and record the file's length in the store: the length shows later whether
    the store was restored from a copy.
    """
    if size := append_departures(journal, lines, AddressKey.of(connection)):
        connection.execute(update(departures_noted).values(size=size))


def _take_owed(connection: Connection) -> list[Departure]:
    """Remove the departures that could not be written to their file from the store, and return them, oldest first."""
    if connection.execute(select(owed_departures.c.id).limit(1)).first() is None:
        return []
    # If two transactions do this at once, only one gets the lines. A repeated line could follow a later line about
    # the same person.
    rows = connection.execute(delete(owed_departures).returning(*owed_departures.c)).all()
    return [departure_of(row) for row in sorted(rows, key=lambda row: row.id)]


def departure_of(row: Row[Any]) -> Departure:
    """Return the departure in a row of the table of departures that could not be written to their file."""
    return Departure(**{name: getattr(row, name) for name in _OF_DEPARTURE})
