"""The steps of docs/sources.md for a web page print what docs/sources.md shows."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.servers import Answer, Server
from tests.world import World, news

NOW = datetime(2026, 3, 11, 9, 30, tzinfo=UTC)
"""A time after the last item of the saved pages."""

ROOT = Path(__file__).resolve().parents[2]
OWN = 'private = ["127.0.0.1"]\n'
PAGE = re.search(r"^## A page\n(.*?)^## ", (ROOT / "docs" / "sources.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
SAVED = ROOT / "tests" / "golden" / "pages"


@pytest.fixture
def world(tmp_path: Path, server: Server) -> World:
    """A site, and the website of the example."""
    for path, name in (("/en/news", "views-en"), ("/en/news?page=1", "views-en-2")):
        server.answers[path] = Answer(body=(SAVED / f"{name}.html").read_bytes())
    return World(tmp_path / "site", news("3 March 2026", "The office is closed."))


def test_the_walk_from_an_address_to_a_source(world: World, server: Server) -> None:
    assert PAGE is not None
    suggested, block, shown = re.findall(r"```(?:console|toml)\n(.*?)```", PAGE[1], re.DOTALL)

    def printed(source: str) -> str:
        out = world.publisher("check", "--source", source, at=NOW).out
        # a numeric address gives no name for its source
        out = out.replace(server.url(""), "https://www.example.org").replace("website", "example")
        return out.replace(OWN, "")  # the server of this test is in our own network

    found = printed(server.url("/en/news"))
    assert f"$ publisher check --source https://www.example.org/en/news\n{found}" == f"{suggested}\n{block}"

    table = (
        block.replace('kind = "page"\n', f'kind = "page"\n{OWN}')
        .replace("https://www.example.org", server.url(""))
        .replace('"example"', '"website"')
    )
    world.config.write_text(f"{world.config.read_text('utf-8')}\n{table}", "utf-8")
    assert f"$ publisher check --source example\n{printed('website')}" == shown
