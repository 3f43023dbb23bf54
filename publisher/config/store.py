"""[store]: where the store is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from publisher.config.tables import Table, Value, key
from publisher.config.values import (
    DATABASE,
    absolute,
    is_database_address,
    matching,
    names_variable,
    read_line,
    refuse_odd_variable,
    refuse_password,
    refuse_short_sqlite,
    variable_of,
)
from publisher.model.errors import UsageError

_SQLITE_FILE = re.compile(r"sqlite:///(?P<file>[^?]+)(?P<query>(\?.*)?)")


def _url(value: object) -> str:
    url = read_line(value)
    if names_variable(url):
        return url
    refuse_odd_variable(url)
    refuse_password(url, variable="PUBLISHER_STORE_URL")
    refuse_short_sqlite(url)
    if url.startswith("postgres://"):
        raise ValueError(f"expected {DATABASE}, got {url!r}; did you mean {url.replace('postgres', 'postgresql', 1)}?")
    if not is_database_address(url):
        raise ValueError
    return url


URL = Value(f"{DATABASE} or env:VARIABLE", _url, matching(r"sqlite://.*|postgresql(\+psycopg)?://.*|env:\w+"))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """Where the store is."""

    url: str
    """An SQLAlchemy URL; the path of an SQLite file is absolute. It may contain a password: never show it."""

    @property
    def file(self) -> Path | None:
        """The path of the SQLite file; `None` if the store is on a server or in memory."""
        return sqlite_file(self.url)


class StoreTable(Table):
    """What was seen, published and sent. `publisher backup` keeps a copy of the store together with the outbox.

    For PostgreSQL keep the password out of this file: put postgresql+psycopg://USER:PASSWORD@HOST/NAME into an
    environment variable and name the variable, as in url = "env:PUBLISHER_STORE_URL".
    """

    url: Annotated[str, URL] = key(
        "The database; a relative file lies beside config.toml.", default="sqlite:///publisher.db"
    )

    def settings(self, folder: Path, environ: Mapping[str, str]) -> StoreSettings:
        """Return where the store is; `folder` is the folder of config.toml."""
        return StoreSettings(url=database_url(self.url, folder, environ))


def named_database(text: str, folder: Path, environ: Mapping[str, str]) -> str:
    """Return the URL of the database that an operator names on the command line, in the form of `store.url`.

    Raises:
        UsageError: the text is no such URL, or names a variable that is not set.
    """
    if (variable := variable_of(text)) and variable not in environ:
        raise UsageError(f"{text}: the environment variable {variable} is not set")
    if not is_database_address(environ[variable] if variable else text):
        raise UsageError(f"{text if variable else 'the address'} names no database; expected {URL.expected}")
    return database_url(text, folder, environ)


def sqlite_file(url: str) -> Path | None:
    """Return the path of an SQLite database's file; return `None` if the URL names no file."""
    match = _SQLITE_FILE.fullmatch(url)
    return Path(match["file"]) if match and match["file"] != ":memory:" else None


def database_url(url: str, folder: Path, environ: Mapping[str, str]) -> str:
    """Return a database's URL, read from the environment if `url` names a variable. The path of an SQLite file becomes
    absolute.
    """
    if variable := variable_of(url):
        url = environ[variable]
    if url.startswith("postgresql://"):
        # older versions of SQLAlchemy would use another driver
        return url.replace("postgresql:", "postgresql+psycopg:", 1)
    match = _SQLITE_FILE.fullmatch(url)
    if match is None or match["file"] == ":memory:":
        return url
    return f"sqlite:///{absolute(folder / match['file'])}{match['query']}"
