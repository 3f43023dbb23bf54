"""A hub is told of every changed feed, and nothing waits for a hub."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

import pytest

from publisher.config.config import Config
from publisher.publish import websub
from publisher.store import Store
from tests.world import BASE_URL, CONFIG, NOW, World

ATOM_LINK = "{http://www.w3.org/2005/Atom}link"


@dataclass
class Hub:
    """A hub on this machine, which works or fails as a test wants."""

    told: list[dict[str, str]] = field(default_factory=list)
    status: int = 204
    answers_after: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    @property
    def topics(self) -> list[str]:
        return sorted(form["hub.url"].removeprefix(BASE_URL) for form in self.told)


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    hub.answers_after.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hub.answers_after.wait(20)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
            if hub.status < 300:
                hub.told.append(dict(parse_qsl(body)))
            self.send_response(hub.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Log nothing: the tests look at what the hub was told."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.url = f"http://127.0.0.1:{server.server_port}/hub"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield hub
        hub.answers_after.set()
        server.shutdown()


def item(day: int, theme: str) -> str:
    return f"{day} January 2026\nNews of {theme} {day}.\nMain Theme: {theme}"


@pytest.fixture
def world(tmp_path: Path, hub: Hub) -> World:
    """A site whose hub was told of everything that is published."""
    config = f'{CONFIG}\n[feeds]\nhub = "{hub.url}"\n'
    world = World(tmp_path, "\n\n".join([item(2, "Sea"), item(1, "Land")]), config=config)
    assert world.publisher("run", at=NOW).exit_code == 0
    return world


def news(world: World, day: int) -> None:
    world.list_above(item(day, "Sea"))


CHANGED = [f"{folder}/{name}" for folder in ("all", "sea") for name in ("atom.xml", "feed.json", "rss.xml")]


def test_a_new_hub_is_told_once_of_what_changes_from_now_on(world: World, hub: Hub) -> None:
    assert hub.told == []
    news(world, 3)
    for _ in range(2):
        assert world.publisher("run", at=NOW).exit_code == 0

    assert hub.topics == CHANGED
    assert {form["hub.mode"] for form in hub.told} == {"publish"}


def test_every_format_names_the_hub_and_itself(world: World, hub: Hub) -> None:
    for name, path in {"atom.xml": ".//", "rss.xml": "channel/"}.items():
        feed = ET.parse(world.feeds / "sea" / name).getroot()
        links = {link.get("rel"): link.get("href") for link in feed.findall(f"{path}{ATOM_LINK}")}
        assert (links["hub"], links["self"]) == (hub.url, f"{BASE_URL}sea/{name}")
    feed = json.loads((world.feeds / "sea" / "feed.json").read_bytes())
    assert feed["hubs"] == [{"type": "WebSub", "url": hub.url}]
    assert feed["feed_url"] == f"{BASE_URL}sea/feed.json"


@pytest.mark.parametrize("status", [500, *(pytest.param(status, marks=pytest.mark.slow) for status in (404, 301))])
def test_a_hub_that_refuses_is_told_again(world: World, hub: Hub, status: int) -> None:
    hub.status = status
    news(world, 3)
    failed = world.publisher("run", at=NOW)

    assert (failed.exit_code, len(failed.problems)) == (75, 1)
    assert f"it answered {status}" in failed.problems[0]
    assert len(world.feed("sea").entries) == 2
    assert world.composed() == [2, 1]

    hub.status = 202
    news(world, 4)
    assert world.publisher("run", at=NOW).exit_code == 0
    assert hub.topics == CHANGED


def test_a_hub_that_is_not_there_is_a_problem_of_one_line(world: World, hub: Hub) -> None:
    world.configure(hub.url, "http://127.0.0.1:9/")
    world.publisher("run", at=NOW)
    news(world, 3)
    failed = world.publisher("run", at=NOW)

    assert failed.exit_code == 75
    assert [line.partition("feeds are up")[0] for line in failed.problems] == [
        "problem: hub http://127.0.0.1:9/: it cannot be reached: [Errno 111] Connection refused; "
    ]


def test_nothing_waits_for_a_slow_hub(world: World, hub: Hub) -> None:
    hub.answers_after.clear()
    news(world, 3)
    config = Config.load(world.config)
    with world.opened(NOW) as publisher:
        publisher.collect()
    with Store.open(config.store.url) as store:
        store.log.move_cursor(
            "feeds", expected=2, seq=store.log.end(), settings=store.log.cursor("feeds").settings
        )  # as left by a pass that ends before the hub is told

        started = time.monotonic()
        (problem,) = websub.tell_hub(store, config.feeds, config.site, config.themes, limit_s=0.3)

        assert time.monotonic() - started < 5
        assert problem.what.startswith("it has not taken 6 addresses within 0.3 s")
        hub.answers_after.set()
        assert websub.tell_hub(store, config.feeds, config.site, config.themes) == ()
    assert set(CHANGED) <= set(hub.topics)


def test_a_crash_between_publishing_and_telling_costs_nothing(world: World, hub: Hub) -> None:
    """Feeds have moved their cursor (a log number) past the news, and the hub's cursor has not moved."""
    world.configure(f'hub = "{hub.url}"', "")
    news(world, 3)
    world.publisher("run", at=NOW)
    world.configure("[feeds]\n", f'[feeds]\nhub = "{hub.url}"\n')
    assert hub.told == []

    world.publisher("run", at=NOW + timedelta(minutes=1))

    assert hub.topics == CHANGED
