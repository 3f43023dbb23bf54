"""Who is gone by the file of departures: he left or was erased, and has not come back since.

The store forgets such a reader after a while, the file does not. An import asks here, so that an old list brings nobody
back.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from publisher.model.departures import Departure, DepartureKind
from publisher.store.address_key import AddressKey
from publisher.store.departure_lines import departure_of
from publisher.store.departures import Journal
from publisher.store.people_schema import owed_departures

_GOES = (DepartureKind.LEFT, DepartureKind.ERASED)


class Gone:
    """The marks of those who are gone, in memory: some 100 bytes each. What comes into the file later is read then."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._marks: set[bytes] = set()
        self._read = 0
        """How far the file was read, in bytes."""

    def among(self, connection: Connection, addresses: Sequence[str]) -> set[str]:
        """Return the addresses, of at most `BATCH`, that are gone now.

        Raises:
            FilesError: the file cannot be read.
            StoreError: another store wrote it.
        """
        key = AddressKey.of(connection)
        if (size := self._journal.size()) > self._read:
            for departure in self._journal.read(key, after=self._read):
                _note(self._marks, departure)
            self._read = size
        marks = {address: bytes.fromhex(key.mark_of(address)) for address in addresses}
        gone = self._marks.intersection(marks.values())
        # They come after all lines of the file, which did not take them.
        for row in connection.execute(select(owed_departures).order_by(owed_departures.c.id)):
            _note(gone, departure_of(row))
        return {address for address, mark in marks.items() if mark in gone}


def _note(marks: set[bytes], departure: Departure) -> None:
    if departure.kind in _GOES:
        marks.add(bytes.fromhex(departure.mark))
    elif departure.kind is DepartureKind.RETURNED:
        marks.discard(bytes.fromhex(departure.mark))
