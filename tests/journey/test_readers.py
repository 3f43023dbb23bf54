"""Present-day feed readers, which fetch from a web server, all see the same items."""

import functools
import json
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_binary_file, policy
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

import atoma
import fastfeedparser
import feedparser
import pytest

from tests import hard_site, judges
from tests.world import CONFIG, NOW, SAMPLE, World

SCRIPT = Path(__file__).resolve().parents[1] / "readers.mjs"
PACKAGES = ("rss-parser", "feedsmith", "@extractus/feed-extractor")
HOSTILE = """11 January 2026
<script>alert(1)</script> & <b>bold</b> ]]> &amp; <a href="../x">relative</a>

10 January 2026
Title: <![CDATA[ مرحبا 🙂 & "quotes" 'all' over
مرحبا بالعالم. Mixed with English.
Language: ar

9 January 2026
\x0bControl \x1b[31m characters \ufffe and a very long line: {long}
""".replace("{long}", "word " * 20_000)

FILES = """11 January 2026
Three files belong to it.
Files: The report https://example.org/report.pdf, https://example.org/talk.mp3 https://example.org/table.xlsx

10 January 2026
One does.
Attachment: https://example.org/map.png

9 January 2026
None does.
"""

Seen = set[tuple[str, str]]
"""The (id, link) pairs of items."""


class Quiet(SimpleHTTPRequestHandler):
    """A web server with the media types of `urls.FEED_FORMATS`."""

    def guess_type(self, path: object) -> str:
        names = {"rss.xml": "rss+xml", "atom.xml": "atom+xml", "feed.json": "feed+json"}
        return f"application/{names[Path(str(path)).name]}"

    def log_message(self, *_arguments: object) -> None:
        """Log nothing: the tests look at what feed readers see."""


LATER = NOW + timedelta(days=365)
ITEMS = {"real": 25, "hostile": 3, "files": 3, "empty": 0, "edited": 3, "hard": 7}


def edit_in_one_pass(world: World) -> None:
    """Edit two items of `FILES` in one pass. Their revisions have microseconds in Atom."""
    world.publisher("run", at=LATER - timedelta(days=1))
    world.edit("One does.", "One does, and it is a map.")
    world.edit("None does.", "None does, alas.")


def put_hard_site(world: World) -> None:
    """Replace the listing by items of the hard site."""
    shutil.copy(hard_site.FOLDER / "config.toml", world.config)
    shutil.copytree(hard_site.FOLDER / "news", world.folder / "news")


PREPARATIONS = {"edited": edit_in_one_pass, "hard": put_hard_site}


@pytest.fixture(scope="module", params=ITEMS)
def feeds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Seen]]:
    """The address of a folder of feeds that is served, and the items that feed readers must see there."""
    listings = {"hostile": HOSTILE, "files": FILES, "edited": FILES, "empty": SAMPLE.read_text("utf-8")}
    listing = listings.get(request.param, "")
    if request.param == "real":
        listing = request.getfixturevalue("real_listing").read_text("utf-8")
    config = f'{CONFIG}\n[themes.nothing]\ntitle = "Nothing yet"\n'
    world = World(tmp_path_factory.mktemp("readers"), listing, config=config)
    if request.param in PREPARATIONS:
        PREPARATIONS[request.param](world)
    assert world.publisher("run", at=LATER).exit_code == 0
    folder = world.feeds / ("nothing" if request.param == "empty" else "all")
    expected = {(item["id"], item["url"]) for item in json.loads((folder / "feed.json").read_bytes())["items"]}
    assert len(expected) == ITEMS[request.param]
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", expected
        server.shutdown()


def test_titles_and_dates_are_the_same_in_every_format(feeds: tuple[str, Seen]) -> None:
    """This includes revisions, although only Atom has microseconds."""
    address, _ = feeds
    rss, atom = (feedparser.parse(address + name).entries for name in ("rss.xml", "atom.xml"))

    def seen(entries: list[feedparser.FeedParserDict]) -> list[tuple[object, ...]]:
        return [(entry.id, entry.title, entry.published_parsed, entry.get("content")[0].value) for entry in entries]

    assert seen(rss) == seen(atom)
    assert all(entry.updated_parsed >= entry.published_parsed for entry in atom)
    assert len({entry.updated for entry in atom}) == len(atom)


