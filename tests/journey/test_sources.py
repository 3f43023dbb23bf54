"""What the operator sees of sources that are read at once, held, released or discarded."""

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tests.servers import Answer, Server
from tests.world import CONFIG, NOW, World, prepared

LATER = NOW + timedelta(minutes=15)
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Partner</title>
<item><title>The ferry sails</title><pubDate>Mon, 02 Mar 2026 09:00:00 GMT</pubDate></item></channel></rss>"""


def register(folder: Path, texts: Sequence[str], *, ids: str = "id", day: str = "2026-03-03") -> None:
    """Let the source list these texts, each with an id of its own."""
    rows = [{"id": f"{ids}-{number}", "date": day, "text": text} for number, text in enumerate(texts)]
    (folder / "news.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


def texts(count: int, about: str = "boats") -> list[str]:
    return [f"In the year {1900 + number} there were {number} {about} in the harbour." for number in range(count)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A site that has published a register of twelve items."""
    return prepared(tmp_path / "site", published)


def published(folder: Path) -> World:
    world = World(folder, config=CONFIG.replace('"news.txt"', '"news.jsonl"\nkind = "table"'))
    register(world.folder, texts(12))
    world.publisher("run", at=NOW)
    return world


# --- sources whose wait is not over ----------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[Server]:
    """A web server that answers nothing yet."""
    server = Server()
    yield server
    server.close()


@pytest.fixture
def web_world(tmp_path: Path, server: Server) -> World:
    """A site that reads a feed from the web server."""
    place = f'url = "{server.url("/feed.xml")}"\nkind = "feed"\nprivate = ["127.0.0.1"]'
    return World(tmp_path / "site", config=CONFIG.replace('path = "news.txt"', place))


def test_a_server_that_failed_waits_and_can_be_asked_at_once(web_world: World, server: Server) -> None:
    server.answers["/feed.xml"] = Answer(status=500)
    assert 75 == web_world.publisher("collect", at=NOW).exit_code
    server.answers["/feed.xml"] = Answer(body=FEED.encode())

    out = web_world.publisher("collect", at=NOW).out
    assert "nothing new; 1 source not asked yet: see `publisher status`\n" == out
    (line,) = [each for each in web_world.publisher("status", at=NOW).lines if each.startswith("source news: ")]
    assert "; asked again Wed 2026-03-04 10:3" in line
    assert line.endswith(", or at once by `publisher collect news`")

    assert ["collect: 1 added"] == web_world.publisher("collect", "news", at=NOW).lines


def test_a_fresh_source_waits_and_can_be_read_at_once(web_world: World, server: Server) -> None:
    server.answers["/feed.xml"] = Answer(body=FEED.encode(), headers={"Cache-Control": "max-age=7200"})
    web_world.publisher("collect", at=NOW)
    status = web_world.publisher("status", at=LATER).out
    assert (
        "source news: 1 item listed, last change Wed 2026-03-04 10:30; asked again Wed 2026-03-04 12:30, or" in status
    )
    assert "asked again" not in web_world.publisher("status", at=NOW + timedelta(hours=3)).out

    web_world.publisher("collect", at=LATER)
    assert 1 == len(server.asked)
    web_world.publisher("collect", "news", at=LATER)
    assert 2 == len(server.asked)


def test_a_source_that_is_not_there_is_named(world: World) -> None:
    outcome = world.publisher("collect", "news", "nwes", at=NOW)

    assert (2, "") == (outcome.exit_code, outcome.out)
    assert ["publisher: no source 'nwes' in config.toml; there is: news"] == outcome.problems


# --- suspicious listings ---------------------------------------------------------------------------------------------


