"""The main job: a listing becomes feeds, pages and one edition; afterwards only changes are processed."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import struct_time
from typing import Any

import pytest

from tests.world import NOW, SAMPLE, World, news

SLUGS = {
    "all",
    "asylum",
    "borders-visa",
    "cross-sectional",
    "economic-migration",
    "general",
    "international-protection",
    "migration",
    "regularization",
    "return-readmission",
    "vulnerable-groups",
}
"""The slugs of nine themes, of the items without a theme, and of all items."""
LATER = NOW + timedelta(days=7)
ITEM = re.compile(r"^(?=[0-3][0-9] [A-Z][a-z]+ [12][0-9]{3}\s*$)", re.MULTILINE)
BACK_DATED = news("2 March 2020", "Back-dated words about the border.", theme="Borders & Visa", keywords="late, news")
WITHOUT_THEME = news("3 March 2026", "Words without a theme.")
OF_TWO_THEMES = news("3 March 2026", "Words of two themes.", theme="Asylum, Migration")


@pytest.fixture(params=["sample", "real"], scope="module")
def listing(request: pytest.FixtureRequest) -> str:
    """The shipped listing, and the listing that its organisation publishes."""
    path: Path = SAMPLE if request.param == "sample" else request.getfixturevalue("real_listing")
    return path.read_text("utf-8")


@pytest.fixture(scope="module")
def after_first_run(listing: str, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A site after its first run, which other fixtures copy."""
    world = World(tmp_path_factory.mktemp("first") / "site", listing)
    assert 0 == world.publisher("run", at=NOW).exit_code
    return world


@pytest.fixture
def done(after_first_run: World, tmp_path: Path) -> World:
    """A copy of the site after its first run."""
    return after_first_run.copied_to(tmp_path / "site")


def items_in(world: World) -> list[str]:
    """Return the items of the listing, each as it is written."""
    return [block for block in ITEM.split(world.listing.read_text("utf-8")) if block.strip()]


def dated(world: World, day: str) -> str:
    """Return the only item of this day."""
    [block] = [block for block in items_in(world) if block.startswith(day)]
    return block


def instant(parsed: struct_time) -> datetime:
    return datetime(*parsed[:6], tzinfo=UTC)


