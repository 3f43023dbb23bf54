"""Nobody leaves a file that the owner of a site cannot write."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from publisher.model.errors import StoreError
from publisher.store import Store
from publisher.store.owners import refuse_strangers

OTHER = 65533
only_root_can = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")


@only_root_can
@pytest.mark.parametrize("is_there", [True, False])
def test_root_is_refused_by_a_line_that_names_owner_and_remedy(tmp_path: Path, *, is_there: bool) -> None:
    store = tmp_path / "publisher.db"
    if is_there:
        store.touch()
        os.chown(store, OTHER, OTHER)
    os.chown(tmp_path, OTHER, OTHER)
    before = sorted(tmp_path.iterdir())

    with pytest.raises(StoreError) as caught:
        Store.open(f"sqlite:///{store}")

    assert str(caught.value) == (
        f"store {store}: it belongs to user {OTHER}, who could not write what root would leave; "
        f"use: sudo -u '#{OTHER}' publisher ..., or let a group share its folder (chmod g+ws)"
    )
    assert sorted(tmp_path.iterdir()) == before


@only_root_can
def test_a_group_that_shares_the_folder_may_write(tmp_path: Path) -> None:
    os.chown(tmp_path, OTHER, OTHER)
    tmp_path.chmod(0o2775)
    program = f"""
import os
from pathlib import Path
from publisher.store import Store
from publisher.store.files import Tree
os.umask(0o022)
with Store.open("sqlite:///{tmp_path}/publisher.db") as store, store.exclusive("pass", wait_s=0):
    tree = Tree(Path("{tmp_path}/feeds"))
    tree.write("themes/asylum/feed.rss", b"...")
    tree.commit()
"""
    subprocess.run([sys.executable, "-c", program], check=True)

    for name in ("publisher.db", "publisher.db.pass.lock"):
        found = (tmp_path / name).stat()
        assert (found.st_gid, stat.S_IMODE(found.st_mode)) == (OTHER, 0o664), name
    for name in ("feeds", "feeds/themes/asylum"):
        found = (tmp_path / name).stat()
        assert (found.st_gid, stat.S_IMODE(found.st_mode)) == (OTHER, 0o2775), name


def test_the_owner_is_let_pass(tmp_path: Path) -> None:
    refuse_strangers(tmp_path / "publisher.db")
    Store.open(f"sqlite:///{tmp_path / 'publisher.db'}").close()
    refuse_strangers(tmp_path / "publisher.db")
