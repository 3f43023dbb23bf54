"""Adds lines to the file of departures in transactions that somebody else began.

A reader who leaves has left, whether or not the file can be written: the lines that it does not take are owed. They
wait in the store, and go into the file before all others with the next departure or pass for which it can be written.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, select, update

from publisher.model.decisions import DecisionLog
from publisher.model.departures import Departure
from publisher.model.errors import FilesError
from publisher.store.departures import Journal
from publisher.store.engine import Database
from publisher.store.people_schema import owed_departures
from publisher.store.schema import departures_noted

logger = DecisionLog("subscribers")


class OwedDepartures:
    """The lines that the file of departures did not take."""

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal

    def count(self) -> int:
        """Return how many departures are owed to the file."""
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).select_from(owed_departures)).scalar_one()

    def note(self) -> None:
        """Write them into the file.

        Raises:
            FilesError: the disk refuses again; they are still owed.
        """
        if self._journal.path is None or not self.count():
            return
        with self._database.writing_beside() as connection:
            _append(connection, self._journal, _take_owed(connection))


def add_lines(connection: Connection, journal: Journal, lines: Sequence[Departure]) -> None:
    """Add lines to the file, owed ones first; lines that do not fit become owed. Call it last before the commit."""
    if journal.path is None:
        return
    owed = _take_owed(connection)
    try:
        _append(connection, journal, [*owed, *lines])
    except FilesError as error:
        logger.debug("departures are noted in the store", because=str(error), lines=len(lines))
        rows = [
            {"at": each.at, "kind": each.kind, "mark": each.mark, "suppression": each.suppression}
            for each in (*owed, *lines)
        ]
        connection.execute(insert(owed_departures), rows)


def _append(connection: Connection, journal: Journal, lines: Sequence[Departure]) -> None:
    """Add lines, and note how long the file is: a store that is put back is known by that."""
    if size := journal.append(lines):
        connection.execute(update(departures_noted).values(size=size))


def _take_owed(connection: Connection) -> list[Departure]:
    """Take the owed lines out of the store, in the order in which they were made."""
    if connection.execute(select(owed_departures.c.id).limit(1)).first() is None:
        return []
    # Of two transactions at once, one gets them: a line that came twice could come after what its reader did next.
    rows = connection.execute(delete(owed_departures).returning(*owed_departures.c)).all()
    return [
        Departure(at=row.at, kind=row.kind, mark=row.mark, suppression=row.suppression)
        for row in sorted(rows, key=lambda row: row.id)
    ]
