"""Opens the store of a site."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Self

from publisher.model.progress import Progress
from publisher.store.calendar import Calendar
from publisher.store.departures import Journal, beside, is_as_noted
from publisher.store.editions import Editions
from publisher.store.engine import Database
from publisher.store.holdings import holds_people
from publisher.store.items import Items
from publisher.store.locks import Locks
from publisher.store.log import Log
from publisher.store.names import NamesGiven
from publisher.store.notices import Notices
from publisher.store.owners import make_database, refuse_strangers
from publisher.store.restoration import Restorations
from publisher.store.runs import Runs
from publisher.store.snapshot import take_snapshot
from publisher.store.sources import Sources
from publisher.store.upgrade import check_head, ensure_head, has_tables

if TYPE_CHECKING:
    from publisher.store.desk import DeskRecords
    from publisher.store.feeds import Feeds
    from publisher.store.hidden import Hidden
    from publisher.store.mail import MailRecords
    from publisher.store.people import PeopleRecords
    from publisher.store.replay import Repeated
    from publisher.store.settlement import Settlements


class Store:
    """The store of a site. Each noun, such as `items` or `editions`, is an attribute with its own queries and changes.

    The nouns of people, mails and the desk are loaded when a caller first asks for them, because a pass on most sites
    never does.

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
        self.editions = Editions(database)
        self.sources = Sources(database)
        self.names = NamesGiven(database)
        self.notices = Notices(database)
        self.runs = Runs(database)
        self.restorations = Restorations(database)
        self.departures = departures or Journal(None)
        """The file of departures."""

    @cached_property
    def feeds(self) -> "Feeds":
        """The feeds, and how their archives and pages are cut."""
        from publisher.store.feeds import Feeds  # late: a pass without news renders no feed

        return Feeds(self.database)

    @cached_property
    def hidden(self) -> "Hidden":
        """The items that an editor hid."""
        from publisher.store.hidden import Hidden  # late: an editor seldom hides an item

        return Hidden(self.database)

    @cached_property
    def people(self) -> "PeopleRecords":
        """What the store keeps about people, such as `people.subscribers`."""
        from publisher.store.people import PeopleRecords  # late: most sites have no subscribers

        return PeopleRecords(self.database, self.departures)

    @cached_property
    def mail(self) -> "MailRecords":
        """What the store keeps about mails, such as `mail.ledger`."""
        from publisher.store.mail import MailRecords  # late: most sites send no mail

        return MailRecords(self.database, self._locks)

    @cached_property
    def desk(self) -> "DeskRecords":
        """What the store keeps for the editors' desk."""
        from publisher.store.desk import DeskRecords  # late: only the service has a desk

        return DeskRecords(self.database)

    @cached_property
    def settlements(self) -> "Settlements":
        """What the operator says about mails that went out between a backup and its restore."""
        from publisher.store.settlement import Settlements  # late: a restore is rare

        return Settlements(self.database)

    def holds_people(self) -> bool:
        """Whether the store holds anything about people or mails that must be deleted one day. That costs one query."""
        return holds_people(self.database)

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
            _repeat_unknown(database, store.departures)
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
                from publisher.store.transfer import refuse_full  # late: it needs all tables

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
                _repeat_unknown(database, journal)
                yield cls(database, Locks(database), departures=journal)
                return
            check_head(database)
            if not database.is_sqlite:
                database = stack.enter_context(database.rehearsing())
            _repeat_unknown(database, journal)
            yield cls(database, Locks(database), watched=Locks(given), departures=journal)

    def repeat_departures(self) -> "Repeated":
        """After a restore, repeat the file of departures: end the subscriptions of people who left, and suppress and
        erase again those who were suppressed or erased.
        """
        from publisher.store.replay import repeat_departures  # late: a restore is rare

        return repeat_departures(self.database, self.departures)

    def copy_departures_to(self, path: Path) -> None:
        """Copy the file of departures to `path`, where another store looks for it. Lines that are there stay.

        Raises:
            FilesError: one of the files cannot be used.
            StoreError: the file at `path` is of a store with another key.
        """
        from publisher.store.departure_text import copy_departures  # late: a copy is rare

        copy_departures(self.database, self.departures, Journal(path))

    def copy_to(self, target: "Store", *, progress: Progress) -> int:
        """Copy everything into an empty store; return the number of rows. The caller makes sure that neither store
        changes meanwhile.

        Raises:
            StoreError: the target is not empty, or one of the stores cannot be used; then nothing is copied.
        """
        from publisher.store.transfer import copy_rows  # late: it needs all tables

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


def _repeat_unknown(database: Database, journal: Journal) -> None:
    """Repeat the lines of the file of departures that the store has not recorded. Nearly always there are none."""
    if not is_as_noted(database, journal):
        from publisher.store.replay import repeat_unknown  # late: only a restore or a crash leaves such lines

        repeat_unknown(database, journal)


@contextmanager
def _copy(database: Database, file: Path) -> Iterator[Database]:
    """Open a copy of an SQLite database; if its file does not exist yet, the copy is empty."""
    with TemporaryDirectory(prefix="publisher-") as folder:
        copy = Path(folder) / "copy.db"
        if file.exists():
            take_snapshot(file, copy)
        with closing(Database(f"sqlite:///{copy}", place=database.place)) as copied:
            yield copied
