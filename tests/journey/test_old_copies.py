"""Compressed copies that an earlier version made beside public files are removed by the first publishing pass."""

import gzip
from pathlib import Path

import pytest

from tests.world import CONFIG, NOW, World, news

COPIES = (".gz", ".br")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A site that has published an edition, and more items than its feeds contain."""
    listing = "\n\n".join([news(f"{day} March 2026", f"Item {day}.", theme="Asylum") for day in (3, 2, 1)])
    return World.after_run(tmp_path / "site", listing, config=f"{CONFIG}\n[feeds]\nlimit = 1\n")


def lay_copies(world: World) -> None:
    """Make what an earlier version left: copies of every file, with outdated content."""
    for name in world.contents():
        for suffix in COPIES:
            (world.feeds / f"{name}{suffix}").write_bytes(gzip.compress(b"stale", mtime=0))


def test_no_file_has_a_copy(world: World) -> None:
    assert [] == [name for name in world.contents() if name.endswith(COPIES)]


def test_full_pass_removes_the_copies_of_an_earlier_version(world: World) -> None:
    """The copies of archives and of pages of editions, which are not rewritten, are included."""
    before = world.contents()
    assert {"asylum/archive/1/rss.xml", "archive/weekly/1.html"} <= before.keys()
    lay_copies(world)

    outcome = world.publisher("publish", "--all", at=NOW)

    assert (0, ["nothing new"]) == (outcome.exit_code, outcome.lines)
    assert before == world.contents()


def test_first_pass_of_a_new_store_removes_old_copies_too(world: World) -> None:
    """An operator who must begin with a new store keeps the folder."""
    before = world.contents().keys()
    lay_copies(world)
    world.lose_store()

    world.publisher("run", "--fresh", at=NOW)

    # Its first edition has a new number. The page of the forgotten one stays.
    added = {"archive/weekly/2.html", "archive/weekly/1.html.gz", "archive/weekly/1.html.br"}
    assert before | added == world.contents().keys()


def test_files_of_others_stay(world: World) -> None:
    lay_copies(world)
    names = ("assets/logo.svg", "assets/logo.svg.gz", "humans.txt", "humans.txt.gz", "all/data.csv.br")
    others = dict.fromkeys(names, b"theirs")
    for name, data in others.items():
        (world.feeds / name).parent.mkdir(exist_ok=True)
        (world.feeds / name).write_bytes(data)

    world.publisher("publish", "--all", at=NOW)

    left = world.contents()
    assert others == {name: left[name] for name in names}
    assert [] == [name for name in left.keys() - others.keys() if name.endswith(COPIES)]


def test_rehearsal_leaves_old_copies(world: World) -> None:
    lay_copies(world)
    before = world.contents()

    world.publisher("publish", "--all", "--dry-run", at=NOW)

    assert before == world.contents()
