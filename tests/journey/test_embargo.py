"""Embargoes and expiries, as readers and the operator see them."""

import json
from datetime import timedelta
from pathlib import Path

from tests.world import CONFIG, NOW, World, run_main

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
MOLE = "\n1 March 2026\n\nThe mole opens.\n"


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


def test_status_tells_apart_what_waits_settles_comes_back_and_is_hidden(tmp_path: Path) -> None:
    world = World.after_run(
        tmp_path / "site", f"{LISTING}{MOLE}", config=CONFIG.replace('"news.txt"', '"news.txt"\nsettle = "2h"')
    )
    crane = LISTING[LISTING.index("2 March") :]
    world.list_above("5 March 2026\n\nA buoy was lost.\n\nTitle: Buoy\nEmbargo: 5 March 2026, 08:00")
    world.edit(crane, "2 March 2026\n\nA quay was painted.\n\nTitle: Quay\n")
    world.publisher("run", at=NOW + timedelta(minutes=1))
    world.edit("1 March 2026", f"{crane}Embargo: 6 March 2026\n\n1 March 2026")
    world.publisher("run", at=NOW + timedelta(minutes=2))
    run_main("item", "hide", "--config", str(world.config), "--now", NOW.isoformat(), "items/2026/the-vote")

    told = world.publisher("status", at=NOW + timedelta(minutes=3)).lines

    assert [line for line in told if "source news: " in line][1:] == [
        "source news: 2 items waiting: 1 until Wed 2026-03-04 17:00, 1 until Thu 2026-03-05 08:00",
        "source news: 1 item settling: 1 until Wed 2026-03-04 12:31",
        "source news: 1 item withdrawn and coming back: 1 until Fri 2026-03-06 00:00",
        "source news: 1 item hidden; `publisher item list` names them",
    ]
