"""Makes the tables that this program knows, or migrates those of an older release."""

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from publisher.model.errors import StoreError
from publisher.store.engine import Database
from publisher.store.faults import translate_errors
from publisher.store.locks import Locks
from publisher.store.schema import HEAD

_WAIT_S = 60
"""How many seconds to wait for another process that is changing the tables."""


def ensure_head(database: Database, locks: Locks) -> None:
    """Make the tables, or migrate them, unless they are at `HEAD`, the latest migration. If they are, the check costs
    one query.

    Raises:
        StoreError: the tables are of a newer version, of one before the first release, or of another program.
    """
    if _version(database) == HEAD:
        return
    with locks.hold("migrate", wait_s=_WAIT_S):
        if (version := _version(database)) != HEAD:  # another process may have been quicker
            from publisher.store.migrate import migrate  # late: 0.3 s, and a database is migrated once in a release

            migrate(database, version)


def has_tables(database: Database) -> bool:
    """Whether the database has tables of this program."""
    return _version(database) is not None


def check_head(database: Database) -> None:
    """Raise an error unless the tables are of this version.

    Raises:
        StoreError: the tables belong to another version. For an older one, the message says that the next run migrates
            them.
    """
    if (version := _version(database)) != HEAD:
        from publisher.store.migrate import check_version  # late: as above

        check_version(database, version)
        raise StoreError(
            f"store {database.place}: an older publisher made it (version {version}); the next `publisher run` or "
            "`publisher serve` migrates it"
        )


def _version(database: Database) -> str | None:
    """Return the name of the last migration of the database, or `None` if the database has no tables yet."""
    with translate_errors(database.place, database.file), database.engine.connect() as connection:
        try:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        except (OperationalError, ProgrammingError) as error:
            if _is_missing_table(error):
                return None
            raise


def _is_missing_table(error: DBAPIError) -> bool:
    # 42P01 is PostgreSQL's undefined_table; SQLite has one code for every wrong statement.
    return getattr(error.orig, "sqlstate", None) == "42P01" or "no such table" in str(error.orig)