def fetched(url: str) -> bytes:
    with urlopen(url, timeout=10) as answer:
        data: bytes = answer.read()
    return data


def with_feedparser(url: str) -> Seen:
    parsed = feedparser.parse(url)
    assert not parsed.bozo, parsed.bozo_exception
    return {(entry.id, entry.link) for entry in parsed.entries}


def with_fastfeedparser(url: str) -> Seen:
    return {(entry.id, entry.link) for entry in fastfeedparser.parse(url).entries}


def with_atoma(url: str) -> Seen:
    data = fetched(url)
    if url.endswith("rss.xml"):
        return {(item.guid or "", item.link or "") for item in atoma.parse_rss_bytes(data).items}
    if url.endswith("atom.xml"):
        return {(entry.id_, entry.links[0].href) for entry in atoma.parse_atom_bytes(data).entries}
    return {(item.id_, item.url or "") for item in atoma.parse_json_feed(json.loads(data)).items}


PYTHON: dict[str, Callable[[str], Seen]] = {
    "feedparser": with_feedparser,
    "fastfeedparser": with_fastfeedparser,
    "atoma": with_atoma,
}


READS = [(library, name) for library in PYTHON for name in ("rss.xml", "atom.xml", "feed.json")]
READS.remove(("feedparser", "feed.json"))  # which it does not read


@pytest.mark.parametrize(("library", "name"), READS)
def test_libraries_see_every_item(feeds: tuple[str, Seen], library: str, name: str) -> None:
    address, expected = feeds

    assert PYTHON[library](address + name) == expected


def files_with_feedparser(url: str) -> Seen:
    return {(entry.id, each.href) for entry in feedparser.parse(url).entries for each in entry.enclosures}


def files_with_fastfeedparser(url: str) -> Seen:
    """Return the files of items as links, because this reader lists RSS enclosures and JSON attachments separately."""
    entries = fastfeedparser.parse(url).entries
    attached = {(entry.id, each["url"]) for entry in entries for each in entry.get("enclosures") or ()}
    links = {(entry.id, link["href"]) for entry in entries for link in entry.links if link["rel"] == "enclosure"}
    return attached | links


def files_with_atoma(url: str) -> Seen:
    data = fetched(url)
    if url.endswith("rss.xml"):
        return {(item.guid or "", each.url) for item in atoma.parse_rss_bytes(data).items for each in item.enclosures}
    if url.endswith("atom.xml"):
        entries = atoma.parse_atom_bytes(data).entries
        return {(entry.id_, link.href) for entry in entries for link in entry.links if link.rel == "enclosure"}
    items = atoma.parse_json_feed(json.loads(data)).items
    return {(item.id_, each.url) for item in items for each in item.attachments}


FILE_READERS = {
    "feedparser": files_with_feedparser,
    "fastfeedparser": files_with_fastfeedparser,
    "atoma": files_with_atoma,
}


@pytest.mark.parametrize(("library", "name"), READS)
def test_libraries_see_every_file(feeds: tuple[str, Seen], library: str, name: str) -> None:
    address, _ = feeds
    items = json.loads(fetched(address + "feed.json"))["items"]
    listed = [[(item["id"], each["url"]) for each in item.get("attachments", ())] for item in items]
    # atoma ignores Atom's links in RSS, which hold all enclosures but the first
    seen = [files[:1] for files in listed] if (library, name) == ("atoma", "rss.xml") else listed

    assert FILE_READERS[library](address + name) == {pair for files in seen for pair in files}


