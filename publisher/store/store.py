"""Opens the store of a site."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from publisher.model.progress import Progress
from publisher.store.bounce_scores import BounceScores
from publisher.store.bounces import Bounces
from publisher.store.calendar import Calendar
from publisher.store.departure_lines import OwedDepartures
from publisher.store.departures import Journal, beside
from publisher.store.desk import DeskRecords
from publisher.store.editions import Editions
from publisher.store.engine import Database
from publisher.store.feeds import Feeds
from publisher.store.following import FollowerCounts
from publisher.store.hidden import Hidden
from publisher.store.histories import Histories
from publisher.store.items import Items
from publisher.store.ledger import Ledger
from publisher.store.locks import Locks
from publisher.store.log import Log
from publisher.store.moves import Moves
from publisher.store.names import NamesGiven
from publisher.store.notices import Notices
from publisher.store.outages import Outages
from publisher.store.owners import make_database, refuse_strangers
from publisher.store.people_archive import PeopleArchive
from publisher.store.renewals import Renewals
from publisher.store.replay import Repeated, repeat_departures, repeat_unknown
from publisher.store.restoration import Restorations
from publisher.store.retention import Retention
from publisher.store.rounds import Rounds
from publisher.store.runs import Runs
from publisher.store.snapshot import take_snapshot
from publisher.store.sources import Sources
from publisher.store.subscribers import Subscribers
from publisher.store.suppressions import Suppressions
from publisher.store.transfer import copy_rows, refuse_full
from publisher.store.upgrade import check_head, ensure_head, has_tables


class Store:
    """The store of a site. Each noun, such as `items` or `editions`, is an attribute with its own queries and changes.

    A method of a noun is one transaction; a method that yields batches opens a transaction for each batch. Several
    processes and threads may call methods at once. A method that fails raises `StoreError` and changes nothing.
    """

    def __init__(
        self, database: Database, locks: Locks, *, watched: Locks | None = None, departures: Journal | None = None
    ) -> None:
        """Use `database` for everything the site stores. `is_held` looks at the locks `watched`, or at `locks` if
        `watched` is `None`.

        `departures` is the file of departures (who left or was erased); with `None`, no such file is written.
        """
        self.database = database
        """The database that all nouns use. Other modules use the nouns instead."""
        self._locks = locks
        self._watched = watched or locks
        self.log = Log(database)
        self.items = Items(database)
        self.calendar = Calendar(database)
        self.feeds = Feeds(database)
        self.editions = Editions(database)
        self.sources = Sources(database)
        self.hidden = Hidden(database)
        self.names = NamesGiven(database)
        self.notices = Notices(database)
        self.runs = Runs(database)
        self.restorations = Restorations(database)
        self.ledger = Ledger(database, locks)
        self.departures = departures or Journal(None)
        self.owed_departures = OwedDepartures(database, self.departures)
        self.subscribers = Subscribers(database, self.departures)
        self.suppressions = Suppressions(database, self.departures)
        self.renewals = Renewals(database)
        self.people_archive = PeopleArchive(database, self.departures)
        self.moves = Moves(database, self.departures)
        self.rounds = Rounds(database)
        self.retention = Retention(database)
        self.outages = Outages(database)
        self.bounces = Bounces(database)
        self.bounce_scores = BounceScores(database)
        self.histories = Histories(database)
        self.following = FollowerCounts(database)
        self.desk = DeskRecords(database)

    @classmethod
    def open(cls, url: str, *, departures: Path | None = None) -> Self:
        """Open the store at an SQLAlchemy URL; make its tables, or migrate them, if necessary.

        `departures` is the path of the file of departures. `None` means the one beside an SQLite file, and no file for
        a database server.

        Raises:
            StoreError: the store cannot be opened, its tables are of another program or version, another store wrote
                the file of departures, or this user would leave files that the owner of the store cannot write.
        """
        database = Database(url)
        if database.file:
            refuse_strangers(database.file)
            make_database(database.file)
        locks = Locks(database)
        try:
            ensure_head(database, locks)
        except BaseException:
            database.close()
            raise
        store = cls(database, locks, departures=Journal(departures or (database.file and beside(database.file))))
        try:
            repeat_unknown(database, store.departures)
        except BaseException:
            database.close()
            raise
        return store

    @classmethod
    def open_empty(cls, url: str) -> Self:
        """Make a store in an empty database.

        Raises:
            StoreError: the database is not empty, or the store cannot be made.
        """
        with closing(Database(url)) as database:
            if database.file is None or database.file.exists():
                refuse_full(database)
        return cls.open(url)

    @staticmethod
    @contextmanager
    def locked(url: str, purposes: Iterable[str], *, wait_s: float) -> Iterator[None]:
        """Hold locks of the store at a URL inside a `with` block. The store is not opened, and may be damaged or
        missing.

        Raises:
            BusyError: another holder kept one of them for all of `wait_s`.
            StoreError: this user would leave files that the owner of the store cannot write.
        """
        with closing(Database(url)) as database, ExitStack() as stack:
            if database.file:
                refuse_strangers(database.file)
            locks = Locks(database)
            for purpose in purposes:
                stack.enter_context(locks.hold(purpose, wait_s=wait_s))
            yield

    @classmethod
    @contextmanager
    def rehearse(cls, url: str, *, departures: Path | None = None) -> Iterator[Self]:
        """Open a rehearsal of the store at `url`: a store whose changes are visible to itself only, and gone when the
        block ends.

        The rehearsal reads the file of departures at `departures`, or else the one beside an SQLite file, and adds
        nothing to it.

        Nothing is made, locked or migrated, and no permission to write is needed. An SQLite database is copied, which
        takes about 0.1 s for 50 MB. On a server, other writers wait from the rehearsal's first change on.

        Raises:
            StoreError: the store cannot be read, or its tables are of another program or version.
        """
        with ExitStack() as stack:
            given = stack.enter_context(closing(Database(url)))
            journal = Journal(departures or (given.file and beside(given.file)), is_rehearsed=True)
            database = stack.enter_context(_copy(given, given.file)) if given.file else given
            if given.is_in_memory or not has_tables(database):
                database = stack.enter_context(closing(Database("sqlite://")))
                ensure_head(database, Locks(database))
                repeat_unknown(database, journal)
                yield cls(database, Locks(database), departures=journal)
                return
            check_head(database)
            if not database.is_sqlite:
                database = stack.enter_context(database.rehearsing())
            repeat_unknown(database, journal)
            yield cls(database, Locks(database), watched=Locks(given), departures=journal)

    def repeat_departures(self) -> Repeated:
        """After a restore, repeat the file of departures: end the subscriptions of people who left, and suppress and
        erase again those who were suppressed or erased.
        """
        return repeat_departures(self.database, self.departures)

    def copy_to(self, target: "Store", *, progress: Progress) -> int:
        """Copy everything into an empty store; return the number of rows. The caller makes sure that neither store
        changes meanwhile.

        Raises:
            StoreError: the target is not empty, or one of the stores cannot be used; then nothing is copied.
        """
        return copy_rows(self.database, target.database, progress=progress)

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

        No other process, and no other caller in this one, gets it meanwhile; the system frees it when its holder dies.

        Raises:
            BusyError: another holder kept it for all of `wait_s`.
        """
        return self._locks.hold(purpose, wait_s=wait_s)

    def is_held(self, purpose: str) -> bool:
        """Whether any process holds the lock named `purpose`."""
        return self._watched.is_held(purpose)


@contextmanager
def _copy(database: Database, file: Path) -> Iterator[Database]:
    """Open a copy of an SQLite database; if its file does not exist yet, the copy is empty."""
    with TemporaryDirectory(prefix="publisher-") as folder:
        copy = Path(folder) / "copy.db"
        if file.exists():
            take_snapshot(file, copy)
        with closing(Database(f"sqlite:///{copy}", place=database.place)) as copied:
            yield copied
