"""Numbers for items and for the log: strictly increasing, in the order of commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import Connection, insert, select, update

from publisher.model.records import ChangeKind
from publisher.store.schema import counters, log


@dataclass(slots=True)
class Counters:
    """The counters' row as a transaction that holds its lock will leave it."""

    log_end: int
    last_item: int
    live_items: int

    @classmethod
    def read(cls, connection: Connection) -> Self:
        """The row as it is."""
        row = connection.execute(select(counters)).one()
        return cls(log_end=row.log_end, last_item=row.last_item, live_items=row.live_items)

    def next_seq(self) -> int:
        self.log_end += 1
        return self.log_end

    def next_number(self) -> int:
        self.last_item += 1
        return self.last_item

    def write(self, connection: Connection) -> None:
        """Leave the row like this."""
        connection.execute(
            update(counters).values(log_end=self.log_end, last_item=self.last_item, live_items=self.live_items)
        )


def change(
    seq: int, item: int, kind: ChangeKind, *, revision: int, content: str, touched: Sequence[str], now: datetime
) -> dict[str, Any]:
    """One row of the log."""
    return {
        "seq": seq,
        "item": item,
        "kind": kind,
        "at": now,
        "revision": revision,
        "content": content,
        "touched": sorted(set(touched)),
    }


def append(connection: Connection, changes: Sequence[dict[str, Any]]) -> None:
    """Write rows of the log, after the items they are about."""
    if changes:
        connection.execute(insert(log), changes)
