"""Turns errors of databases into messages that an operator can act on. An error that is not listed is a bug."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError

from publisher.model.errors import StoreError
from publisher.store.hindrance import find_hindrance

# https://www.sqlite.org/rescode.html, primary codes. SQLITE_ERROR (1) is left out on purpose: wrong SQL is a bug.
_SQLITE = {
    sqlite3.SQLITE_PERM: "access is denied; give this user the right to read and write it",
    sqlite3.SQLITE_BUSY: "another program holds it locked; try again when that has finished",
    sqlite3.SQLITE_LOCKED: "another program holds it locked; try again when that has finished",
    sqlite3.SQLITE_READONLY: "it cannot be written to; give this user the right to write the file and its folder",
    sqlite3.SQLITE_IOERR: "the disk reports an error; check the disk and its file system",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; put back a copy, or read https://www.sqlite.org/recovery.html",
    sqlite3.SQLITE_FULL: "the disk is full; make room and run again",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check that its folder exists and that this user may write there",
    sqlite3.SQLITE_NOTADB: (
        "the file is not an SQLite database, or its first page is damaged; put back a copy (`publisher restore`), or "
        "name another file in store.url"
    ),
}

_OF_THE_DISK = (
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
)
"""SQLite's error codes whose cause is in the file system."""

# https://www.postgresql.org/docs/current/errcodes-appendix.html, by code or by its class (the first two characters).
_POSTGRESQL = {
    "08": "the connection was lost; check that the server runs, then try again",
    "28": "the server refuses this user; check the name and the password in store.url",
    "3D000": "the server has no such database; create it or name another in store.url",
    "25006": "the server is read-only, perhaps a standby; name the primary in store.url",
    "40": "another program was in the way; try again",
    "42501": "this user lacks a right; let it create and change tables in the database",
    "53100": "the server's disk is full; make room and run again",
    "53": "the server has run out of something; look into its log, then try again",
    "55P03": "another program holds it locked; try again when that has finished",
    "57": "the server is stopping or was told to stop this; try again",
    "58": "the server reports an error of its disk; look into its log",
}


@contextmanager
def translate_errors(place: str, file: Path | None = None) -> Iterator[None]:
    """Turn an error of the database inside a `with` block into a `StoreError` that begins with `place`. An error that
    shows a bug is raised unchanged.

    `file` is the file of an SQLite database, which is examined for the cause, because SQLite only says that it cannot
    write.
    """
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        problem = _problem_of(error, file)
        if problem is None:
            raise
        raise StoreError(f"store {place}: {problem}") from error


def place_of(url: URL) -> str:
    """Return a database's name for messages, without its password, which may also be in the URL's query."""
    if url.get_backend_name() == "sqlite":
        return url.database or ":memory:"
    host = url.host or url.query.get("host") or "this machine"
    return f"{url.database or url.username or 'postgres'!r} on {host if isinstance(host, str) else ', '.join(host)}"


def _problem_of(error: DBAPIError | sqlite3.Error, file: Path | None) -> str | None:
    cause = error.orig if isinstance(error, DBAPIError) else error  # of a statement that the driver ran by itself
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        code &= 0xFF  # the upper bytes only add detail
        return (find_hindrance(file) if file and code in _OF_THE_DISK else None) or _SQLITE.get(code)
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2])
    if isinstance(error, OperationalError):  # without a connection there is no code, only a text
        return f"the server cannot be used ({_why(error)}); check that it runs and that store.url is right"
    return None


def _why(error: DBAPIError) -> str:
    """Return why the database could not be reached, without the text before the reason, which may contain parts of the
    URL.
    """
    _, failed, why = str(error.orig).rpartition("failed: ")
    return " ".join(why.partition("\n")[0].split()) if failed else "it does not answer"
