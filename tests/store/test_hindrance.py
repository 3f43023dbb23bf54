"""The reason why a store cannot be written is named, with the command that fixes it."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from publisher.model.errors import StoreError
from publisher.store import Store
from publisher.store.hindrance import find_hindrance
from tests.databases import empty_sqlite, new_store
from tests.processes import run_python

OWNER = 65533
OPEN = """
import os, sys
import publisher.store.migrate  # before the user changes: he may not look where the program is
from publisher.store import Store
os.setgroups([]), os.setgid(65533), os.setuid(65533)
with Store.open(f"sqlite:///{sys.argv[1]}") as store, store.exclusive("pass", wait_s=0):
    with store.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM runs")
"""
KILLED = """
import os, sqlite3, sys
os.setgroups([]), os.setgid(65533), os.setuid(65533)
sqlite3.connect(sys.argv[1]).execute("CREATE TABLE x (y)")
os._exit(9)
"""
only_root_can = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")


@pytest.fixture
def database() -> Iterator[Path]:
    """The store of another user, whose process was killed while it had the store open."""
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, OWNER, OWNER)
        Path(folder).chmod(0o755)
        database = Path(folder) / "publisher.db"
        database.write_bytes(empty_sqlite())
        database.chmod(0o600)
        os.chown(database, OWNER, OWNER)
        subprocess.run([sys.executable, "-c", KILLED, str(database)], check=False)
        yield database


def said(database: Path) -> str:
    """Return the error that the owner of a store gets when he opens it and writes to it, or an empty string if he gets
    none.
    """
    said = run_python(OPEN, str(database)).stderr
    return said.strip().rpartition("\n")[2].removeprefix("publisher.model.errors.StoreError: ")


@only_root_can
def test_leftovers_of_a_killed_program_do_no_harm(database: Path) -> None:
    assert database.with_name("publisher.db-shm").exists()

    assert "" == said(database)


@only_root_can
@pytest.mark.parametrize("ending", ["-shm", "-wal"])
def test_files_of_another_user_beside_the_store_are_named(database: Path, ending: str) -> None:
    left = database.with_name(f"publisher.db{ending}")
    os.chown(left, 0, 0)
    left.chmod(0o644)

    assert said(database) == (
        f"store {database}: publisher.db{ending} was left by root, and user {OWNER} cannot write it; "
        f"as root: chown {OWNER} {left}"
    )

    os.chown(left, OWNER, OWNER)
    assert "" == said(database)


@only_root_can
@pytest.mark.parametrize("name", ["publisher.db", "publisher.db-shm", "publisher.db.pass.lock"])
def test_a_file_that_became_read_only_is_named(database: Path, name: str) -> None:
    path = database.with_name(name)
    path.touch()
    os.chown(path, OWNER, OWNER)
    path.chmod(0o444)

    assert said(database).endswith(f": {path} cannot be written to; use: chmod u+rw {path}")


@only_root_can
def test_a_folder_that_may_not_be_written_is_named(database: Path) -> None:
    assert "" == said(database)
    os.chown(database.parent, 0, 0)
    for left in database.parent.glob("publisher.db*"):
        if left != database:
            left.unlink()

    assert f": this user may not write in {database.parent}; give it the right to" in said(database)


def disk(*, flags: int = 0, free: int = 1 << 20, places: int = 9) -> Callable[[object], object]:
    """Return a function that describes a disk as `statvfs` does, because tests can neither fill nor mount a disk."""
    return lambda _: SimpleNamespace(f_flag=flags, f_bavail=free, f_frsize=4096, f_files=10, f_favail=places)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (disk(free=3), "the disk is full; make room and run again ({} has 12 kB left)"),
        (disk(places=0), "the disk is full; remove files and run again ({} has no place for more)"),
        (
            disk(flags=os.ST_RDONLY),
            "the file system of {} is read-only; look why, and mount it so that it can be written",
        ),
        (disk(), None),
    ],
    ids=["full", "no inodes", "read-only", "well"],
)
def test_a_disk_that_cannot_be_written_is_told_from_one_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: Callable[[object], object], told: str | None
) -> None:
    monkeypatch.setattr(os, "statvfs", found)

    assert find_hindrance(tmp_path / "publisher.db") == (told and told.format(tmp_path))


def test_a_folder_that_is_not_there_and_one_in_the_place_of_the_file(tmp_path: Path) -> None:
    assert find_hindrance(tmp_path / "none" / "publisher.db") == (
        f"there is no folder {tmp_path / 'none'}; make it, or name another file in store.url"
    )
    assert find_hindrance(tmp_path) == "a folder is in its place; move it away, or name another file in store.url"


def test_a_damaged_first_page_is_not_taken_for_a_wrong_name_alone(tmp_path: Path) -> None:
    database = tmp_path / "publisher.db"
    new_store(database).close()
    with database.open("r+b") as file:
        file.write(b"\0" * 100)

    with pytest.raises(StoreError, match="its first page is damaged; put back a copy"):
        Store.open(f"sqlite:///{database}")
