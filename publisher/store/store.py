"""The one door to what the site remembers."""

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
    """What a site remembers: the log, its cursors, editions and runs.

    Every method is one transaction (those that yield: one for each page or pass) and may be called by several
    processes and threads at once. What cannot be done raises `StoreError`, and nothing of it is recorded.
    """

    def __init__(self, database: Database, locks: Locks) -> None:
        self._database = database
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
        """The store at an SQLAlchemy URL; its tables are made, or brought up to date, when they are not.

        Raises:
            StoreError: it cannot be opened, or a newer publisher has changed it.
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
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def exclusive(self, purpose: str, *, wait_s: float) -> AbstractContextManager[None]:
        """Keep every other process, and every other caller in this one, from `purpose` meanwhile.

        A holder that dies frees it. `purpose` is letters, digits and hyphens.

        Raises:
            BusyError: another one held it for all of `wait_s`.
        """
        return self._locks.hold(purpose, wait_s=wait_s)

    @contextmanager
    def rehearsal(self) -> Iterator[Self]:
        """A store that begins as this one and whose changes are forgotten at the end; only it sees them meanwhile.

        From its first change on, other writers wait for it.
        """
        with self._database.rehearsing() as database:
            yield type(self)(database, self._locks)