@pytest.mark.filterwarnings("ignore")  # the library's own warnings
@pytest.mark.parametrize("name", ["rss.xml", "atom.xml", "feed.json"])
def test_reader_sees_every_item_and_no_change_the_second_time(feeds: tuple[str, Seen], name: str) -> None:
    from reader import make_reader  # late: its import takes as long as all others together

    address, expected = feeds
    with make_reader(":memory:") as reader:
        reader.add_feed(address + name)
        reader.update_feed(address + name)
        assert {(entry.id, entry.link) for entry in reader.get_entries()} == expected
        files = {(entry.id, each.href) for entry in reader.get_entries() for each in entry.enclosures}
        listed = json.loads(fetched(address + "feed.json"))["items"]
        assert files == {(item["id"], each["url"]) for item in listed for each in item.get("attachments", ())}

        again = reader.update_feed(address + name)
        assert again is None or (again.new, again.modified) == (0, 0)


@pytest.mark.slow
def test_readers_from_npm_see_every_item(feeds: tuple[str, Seen], tmp_path: Path) -> None:
    modules = judges.node_module(PACKAGES[0]).parent
    for package in PACKAGES:
        judges.node_module(package)
    (tmp_path / "node_modules").symlink_to(modules)
    shutil.copy(SCRIPT, tmp_path)
    address, expected = feeds

    lines = judges.run(
        ["node", tmp_path / SCRIPT.name, *(address + name for name in ("rss.xml", "atom.xml", "feed.json"))]
    ).splitlines()

    assert len(lines) == 3
    for line in lines:
        for package, items in json.loads(line).items():
            if items is not None:  # it does not read this format
                assert {(item["id"], item["link"]) for item in items} == expected, package
                assert all(item["title"] for item in items), package


@pytest.mark.slow
@pytest.mark.parametrize("name", ["rss.xml", "atom.xml"])
def test_newsboat_sees_every_item(feeds: tuple[str, Seen], tmp_path: Path, name: str) -> None:
    newsboat = judges.program("newsboat")
    address, expected = feeds
    (tmp_path / "urls").write_text(address + name, "utf-8")
    (tmp_path / "config").touch()
    options: list[str | Path] = ["-u", tmp_path / "urls", "-c", tmp_path / "cache.db", "-C", tmp_path / "config"]

    judges.run([newsboat, *options, "-x", "reload"])

    with sqlite3.connect(tmp_path / "cache.db") as cache:
        assert set(cache.execute("SELECT guid, url FROM rss_item")) == expected
    cache.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["rss.xml", "atom.xml"])
def test_sfeed_sees_every_item(feeds: tuple[str, Seen], name: str) -> None:
    sfeed = judges.program("sfeed")
    address, expected = feeds

    rows = [line.split("\t") for line in judges.run([sfeed], given=fetched(address + name)).splitlines()]

    assert {(row[5], row[2]) for row in rows} == expected
    assert all(int(row[0]) > 0 and row[1] for row in rows), "a date and a title"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["rss.xml", "atom.xml"])
def test_rss2email_sends_every_item_once(feeds: tuple[str, Seen], tmp_path: Path, name: str) -> None:
    command: list[str | Path] = [judges.program("r2e"), "-c", tmp_path / "r2e.cfg", "-d", tmp_path / "r2e.json"]
    address, expected = feeds
    mail = tmp_path / "mail"
    for part in ("cur", "new", "tmp"):
        (mail / "INBOX" / part).mkdir(parents=True)
    judges.run([*command, "new", "reader@example.org"])
    config = (tmp_path / "r2e.cfg").read_text("utf-8").replace("= sendmail", "= maildir", 1)
    lines = [f"maildir-path = {mail}" if line.startswith("maildir-path") else line for line in config.splitlines()]
    (tmp_path / "r2e.cfg").write_text("\n".join(lines), "utf-8")
    judges.run([*command, "add", "news", address + name])

    for _ in range(2):
        judges.run([*command, "run"])

    sent = []
    for path in (mail / "INBOX" / "new").iterdir():
        with path.open("rb") as file:
            message = message_from_binary_file(file, policy=policy.default)
        sent.append((message["X-RSS-ID"], message["X-RSS-URL"]))
    assert sorted(sent) == sorted(expected)
