"""Reading from a store, and rehearsing in it, changes nothing and leaves no files."""

import shutil
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from alembic.config import Config
from sqlalchemy import create_engine, text

from publisher.model.errors import StoreError
from publisher.store import Store, migrate, upgrade
from publisher.store.schema import HEAD
from tests.contract.stories import collect, record
from tests.databases import dump
from tests.processes import run_python

NOBODY = 65534


def traces(folder: Path) -> list[tuple[str, int, int, int, bytes]]:
    """Return everything that can be seen of the files in a folder."""
    found = [(path, path.stat()) for path in sorted(folder.iterdir())]
    return [(path.name, stat.st_ino, stat.st_mtime_ns, stat.st_mode, path.read_bytes()) for path, stat in found]


def look(url: str) -> int:
    """Read from a store, and rehearse in it; return the number of items afterwards."""
    with Store.rehearse(url) as rehearsal:
        collect(rehearsal, record("rehearsed"))
        assert not rehearsal.is_held("pass")
        return rehearsal.items.count()


class TestSQLite:
    def test_a_closed_store_is_left_as_it_is(self, sqlite_url: str, tmp_path: Path) -> None:
        with Store.open(sqlite_url) as store:
            collect(store, record("a"))
        before = traces(tmp_path)

        assert look(sqlite_url) == 2

        assert traces(tmp_path) == before

    def test_a_store_at_work_is_seen_as_it_was_committed_last(self, sqlite_url: str, tmp_path: Path) -> None:
        with Store.open(sqlite_url) as store:
            collect(store, record("a"))
            before = [(name, mode) for name, _, _, mode, _ in traces(tmp_path)]

            assert look(sqlite_url) == 2

            assert [(name, mode) for name, _, _, mode, _ in traces(tmp_path)] == before
            collect(store, record("b"))
            assert store.items.count() == 2

    @pytest.mark.parametrize("kept", [("-wal", "-shm"), ("-wal",), ("-shm",)])
    def test_leftovers_of_a_killed_program_are_read_and_kept(
        self, sqlite_url: str, tmp_path: Path, kept: tuple[str, ...]
    ) -> None:
        left = tmp_path / "left"
        left.mkdir()
        with Store.open(sqlite_url) as store:
            collect(store, record("a"))
            for ending in ("", *kept):
                shutil.copy(tmp_path / f"publisher.db{ending}", left)
        names = [trace[0] for trace in traces(left)]
        url = f"sqlite:///{left / 'publisher.db'}"

        if "-wal" in kept:
            assert look(url) == 2
        else:  # the write-ahead log was lost, and with it the changes that only it had
            assert look(url) == 1

        assert [trace[0] for trace in traces(left)] == names

    def test_a_store_that_is_not_there_is_not_made(self, bare_sqlite_url: str, tmp_path: Path) -> None:
        assert look(bare_sqlite_url) == 1
        assert traces(tmp_path) == []

    def test_one_that_may_be_read_only_is_read(self, sqlite_url: str, tmp_path: Path) -> None:
        with Store.open(sqlite_url) as store:
            collect(store, record("a"))
        program = f"""
import os
from publisher.store import Store
if os.getuid() == 0:
    os.setgid({NOBODY}); os.setuid({NOBODY})
with Store.rehearse({sqlite_url!r}) as store:
    print(store.items.count())
"""
        for folder in (tmp_path, *tmp_path.parents):
            with suppress(PermissionError):
                folder.chmod(folder.stat().st_mode | 0o055)
        (tmp_path / "publisher.db").chmod(0o444)  # the owner may decide so: only he can read it
        tmp_path.chmod(0o555)
        try:
            seen = run_python(program)
        finally:
            tmp_path.chmod(0o755)

        assert (seen.stdout, seen.stderr) == ("1\n", "")

    def test_a_lock_held_elsewhere_is_seen_and_an_idle_one_is_not_made(self, sqlite_url: str, tmp_path: Path) -> None:
        with Store.open(sqlite_url) as store, Store.rehearse(sqlite_url) as rehearsal:
            assert not rehearsal.is_held("service")
            assert not (tmp_path / "publisher.db.service.lock").exists()

            with store.exclusive("service", wait_s=0):
                assert rehearsal.is_held("service")

            assert not rehearsal.is_held("service")

    def test_a_damaged_file_is_named_by_its_own_name(self, tmp_path: Path) -> None:
        path = tmp_path / "publisher.db"
        path.write_bytes(b"no database" * 1000)

        with pytest.raises(StoreError, match=rf"^store {path}: the file is not an SQLite database"):
            look(f"sqlite:///{path}")


