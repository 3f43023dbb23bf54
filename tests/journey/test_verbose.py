"""`--verbose` prints decisions and their reasons."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from publisher.model.decisions import DecisionLog, facts_of
from tests.servers import Answer, Server
from tests.world import CONFIG, NOW, World, news, prepared

LATER = NOW + timedelta(hours=1)
NEXT_WEEK = NOW + timedelta(days=7)
BORDER = news("2 March 2026", "A new rule at the border. It is short.", theme="Borders & Visa")
OFFICE = news("3 March 2026", "The office is closed on Friday.")
OLD = news("2 March 2025", "What was said a year ago is still true.")
MANY = [
    news(f"{day} February 2026", f"The number of the day is {day}, and {day * day} its square.") for day in range(1, 26)
]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A site with three items, after one run."""
    return prepared(tmp_path / "site", ran_when_due)


def ran_when_due(folder: Path) -> World:
    world = World(folder, f"{OFFICE}\n\n{BORDER}\n\n{OLD}")
    world.publisher("run", "--due", at=NOW)
    return world


def decisions(world: World, *command: str, at: datetime = LATER) -> list[str]:
    """Return the decisions that a command prints. Check that standard error contains nothing else but problems."""
    printed = world.publisher(*command, "--verbose", at=at).problems
    assert printed
    return [line.removeprefix("publisher: ") for line in printed if not line.startswith("problem: ")]


def assert_told(expected: str, told: list[str]) -> None:
    """Assert that exactly one line begins with the expected text."""
    assert 1 == sum(line.startswith(expected) for line in told), told


def test_no_decision_is_printed_unless_it_is_asked_for(world: World) -> None:
    world.edit("It is short.", "It is long.")

    assert decisions(world, "run", "--dry-run")
    assert "" == world.publisher("run", at=LATER).err


def test_a_run_with_no_news_says_why_nothing_is_done(world: World) -> None:
    times = "last=2026-03-04T09:30:00+00:00, next_tick=2026-03-09T07:00:00+00:00"
    assert [
        "source has no news: it gives what it gave at its last reading (source=news)",
        "nothing is rendered: nothing changed since the last pass (log_end=3)",
        f"no edition is due: its schedule has no tick since the last that was dealt with (audience=weekly, {times})",
    ] == decisions(world, "run", "--due")


# --- items -----------------------------------------------------------------------------------------------------------


def test_items_of_a_first_reading_are_new_or_too_old(tmp_path: Path) -> None:
    since = CONFIG.replace('path = "news.txt"', 'path = "news.txt"\nsince = "30 days"')
    world = World(tmp_path, f"{BORDER}\n\n{OLD}", config=since)

    told = decisions(world, "collect", at=NOW)

    old = "item is kept from readers: it is older than `since` allows in a first reading (source=news, uid=tag:"
    assert_told(f"{old}news.example.org,2025-03-02:news/", told)
    new = "item is new: its source is read for the first time (source=news, uid=tag:"
    assert_told(f"{new}news.example.org,2026-03-02:news/", told)


def withdraw(world: World) -> None:
    world.edit(OFFICE, "")


def withdraw_and_list_again(world: World) -> None:
    withdraw(world)
    world.publisher("collect", at=NOW)
    world.list_above(OFFICE)


@pytest.mark.parametrize(
    ("change", "decision"),
    [
        pytest.param(
            lambda world: world.list_above(news("4 March 2026", "A bridge opens.")),
            "item is new: no known item of its source has its id, its content, its link or, on its date, similar words",
            id="new",
        ),
        pytest.param(
            lambda world: world.edit("It is short.", "It is long."), "item is revised: changed: text", id="text"
        ),
        pytest.param(
            lambda world: world.edit("Borders & Visa", "Asylum"), "item is revised: changed: themes", id="theme"
        ),
        pytest.param(
            withdraw,
            "item is withdrawn: its source no longer lists it, and lists all items of its date",
            id="withdrawn",
        ),
        pytest.param(withdraw_and_list_again, "item is revised: it was withdrawn and is listed again", id="back"),
        pytest.param(
            lambda world: world.edit(OLD, ""),
            "item is unlisted: the listing of its source ends above it; readers keep it",
            id="unlisted",
        ),
    ],
)
def test_a_changed_item_says_why(world: World, change: Callable[[World], None], decision: str) -> None:
    change(world)

    assert [decision] == [line.partition(" (source=news, uid=tag:")[0] for line in decisions(world, "collect")]


def test_an_item_that_may_be_unreadable_is_not_withdrawn(world: World) -> None:
    world.edit("3 March 2026", "33 March 2026")

    assert_told(
        "item stays as it is: it is missing, and may be one that could not be read", decisions(world, "collect")
    )


def test_an_item_of_two_sources_is_a_copy_and_is_inherited(tmp_path: Path) -> None:
    config = CONFIG.replace(
        '[[sources]]\nname = "news"\npath = "news.txt"\n',
        "".join(f'[[sources]]\nname = "{name}"\nkind = "table"\npath = "{name}.csv"\n' for name in ("one", "two")),
    )
    world = World(tmp_path, config=config)
    row = "2026-03-03,The ferry sails again.,https://example.org/ferry\n"
    last = "2026-03-01,Nothing else.,\n"
    for name in ("one", "two"):
        (tmp_path / f"{name}.csv").write_text(f"date,text,link\n{row}{last}")

    told = decisions(world, "collect", at=NOW)

    because = "another source listed it first, under the same id, or the same link and title"
    assert_told(f"item is a copy: {because} (source=two, uid=", told)
    (tmp_path / "one.csv").write_text(f"date,text,link\n{last}")
    because = "source 'one' no longer lists it, and source 'two' still does"
    assert_told(f"item goes to another source: {because} (source=one, uid=", decisions(world, "collect"))


