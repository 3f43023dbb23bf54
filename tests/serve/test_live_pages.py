"""The web server of a service follows changes of config.toml."""

import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from publisher.app import Publisher
from publisher.config.config import Config
from publisher.serve.health import PassHealth
from publisher.serve.live_pages import LivePages
from publisher.serve.source_watch import SourceWatch
from tests.visitor import FORMS_CONFIG, LISTING, SUBSCRIBERS
from tests.world import NOW, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    with socket.create_server(("127.0.0.1", 0)) as free:
        listen = f'\n[service]\nlisten = "127.0.0.1:{free.getsockname()[1]}"\n'
    return World(tmp_path / "site", LISTING, config=FORMS_CONFIG + listen)


@pytest.fixture
def pages() -> Iterator[LivePages]:
    def opened(config: Config) -> AbstractContextManager[Publisher]:
        return Publisher.open(config, now=NOW)

    with closing(LivePages(PassHealth(60), SourceWatch(), opened, on_letter=list)) as pages:
        yield pages


def ask(world: World, path: str) -> int:
    connection = HTTPConnection(Config.load(world.config).service.listen, timeout=20)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_forms_come_and_go_with_their_table(world: World, pages: LivePages) -> None:
    world.publisher("publish", at=NOW)
    for _ in range(2):
        pages.follow(Config.load(world.config))
        assert [200, 404, 200] == [ask(world, path) for path in ("/-/subscribe", "/-/mine/none", "/")]

        world.configure(SUBSCRIBERS, "")
        pages.follow(Config.load(world.config))
        assert [404, 200] == [ask(world, path) for path in ("/-/subscribe", "/")]
        world.config.write_text(world.config.read_text("utf-8") + SUBSCRIBERS, "utf-8")


def test_a_proxy_that_is_named_later_is_believed_at_the_same_address(world: World, pages: LivePages) -> None:
    pages.follow(Config.load(world.config))
    world.configure("\n[service]\n", '\n[service]\nproxy = "127.0.0.1"\n')

    pages.follow(Config.load(world.config))

    assert 200 == ask(world, "/-/subscribe")
