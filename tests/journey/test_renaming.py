"""A theme is renamed on a running site. Its followers get nothing twice and miss nothing."""

import functools
import os
import posixpath
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import html

from publisher.serve.public import public_pages
from publisher.serve.web import application, listening
from tests.world import BASE_URL, CONFIG, NOW, Outcome, World, news

LATER, LAST = NOW + timedelta(days=7), NOW + timedelta(days=14)
FILES = ("rss.xml", "atom.xml", "feed.json")
RENAMED = '[themes.frontieres]\ntitle = "Frontières"\nwas = ["borders-visa"]\n'


def site(folder: Path, *, items: int) -> World:
    """Return a site after a run, with a theme from a label, and the theme's archive."""
    rules = [
        news(f"{28 - n % 28} March {2025 - n // 28}", f"Rule {n}. It is short.", theme="Borders & Visa")
        for n in range(items)
    ]
    config = f"{CONFIG}\n[feeds]\nlimit = 4\n"
    return World.after_run(folder, "\n\n".join([*rules, news("1 January 2024", "A quay.")]), config=config)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return site(tmp_path / "site", items=6)


def well(outcome: Outcome) -> Outcome:
    assert (0, "") == (outcome.exit_code, outcome.err), outcome
    return outcome


def rename(world: World, *, themes: str = RENAMED) -> None:
    world.config.write_text(f"{world.config.read_text('utf-8')}\n{themes}", encoding="utf-8")


def ids(world: World, place: str) -> list[str]:
    return [entry.id for entry in feedparser.parse(world.feeds / place).entries]


def test_the_old_addresses_go_on_with_the_same_items_under_the_same_ids(world: World) -> None:
    before = {name: ids(world, f"borders-visa/{name}") for name in FILES[:2]}
    old = world.feed("borders-visa").feed

    rename(world)
    well(world.publisher("run", at=LATER))

    assert before == {name: ids(world, f"borders-visa/{name}") for name in FILES[:2]}
    for name in FILES:
        assert (world.feeds / "borders-visa" / name).read_bytes() == (world.feeds / "frontieres" / name).read_bytes()
    new = world.feed("borders-visa").feed
    assert (old.id, "Frontières – Example News") == (new.id, new.title)
    assert f"{BASE_URL}frontieres/atom.xml" in [link.href for link in new.links if link.rel == "self"]
    assert f"{BASE_URL}frontieres/" == new.link

    # lists know the new name only
    for name in ("index.html", "feeds.opml", "sitemap.xml", "sitemap-feeds.xml"):
        assert "borders-visa" not in (world.feeds / name).read_text("utf-8")
    assert "frontieres/" in (world.feeds / "index.html").read_text("utf-8")

    # news comes to the old addresses, and nothing else touches them
    settled = world.files()
    well(world.publisher("run", at=LATER))
    assert settled == world.files()
    world.list_above(news("10 March 2026", "A new rule.", theme="Borders & Visa"))
    well(world.publisher("run", at=LAST))
    touched = {name for name, state in world.files().items() if settled.get(name) != state}
    assert {f"feeds/borders-visa/{name}" for name in FILES} <= touched
    assert "A new rule." in world.summaries("borders-visa")[0]
    assert "feeds/borders-visa/index.html" not in touched


@pytest.mark.slow
def test_archives_and_pages_at_old_addresses_lead_to_the_new_ones(tmp_path: Path) -> None:
    world = site(tmp_path / "site", items=52)
    archives = {path.parent.name: path.read_bytes() for path in world.feeds.glob("borders-visa/archive/*/atom.xml")}
    assert 4 <= len(archives)

    rename(world)
    well(world.publisher("run", at=LATER))

    for number, old in archives.items():
        new = (world.feeds / "frontieres" / "archive" / number / "atom.xml").read_bytes()
        # closed documents stay as they were, with the former title
        assert old == (world.feeds / "borders-visa" / "archive" / number / "atom.xml").read_bytes()
        assert [entry.id for entry in feedparser.parse(old).entries] == [e.id for e in feedparser.parse(new).entries]
    for place in ("index.html", "pages/1.html"):
        page: Any = html.fromstring((world.feeds / "borders-visa" / place).read_text("utf-8"))
        [link] = page.xpath("//main/div[@class='text']//a/@href")
        there = posixpath.normpath(posixpath.join("borders-visa", posixpath.dirname(place), link))
        assert f"frontieres/{place}" == there
        assert [f"{BASE_URL}{there.removesuffix('index.html')}"] == page.xpath("//link[@rel='canonical']/@href")
        assert [f"0; url={link}"] == page.xpath("//meta[@http-equiv='refresh']/@content")
        assert not page.xpath("//script")


def test_withdrawn_items_are_removed_from_old_archives_on_request(tmp_path: Path) -> None:
    """The item was withdrawn before the theme was renamed, so the new archive is shorter than the old one."""
    world = site(tmp_path / "site", items=13)
    for number in range(3, 7):
        day = f"{28 - number} March 2025"
        world.edit(news(day, f"Rule {number}. It is short.", theme="Borders & Visa") + "\n\n", "")
    well(world.publisher("run", at=NOW))
    rename(world)
    well(world.publisher("run", at=LATER))

    well(world.publisher("publish", "--archives", at=LAST))

    told = b"".join(world.contents().values())
    assert [] == [number for number in range(3, 7) if f"Rule {number}." in told.decode()]
    assert b"Rule 7." in told


