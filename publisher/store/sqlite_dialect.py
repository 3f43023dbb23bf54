"""SQLite for SQLAlchemy, with transactions that begin with a statement of the store's choice.

SQLite's driver is told to begin no transaction: it would do so too late, with the first change. SQLAlchemy's event
`begin` could send a statement, but an engine with one listener looks for listeners at each statement, and this takes a
tenth of the time of a small pass.
"""

from sqlalchemy import Connection
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.pool import PoolProxiedConnection

DRIVER = "sqlite+store"
"""The driver's name in the URL of an engine."""
_BEGIN = "begin"


class SQLiteDialect(SQLiteDialect_pysqlite):
    """SQLAlchemy's SQLite dialect, with a configurable statement that begins each transaction."""

    supports_statement_cache = True

    def do_begin(self, dbapi_connection: PoolProxiedConnection) -> None:
        statement = dbapi_connection.info.pop(_BEGIN, "BEGIN")
        if statement:
            dbapi_connection.cursor().execute(statement)


def begin_by(connection: Connection, statement: str) -> None:
    """Begin the connection's next transaction with this statement instead of `BEGIN`; an empty string means without any
    statement.
    """
    connection.info[_BEGIN] = statement


registry.register("sqlite.store", __name__, SQLiteDialect.__name__)
