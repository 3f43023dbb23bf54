"""An item under embargo, and one that expires, as readers and the operator see them."""

import json
from datetime import timedelta
from pathlib import Path

from tests.world import NOW, World

LISTING = """4 March 2026

The vote is on Friday.

Title: The vote
Expires: 5 March 2026

3 March 2026

The ferry has a new captain.

Title: New captain
Embargo: 4 March 2026, 17:00

2 March 2026

The crane moved.

Title: Crane
"""


def test_an_item_appears_and_another_expires_without_a_word(tmp_path: Path) -> None:
    world = World(tmp_path / "site", LISTING)

    assert "collect: 2 added, 1 waiting" in world.publisher("run", at=NOW).lines
    assert "source news: 1 item waiting: 1 until Wed 2026-03-04 17:00" in world.publisher("status", at=NOW).lines
    (waiting,) = world.publisher("status", "--json", at=NOW).json["sources"][0]["waiting"]
    assert (waiting["items"], waiting["until"][:16]) == (1, "2026-03-04T16:00")
    told = "1 item waits until 2026-03-04 17:00; `publisher check --source` names them"
    assert f"hint: source 'news': {told}" in world.publisher("check", at=NOW).lines
    note = "note: source 'news', an item of 2026-03-03: waits until 2026-03-04 17:00"
    assert note in world.publisher("check", "--source", "news", at=NOW).lines
    assert "captain" not in str(world.contents("feeds")) + str(world.contents("outbox"))

    later = world.publisher("run", at=NOW + timedelta(hours=7))

    assert "collect: 1 added" in later.lines
    assert world.composed() == [2, 1]
    assert world.in_feeds("captain") == {"all", "general"}

    expired = world.publisher("run", at=NOW + timedelta(days=2))

    assert "collect: 1 expired" in expired.lines
    assert world.composed() == [2, 1]
    assert world.in_feeds("The vote is on Friday") == set()
    assert "deleted-entry" not in (world.feeds / "all" / "atom.xml").read_text("utf-8")
    page = (world.feeds / "items" / "2026" / "the-vote.html").read_text("utf-8")
    assert "no longer current since 6 March 2026" in page
    assert "The vote is on Friday." in page
    assert "the-vote" not in (world.feeds / "sitemap-1.xml").read_text("utf-8")
    listed = json.loads((world.feeds / "all" / "feed.json").read_text("utf-8"))["items"]
    assert [each["title"] for each in listed] == ["New captain", "Crane"]