@pytest.mark.slow
def test_an_emptied_folder_gets_its_old_addresses_again(world: World) -> None:
    rename(world)
    well(world.publisher("run", at=LATER))
    well(world.publisher("publish", "--archives", at=LATER))
    before = world.contents()

    shutil.rmtree(world.feeds)
    well(world.publisher("run", at=LAST))

    assert before == world.contents()


def test_an_audience_of_the_old_name_goes_on(world: World) -> None:
    world.configure('name = "weekly"', 'name = "weekly"\nthemes = ["borders-visa"]')
    rename(world)
    world.list_above(news("10 March 2026", "A new rule.", theme="Borders & Visa"))

    well(world.publisher("collect", at=LATER))
    well(world.publisher("compose", at=LATER))
    well(world.publisher("run", at=LAST))

    assert [7, 1] == world.composed()


def test_earlier_withdrawals_are_still_announced(world: World) -> None:
    world.edit(news("27 March 2025", "Rule 1. It is short.", theme="Borders & Visa") + "\n\n", "")
    well(world.publisher("run", at=NOW))
    rename(world)

    well(world.publisher("run", at=LATER))

    deleted = re.findall('deleted-entry ref="([^"]+)"', (world.feeds / "frontieres" / "atom.xml").read_text("utf-8"))
    assert deleted


@pytest.mark.slow
def test_a_second_name_and_the_name_of_the_default_theme(world: World) -> None:
    first = world.feed("borders-visa").feed.id
    general = world.feed("general").feed.id
    rename(world)
    well(world.publisher("run", at=LATER))

    world.configure("[themes.frontieres]", "[themes.grenzen]")
    world.configure('was = ["borders-visa"]', 'was = ["frontieres", "borders-visa"]')
    rename(world, themes='[themes.default]\nslug = "rest"\ntitle = "Rest"\nwas = ["general"]\n')
    well(world.publisher("run", at=LAST))

    assert {first} == {world.feed(slug).feed.id for slug in ("borders-visa", "frontieres", "grenzen")}
    assert general == world.feed("general").feed.id == world.feed("rest").feed.id


@pytest.mark.slow
def test_two_themes_become_one(world: World) -> None:
    world.list_above(
        news("2 March 2026", "Another rule.", theme="Asylum"), news("1 March 2026", "Old.", theme="Asylum")
    )
    well(world.publisher("run", at=NOW))
    own = world.feed("borders-visa").feed.id

    rename(world, themes='[themes.borders-visa]\ntitle = "Borders & Visa"\nlabels = ["Asylum"]\nwas = ["asylum"]\n')
    well(world.publisher("run", at=LATER))

    assert own == world.feed("borders-visa").feed.id == world.feed("asylum").feed.id
    assert world.summaries("asylum") == world.summaries("borders-visa")


@pytest.mark.parametrize("server", ["any web server", pytest.param("publisher serve", marks=pytest.mark.slow)])
def test_a_reader_program_shows_nothing_as_new(world: World, server: str) -> None:
    from reader import make_reader

    with served(world, server) as address, closing(make_reader(":memory:")) as follower:
        date_files(world, hours_ago=2)
        followed = [f"{address}borders-visa/{name}" for name in FILES]
        for url in followed:
            follower.add_feed(url)
        follower.update_feeds()
        seen = {(entry.feed_url, entry.id) for entry in follower.get_entries()}
        assert 12 == len(seen)

        rename(world)
        well(world.publisher("run", at=LATER))
        date_files(world, hours_ago=1)
        told = [follower.update_feed(url) for url in followed]

        assert [0, 0, 0] == [update and update.new for update in told]
        assert seen == {(entry.feed_url, entry.id) for entry in follower.get_entries()}
        world.list_above(news("10 March 2026", "A new rule.", theme="Borders & Visa"))
        well(world.publisher("run", at=LAST))
        assert [1, 1, 1] == [update and update.new for update in map(follower.update_feed, followed)]
        assert "Frontières – Example News" == follower.get_feed(followed[0]).title


def date_files(world: World, *, hours_ago: int) -> None:
    """Set the files' times to `hours_ago` hours ago: many servers recognise a new version only by a later second."""
    then = time.time() - hours_ago * 3600
    for path in world.feeds.rglob("*.*"):
        os.utime(path, (then, then))


@contextmanager
def served(world: World, server: str) -> Iterator[str]:
    """Serve the feeds; yield their address. `publisher serve` redirects former addresses, other servers return files
    there.
    """
    if server == "publisher serve":
        was = {"borders-visa": "frontieres"}
        site = application(public_pages(world.feeds, base_url=BASE_URL, was=was))
        with listening(site, "127.0.0.1:0", key="test", remedy="none") as address:
            yield f"http://{address}/"
        return
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=world.feeds)) as plain:
        threading.Thread(target=plain.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{plain.server_port}/"
        plain.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    """A web server that logs nothing."""

    def log_message(self, *_arguments: object) -> None:
        """Log nothing."""
