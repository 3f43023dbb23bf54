"""Opens what a site remembers."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Self

from publisher.store.editions import Editions
from publisher.store.engine import Database
from publisher.store.feeds import Feeds
from publisher.store.items import Items
from publisher.store.locks import Locks
from publisher.store.log import Log
from publisher.store.names import NamesGiven
from publisher.store.notices import Notices
from publisher.store.runs import Runs
from publisher.store.sources import Sources
from publisher.store.upgrade import ensure_head


class Store:
    """What a site remembers. Each noun has its questions and its changes.

    A method of a noun is one transaction; one that yields batches opens a transaction for each. Several processes and
    threads may call them at once. A method that cannot do its work raises `StoreError` and changes nothing.
    """

    def __init__(self, database: Database, locks: Locks) -> None:
        self.database = database
        """What the nouns ask; other modules ask the nouns."""
        self._locks = locks
        self.log = Log(database)
        self.items = Items(database)
        self.feeds = Feeds(database)
        self.editions = Editions(database)
        self.sources = Sources(database)
        self.names = NamesGiven(database)
        self.notices = Notices(database)
        self.runs = Runs(database)

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the store at an SQLAlchemy URL; make its tables, or bring them up to date, if need be.

        Raises:
            StoreError: it cannot be opened, or its tables are of another program or version.
        """
        database = Database(url)
        locks = Locks(database)
        try:
            ensure_head(database, locks)
        except BaseException:
            database.close()
            raise
        return cls(database, locks)

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def exclusive(self, purpose: str, *, wait_s: float) -> AbstractContextManager[None]:
        """Hold the lock named `purpose` (letters, digits, hyphens) while the block runs.

        No other process and no other caller in this one gets it meanwhile; the system frees it when its holder dies.

        Raises:
            BusyError: another holder kept it for all of `wait_s`.
        """
        return self._locks.hold(purpose, wait_s=wait_s)

    @contextmanager
    def rehearsal(self) -> Iterator[Self]:
        """A store that begins as this one. Only it sees its changes, and they are rolled back when the block ends.

        From its first change on, other writers wait for it.
        """
        with self.database.rehearsing() as database:
            yield type(self)(database, self._locks)
