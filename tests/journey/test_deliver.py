"""Digests are handed to a mail server, each of them once."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.sink import Sink, mail_sink
from tests.world import CONFIG, NOW, World, news

FERRY = news("3 March 2026", "The ferry sails twice a day.")
CRANE = news("4 March 2026", "A new crane arrived.")
LIST = "readers@lists.example.org"
NEXT_WEEK = NOW + timedelta(days=7)


def smtp(port: int, **keys: object) -> str:
    """Return the config.toml table of a mail server on this machine."""
    lines = ['host = "127.0.0.1"', f"port = {port}", 'security = "none"', *(f"{key} = {keys[key]}" for key in keys)]
    return "\n[smtp]\n" + "\n".join(lines) + "\n"


@pytest.fixture
def world(tmp_path: Path, sink: Sink) -> World:
    """A site that sends its mails to the sink, with one item."""
    return World(tmp_path / "site", FERRY, config=CONFIG + smtp(sink.port))


def test_a_run_hands_the_digest_over_and_the_next_one_does_not(world: World, sink: Sink) -> None:
    outcome = world.publisher("run", at=NOW)

    assert (0, "") == (outcome.exit_code, outcome.err)
    assert f"deliver: weekly-1 to {LIST}: 1 sent" in outcome.lines
    [taken] = sink.taken
    assert ("editor@example.org", (LIST,)) == (taken.sender, taken.recipients)
    assert (world.outbox / "weekly-1" / "digest.eml").read_bytes() == taken.mail
    assert "nothing new\n" == world.publisher("run", at=NOW).out
    assert "nothing new\n" == world.publisher("deliver", at=NOW).out
    assert "mails of weekly-1: 1 sent" in world.publisher("status", at=NOW).lines
    assert 1 == len(sink.taken)

    [line] = world.publisher_edition("list", at=NOW).lines
    assert line.endswith("; 1 sent")
    [edition] = world.publisher_edition("list", "--json", at=NOW).json
    assert (1, 0, 0) == tuple(edition["mails"][name] for name in ("sent", "refused", "doubtful"))
    for name in ("weekly-9", "monthly-1", "weekly"):  # which are not there, and cannot be sent
        outcome = world.publisher("deliver", "--from", name, at=NOW)
        assert (2, 1, True) == (outcome.exit_code, len(outcome.problems), name in outcome.err)


def test_a_rehearsal_says_what_would_be_sent_and_sends_nothing(world: World, sink: Sink) -> None:
    outcome = world.publisher("run", "--dry-run", at=NOW)

    assert f"deliver: weekly-1 to {LIST}: 1 to be sent" in outcome.lines
    assert [] == sink.taken


def test_editions_from_before_delivery_are_sent_only_on_request(tmp_path: Path, sink: Sink) -> None:
    world = World.after_run(tmp_path / "site", FERRY)
    world.list_above(CRANE)
    world.publisher("run", at=NOW + timedelta(days=1))
    assert 2 == world.publisher("deliver", at=NOW).exit_code
    world.config.write_text(CONFIG + smtp(sink.port), "utf-8")

    for verb in ("run", "deliver"):
        assert "nothing new\n" == world.publisher(verb, at=NEXT_WEEK).out
    assert [] == sink.taken

    outcome = world.publisher("deliver", "--from", "weekly-2", at=NEXT_WEEK)
    assert [f"deliver: weekly-2 to {LIST}: 1 sent"] == outcome.lines
    assert [(world.outbox / "weekly-2" / "digest.eml").read_bytes()] == [taken.mail for taken in sink.taken]
    assert "nothing new\n" == world.publisher("deliver", "--from", "weekly-2", at=NEXT_WEEK).out
    assert 1 == len(sink.taken)


def test_a_server_that_is_down_holds_up_nothing_else_and_gets_the_mail_later(tmp_path: Path) -> None:
    with mail_sink() as sink:
        port = sink.port
    world = World(tmp_path / "site", FERRY, config=CONFIG + smtp(port))

    outcome = world.publisher("run", at=NOW)

    assert 75 == outcome.exit_code
    assert "compose: weekly-1 with 1 item" in outcome.lines
    assert (world.feeds / "atom.xml").exists() or world.slugs()
    [problem] = outcome.problems
    assert problem.startswith(f"problem: deliver: mail server 127.0.0.1:{port}: ")
    assert problem.endswith("; 1 mail waits")
    status = world.publisher("status", at=NOW).out
    assert "mails of weekly-1: 1 queued" in status
    assert problem.removeprefix("problem: ") in status


def test_a_mail_that_was_changed_in_the_outbox_is_not_sent(world: World, sink: Sink) -> None:
    world.publisher("compose", at=NOW)
    world.publisher("collect", at=NOW)
    world.publisher("publish", at=NOW)
    world.publisher("compose", at=NOW)
    mail = world.outbox / "weekly-1" / "digest.eml"
    whole = mail.read_bytes()
    mail.write_bytes(whole.replace(b"ferry", b"fairy"))

    outcome = world.publisher("deliver", at=NOW)
    assert (75, True) == (outcome.exit_code, "is damaged" in outcome.err)
    assert [] == sink.taken

    mail.write_bytes(whole)
    world.publisher("deliver", at=NOW + timedelta(hours=1))
    assert [whole] == [taken.mail for taken in sink.taken]


def test_a_mail_that_waited_for_too_long_is_held_until_the_operator_says_so(world: World, sink: Sink) -> None:
    for verb in ("collect", "publish", "compose"):
        world.publisher(verb, at=NOW)

    held = ["nothing new; 1 mail held: see `publisher status`"]
    assert held == world.publisher("deliver", at=NEXT_WEEK).lines == world.publisher("run", at=NEXT_WEEK).lines
    told = world.publisher("status", at=NEXT_WEEK).lines
    place = told.index("mails of weekly-1: 1 held, older than smtp.max_age")
    assert "  `publisher deliver --from weekly-1` sends what is held" == told[place + 1]
    assert [] == sink.taken

    world.publisher("deliver", "--from", "weekly-1", at=NEXT_WEEK)
    assert 1 == len(sink.taken)


def test_the_limit_of_an_hour_counts_what_was_sent_in_it(tmp_path: Path, sink: Sink) -> None:
    two = CONFIG + '\n[[audiences]]\nname = "daily"\nto = "daily@lists.example.org"\n'
    world = World(tmp_path / "site", FERRY, config=two + smtp(sink.port, per_hour=1))

    world.publisher("run", at=NOW)
    assert 1 == len(sink.taken)
    world.publisher("deliver", at=NOW + timedelta(minutes=59))
    assert 1 == len(sink.taken)
    world.publisher("deliver", at=NOW + timedelta(minutes=61))
    assert ["daily@lists.example.org", LIST] == sorted(taken.recipients[0] for taken in sink.taken)