def test_a_lock_held_elsewhere_is_seen(durable_url: str) -> None:
    with Store.open(durable_url) as store, Store.rehearse(durable_url) as rehearsal:
        assert not rehearsal.is_held("service")
        with store.exclusive("service", wait_s=0):
            assert rehearsal.is_held("service")


def test_a_database_without_tables_gets_none(bare_url: str) -> None:
    assert look(bare_url) == 1

    with pytest.raises(Exception, match="alembic_version"):
        _execute(bare_url, "SELECT version_num FROM alembic_version")


class TestAnotherVersion:
    def test_a_newer_one_names_the_version_that_is_needed(self, durable_url: str) -> None:
        Store.open(durable_url).close()
        _execute(durable_url, "UPDATE alembic_version SET version_num = 's9999'")
        _execute(durable_url, "UPDATE program SET version = '4.5.6'")

        for opening in (Store.open, look):
            with pytest.raises(
                StoreError, match=r"publisher 4\.5\.6 has changed it .*; install publisher 4\.5\.6 or newer$"
            ):
                opening(durable_url)

    # There is only one migration so far, so the next release's is made up.
    def test_an_older_one_is_migrated_by_a_run_alone_which_keeps_a_copy(
        self, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Store.open(sqlite_url) as store:
            collect(store, record("a"))
            before = dump(store)
        _pretend_later_release(tmp_path / "migrations", monkeypatch)

        with pytest.raises(StoreError, match=rf"older publisher made it \(version {HEAD}\); the next `publisher run`"):
            look(sqlite_url)
        Store.open(sqlite_url).close()

        assert _execute(sqlite_url, "SELECT version_num FROM alembic_version") == "s9998"
        monkeypatch.undo()
        with Store.rehearse(f"{sqlite_url}.{HEAD}") as copy:
            assert dump(copy) == before


def _pretend_later_release(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    (folder / "v9998_later.py").write_text(
        f"revision = 's9998'\ndown_revision = {HEAD!r}\n\n\ndef upgrade() -> None:\n    pass\n"
    )
    given = migrate.alembic_config()

    def config() -> Config:
        given.set_main_option("path_separator", "space")
        given.set_main_option("version_locations", f"publisher.store:migrations/versions {folder}")
        return given

    monkeypatch.setattr(migrate, "alembic_config", config)
    monkeypatch.setattr(upgrade, "HEAD", "s9998")


def _execute(url: str, statement: str) -> object:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            return result.scalar() if result.returns_rows else None
    finally:
        engine.dispose()


def test_a_writer_killed_at_work_is_seen_as_it_was_committed_last(sqlite_url: str, tmp_path: Path) -> None:
    program = f"""
import os, signal
from publisher.store import Store
from tests.contract.stories import collect, record
store = Store.open({sqlite_url!r})
collect(store, record("a"))
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = run_python(program)
    assert killed.returncode == -signal.SIGKILL
    before = [(name, size) for name, size in _sizes(tmp_path)]

    assert look(sqlite_url) == 2

    assert _sizes(tmp_path) == before


def _sizes(folder: Path) -> list[tuple[str, int]]:
    return [(path.name, path.stat().st_size) for path in sorted(folder.iterdir())]