def test_a_flood_is_held_and_told_and_released(world: World) -> None:
    register(world.folder, [*texts(12), *texts(40, "flags")])
    before = world.contents()

    outcome = world.publisher("run", at=LATER)

    assert (75, "source news: held\n") == (outcome.exit_code, outcome.out)
    why = "it brings 40 new items at once, and brought none since it was first read; it would add 40"
    assert f"held: {why}; " in outcome.err
    assert before == world.contents()
    assert (
        f"source news: held since Wed 2026-03-04 10:45: {why}; "
        "`publisher source release news` or `publisher source discard news`" in world.publisher("status").lines
    )
    assert "nothing new; 1 source held: see `publisher status`\n" == world.publisher("run", at=LATER).out

    assert "collect: 40 added" in world.publisher_source("release", "news", "--dry-run", at=LATER).lines
    (held,) = (each["held_change"] for each in world.publisher("status", "--json").json["sources"])
    assert (40, 0, 0, 5) == (held["added"], held["revised"], held["withdrawn"], len(held["new"]))

    assert ["collect: 40 added", "source news: well"] == world.publisher_source("release", "news", at=LATER).lines
    world.publisher("run", at=LATER)

    assert 40 == sum("flags" in text for text in world.summaries("all"))
    assert "source news: 52 items listed" in world.publisher("status").out


def test_a_flood_that_is_discarded_is_never_published(world: World) -> None:
    register(world.folder, [*texts(12), *texts(40, "flags")])
    world.publisher("run", at=LATER)

    assert ["collect: 40 kept from readers", "source news: well"] == world.publisher_source(
        "discard", "news", at=LATER
    ).lines

    register(world.folder, [*texts(12), *texts(40, "flags"), "One more."])
    assert "collect: 1 added" == world.publisher("run", at=LATER).lines[0]
    assert 13 == len(world.summaries("all"))
    assert "held" not in world.publisher("status").out


def test_ids_that_all_change_at_once_change_nothing_for_readers(world: World) -> None:
    before = world.contents()
    register(world.folder, texts(12), ids="new")

    assert "nothing new\n" == world.publisher("run", at=LATER).out

    assert before == world.contents()


def test_ids_and_words_that_all_change_at_once_are_held(world: World) -> None:
    register(world.folder, texts(12, "gulls, each of them as white as the next one"), ids="new", day="2026-03-02")

    outcome = world.publisher("run", at=LATER)

    assert "held: 12 of its 12 items are new, and older than what it had; it would add 12" in outcome.err


def test_a_source_under_another_name_is_held_and_its_old_name_puts_all_right(world: World) -> None:
    before = world.contents()
    world.configure('name = "news"', 'name = "register"')

    outcome = world.publisher("run", at=LATER)

    assert 75 == outcome.exit_code
    assert "12 of its 12 items are those of source 'news', which is gone from config.toml: give it that" in outcome.err
    assert before == world.contents()
    world.configure('name = "register"', 'name = "news"')
    assert "nothing new\n" == world.publisher("run", at=LATER).out


def test_a_source_under_another_name_goes_on_when_what_it_repeats_is_discarded(world: World) -> None:
    world.configure('name = "news"', 'name = "register"')
    world.publisher("run", at=LATER)

    assert "collect: 12 kept from readers" == world.publisher_source("discard", "register", at=LATER).lines[0]

    register(world.folder, [*texts(12), "One more."])
    assert "collect: 1 added" == world.publisher("run", at=LATER).lines[0]
    assert 13 == len(world.summaries("all"))


def test_another_source_beside_one_that_is_gone_is_new(world: World) -> None:
    world.configure('name = "news"', 'name = "flags"')
    register(world.folder, [*texts(2), *texts(10, "flags")])

    assert "collect: 12 added" == world.publisher("run", at=LATER).lines[0]


@pytest.mark.parametrize("verb", ["release", "discard"])
def test_a_source_that_is_not_held_cannot_be_decided_about(world: World, verb: str) -> None:
    outcome = world.publisher_source(verb, "news", at=LATER)

    assert 2 == outcome.exit_code
    assert ["publisher: source 'news' is not held; held now: none"] == outcome.problems
