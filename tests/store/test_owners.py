"""No command leaves a file that the owner of a site cannot write."""

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.model.departures import SuppressionKind
from publisher.model.errors import StoreError
from publisher.store import Store
from publisher.store.owners import refuse_strangers
from publisher.store.snapshot import put_in_place, take_snapshot
from tests.contract.stories import NOON
from tests.processes import run_python

OTHER = 65533
only_root_can = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")


@pytest.fixture
def site() -> Iterator[Path]:
    """A folder of another user that everybody may enter. (Others may not enter pytest's own folders.)"""
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, OTHER, OTHER)
        Path(folder).chmod(0o755)
        yield Path(folder)


WRITE = """
import os, sys
from pathlib import Path
import publisher.store.migrate  # before the user changes: he may not look where the program is
from publisher.model.errors import StoreError
from publisher.store import Store
from publisher.store.files import Tree, write_folder
folder, user = Path(sys.argv[1]), int(sys.argv[2])
os.setgroups([]), os.setgid(user), os.setuid(user)
with Store.open(f"sqlite:///{folder}/publisher.db") as store, store.exclusive("pass", wait_s=0):
    tree = Tree(folder / "feeds")
    tree.write("themes/asylum/feed.rss", b"...")
    tree.commit()
    write_folder(folder / "outbox", "weekly-1", {"digest.eml": b"..."})
"""


WITHOUT_CAP_CHOWN = """
import ctypes
system = ctypes.CDLL(None)
# as capget(2) says: version 3, this process; twice effective, permitted, inheritable; CAP_CHOWN is the lowest bit
head, capabilities = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
assert system.capget(head, capabilities) == 0
capabilities[0] &= ~1
capabilities[1] &= ~1
assert system.capset(head, capabilities) == 0
"""


def written_by(user: int, site: Path) -> str:
    """Return the error of a program that opens the store and writes what a pass does, or an empty string if there is
    none.
    """
    return run_python(WRITE, str(site), str(user)).stderr.strip()


@only_root_can
@pytest.mark.parametrize("is_there", [True, False])
def test_files_made_by_root_belong_to_the_owner_of_the_site(site: Path, *, is_there: bool) -> None:
    if is_there:
        (site / "publisher.db").touch()
        os.chown(site / "publisher.db", OTHER, OTHER)

    assert "" == written_by(0, site)

    made = sorted(site.rglob("*"))
    assert {"publisher.db", "publisher.db.pass.lock", "feed.rss", "digest.eml"} <= {path.name for path in made}
    assert [] == [path for path in made if (path.stat().st_uid, path.stat().st_gid) != (OTHER, OTHER)]
    assert "" == written_by(OTHER, site)


@only_root_can
def test_a_stranger_is_refused_by_a_line_that_names_owner_and_remedy(site: Path) -> None:
    assert "" == written_by(0, site)
    site.chmod(0o777)
    before = sorted(site.rglob("*"))

    said = written_by(OTHER - 1, site)

    assert said.endswith(
        f"it belongs to user {OTHER}, who could not write what this user would leave; use: "
        f"sudo -u '#{OTHER}' publisher ..., or let a group share its folder (chmod g+ws)"
    )
    assert sorted(site.rglob("*")) == before


@only_root_can
def test_root_that_may_give_nothing_away_is_refused(site: Path) -> None:
    """An example is a container without CAP_CHOWN."""
    done = run_python(WITHOUT_CAP_CHOWN + WRITE, str(site), "0")

    assert f"it belongs to user {OTHER}, who could not write what root would leave" in done.stderr
    assert [] == list(site.iterdir())


@only_root_can
def test_a_group_that_shares_the_folder_may_write(tmp_path: Path) -> None:
    os.chown(tmp_path, OTHER, OTHER)
    tmp_path.chmod(0o2775)
    program = f"""
import errno
import os
from pathlib import Path
from publisher.model.errors import StoreError
from publisher.store import Store
from publisher.store.files import Tree
os.umask(0o022)
with Store.open("sqlite:///{tmp_path}/publisher.db") as store, store.exclusive("pass", wait_s=0):
    tree = Tree(Path("{tmp_path}/feeds"))
    tree.write("themes/asylum/feed.rss", b"...")
    tree.commit()
"""
    written = run_python(program)

    assert (0, "") == (written.returncode, written.stderr)
    for name, mode in (("publisher.db", 0o660), ("publisher.db.pass.lock", 0o664)):
        found = (tmp_path / name).stat()
        assert (found.st_gid, stat.S_IMODE(found.st_mode)) == (OTHER, mode), name
    for name in ("feeds", "feeds/themes/asylum"):
        found = (tmp_path / name).stat()
        assert (found.st_gid, stat.S_IMODE(found.st_mode)) == (OTHER, 0o2775), name


def test_whatever_holds_addresses_is_read_by_its_owner_alone(tmp_path: Path) -> None:
    """This holds also while the database is in use, for a copy of it, and after a restore."""
    database = tmp_path / "publisher.db"
    before = os.umask(0o022)
    try:
        with Store.open(f"sqlite:///{database}") as store:
            store.people.suppressions.add("ada@example.org", SuppressionKind.OPERATOR, now=NOON)
            take_snapshot(database, tmp_path / "copy")
            names = {path.name for path in tmp_path.iterdir() if path.suffix != ".lock"}
            assert {f"publisher.db{end}" for end in ("", "-wal", "-shm", ".departures", ".key")} <= names
            assert_private(tmp_path)
        (tmp_path / "new").write_bytes((tmp_path / "copy").read_bytes())
        put_in_place(tmp_path / "new", database)
        database.unlink()
        (tmp_path / "copy").chmod(0o644)
        put_in_place(tmp_path / "copy", database)
        assert_private(tmp_path)
    finally:
        os.umask(before)


def assert_private(folder: Path) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir() if path.suffix != ".lock"}
    assert dict.fromkeys(modes, 0o600) == modes


def test_the_owner_is_let_pass(tmp_path: Path) -> None:
    refuse_strangers(tmp_path / "publisher.db")
    Store.open(f"sqlite:///{tmp_path / 'publisher.db'}").close()
    refuse_strangers(tmp_path / "publisher.db")


@only_root_can
def test_a_full_disk_is_one_line_when_root_makes_the_database(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "touch", refuse)

    with pytest.raises(StoreError, match=r"store .*/publisher\.db: the disk is full: free some space and run again"):
        Store.open(f"sqlite:///{site}/publisher.db")
