"""What lies compressed beside each public text is that text, and changes only with it."""

import gzip
from pathlib import Path

import pytest

from tests.world import CONFIG, NOW, World, news

PACKED = (".html", ".xml", ".json", ".css", ".opml")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A site that has published, with compressed copies."""
    listing = "\n\n".join([news("3 March 2026", "One.", theme="Asylum"), news("2 March 2026", "Two.")])
    world = World(tmp_path / "site", listing, config=CONFIG + "\n[feeds]\nprecompress = true\n")
    assert 0 == world.publisher("run", at=NOW).exit_code
    return world


def assert_twins(world: World) -> None:
    files = world.contents()
    texts = {name for name in files if name.endswith(PACKED)}
    assert {f"{name}.gz" for name in texts} == {name for name in files if name.endswith(".gz")}
    assert [] == [name for name in texts if gzip.decompress(files[f"{name}.gz"]) != files[name]]


def test_each_text_has_a_twin_and_only_with_it_it_changes(world: World) -> None:
    before = world.files()
    assert_twins(world)

    world.list_above(news("4 March 2026", "Three.", theme="Asylum"))
    world.publisher("run", at=NOW)

    assert_twins(world)
    after = world.files()
    changed = {name for name, state in before.items() if name.startswith("feeds/") and after[name] != state}
    assert {"feeds/asylum/rss.xml", "feeds/asylum/rss.xml.gz"} <= changed
    assert {name for name in changed if not name.endswith(".gz")} == {
        name.removesuffix(".gz") for name in changed if name.endswith(".gz")
    }


def test_same_text_is_the_same_file_compressed(world: World) -> None:
    before = world.files()

    world.publisher("publish", "--all", at=NOW)

    after = world.files()
    assert {name: before[name] for name in before if name.startswith("feeds/")} == {
        name: after[name] for name in after if name.startswith("feeds/")
    }


def test_crash_between_a_text_and_its_twin_is_healed_by_the_next_pass(world: World) -> None:
    """The twin comes first, so the text is still found different."""
    twin, text = world.feeds / "asylum" / "rss.xml.gz", world.feeds / "asylum" / "rss.xml"
    old = text.read_bytes()
    world.list_above(news("4 March 2026", "Three.", theme="Asylum"))
    with world.store() as store:
        before = store.cursor("feeds")
    world.publisher("run", at=NOW)
    new = twin.read_bytes()
    text.write_bytes(old)
    with world.store() as store:
        after = store.cursor("feeds")
        store.move_cursor("feeds", expected=after.seq, seq=before.seq, settings=after.settings)

    world.publisher("publish", at=NOW)

    assert new == twin.read_bytes()
    assert_twins(world)
