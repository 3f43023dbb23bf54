"""The key with which an address becomes an HMAC, its mark.

The key is made together with the tables of a store, so that every backup has it. Suppressions (addresses that must get
no mail) and the file of departures (who left or was erased) contain only marks of addresses.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from sqlalchemy import Connection, select, update

from publisher.store.people_schema import address_key


@dataclass(frozen=True, slots=True)
class AddressKey:
    """The secret key of a store, with which addresses are hashed."""

    digits: str = field(repr=False)
    """32 bytes as hexadecimal digits."""

    @classmethod
    def of(cls, connection: Connection) -> Self:
        """Return the key of a store."""
        return cls(connection.execute(select(address_key.c.key)).scalar_one())

    @property
    def name(self) -> str:
        """Eight digits that identify the key without revealing it."""
        return hashlib.sha256(bytes.fromhex(self.digits)).hexdigest()[:8]

    def mark_of(self, address: str) -> str:
        """Return the HMAC-SHA256 of an address as hexadecimal digits."""
        return hmac.digest(bytes.fromhex(self.digits), address.encode(), "sha256").hex()

    def put_into(self, connection: Connection) -> None:
        """Make this key, with which addresses become HMACs, the store's own. The store must not contain an HMAC made
        with another key yet.
        """
        connection.execute(update(address_key).values(key=self.digits))


def marks_of(connection: Connection, addresses: Iterable[str]) -> dict[str, str]:
    """Return the marks (HMACs) of addresses, by address."""
    key = AddressKey.of(connection)
    return {address: key.mark_of(address) for address in addresses}
