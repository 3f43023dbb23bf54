"""SQL inserts that say what to do if the key exists already, in the dialect of the database in use."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite


def insert_into(connection: Connection, table: Table) -> sqlite.Insert:
    """Return an SQL insert into a table that has the methods `on_conflict_do_nothing` and `on_conflict_do_update`."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)  # type: ignore[return-value]  # it has the same two methods
