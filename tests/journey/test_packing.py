"""What lies compressed beside each public text is that text, changes only with it, and is never older than it."""

import gzip
from pathlib import Path

import brotli
import pytest

from publisher.publish.packing import COPIES, PACKED
from tests.world import CONFIG, NOW, FileState, World, news

UNPACKED = {".gz": gzip.decompress, ".br": brotli.decompress}


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A site that has published more than its feeds hold."""
    listing = "\n\n".join([news(f"{day} March 2026", f"Item {day}.", theme="Asylum") for day in (3, 2, 1)])
    world = World(tmp_path / "site", listing, config=f"{CONFIG}\n[feeds]\nlimit = 1\n")
    assert 0 == world.publisher("run", at=NOW).exit_code
    return world


def public(world: World) -> dict[str, FileState]:
    return {name: state for name, state in world.files().items() if name.startswith("feeds/")}


def assert_copies(world: World) -> None:
    """Each text has its copies, and nothing else has any."""
    files = {name: (world.folder / name).read_bytes() for name in public(world)}
    texts = {name for name in files if name.endswith(PACKED)}
    assert {f"{name}{suffix}" for name in texts for suffix in COPIES} == {
        name for name in files if name.endswith(tuple(COPIES))
    }
    wrong = [
        f"{name}{suffix}"
        for name in texts
        for suffix, unpack in UNPACKED.items()
        if unpack(files[f"{name}{suffix}"]) != files[name]
    ]
    assert [] == wrong


def test_each_text_has_copies_and_only_with_it_they_change(world: World) -> None:
    before = public(world)
    assert_copies(world)

    world.list_above(news("4 March 2026", "Another.", theme="Asylum"))
    world.publisher("run", at=NOW)

    assert_copies(world)
    after = public(world)
    changed = {name for name, state in before.items() if after[name] != state}
    texts = {name for name in changed if name.endswith(PACKED)}
    assert "feeds/asylum/rss.xml" in texts
    assert changed == texts | {f"{name}{suffix}" for name in texts for suffix in COPIES}


def test_same_text_is_the_same_file_compressed(world: World) -> None:
    before = public(world)

    world.publisher("publish", "--all", at=NOW)

    assert before == public(world)


def test_report_counts_texts(world: World) -> None:
    for path in world.feeds.rglob("*.*"):
        path.unlink()

    outcome = world.publisher("publish", at=NOW)

    assert [f"publish: 3 feeds, {len(world.contents())} files written"] == outcome.lines
    assert_copies(world)


@pytest.mark.parametrize("suffix", COPIES)
def test_crash_between_a_copy_and_its_text_is_healed_by_the_next_pass(world: World, suffix: str) -> None:
    """Copies come first, so the text is still found different."""
    text = world.feeds / "asylum" / "rss.xml"
    old = text.read_bytes()
    world.list_above(news("4 March 2026", "Another.", theme="Asylum"))
    with world.store() as store:
        before = store.cursor("feeds")
    world.publisher("run", at=NOW)
    text.write_bytes(old)
    if suffix == ".gz":  # the first of them: the other one was not there yet either
        text.with_name("rss.xml.br").write_bytes(brotli.compress(old))
    with world.store() as store:
        after = store.cursor("feeds")
        store.move_cursor("feeds", expected=after.seq, seq=before.seq, settings=after.settings)

    world.publisher("publish", at=NOW)

    assert old != text.read_bytes()
    assert_copies(world)


def test_copies_no_longer_wanted_go_and_come_back(world: World) -> None:
    """Archives, which no pass writes again, among them."""
    whole = world.files()
    world.configure("limit = 1", "limit = 1\nprecompress = false")
    world.publisher("publish", at=NOW)
    assert [] == [name for name in public(world) if name.endswith(tuple(COPIES))]
    assert "feeds/asylum/archive/1/rss.xml" in public(world)

    world.configure("precompress = false", "precompress = true")
    world.publisher("publish", at=NOW)

    assert_copies(world)
    assert {name for name in whole if name.startswith("feeds/")} == set(public(world))
