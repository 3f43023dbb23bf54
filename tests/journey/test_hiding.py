"""An editor hides one item of a partner's feed, and shows it again: what readers and editors see."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from tests.world import CONFIG, NOW, Outcome, World, prepared, run_main

LINK = "https://partner.example.org/{}"
SECRET = "libel"


def entry(number: int, title: str, *, guid: str = "", link: str = "", day: int = 0) -> str:
    return (
        f"<item><title>{escape(title)}</title><link>{link or LINK.format(number)}</link>"
        f"<guid isPermaLink='false'>{guid or f'partner-{number}'}</guid>"
        f"<pubDate>{day or number % 28 + 1:02} Feb 2026 10:00:00 +0100</pubDate>"
        f"<description>{escape(title)}, told in a few words of its own.</description></item>"
    )


def rss(*entries: str) -> str:
    return f"<rss version='2.0'><channel><title>Partner</title><link>https://partner.example.org/</link>{''.join(entries)}</channel></rss>"


OTHERS = [entry(number, f"Notice {number}") for number in (9, 8, 7, 6, 5, 4, 3)]
LIBEL = entry(2, "A libel about a neighbour")


class Site(World):
    """A site that republishes a partner's feed, keeps a short archive, and holds one audience's digests for review."""

    def __init__(self, folder: Path) -> None:
        config = CONFIG.replace(
            'name = "news"\npath = "news.txt"', 'name = "partner"\nkind = "feed"\npath = "feed.xml"'
        )
        config += 'archive = true\n[[audiences]]\nname = "board"\nto = "board@lists.example.org"\nreview = "2d"\n'
        super().__init__(folder, config=f"{config}[feeds]\nlimit = 2\n")
        self.offer(*OTHERS, LIBEL)

    def offer(self, *entries: str) -> None:
        (self.folder / "feed.xml").write_text(rss(*entries), encoding="utf-8")

    def item(self, verb: str, *arguments: str, hours: float) -> Outcome:
        at = (NOW + timedelta(hours=hours)).isoformat()
        return run_main("item", verb, "--config", str(self.config), "--now", at, *arguments)

    def run(self, *, hours: float) -> Outcome:
        return self.publisher("run", at=NOW + timedelta(hours=hours))

    def telling(self, words: str = SECRET) -> list[str]:
        """Return the public files and the files for editors that contain these words."""
        shown = {
            **self.contents("feeds"),
            **{f"held/{name}": data for name, data in self.contents("outbox/held").items()},
        }
        return [name for name, data in shown.items() if words.encode() in data]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return prepared(tmp_path / "site", published)


def published(folder: Path) -> Site:
    site = Site(folder)
    assert site.run(hours=0).exit_code == 0
    return site


def test_not_a_word_of_a_hidden_item_is_left(site: Site) -> None:
    told = site.telling()
    assert {name.split("/")[0] for name in told} >= {"all", "archive", "items", "held"}
    assert any("archive" in name and name.startswith("all/") for name in told), told

    done = site.item("hide", LINK.format(2), "--reason", "our lawyer asked", hours=1)

    assert done.exit_code == 0
    assert done.lines[0] == "collect: 1 hidden"
    assert site.telling() == []
    assert "deleted-entry" in (site.feeds / "all" / "atom.xml").read_text("utf-8")
    assert [name for name in site.contents("feeds") if "libel" in name and name.endswith(".gone")]
    (listed,) = site.item("list", "--json", hours=2).json
    assert (listed["reason"], listed["link"]) == ("our lawyer asked", LINK.format(2))
    assert "a few words of its own" in " ".join(site.summaries("all"))
    assert not site.run(hours=2).problems
    assert site.telling() == []


def libel(number: int, subject: str, **changed: Any) -> str:
    return entry(number, f"A libel about {subject}", **changed)


def test_hidden_items_stay_hidden_when_their_source_changes_them(tmp_path: Path) -> None:
    """Each item is changed in a way of its own, taken out of the listing, and listed again."""
    site = Site(tmp_path / "site")
    subjects = {10: "a neighbour", 11: "the mayor", 12: "our pilots", 13: "two bakers", 14: "some quay"}
    changed = {
        "its words": libel(10, "a neighbour, again"),
        "its id": libel(11, "the mayor", guid="new-guid-1"),
        "its words, id and date": entry(12, "Libel on pilots, told anew", guid="new-guid-2", day=20),
        "its id and address": libel(13, "two bakers", guid="new-guid-3", link="https://partner.example.org/news/2"),
        "its id, address and date": libel(14, "some quay", guid="new", link="https://partner.example.org/n/2", day=25),
    }
    site.offer(*OTHERS, *(libel(number, subject) for number, subject in subjects.items()))
    site.run(hours=0)
    assert all(site.telling(f"libel about {subject}") for subject in subjects.values())
    for number in subjects:
        assert site.item("hide", LINK.format(number), hours=1).exit_code == 0
    for hours, listed in enumerate(([*OTHERS, *changed.values()], OTHERS, [*changed.values(), *OTHERS]), start=2):
        site.offer(*listed)
        site.run(hours=hours)

    told = {what: site.telling(words) for what, words in zip(changed, subjects.values(), strict=True)}
    assert {what: names for what, names in told.items() if names} == {}
    assert site.telling() == []
    assert site.telling("Libel") == []


def test_a_rehearsal_hides_nothing(site: Site) -> None:
    before = site.files()

    assert "collect: 1 hidden" in site.item("hide", LINK.format(2), "--dry-run", hours=1).lines

    assert site.files() == before


def test_a_hidden_item_can_be_shown_again(site: Site) -> None:
    before = {name: data for name, data in site.contents("feeds").items() if name.startswith("items/")}
    site.item("hide", LINK.format(2), hours=1)
    short_id = site.item("list", hours=1).out.split()[0]

    done = site.item("show", short_id, hours=2)

    assert done.lines[0] == "collect: 1 shown again"
    after = {name: data for name, data in site.contents("feeds").items() if name.startswith("items/")}
    assert after.keys() == before.keys()
    assert [name for name in site.telling() if name.startswith("all/archive")]
    assert site.item("list", hours=2).out == "no item is hidden\n"
    assert site.item("show", short_id, hours=2).exit_code == 2


def test_an_item_may_be_named_by_its_page_and_an_unknown_name_is_an_error(site: Site) -> None:
    (entry_,) = [
        one for one in json.loads((site.feeds / "all" / "feed.json").read_text())["items"] if "9" in one["title"]
    ]

    assert site.item("hide", entry_["id"], hours=1).exit_code == 0
    assert site.item("hide", entry_["id"], hours=1).out == "nothing new\n"
    unknown = site.item("hide", "https://partner.example.org/77", hours=1)
    assert (unknown.exit_code, "no item has the address or id" in unknown.err) == (2, True)


def test_a_link_of_several_items_hides_none(site: Site) -> None:
    same = "https://partner.example.org/all-news"
    site.offer(*(entry(number, f"Notice {number} more", link=same) for number in (12, 11)), *OTHERS, LIBEL)
    site.run(hours=1)

    refused = site.item("hide", same, hours=2)

    assert (refused.exit_code, "2 items have the address or id" in refused.err) == (2, True)


def test_an_item_that_waits_never_appears_while_it_is_hidden(tmp_path: Path) -> None:
    world = World(
        tmp_path / "site",
        "5 March 2026\n\nA libel waits.\n\nLink: https://news.example.org/x\n\n3 March 2026\n\nA ferry.\n",
    )
    world.publisher("run", at=NOW)
    hide = ("--config", str(world.config), "https://news.example.org/x", "--now")
    assert run_main("item", "hide", *hide, NOW.isoformat()).exit_code == 0
    later = NOW + timedelta(days=2)

    world.publisher("run", at=later)
    assert SECRET.encode() not in b"".join(world.contents("feeds").values())

    assert run_main("item", "show", *hide, later.isoformat()).exit_code == 0
    world.publisher("run", at=later)
    assert SECRET.encode() in b"".join(world.contents("feeds").values())
