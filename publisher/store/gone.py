"""People who are gone according to the file of departures: they left or were erased, and have not come back since.

The store deletes the data of such a person after a while; the file keeps his mark, an HMAC of the address. Imports
check here, so that an old list does not subscribe people again who left.
"""

from collections.abc import Sequence
from contextlib import suppress
from itertools import chain

from sqlalchemy import Connection, select

from publisher.model.departures import Departure, DepartureKind
from publisher.model.errors import FilesError
from publisher.store.address_key import AddressKey
from publisher.store.departure_lines import departure_of
from publisher.store.departure_text import read_departures
from publisher.store.departures import Journal
from publisher.store.people_schema import owed_departures

_GOES = (DepartureKind.LEFT, DepartureKind.ERASED)


class Gone:
    """The marks (HMACs of the addresses) of people who are gone, in memory: about 100 bytes each. Lines added later to
    the file of departures are read when needed.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._marks: set[bytes] = set()
        self._read = 0
        """The position in bytes up to which the file was read."""

    def among(self, connection: Connection, addresses: Sequence[str]) -> set[str]:
        """Return the addresses, of at most `BATCH`, whose owners are gone now.

        Raises:
            FilesError: the file of departures cannot be read.
            StoreError: another store wrote that file.
        """
        key = AddressKey.of(connection)
        if (size := self._journal.size()) > self._read:
            for departure in read_departures(self._journal, key, after=self._read):
                _note(self._marks, departure)
            self._read = size
        marks = {address: bytes.fromhex(key.mark_of(address)) for address in addresses}
        gone = self._marks.intersection(marks.values())
        # these lines could not be written to the file, so they come after all its lines
        for row in connection.execute(select(owed_departures).order_by(owed_departures.c.id)):
            _note(gone, departure_of(row))
        return {address for address, mark in marks.items() if mark in gone}


def departure_kind(connection: Connection, journal: Journal, address: str) -> DepartureKind | None:
    """Return how the owner of an address is gone (left or erased, and not back since). Return `None` if he is not gone,
    or if the file of departures cannot be read.

    Raises:
        StoreError: another store wrote the file.
    """
    key = AddressKey.of(connection)
    owed = map(departure_of, connection.execute(select(owed_departures).order_by(owed_departures.c.id)))
    mark, last = key.mark_of(address), None
    with suppress(FilesError):
        for each in chain(read_departures(journal, key), owed):
            if each.mark == mark and each.kind in {*_GOES, DepartureKind.RETURNED}:
                last = each.kind
        return last if last in _GOES else None
    return None


def _note(marks: set[bytes], departure: Departure) -> None:
    if departure.kind in _GOES:
        marks.add(bytes.fromhex(departure.mark))
    elif departure.kind is DepartureKind.RETURNED:
        marks.discard(bytes.fromhex(departure.mark))
