"""Errors of the database become one line with the next step, and never show a password."""

import os
import re
import socket
import traceback
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, OperationalError

from publisher.model.errors import StoreError
from publisher.store import Store
from publisher.store.faults import place_of, translate_errors
from publisher.store.people_schema import subscribers
from tests.contract.stories import fail
from tests.databases import new_store

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PASSWORD = "s3cret"


def said(url: str) -> str:
    """Return the error of opening a store. It must be one line without the password."""
    with pytest.raises(StoreError) as caught:
        Store.open(url)
    message = str(caught.value)
    assert "\n" not in message
    assert PASSWORD not in message
    return message


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "news.txt"
    path.write_text("Publication date: 1 March 2026\n" * 200)

    assert said(f"sqlite:///{path}") == (
        f"store {path}: the file is not an SQLite database, or its first page is damaged; put back a copy "
        "(`publisher restore`), or name another file in store.url"
    )
    assert path.read_text().startswith("Publication date")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert "there is no folder" in said(f"sqlite:///{tmp_path}/none/publisher.db")


def test_a_folder_in_the_file_s_place(tmp_path: Path) -> None:
    assert "a folder is in its place" in said(f"sqlite:///{tmp_path}")


def test_a_file_that_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "publisher.db"
    new_store(path).close()
    data = bytearray(path.read_bytes())
    data[100:2000] = os.urandom(1900)
    path.write_bytes(data)

    assert "the file is damaged; put back a copy" in said(f"sqlite:///{path}")


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "publisher.db"
    new_store(path).close()
    engine = create_engine(f"sqlite:///file:{path}?mode=ro&uri=true")

    with (
        pytest.raises(StoreError, match="store here: it cannot be written to; give this user the right"),
        translate_errors("here"),
        engine.begin() as connection,
    ):
        connection.execute(text("DELETE FROM runs"))
    engine.dispose()


def test_a_full_disk_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    with new_store(tmp_path / "publisher.db") as store:
        with store.database.reading() as connection:
            # SQLite treats this limit as if the disk ended there; it applies to the pooled connection.
            connection.exec_driver_sql("PRAGMA max_page_count = 1")

        with pytest.raises(StoreError, match="the disk is full; make room and run again"):
            fail(store, "x" * 100_000, now=NOW)

        assert store.log.end() == 0


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as bound:  # bound and not listening: nobody answers, and nobody else can take the port
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]

        message = said(f"postgresql+psycopg://user:{PASSWORD}@127.0.0.1:{port}/news")

    assert message == (
        "store 'news' on 127.0.0.1: the server cannot be used (Connection refused); "
        "check that it runs and that store.url is right"
    )


@pytest.mark.postgres
def test_a_server_that_has_no_such_database(postgresql_url: str) -> None:
    assert re.search(r'\(FATAL: database "none_\w+" does not exist\)', said(postgresql_url.replace("/test_", "/none_")))


@pytest.mark.postgres
def test_a_user_the_server_does_not_know(postgresql_url: str) -> None:
    url = make_url(postgresql_url).set(username="nobody", password=PASSWORD)

    assert '(FATAL: role "nobody" does not exist)' in said(url.render_as_string(hide_password=False))


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+psycopg://user:{PASSWORD}@host:port/news",
        f"postgresql+psycopg://user:half@{PASSWORD}@host/news",
        f"mysql://user:{PASSWORD}@host/news",
        f"postgresql+psycopg2://user:{PASSWORD}@host/news",
        f"{PASSWORD}",
        f"postgresql+psycopg://127.0.0.1:1/news?password={PASSWORD}",
    ],
)
def test_a_url_that_is_wrong_is_not_repeated(url: str) -> None:
    assert re.match(r"store[ .]", said(url))


def test_wrong_sql_is_a_bug_and_keeps_its_traceback() -> None:
    engine = create_engine("sqlite://")
    with (
        pytest.raises(OperationalError, match="no such table"),
        translate_errors("here"),
        engine.connect() as connection,
    ):
        connection.execute(text("SELECT * FROM nowhere"))
    engine.dispose()


def test_places_are_named_without_what_is_secret() -> None:
    assert place_of(make_url("sqlite:////srv/news/publisher.db")) == "/srv/news/publisher.db"
    assert place_of(make_url("sqlite://")) == ":memory:"
    assert place_of(make_url(f"postgresql+psycopg://u:{PASSWORD}@db.example.org/news")) == "'news' on db.example.org"
    assert place_of(make_url(f"postgresql+psycopg:///news?host=/run/pg&password={PASSWORD}")) == "'news' on /run/pg"


@pytest.mark.parametrize(
    ("address", "language", "words"),
    [("ada@example.org", "en", "unique"), ("ben@example.org", None, "null")],
    ids=["a key that is taken", "a value that is missing"],
)
def test_a_traceback_shows_no_value_of_a_row(store: Store, address: str, language: str | None, words: str) -> None:
    """A traceback may end in a log, which must contain no subscriber's address. PostgreSQL adds lines with the whole
    row.
    """
    new = {"number": 7, "address": address, "language": language, "since": NOW, "came_at": NOW, "bounce_mark": "7"}
    known = {**new, "number": 6, "address": "ada@example.org", "language": "en", "bounce_mark": "6"}
    with store.database.writing() as connection:
        connection.execute(insert(subscribers).values(known))

    with pytest.raises(IntegrityError) as caught, store.database.writing() as connection:
        connection.execute(insert(subscribers).values(new))

    told = "".join(traceback.format_exception(caught.value))
    assert "INSERT INTO subscribers" in told
    assert words in told.lower()
    assert address.partition("@")[0] not in told.replace("Traceback", "")
