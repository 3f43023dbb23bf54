"""The numbers of items and of the log: strictly increasing, in the order of commits."""

from dataclasses import asdict, dataclass
from typing import Self

from sqlalchemy import Connection, select, update

from publisher.store.schema import counters


@dataclass(slots=True)
class Counters:
    """The next log number and the next item number, as they will be when the transaction ends. The transaction holds
    the lock of the item log.
    """

    log_end: int
    last_item: int
    live_items: int

    @classmethod
    def read(cls, connection: Connection) -> Self:
        row = connection.execute(_ALL).one()
        return cls(log_end=row.log_end, last_item=row.last_item, live_items=row.live_items)

    def next_seq(self) -> int:
        """Take and return the next log number."""
        self.log_end += 1
        return self.log_end

    def next_number(self) -> int:
        """Take and return the next item number."""
        self.last_item += 1
        return self.last_item

    def write(self, connection: Connection) -> None:
        connection.execute(_UPDATE, asdict(self))


# Statements are built once: building one costs more than a query for a few rows in SQLite.
_ALL = select(counters)
_UPDATE = update(counters)
