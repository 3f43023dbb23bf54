"""Makes the tables this program knows, or brings those of an older release there."""

from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from publisher.model.errors import StoreError
from publisher.store.engine import Database
from publisher.store.faults import translate_errors
from publisher.store.locks import Locks
from publisher.store.schema import HEAD, UNRELEASED

if TYPE_CHECKING:
    from alembic.config import Config

_WAIT_S = 60
"""How long to wait for another process that is changing the tables."""


def ensure_head(database: Database, locks: Locks) -> None:
    """Make the tables, or migrate them, if they are not at `HEAD`. If they are, that costs one query.

    Raises:
        StoreError: the tables are of a newer version, of one before the first release, or of another program.
    """
    if _version(database) == HEAD:
        return
    with locks.hold("migrate", wait_s=_WAIT_S):
        if (version := _version(database)) != HEAD:  # another process may have been quicker
            _migrate(database, version)


def _version(database: Database) -> str | None:
    """The last migration of the database; None: it has no tables yet."""
    with translate_errors(database.place), database.engine.connect() as connection:
        try:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        except (OperationalError, ProgrammingError) as error:
            if _is_missing_table(error):
                return None
            raise


def _is_missing_table(error: DBAPIError) -> bool:
    # 42P01 is PostgreSQL's undefined_table; SQLite has one code for every wrong statement.
    return getattr(error.orig, "sqlstate", None) == "42P01" or "no such table" in str(error.orig)


def _migrate(database: Database, version: str | None) -> None:
    # Imported late: it takes 0.3 s, and a database is migrated once in a release.
    from alembic import command

    config = _alembic_config()
    _check_version(database, config, version)
    if database.is_sqlite and not database.is_in_memory:
        _use_wal(database)
    try:
        with translate_errors(database.place), database.engine.connect() as connection:
            connection.execution_options(begin="BEGIN IMMEDIATE")
            with connection.begin():
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
    except (OperationalError, ProgrammingError) as error:
        if "already exists" not in str(error.orig):
            raise
        raise StoreError(
            f"store {database.place}: it holds tables of another program; name another database in store.url"
        ) from error


def _check_version(database: Database, config: "Config", version: str | None) -> None:
    if version in UNRELEASED:
        raise StoreError(
            f"store {database.place}: a publisher before the first release made it (version {version}), which this one "
            "does not read; move it away, or name another database in store.url"
        )
    if version is not None and not _is_known(config, version):
        raise StoreError(
            f"store {database.place}: a newer publisher has changed it (version {version}, this one knows {HEAD}); "
            "install that release again"
        )


def _alembic_config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "publisher.store:migrations")
    return config


def _is_known(config: "Config", version: str) -> bool:
    from alembic.script import ScriptDirectory

    return version in {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}


def _use_wal(database: Database) -> None:
    # Set once, because the file keeps it. SQLite refuses it inside a transaction.
    with translate_errors(database.place), database.engine.connect() as connection:
        connection.execution_options(begin="").exec_driver_sql("PRAGMA journal_mode = WAL")