# --- sources ---------------------------------------------------------------------------------------------------------


def test_a_held_source_says_why_it_is_held_and_stays_held(world: World) -> None:
    world.list_above(*MANY)
    older = "25 of its 28 items are new, and older than what it had; it would add 25"

    assert_told(f"source is held: {older} (source=news)", decisions(world, "collect"))
    assert_told(f"source stays held: {older} (source=news, since=", decisions(world, "collect"))

    told = world.publisher_source("discard", "news", "--verbose", at=LATER).problems

    assert any("source is held no longer, the operator chose discard: " in line for line in told)
    assert 25 == sum("item is kept from readers: the operator discarded it" in line for line in told)


def test_a_source_that_is_left_alone_says_why_and_until_when(world: World, server: Server) -> None:
    server.answers["/feed.xml"] = Answer(status=503)
    url = server.url("/feed.xml")
    world.configure('path = "news.txt"', f'kind = "feed"\nurl = "{url}"\nprivate = ["127.0.0.1"]')

    assert_told(f"source fails: {url}", decisions(world, "collect"))
    told = decisions(world, "collect")
    assert_told(f"source is left alone: it failed, 1 times in a row: {url}", told)
    assert " (source=news, until=2026-03-04T10:3" in told[0]


def test_a_failing_source_says_why_it_fails(world: World) -> None:
    world.listing.unlink()

    assert_told(f"source fails: there is no {world.listing}; create it", decisions(world, "collect"))


# --- feeds and pages -------------------------------------------------------------------------------------------------


def test_feeds_that_items_touch_are_named(world: World) -> None:
    world.edit("It is short.", "It is long.")

    told = decisions(world, "run", "--due")

    assert_told("feeds are rendered: items changed, log numbers 4 to 4 (slugs=borders-visa)", told)


def retitle(world: World) -> None:
    world.configure('title = "Example News"', 'title = "Other News"')


def map_theme(world: World) -> None:
    world.configure("[[audiences]]", '[themes.borders]\ntitle = "Borders & Visa"\n\n[[audiences]]')


def empty(world: World) -> None:
    (world.feeds / "index.html").unlink()


@pytest.mark.parametrize(
    ("change", "because"),
    [
        (retitle, "a template, a setting or the program changed"),
        (map_theme, "the themes or combined feeds of config.toml changed"),
        (empty, "it was asked for, or there is no index.html (all)"),
    ],
)
def test_a_full_pass_says_why_everything_is_rendered(
    world: World, change: Callable[[World], None], because: str
) -> None:
    change(world)

    [told] = [line for line in decisions(world, "publish") if line.startswith("every feed and page is rendered")]

    assert because in told


def test_an_archive_that_is_rendered_again_says_which_file_was_missing(tmp_path: Path) -> None:
    config = CONFIG.replace("[[sources]]", "[feeds]\nlimit = 10\n\n[[sources]]")
    world = World(tmp_path, "\n\n".join(MANY), config=config)
    assert_told("every feed and page is rendered, archives too: nothing was rendered", decisions(world, "run", at=NOW))
    empty(world)
    (world.feeds / "general" / "archive" / "1" / "rss.xml").unlink()

    told = decisions(world, "publish")

    assert_told("archive is rendered: there is no general/archive/1/rss.xml (feed=general, number=1)", told)


# --- editions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "decision"),
    [
        ("", "edition weekly-1 is due: new to its audience: 3 (audience=weekly)"),
        ("max_items = 2", "edition weekly-1 is due: new to its audience: 3, of which 1 wait for the next (max_items)"),
        ("min_items = 4", "no edition is due: new to its audience: 3, fewer than 4 (min_items)"),
        ('themes = ["asylum"]', "no edition is due: nothing is new to its audience"),
    ],
)
def test_a_tick_of_a_schedule_says_why_an_edition_comes_of_it(world: World, setting: str, decision: str) -> None:
    world.configure('name = "weekly"', f'name = "weekly"\n{setting}')

    assert_told(decision, decisions(world, "run", "--due", at=NEXT_WEEK))


def test_an_audience_without_a_tick_says_why_it_gets_no_edition(tmp_path: Path) -> None:
    unscheduled = '\n[[audiences]]\nname = "manual"\nto = "manual@lists.example.org"\n'
    world = World(tmp_path, BORDER, config=f'{CONFIG}review = "2h"\n{unscheduled}')

    told = decisions(world, "run", "--due", at=NOW)

    begun = "its schedule counts from now on (audience=weekly, next_tick=2026-03-09T07:00:00+00:00)"
    assert_told(f"no edition is due: {begun}", told)
    assert_told("no edition is due: it has no schedule (audience=manual)", told)
    world.publisher("compose", "weekly", at=NOW)
    held = "its last one waits for its editor (audience=weekly)"
    assert_told(f"no edition is due: {held}", decisions(world, "compose", "weekly", at=LATER))


# --- addresses -------------------------------------------------------------------------------------------------------


def test_no_line_holds_a_mail_address(caplog: pytest.LogCaptureFixture) -> None:
    log = DecisionLog("tests")

    with caplog.at_level(logging.DEBUG, logger="publisher"):
        log.debug("delivery is queued", because="<ada@example.org> asked for it", to="Ada <ada@example.org>", number=1)

    facts = {"because": "<(address)> asked for it", "to": "Ada <(address)>", "number": 1}
    assert [facts] == [facts_of(line) for line in caplog.records]
