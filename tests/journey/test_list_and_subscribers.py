"""A site with a mailing list does not change when people may subscribe, as long as nobody does."""

from collections.abc import Mapping
from difflib import unified_diff
from pathlib import Path

from tests.visitor import LISTING, SMTP, SUBSCRIBERS
from tests.world import CONFIG, NOW, World

WAYS_TO_GET_IT = (
    "/-/subscribe",
    "#follow",
    '<h2 id="mail">',
    "<p>An app tells you",
    "<p>One mail with",
    "<p>Only what is new",
)
"""The beginnings or parts of lines that lead to a page's feeds or to the form."""


def test_feeds_and_mails_to_a_list_are_the_same_and_pages_lead_to_the_form(tmp_path: Path) -> None:
    alone = passed(tmp_path / "alone", CONFIG + SMTP)
    beside = passed(tmp_path / "beside", CONFIG + SUBSCRIBERS + SMTP)

    assert alone.contents("outbox") == beside.contents("outbox")
    assert without_pages(alone) == without_pages(beside)
    before, after = pages(alone), pages(beside)
    assert before.keys() == after.keys()
    for name, page in before.items():
        changed = [line[1:] for line in list(unified_diff(page, after[name], n=0))[2:] if not line.startswith("@@")]
        assert any("/-/subscribe" in line for line in changed), name
        assert [] == [line for line in changed if not any(way in line for way in WAYS_TO_GET_IT)], name
    assert not any("/-/" in line for page in before.values() for line in page)


def passed(folder: Path, config: str) -> World:
    """Return a site after its first pass. Nothing is sent."""
    world = World(folder, LISTING, config=config)
    for verb in ("collect", "publish", "compose"):
        assert 0 == world.publisher(verb, at=NOW).exit_code
    return world


def without_pages(world: World) -> Mapping[str, bytes]:
    return {name: content for name, content in world.contents().items() if not name.endswith(".html")}


def pages(world: World) -> Mapping[str, list[str]]:
    named = {name: content for name, content in world.contents().items() if name.endswith(".html")}
    return {name: content.decode().splitlines() for name, content in named.items()}
