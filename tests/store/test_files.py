import errno
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.model.errors import FilesError
from publisher.store.disk_errors import ADVICE, STAGING, explain_errors
from publisher.store.files import BATCH_FILES, Tree, write_folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "feeds"


@pytest.fixture
def strict_umask() -> Iterator[None]:
    old = os.umask(0o077)
    yield
    os.umask(old)


def published(root: Path, **files: bytes) -> Tree:
    tree = Tree(root)
    for name, data in files.items():
        tree.write(name, data)
    tree.commit()
    return tree


def names(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*")}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestTree:
    def test_readers_see_files_after_the_commit_only(self, root: Path) -> None:
        tree = Tree(root)

        assert tree.write("all/rss.xml", b"new")
        assert not (root / "all").exists()
        tree.commit()

        assert (root / "all/rss.xml").read_bytes() == b"new"
        assert names(root) == {"all", "all/rss.xml"}

    @pytest.mark.usefixtures("strict_umask")
    def test_a_web_server_may_read_whatever_the_umask(self, root: Path) -> None:
        published(root, **{"a/b/page.html": b"x"})

        assert mode(root / "a/b/page.html") == 0o644
        assert [mode(root / name) for name in (".", "a", "a/b")] == [0o755] * 3

    @pytest.mark.usefixtures("strict_umask")
    def test_a_directory_a_killed_process_had_only_begun_is_taken_up(self, root: Path) -> None:
        published(root, **{"index.html": b"x"})
        (root / ".all.new").mkdir()

        published(root, **{"all/page.html": b"x"})

        assert names(root) == {"index.html", "all", "all/page.html"}
        assert mode(root / "all") == 0o755

    def test_an_unchanged_file_is_not_touched(self, root: Path) -> None:
        published(root, page=b"same")
        before = (root / "page").stat()

        tree = Tree(root)
        assert not tree.write("page", b"same")
        tree.commit()

        after = (root / "page").stat()
        assert (after.st_ino, after.st_mtime_ns, after.st_ctime_ns) == (
            before.st_ino,
            before.st_mtime_ns,
            before.st_ctime_ns,
        )
        assert names(root) == {"page"}

    def test_removals_happen_at_the_commit_in_order(self, root: Path) -> None:
        published(root, page=b"old", copy=b"old")

        tree = Tree(root)
        assert tree.remove("copy")
        assert not tree.remove("other")
        assert tree.write("page", b"new")
        assert (names(root), tree.has("copy")) == ({"page", "copy", STAGING, f"{STAGING}/000001"}, False)
        tree.commit()

        assert (names(root), (root / "page").read_bytes()) == ({"page"}, b"new")

    def test_a_removed_file_may_be_written_again_and_a_written_one_removed(self, root: Path) -> None:
        tree = published(root, page=b"old")

        tree.remove("page")
        tree.write("page", b"new")
        tree.write("copy", b"new")
        tree.remove("copy")
        tree.commit()

        assert {"page": b"new"} == {path.name: path.read_bytes() for path in root.iterdir()}

    @pytest.mark.parametrize("path", ["../page", "link", "folder/page"])
    def test_nothing_outside_goes_away(self, root: Path, path: str) -> None:
        published(root, page=b"kept")
        (root / "link").symlink_to(root / "page")
        (root / "folder").symlink_to(root)

        with pytest.raises(FilesError):
            Tree(root).remove(path)

        assert b"kept" == (root / "page").read_bytes()

    def test_nothing_is_created_when_nothing_is_written(self, root: Path) -> None:
        Tree(root).commit()

        assert not root.exists()

    def test_leftovers_of_a_killed_process_are_removed_at_the_start(self, root: Path) -> None:
        Tree(root).write("page", b"never committed")
        assert (root / STAGING).is_dir()

        Tree(root)

        assert names(root) == set()

    def test_of_two_writes_the_later_wins_even_if_it_restores_the_old(self, root: Path) -> None:
        published(root, page=b"old")

        tree = Tree(root)
        tree.write("page", b"new")
        tree.write("page", b"old")
        tree.commit()

        assert (root / "page").read_bytes() == b"old"

    def test_many_files_are_committed_in_batches(self, root: Path) -> None:
        tree = Tree(root)
        for number in range(BATCH_FILES + 3):
            tree.write(f"items/{number}.html", b"%d" % number)

        assert len(names(root / "items")) == BATCH_FILES
        assert len(names(root / STAGING)) == 3
        tree.commit()
        assert names(root / "items") == {f"{number}.html" for number in range(BATCH_FILES + 3)}

    def test_files_appear_in_the_order_they_were_written(self, root: Path) -> None:
        tree = Tree(root)
        tree.write("first", b"1")
        tree.write("second", b"2")
        (root / "second").mkdir()
        tree.write("third", b"3")
        with pytest.raises(FilesError, match="second: a directory is where a file should be"):
            tree.commit()

        assert (root / "first").read_bytes() == b"1"
        assert not (root / "third").exists()
        assert not (root / STAGING).exists()

    @pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "./a", f"{STAGING}/x", "a\0b"])
    def test_a_path_cannot_leave_the_tree(self, root: Path, path: str) -> None:
        with pytest.raises(FilesError, match="not a path inside"):
            Tree(root).write(path, b"x")

    @pytest.mark.parametrize("path", ["link", "link/page"])
    def test_a_symbolic_link_is_refused(self, root: Path, tmp_path: Path, path: str) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        root.mkdir()
        (root / "link").symlink_to(elsewhere)

        with pytest.raises(FilesError, match="symbolic link"):
            Tree(root).write(path, b"x")
        assert names(elsewhere) == set()

    def test_a_file_in_the_way_is_named(self, root: Path) -> None:
        published(root, all=b"a file")

        with pytest.raises(FilesError, match=r"feeds/all.*a file is where a directory should be"):
            Tree(root).write("all/rss.xml", b"x")

    def test_a_refused_name_says_so_and_leaves_no_half_file(self, root: Path) -> None:
        published(root, page=b"x")

        with pytest.raises(FilesError, match="too long"):
            Tree(root).write("x" * 300, b"x")

        assert names(root) == {"page"}

    def test_a_reader_never_sees_a_torn_file(self, root: Path) -> None:
        versions = {b"a" * 200_000, b"b" * 300_000}
        published(root, page=min(versions))
        seen: set[bytes] = set()
        done = threading.Event()

        def read() -> None:
            while not done.is_set():
                seen.add((root / "page").read_bytes())

        reader = threading.Thread(target=read)
        reader.start()
        for _ in range(30):
            for version in sorted(versions):
                published(root, page=version)
        done.set()
        reader.join()

        assert seen <= versions


