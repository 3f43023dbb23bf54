"""Runs the migrations of the database. Only this module and the migrations themselves import Alembic."""

from contextlib import suppress
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import OperationalError, ProgrammingError

from publisher import __version__
from publisher.model.errors import StoreError
from publisher.store.disk_errors import advice_on
from publisher.store.engine import Database
from publisher.store.faults import translate_errors
from publisher.store.owners import share
from publisher.store.schema import HEAD, UNRELEASED, program
from publisher.store.snapshot import take_snapshot
from publisher.store.sqlite_dialect import begin_by


def migrate(database: Database, version: str | None) -> None:
    """Migrate the tables from `version` to `HEAD`; `version` is `None` if there are no tables yet.

    Raises:
        StoreError: the tables belong to a newer version, to one before the first release, or to another program.
    """
    config = alembic_config()
    check_version(database, version)
    if version is not None and database.file:
        copy = database.file.with_name(f"{database.file.name}.{version}")
        take_snapshot(database.file, copy)
        _share(database, copy)
    if database.file:
        _use_wal(database)
        _share(database, database.file)
    try:
        with translate_errors(database.place, database.file), database.engine.connect() as connection:
            database.begin_immediately(connection)
            with connection.begin():
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                connection.execute(delete(program))
                connection.execute(insert(program).values(id=1, version=__version__))
    except (OperationalError, ProgrammingError) as error:
        if "already exists" not in str(error.orig):
            raise
        raise StoreError(
            f"store {database.place}: it holds tables of another program; name another database in store.url"
        ) from error


def _share(database: Database, path: Path) -> None:
    """Give the group that shares the database's folder the right to write the database file.

    Raises:
        StoreError: the disk refuses.
    """
    try:
        with path.open("rb") as file:
            share(file.fileno(), folder=path.parent)
    except OSError as error:
        raise StoreError(f"store {database.place}: {advice_on(error)}") from error


def check_version(database: Database, version: str | None) -> None:
    """Raise an error unless this version can read or migrate the tables.

    Raises:
        StoreError: the tables are of a newer version, or of one before the first release.
    """
    if version in UNRELEASED:
        raise StoreError(
            f"store {database.place}: a publisher before the first release made it (version {version}), which this one "
            "does not read; move it away, or name another database in store.url"
        )
    if version is not None and not _is_known(version):
        maker = _program_of(database)
        raise StoreError(
            f"store {database.place}: publisher {maker or 'of a newer release'} has changed it (tables {version}, this "
            f"one knows {HEAD}); install {f'publisher {maker} or newer' if maker else 'that release again'}"
        )


def _program_of(database: Database) -> str:
    """Return the version of publisher that migrated the tables, or an empty string if that is not recorded."""
    with suppress(OperationalError, ProgrammingError), database.engine.connect() as connection:
        return connection.execute(select(program.c.version)).scalar() or ""
    return ""


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", "publisher.store:migrations")
    return config


def _is_known(version: str) -> bool:
    return version in {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}


def _use_wal(database: Database) -> None:
    # set once, because the file stores it; SQLite refuses it inside a transaction
    with translate_errors(database.place, database.file), database.engine.connect() as connection:
        begin_by(connection, "")
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
