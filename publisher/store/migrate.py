"""Runs the migrations. The only module that speaks of Alembic, beside the migrations themselves."""

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.exc import OperationalError, ProgrammingError

from publisher.model.errors import StoreError
from publisher.store.engine import Database
from publisher.store.faults import translate_errors
from publisher.store.schema import HEAD, UNRELEASED


def migrate(database: Database, version: str | None) -> None:
    """Bring the tables from their version to `HEAD`; None: there are none yet.

    Raises:
        StoreError: the tables are of a newer version, of one before the first release, or of another program.
    """
    config = alembic_config()
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


def _check_version(database: Database, config: Config, version: str | None) -> None:
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


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", "publisher.store:migrations")
    return config


def _is_known(config: Config, version: str) -> bool:
    return version in {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}


def _use_wal(database: Database) -> None:
    # Set once, because the file keeps it. SQLite refuses it inside a transaction.
    with translate_errors(database.place), database.engine.connect() as connection:
        connection.execution_options(begin="").exec_driver_sql("PRAGMA journal_mode = WAL")