class TestWriteFolder:
    @pytest.mark.usefixtures("strict_umask")
    def test_the_folder_appears_whole(self, root: Path) -> None:
        assert write_folder(root, "weekly-1", {"digest.html": b"h", "digest.txt": b"t"})

        assert names(root) == {"weekly-1", "weekly-1/digest.html", "weekly-1/digest.txt"}
        assert mode(root / "weekly-1") == 0o755
        assert mode(root / "weekly-1/digest.html") == 0o644

    def test_an_equal_folder_is_not_touched(self, root: Path) -> None:
        write_folder(root, "weekly-1", {"digest.html": b"h"})
        before = (root / "weekly-1").stat()

        assert not write_folder(root, "weekly-1", {"digest.html": b"h"})

        after = (root / "weekly-1").stat()
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    def test_another_folder_of_that_name_is_replaced_whole(self, root: Path) -> None:
        write_folder(root, "weekly-1", {"digest.html": b"old", "stray": b"x"})

        assert write_folder(root, "weekly-1", {"digest.html": b"new"})

        assert names(root) == {"weekly-1", "weekly-1/digest.html"}
        assert (root / "weekly-1/digest.html").read_bytes() == b"new"

    def test_leftovers_of_a_killed_process_do_no_harm(self, root: Path) -> None:
        (root / STAGING / "weekly-1").mkdir(parents=True)
        (root / STAGING / "weekly-1/digest.html").write_bytes(b"half")

        write_folder(root, "weekly-1", {"digest.html": b"whole"})

        assert names(root) == {"weekly-1", "weekly-1/digest.html"}

    def test_a_failure_leaves_the_old_folder(self, root: Path) -> None:
        write_folder(root, "weekly-1", {"digest.html": b"old"})

        with pytest.raises(FilesError, match="too long"):
            write_folder(root, "weekly-1", {"digest.html": b"new", "x" * 300: b"x"})

        assert names(root) == {"weekly-1", "weekly-1/digest.html"}
        assert (root / "weekly-1/digest.html").read_bytes() == b"old"

    @pytest.mark.parametrize("name", ["..", "a/b", "", STAGING])
    def test_names_are_plain(self, root: Path, name: str) -> None:
        with pytest.raises(FilesError):
            write_folder(root, name, {})
        with pytest.raises(FilesError):
            write_folder(root, "weekly-1", {name: b""})
        assert not root.exists()

    def test_a_linked_folder_is_refused(self, root: Path, tmp_path: Path) -> None:
        root.mkdir()
        (root / "weekly-1").symlink_to(tmp_path)

        with pytest.raises(FilesError, match="symbolic link"):
            write_folder(root, "weekly-1", {"digest.html": b"x"})


@pytest.mark.parametrize("number", sorted(ADVICE), ids=errno.errorcode.__getitem__)
def test_each_refusal_of_the_system_names_the_place_and_the_next_step(number: int) -> None:
    with pytest.raises(FilesError) as caught, explain_errors(Path("feeds/all")):
        raise OSError(number, os.strerror(number))

    assert str(caught.value) == f"feeds/all: {ADVICE[number]}"


def test_an_unforeseen_refusal_is_still_one_line() -> None:
    with (
        pytest.raises(FilesError, match=r"^feeds: too many open files: check the place, then run again$"),
        explain_errors(Path("feeds")),
    ):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