def changed(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> set[str]:
    """Return the files that are new, gone or different."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def test_first_run_makes_every_feed_and_one_edition_of_all_items(
    listing: str, after_first_run: World, tmp_path: Path
) -> None:
    world = World(tmp_path / "site", listing)

    outcome = world.publisher("run", at=NOW)

    assert [
        "collect: 25 added",
        f"publish: 11 feeds, {len(world.contents()) - 4} files written",  # the digest's page and feed come later
        "compose: weekly-1 with 25 items",
    ] == outcome.lines
    assert (0, "") == (outcome.exit_code, outcome.err)
    assert world.slugs() == SLUGS
    assert world.slugs() == {path.parent.name for path in world.feeds.glob("*/rss.xml")}
    assert 25 == len(world.feed("all").entries)
    assert [25] == world.composed()
    assert {"digest.eml", "digest.html", "digest.txt", "edition.json"} == {
        path.name for path in (world.outbox / "weekly-1").iterdir()
    }
    for part in ("feeds", "outbox"):
        assert after_first_run.contents(part) == world.contents(part), "two sites of one listing are equal"


def test_items_are_in_the_feeds_of_their_themes_and_nowhere_else(done: World) -> None:
    members = {slug: len(done.feed(slug).entries) for slug in SLUGS}

    assert 25 == members.pop("all")
    assert 5 == members.pop("general")
    assert 20 == sum(members.values())
    assert all(members.values())


def test_a_run_is_kept_with_its_time_and_its_problems(done: World) -> None:
    with done.store() as store:
        (run,) = store.runs.latest(limit=1)

    assert ("run", NOW, NOW, 0, ()) == (run.verb, run.started, run.finished, run.exit_code, run.problems)


def test_second_run_says_nothing_new_and_writes_no_byte(done: World) -> None:
    before = done.files()

    outcome = done.publisher("run", at=LATER)

    assert ("nothing new\n", "", 0) == (outcome.out, outcome.err, outcome.exit_code)
    assert before == done.files()


def test_every_single_verb_leaves_a_finished_site_untouched(done: World) -> None:
    before = done.files()

    for verb in ("collect", "publish", "compose"):
        assert "nothing new\n" == done.publisher(verb, at=LATER).out

    assert before == done.files()


def test_three_more_items_are_in_exactly_the_right_feeds_and_in_one_edition(done: World) -> None:
    before = done.contents()
    done.list_above(WITHOUT_THEME, OF_TWO_THEMES, BACK_DATED)

    outcome = done.publisher("run", at=LATER)

    assert ["collect: 3 added", "compose: weekly-2 with 3 items"] == [outcome.lines[0], outcome.lines[-1]]
    assert {"all", "borders-visa"} == done.in_feeds("Back-dated words")
    assert {"all", "general"} == done.in_feeds("Words without a theme")
    assert {"all", "asylum", "migration"} == done.in_feeds("Words of two themes")
    assert [25, 3] == done.composed()
    touched = {name.split("/")[0] for name in changed(before, done.contents()) if name.endswith("rss.xml")}
    assert {"all", "borders-visa", "general", "asylum", "migration", "archive"} == touched
    [item] = [item for item in done.feed("borders-visa").entries if "Back-dated" in item.title]
    assert datetime(2020, 3, 2, 11, tzinfo=UTC) == instant(item.published_parsed), "it keeps its own day"
    assert ["borders-visa", "late", "news"] == [tag.term for tag in item.tags]


def test_edited_item_changes_its_feeds_alone_and_is_updated_when_we_learnt_of_it(
    done: World,
) -> None:
    before, ids, page = done.contents(), done.ids(), dated(done, "15 June 2021")
    done.edit(page, page.replace("2020.", "2020, as corrected."))

    outcome = done.publisher("run", at=LATER)

    assert "collect: 1 revised" == outcome.lines[0]
    assert ids == done.ids()
    assert {"all", "cross-sectional"} == done.in_feeds("as corrected")
    touched = {name.split("/")[0] for name in changed(before, done.contents()) if name.endswith("rss.xml")}
    assert {"all", "cross-sectional"} == touched
    assert [25] == done.composed()
    [revised] = [item for item in done.feed("all").entries if item.updated_parsed != item.published_parsed]
    assert LATER == instant(revised.updated_parsed)
    assert "2021-06-15" == revised.published[:10]


def test_item_taken_out_of_the_listing_leaves_the_feeds_and_is_itself_again_when_it_comes_back(done: World) -> None:
    ids, listing, names = done.ids(), done.listing.read_text("utf-8"), done.contents().keys()
    block = dated(done, "28 July 2021")
    [gone] = [item for item in done.feed("all").entries if item.published.startswith("2021-07-28")]
    done.edit(block, "")

    outcome = done.publisher("run", at=LATER)

    assert "collect: 1 withdrawn" == outcome.lines[0]
    assert not any(gone.id in ids for ids in done.ids().values())
    assert 24 == len(done.feed("all").entries)
    assert "This item was withdrawn" in done.page_at(gone.link)
    assert gone.title not in done.page_at(gone.link)
    assert "" == done.page_at(f"{gone.link}.gone")
    assert [25] == done.composed()
    assert 1 == len(done.contents().keys() - names)  # the file that tells web servers that the page is gone

    done.listing.write_text(listing, encoding="utf-8")
    done.publisher("run", at=LATER + timedelta(days=1))

    assert ids == done.ids()
    assert names == done.contents().keys()
    assert [25] == done.composed()


def test_readers_get_back_every_item_of_every_feed_in_both_formats(done: World) -> None:
    themes: dict[str, set[str]] = {}
    for slug in SLUGS:
        atom, rss = done.feed(slug, "atom"), done.feed(slug, "rss")
        assert [seen(item) for item in atom.entries] == [seen(item) for item in rss.entries]
        published = [item.published_parsed for item in atom.entries]
        assert sorted(published, reverse=True) == published
        assert len(published) == len(set(published))
        for item in atom.entries:
            themes.setdefault(item.id, set()).add(slug)
            assert item.title
            assert done.page_at(item.link)
            assert instant(item.published_parsed) == instant(item.updated_parsed)
    assert 25 == len(themes)
    for item in done.feed("all").entries:
        assert themes[item.id] - {"all"} == {tag.term for tag in item.tags} & SLUGS


def seen(item: Any) -> tuple[Any, ...]:
    """Return what both feed formats must say equally about an item."""
    return (
        item.id,
        item.title,
        item.link,
        item.published_parsed,
        sorted(tag.label or tag.term for tag in item.tags),
    )


def test_emptied_feeds_folder_is_filled_again_with_the_same_bytes(done: World) -> None:
    before = done.contents()
    for path in done.feeds.rglob("*.*"):
        path.unlink()

    outcome = done.publisher("run", at=LATER)

    assert [f"publish: 11 feeds, {len(before)} files written"] == outcome.lines
    assert before == done.contents()
    assert [25] == done.composed()
