"""The item log and its cursors: each change has a number, and each consumer stores the last number it has dealt
with.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Integer, Select, bindparam, insert, select, update

from publisher.model.errors import StoreError
from publisher.model.records import ChangeKind, Record
from publisher.store.content import record_of
from publisher.store.engine import BATCH, Database
from publisher.store.item_queries import last_changes
from publisher.store.schema import counters, cursors, items, log

if TYPE_CHECKING:
    from publisher.store.log_pass import LogPass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The position of one consumer in the item log: the number of the last change that it has dealt with."""

    seq: int = 0
    """The last log number that the consumer has dealt with."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """The settings that the consumer's output depends on, by name, each as a hash or an address."""


class Log:
    """The item log: every change of an item that the site learnt of, numbered in the order of commits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def end(self) -> int:
        """Return the number of the latest change. All changes up to it are committed; later changes get higher
        numbers.
        """
        with self._database.reading() as connection:
            return int(connection.execute(_END).scalar_one())

    def cursor(self, consumer: str) -> Cursor:
        """Return the cursor of a consumer of the log: the last number it has dealt with. Its number is 0 if the
        consumer has not dealt with any change.
        """
        with self._database.reading() as connection:
            return _cursor(connection, consumer)

    def move_cursor(self, consumer: str, *, expected: int, seq: int, settings: Mapping[str, str]) -> None:
        """Move the cursor of a consumer of the log (the last number it has dealt with) from `expected` to `seq`; write
        nothing if nothing changes.

        Raises:
            StoreError: another process has moved the cursor.
        """
        with self._database.writing() as connection:
            before = _cursor(connection, consumer)
            if before.seq != expected:
                raise StoreError(f"cursor {consumer!r}: another publisher moved it meanwhile; run again")
            if before == Cursor(seq=seq, settings=settings):
                return
            moved = {"seq": seq, "settings": settings}
            if not connection.execute(_MOVE, {"of_consumer": consumer, **moved}).rowcount:
                connection.execute(_INSERT, {"consumer": consumer, **moved})

    @contextmanager
    def open_pass(self, source: str) -> Iterator["LogPass"]:
        """Open a transaction in which the changes from one reading of a source are written to the log. They are
        committed when the `with` block ends, and rolled back if it raises an error.
        """
        from publisher.store.log_pass import LogPass  # late: a pass without news writes nothing to the log

        with self._database.writing() as connection:
            log_pass = LogPass(connection, source)
            yield log_pass
            log_pass.write_counters()

    def changed_records(self, after: int, upto: int, *, batch: int = BATCH) -> Iterator[list[Record]]:
        """Yield, in batches, the items that changed under log numbers in (after, upto], in their present state.
        Withdrawn items are included.

        Each item comes once, in the order of the items' last changes in that range.
        """
        while after < upto:
            with self._database.reading() as connection:
                rows = connection.execute(_CHANGED, {"after": after, "upto": upto, "batch": batch}).all()
            if not rows:
                return
            yield [record_of(row) for row in rows]
            after = rows[-1].log_seq

    def touched_feeds(self, after: int, upto: int) -> set[str]:
        """Return the slugs of the feeds that changes with log numbers in (after, upto] affect, because an item left,
        entered or changed in the feed.
        """
        with self._database.reading() as connection:
            rows = connection.execute(_TOUCHED, {"after": after, "upto": upto})
            return {slug for (touched,) in rows for slug in touched}

    def veiled(self, after: int, upto: int) -> dict[str, list[int]]:
        """Return the items hidden or shown again under log numbers in (after, upto], by feed. Each item is given as the
        log number under which it was added.
        """
        return self._find_positions(_VEILED, after, upto)

    def reworked(self, after: int, upto: int) -> dict[str, list[int]]:
        """Return the items revised or withdrawn under log numbers in (after, upto], by feed. Each item is given as the
        log number under which it was added.
        """
        return self._find_positions(_REWORKED, after, upto)

    def positions(self, after: int, upto: int) -> dict[str, list[int]]:
        """Return the items changed or added under log numbers in (after, upto], by feed. Each item is given as the log
        number under which it was added.
        """
        return self._find_positions(_POSITIONS, after, upto)

    def _find_positions(self, query: Select[Any], after: int, upto: int) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        with self._database.reading() as connection:
            for touched, added_seq in connection.execute(query, {"after": after, "upto": upto}):
                for slug in touched:
                    found[slug].append(added_seq)
        return found


# Statements are built once: building one costs more than a query for a few rows in SQLite.
_CURSOR = select(cursors).where(cursors.c.consumer == bindparam("consumer"))
_MOVE = update(cursors).where(cursors.c.consumer == bindparam("of_consumer"))
_INSERT = insert(cursors)
_END = select(counters.c.log_end)
_CHANGED = last_changes().limit(bindparam("batch", type_=Integer))
_IS_BETWEEN = (log.c.seq > bindparam("after"), log.c.seq <= bindparam("upto"))
_TOUCHED = select(log.c.touched).distinct().where(*_IS_BETWEEN)
_POSITIONS = select(log.c.touched, items.c.added_seq).join(items, items.c.number == log.c.item).where(*_IS_BETWEEN)
_REWORKED = _POSITIONS.where(log.c.kind != ChangeKind.ADDED)
_VEILED = _POSITIONS.where(log.c.kind.in_((ChangeKind.HIDDEN, ChangeKind.SHOWN)))


def _cursor(connection: Connection, consumer: str) -> Cursor:
    row = connection.execute(_CURSOR, {"consumer": consumer}).one_or_none()
    return Cursor() if row is None else Cursor(seq=row.seq, settings=row.settings)
