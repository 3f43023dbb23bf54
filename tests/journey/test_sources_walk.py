"""What docs/sources.md shows of bringing in a web page is what the program prints."""

import re
from pathlib import Path

import pytest

from tests.servers import Answer, Server
from tests.world import CONFIG, NOW, World, news

ROOT = Path(__file__).resolve().parents[2]
PAGE = re.search(r"^## A page\n(.*?)^## ", (ROOT / "docs" / "sources.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
SAVED = ROOT / "tests" / "golden" / "pages"


@pytest.fixture
def world(tmp_path: Path, server: Server) -> World:
    """A site, and the website of the example."""
    for path, name in (("/en/news", "views-en"), ("/en/news?page=1", "views-en-2")):
        server.answers[path] = Answer(body=(SAVED / f"{name}.html").read_bytes())
    config = CONFIG + '\n[fetching]\nprivate = ["127.0.0.1"]\n'
    return World(tmp_path / "site", news("3 March 2026", "The office is closed."), config=config)


def test_the_walk_from_an_address_to_a_source(world: World, server: Server) -> None:
    assert PAGE is not None
    suggested, block, shown = re.findall(r"```(?:console|toml)\n(.*?)```", PAGE[1], re.DOTALL)

    def printed(source: str) -> str:
        out = world.publisher("check", "--source", source, at=NOW).out
        # An address of numbers has no name to give to its source.
        return out.replace(server.url(""), "https://www.example.org").replace("website", "example")

    found = printed(server.url("/en/news"))
    assert f"$ publisher check --source https://www.example.org/en/news\n{found}" == f"{suggested}\n{block}"

    table = block.replace("https://www.example.org", server.url("")).replace('"example"', '"website"')
    world.config.write_text(f"{world.config.read_text('utf-8')}\n{table}", "utf-8")
    assert f"$ publisher check --source example\n{printed('website')}" == shown
