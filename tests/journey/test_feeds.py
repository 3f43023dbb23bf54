"""Which feeds a site has, which items each contains, and how a feed reader can go back to the first item."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import feedparser
import pytest

from tests.feed_judge import remarks_on
from tests.world import BASE_URL, CONFIG, NOW, FileState, World

ATOM = "{http://www.w3.org/2005/Atom}"
DELETED = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
LATER = NOW + timedelta(days=1)
COMBINED = """
[[feeds.combined]]
name = "ice-en-francais"
title = "Glace"
keywords = ["Ice", "Snow"]
languages = ["fr"]
"""


def item(day: int, text: str, *lines: str) -> str:
    return "\n".join([f"{day} January 2026", text, *lines])


def site(folder: Path, *items: str, feeds: str = "", more: str = "") -> World:
    return World(folder, "\n\n".join(items), config=configured(feeds, more))


def after_run(folder: Path, *items: str, feeds: str = "", more: str = "") -> World:
    """Return a site with these items after a run."""
    return World.after_run(folder / "site", "\n\n".join(items), config=configured(feeds, more))


def configured(feeds: str, more: str) -> str:
    return f"{CONFIG}\n[feeds]\n{feeds}\n{more}"


def kept_parts(world: World) -> dict[str, FileState]:
    """Return the files in the archive folders of feeds. (`feeds/archive/` is something else: it has the pages of past
    digests.)
    """
    return {
        path: state
        for path, state in world.files().items()
        if "/archive/" in path and not path.startswith("feeds/archive/")
    }


def said(world: World, folder: str) -> list[str]:
    return sorted(entry.title for entry in world.feed(folder).entries)


class TestKeywords:
    def test_a_keyword_has_a_feed_once_enough_items_have_it(self, tmp_path: Path) -> None:
        ice = [item(day, f"Ice {day}.", "Keywords: Ice, cold") for day in (3, 2)]
        world = after_run(tmp_path, *ice, feeds="keywords_from = 3")
        assert not (world.feeds / "keywords").exists()

        world.list_above(item(4, "Ice 4.", "Keywords: ice"))
        world.publisher("run", at=LATER)

        assert said(world, "keywords/ice") == ["Ice 2", "Ice 3", "Ice 4"]
        assert [path.name for path in (world.feeds / "keywords").iterdir() if path.is_dir()] == ["ice"]
        assert "keywords/ice/" in (world.feeds / "feeds.opml").read_text("utf-8")

    def test_a_keyword_keeps_its_feed(self, tmp_path: Path) -> None:
        items = [item(day, f"Ice {day}.", "Keywords: ice") for day in (4, 3, 2)]
        world = after_run(tmp_path, *items, item(1, "Older."), feeds="keywords_from = 3")

        world.edit(items[0] + "\n\n", "")
        world.publisher("run", at=LATER)

        assert said(world, "keywords/ice") == ["Ice 2", "Ice 3"]


class TestLanguages:
    def test_each_has_a_feed_once_there_are_two_and_if_not_written_then_by_the_next_pass(self, tmp_path: Path) -> None:
        world = after_run(tmp_path, item(1, "English."))
        assert not (world.feeds / "languages").exists()

        world.list_above(item(2, "Français.", "Language: fr"))
        (world.feeds / "languages").write_text("in the way", "utf-8")
        assert world.publisher("run", at=LATER).problems
        assert "languages/" not in (world.feeds / "feeds.opml").read_text("utf-8")

        (world.feeds / "languages").unlink()
        world.publisher("run", at=LATER)

        assert (said(world, "languages/en"), said(world, "languages/fr")) == (["English"], ["Français"])
        assert world.feed("languages/fr").feed.language == "fr"

    def test_a_site_may_go_without(self, tmp_path: Path) -> None:
        world = after_run(
            tmp_path, item(2, "Français.", "Language: fr"), item(1, "English."), feeds="languages = false"
        )

        assert not (world.feeds / "languages").exists()


class TestCombined:
    ITEMS = (
        item(4, "Glace.", "Language: fr", "Keywords: ice"),
        item(3, "Neige.", "Language: fr", "Keywords: snow"),
        item(2, "Ice.", "Keywords: ice"),
        item(1, "Pluie.", "Language: fr", "Keywords: rain"),
    )

    def test_it_has_the_items_of_its_choice_from_the_start(self, tmp_path: Path) -> None:
        world = after_run(tmp_path, *self.ITEMS, more=COMBINED)

        assert said(world, "ice-en-francais") == ["Glace", "Neige"]

    def test_configured_later_it_has_earlier_items_too(self, tmp_path: Path) -> None:
        world = after_run(tmp_path, *self.ITEMS, more="# later")
        world.configure("# later", COMBINED)
        world.publisher("run", at=LATER)
        assert said(world, "ice-en-francais") == ["Glace", "Neige"]

        world.configure('languages = ["fr"]', 'languages = ["en"]')
        world.publisher("run", at=LATER)
        assert said(world, "ice-en-francais") == ["Ice"]

    def test_a_theme_of_its_name_is_a_problem_that_is_told(self, tmp_path: Path) -> None:
        named = item(5, "A theme.", "Main Theme: Ice en francais")
        world = site(tmp_path, named, *self.ITEMS, more=COMBINED)

        done = world.publisher("run", at=NOW)

        assert done.exit_code == 2
        (problem,) = done.problems
        assert problem.startswith("problem: feeds.combined.ice-en-francais: a theme is called ice-en-francais as well")
        assert said(world, "ice-en-francais") == ["A theme"]


def only_what_changed(world: World, before: Mapping[str, FileState]) -> set[str]:
    """Return the folders of feeds in which a file was written."""
    touched = [path for path, state in world.files().items() if before.get(path) != state]
    return {path.removeprefix("feeds/").rpartition("/")[0] for path in touched if path.endswith("rss.xml")}


def test_only_the_feeds_that_changed_are_touched(tmp_path: Path) -> None:
    old = [item(day, f"Snow {day}.", "Keywords: snow", "Main Theme: Weather", "Language: fr") for day in (3, 2, 1)]
    ice = [item(day, f"Ice {day}.", "Keywords: ice", "Main Theme: Sea") for day in (6, 5, 4)]
    world = after_run(tmp_path, *ice, *old)
    before = dict(world.files())

    world.list_above(item(7, "Ice 7.", "Keywords: ice", "Main Theme: Sea"))
    world.publisher("run", at=LATER)

    assert only_what_changed(world, before) == {"all", "sea", "keywords/ice", "languages/en", "archive/weekly"}


def walk(world: World, path: str) -> Iterator[tuple[str, feedparser.FeedParserDict]]:
    """Yield a feed and the documents of its archive, as a feed reader goes back through them."""
    while path:
        parsed = feedparser.parse((world.feeds / path).read_bytes())
        assert not parsed.bozo
        yield path, parsed
        previous = [link.href for link in parsed.feed.links if link.rel == "prev-archive"]
        path = previous[0].removeprefix(BASE_URL) if previous else ""


class TestArchive:
    """Archives of feeds (RFC 5005 section 4)."""

    @pytest.fixture
    def world(self, tmp_path: Path) -> World:
        return after_run(tmp_path, *(item(day, f"Item {day}.") for day in range(25, 0, -1)), feeds="limit = 4")

    @pytest.mark.parametrize("name", ["rss.xml", "atom.xml"])
    def test_a_reader_walks_back_to_the_first_item(self, world: World, name: str) -> None:
        walked = list(walk(world, f"all/{name}"))

        ids = {entry.id for _, parsed in walked for entry in parsed.entries}
        assert len(ids) == 25
        assert [("archive" in path) for path, _ in walked] == [False] + [True] * (len(walked) - 1)
        for path, parsed in walked:
            links = {link.rel: link.href for link in parsed.feed.links}
            assert links["self"] == f"{BASE_URL}{path}"
            assert links.get("current") == (f"{BASE_URL}all/{name}" if "archive" in path else None)

    def test_json_leads_back_as_well(self, world: World) -> None:
        ids, path = set(), "all/feed.json"
        while path:
            feed = json.loads((world.feeds / path).read_bytes())
            ids |= {one["id"] for one in feed["items"]}
            path = feed.get("next_url", "").removeprefix(BASE_URL)

        assert len(ids) == 25

    def test_closed_documents_never_change(self, world: World) -> None:
        before = kept_parts(world)
        assert before

        world.edit("Item 3.", "Item 3, corrected.")
        world.edit(item(5, "Item 5.") + "\n\n", "")
        world.list_above(*(item(26, f"Another {number}.") for number in range(9)))
        world.publisher("run", at=LATER)
        world.publisher("publish", "--all", at=LATER)

        after = kept_parts(world)
        assert {path: after[path] for path in before} == before
        assert len(after) > len(before)

    def test_no_setting_changes_what_was_written(self, tmp_path: Path) -> None:
        """Feed readers do not fetch a closed document again, and programs that mirror feeds need not copy it again."""
        items = [item(day, f"Item {day}.") for day in range(9, 0, -1)]
        world = after_run(tmp_path, *items, feeds='limit = 2\nformats = ["rss", "json"]')
        before = kept_parts(world)

        world.configure('title = "Example News"', 'title = "Renamed <News>"\ndescription = "All of it."')
        world.configure('name = "The editor"', 'name = "Another editor"')
        world.configure('language = "en"', 'language = "fr"')
        world.configure(
            'formats = ["rss", "json"]',
            'icon = "assets/i.png"\nlogo = "assets/l.png"\nformats = ["rss", "atom", "json"]\n'
            '[themes.default]\ntitle = "Divers"\n[themes.few]\ntitle = "Few"\nwords = ["Item 5"]',
        )
        world.publisher("run", at=LATER)

        after = kept_parts(world)
        assert before
        assert {path: after[path] for path in before} == before
        # a format added later gets its archive at once
        assert {path for path in after if path not in before and "few" not in path} == {
            path.replace("rss.xml", "atom.xml") for path in before if path.endswith("rss.xml")
        }
        assert "Renamed" in world.feed("all").feed.title

    def test_the_feed_tells_what_changed_in_its_archive(self, world: World) -> None:
        walked = walk(world, "all/atom.xml")
        gone = [entry.id for _, parsed in walked for entry in parsed.entries if "5" in entry.title]
        world.edit("Item 3.", "Item 3, corrected.")
        world.edit(item(5, "Item 5.") + "\n\n", "")
        world.publisher("run", at=LATER)

        assert "Item 3, corrected" in said(world, "all")
        feed = ET.parse(world.feeds / "all" / "atom.xml").getroot()
        (deleted,) = feed.findall(DELETED)
        assert deleted.get("ref") in gone
        assert deleted.get("when") == LATER.isoformat()

        # an item that comes back is no longer announced as gone
        world.edit(item(4, "Item 4."), item(5, "Item 5.") + "\n\n" + item(4, "Item 4."))
        world.publisher("run", at=LATER)
        assert b"deleted-entry" not in (world.feeds / "all" / "atom.xml").read_bytes()
        assert "Item 5" in said(world, "all")

    def test_withdrawn_items_are_removed_from_the_whole_archive_on_request(self, world: World) -> None:
        world.edit(item(5, "Item 5.") + "\n\n", "")
        world.publisher("run", at=LATER)
        before = kept_parts(world)
        assert any(b"Item 5" in (world.folder / path).read_bytes() for path in before)

        outcome = world.publisher("publish", "--archives", at=LATER)

        assert (0, "") == (outcome.exit_code, outcome.err)
        after = kept_parts(world)
        assert before.keys() == after.keys()
        assert [] == [name for name, data in world.contents().items() if b"Item 5" in data]
        touched = {path for path, state in before.items() if after[path] != state and path.endswith(".xml")}
        (held,) = {path.rpartition("/")[0] for path in touched if path.startswith("feeds/all/")}
        assert f"{held}/atom.xml" in touched
        feed = ET.parse(world.folder / held / "atom.xml").getroot()
        (deleted,) = feed.findall(DELETED)
        assert LATER.isoformat() == deleted.get("when") == feed.findtext(f"{ATOM}updated")
        assert deleted.get("ref") not in {entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")}

        world.publisher("publish", "--archives", at=LATER + timedelta(days=1))
        assert after == kept_parts(world)

    def test_one_that_vanished_is_written_again(self, world: World) -> None:
        before = world.contents()
        lost = world.feeds / "all" / "archive" / "2" / "rss.xml"
        lost.unlink()

        world.publisher("publish", "--all", at=LATER)

        assert world.contents() == before

    def test_it_moves_with_the_site(self, world: World) -> None:
        world.configure(BASE_URL, "https://moved.example.org/")
        world.publisher("publish", at=LATER)

        for path, data in world.contents().items():
            assert "archive" not in path or b"//news.example.org/" not in data


def test_nobody_remarks_on_what_a_site_publishes_in_its_life(tmp_path: Path) -> None:
    """The site has hostile items, a name with `<` in it, two edits in one pass, a withdrawal, and a renamed theme."""
    hostile = [
        item(9, "<b>Bold</b> & caf\ufffd &#x0; \x1b[31m", "Main Theme: Sea <&> Sand", "Keywords: <i>, ice"),
        item(9, "Title: ]]> &amp; <!-- </title>\nOne and another.", "Language: klingon", "Main Theme: Sea <&> Sand"),
        *(item(day, f"Ice {day}.", "Main Theme: Sea <&> Sand", "Keywords: ice") for day in range(8, 0, -1)),
        item(1, "Glace.", "Language: fr", "Files: https://example.org/caf\u00e9.pdf, https://example.org/?a[]=1&b=2"),
    ]
    world = site(tmp_path, *hostile, feeds="limit = 3", more=COMBINED)
    world.configure("The editor", "Ed <ed@example.org> & (co)")
    world.configure("Example News", "News <of> A&amp;B")
    world.publisher("run", at=NOW)
    world.edit("Ice 7.", "Ice 7, edited.")
    world.edit("Ice 8.", "Ice 8, edited.")
    world.edit(hostile[5] + "\n\n", "")
    former = next(path.name for path in world.feeds.glob("sea*"))
    world.config.write_text(
        f"{world.config.read_text('utf-8')}\n[themes.sea]\ntitle = 'Sea & sand'\nlabels = ['Sea <&> Sand']\n"
        f"was = ['{former}']\n",
        "utf-8",
    )
    assert former != "sea"
    outcome = world.publisher("run", at=LATER)

    assert outcome.exit_code == 0
    folders = sorted(path.parent for path in world.feeds.rglob("rss.xml"))
    assert len(folders) > 10
    assert {"Ice 7, edited", "Ice 8, edited"} <= set(said(world, "sea")) == set(said(world, former))
    assert {str(folder): found for folder in folders if (found := remarks_on(folder))} == {}


@pytest.mark.parametrize("folder", ["keywords/ice", "languages/fr", "asked"])
def test_every_kind_of_feed_leads_back_to_its_first_item(tmp_path: Path, folder: str) -> None:
    items = [item(day, f"Glace {day}.", "Keywords: Ice", "Language: fr") for day in range(9, 0, -1)]
    asked = '[[feeds.combined]]\nname = "asked"\ntitle = "Asked"\nkeywords = ["ice"]'
    world = after_run(tmp_path, *items, item(1, "English."), feeds="limit = 2", more=asked)

    for name in ("rss.xml", "atom.xml"):
        titles = [entry.title for _, parsed in walk(world, f"{folder}/{name}") for entry in parsed.entries]
        assert sorted(f"Glace {day}" for day in range(1, 10)) == sorted(set(titles))


def test_opml_lists_every_feed(tmp_path: Path) -> None:
    themed = [item(day, f"Item {day}.", "Main Theme: Sea & Sand", "Keywords: ice") for day in (3, 2, 1)]
    world = after_run(tmp_path, *themed, item(1, "Français.", "Language: fr"), more=COMBINED)

    opml = ET.parse(world.feeds / "feeds.opml").getroot()
    outlines = [outline.attrib for outline in opml.iter("outline")]

    assert opml.get("version") == "2.0"
    listed = {outline["xmlUrl"].removeprefix(BASE_URL) for outline in outlines}
    # the feed of past digests repeats items: a reader who imports all feeds would read everything twice
    feeds = {path for path in world.contents() if path.endswith("/rss.xml")}
    assert listed == feeds - {"archive/weekly/rss.xml"}
    for outline in outlines:
        assert outline["type"] == "rss"
        assert outline["text"] == outline["title"] != ""
        assert (world.feeds / outline["htmlUrl"].removeprefix(BASE_URL) / "index.html").is_file()


def test_pictures_of_a_feed(tmp_path: Path) -> None:
    world = after_run(tmp_path, item(1, "One."), feeds='icon = "assets/icon.png"\nlogo = "assets/logo.png"')

    feed = ET.parse(world.feeds / "all" / "atom.xml").getroot()
    assert feed.findtext(f"{ATOM}icon") == f"{BASE_URL}assets/icon.png"
    assert feed.findtext(f"{ATOM}logo") == f"{BASE_URL}assets/logo.png"
    assert world.feed("all", "rss").feed.image.href == f"{BASE_URL}assets/logo.png"
    assert json.loads((world.feeds / "all" / "feed.json").read_bytes())["icon"] == f"{BASE_URL}assets/icon.png"
