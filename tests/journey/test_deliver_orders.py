"""The operator's commands about mails (pause, resume, recall, send again), and the record of them."""

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.journey.test_deliver import CRANE, FERRY, LIST, smtp
from tests.smtp_server import Say, Server, Step, smtp_server
from tests.world import CONFIG, NOW, World, prepared, run_main

RIGHT = "right@lists.example.org"
TWO = CONFIG + '\n[[audiences]]\nname = "daily"\nto = "daily@lists.example.org"\n'
LATER = NOW + timedelta(hours=1)
NOWHERE = 9


@pytest.fixture
def server() -> Iterator[Server]:
    with smtp_server() as server:
        yield server


@pytest.fixture
def world(tmp_path: Path, server: Server) -> World:
    """A site that sends to two lists, with two items in two editions that wait."""
    world = prepared(tmp_path / "site", _composed)
    world.configure(f"port = {NOWHERE}\n", f"port = {server.port}\n")
    return world


def _composed(folder: Path) -> World:
    world = World(folder, f"{CRANE}\n\n{FERRY}", config=TWO + smtp(NOWHERE))
    for verb in ("collect", "publish", "compose"):
        world.publisher(verb, at=NOW)
    return world


def order(world: World, *arguments: str) -> list[str]:
    outcome = world.publisher("deliver", *arguments, at=LATER)
    assert 0 == outcome.exit_code, outcome
    return outcome.lines


def test_one_list_is_paused_then_all_are_then_they_go_on(world: World, server: Server) -> None:
    assert order(world, "--pause", "daily") == [
        "mails of daily are paused; `publisher deliver --resume daily` lets them go on"
    ]
    order(world)
    assert [LIST] == server.recipients
    assert "mails of daily: paused since Wed 2026-03-04 11:30" in world.publisher("status", at=LATER).out

    order(world, "--pause")
    assert ["mails of daily go on", "all mails stay paused"] == order(world, "--resume", "daily")
    assert ["nothing new; 1 mail paused: see `publisher status`"] == order(world)
    assert ["all mails go on"] == order(world, "--resume")
    order(world)
    assert sorted([LIST, "daily@lists.example.org"]) == server.recipients
    assert ["nothing was paused"] == order(world, "--resume")


def test_when_mails_that_wait_are_tried_is_said(world: World, server: Server) -> None:
    server.script = [Step("RCPT", Say("450 4.2.0 try again later"), times=2)]
    order(world)

    [line] = order(world)

    assert re.fullmatch(r"nothing new; mails wait until \w+ [\d-]+ [\d:]+: see `publisher status`", line)


def test_a_recalled_mail_is_not_sent_and_can_be_sent_again(world: World, server: Server) -> None:
    assert "weekly-1: 1 mail taken back" == order(world, "--recall", "weekly-1")[0]
    order(world)
    assert ["daily@lists.example.org"] == server.recipients
    assert "weekly-1: nothing waits any more" == order(world, "--recall", "weekly-1")[0]
    assert "1 taken back" in world.publisher_edition("list", at=LATER).out

    lines = order(world, "--again", "weekly-1", "--yes")

    assert f"weekly-1 to {LIST}: it was taken back, tried 0 times" == lines[0]
    assert f"deliver: weekly-1 to {LIST}: 1 sent" == lines[-1]
    status = world.publisher("status", at=LATER).lines
    assert ["deliver --again weekly-1", "deliver --recall weekly-1"] == [
        line.partition(" on ")[0] for line in status if line.startswith("deliver --") and line.endswith("1 mail")
    ]


def test_an_edition_that_was_sent_goes_again_only_with_a_yes(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    order(world)
    before = len(server.taken)
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert "nothing was sent" in order(world, "--again", "weekly-1")[-1]
    unanswered = world.publisher("deliver", "--again", "weekly-1", at=LATER)
    assert (2, True) == (unanswered.exit_code, "--yes does not ask" in unanswered.err)
    assert before == len(server.taken)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))

    lines = order(world, "--again", "weekly-1")

    assert f"weekly-1 to {LIST}: the mail server took it (250 2.0.0 taken), tried 1 time" == lines[0]
    twice = [taken.mail for taken in server.taken if taken.recipient == LIST]
    assert 2 == len(twice)
    assert twice[0] == twice[1]


def test_an_edition_to_a_wrong_address_is_made_again_for_the_right_one(world: World, server: Server) -> None:
    server.script = [Step("RCPT", Say("550 5.1.1 no such list"), about=LIST)]
    refused = world.publisher("deliver", at=LATER)
    assert (75, True) == (refused.exit_code, "`publisher deliver --again weekly-1` sends it" in refused.err)
    told = world.publisher("status", at=LATER).lines
    place = told.index("mails of weekly-1: 1 refused: 550 5.1.1 no such list")
    assert "then `publisher deliver --again weekly-1` sends it" in told[place + 1]
    world.configure(LIST, RIGHT)

    lines = order(world, "--again", "weekly-1", "--yes")

    assert f"It is made again and goes to {RIGHT}." in lines
    [taken] = [taken for taken in server.taken if taken.recipient == RIGHT]
    assert f"To: {RIGHT}\r\n".encode() in taken.mail
    assert (world.outbox / "weekly-1" / "digest.eml").read_bytes() == taken.mail
    assert RIGHT == world.editions()["weekly-1"]["to"]
    assert ["nothing new"] == order(world)


def test_a_mail_that_waits_to_a_wrong_address_goes_to_the_right_one_alone(world: World, server: Server) -> None:
    world.configure(LIST, RIGHT)

    order(world, "--again", "weekly-1", "--yes")

    assert [RIGHT, "daily@lists.example.org"] == sorted(server.recipients, reverse=True)


def test_withdrawn_and_hidden_items_are_not_in_a_mail_that_waited(world: World, server: Server) -> None:
    world.edit(CRANE, "")
    for verb in ("collect", "publish"):
        world.publisher(verb, at=LATER)

    order(world)

    assert {b"crane" in taken.mail for taken in server.taken} == {False}
    assert {b"ferry" in taken.mail for taken in server.taken} == {True}
    assert ["The ferry sails twice a day"] == [item["title"] for item in world.editions()["weekly-1"]["items"]]
    assert (world.outbox / "weekly-1" / "digest.eml").read_bytes() in [taken.mail for taken in server.taken]


def test_an_edition_of_which_nothing_is_left_is_not_sent(world: World, server: Server) -> None:
    world.publisher("deliver", "--recall", "daily-1", at=NOW)
    for item in list(world.editions()["weekly-1"]["items"]):
        run_main("item", "hide", "--config", str(world.config), "--now", LATER.isoformat(), item["uid"])

    assert ["nothing new"] == order(world)

    assert [] == server.taken
    assert "1 taken back" in world.publisher_edition("list", at=LATER).out


@pytest.mark.parametrize(
    "arguments",
    [
        ("weekly",),
        ("--pause", "--resume"),
        ("--pause", "yearly"),
        ("--resume", "yearly"),
        ("--recall", "weekly-9"),
        ("--again", "weekly-9"),
        ("--pause", "--dry-run"),
    ],
)
def test_impossible_orders_are_refused_with_a_reason(world: World, server: Server, arguments: tuple[str, ...]) -> None:
    outcome = world.publisher("deliver", *arguments, at=LATER)

    assert (2, []) == (outcome.exit_code, server.taken)
    assert outcome.err
