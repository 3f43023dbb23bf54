"""Subscribers whose mails come back, who complain, or who unsubscribe by mail, with a real mail server."""

import json
import mailbox
import re
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.deliver.test_bounces import COMPLAINT, POSTFIX, report
from tests.journey.test_deliver import smtp
from tests.journey.test_subscribers import ONLY_PEOPLE, people
from tests.smtp_server import Say, Server, Step, Taken, smtp_server
from tests.world import NOW, Outcome, World, news, run_main

FERRY = news("3 March 2026", "The ferry sails twice a day.", theme="Ferries")
DAY = timedelta(days=1)
MONDAY = NOW.replace(day=9)
BOUNCES = "bounces@example.org"


@pytest.fixture
def server() -> Iterator[Server]:
    refusal = Step("RCPT", Say("550 5.1.1 no such user"), about="fay@", times=9)
    with smtp_server([refusal]) as server:
        yield server


@pytest.fixture
def world(tmp_path: Path, server: Server) -> World:
    box = tmp_path / "box"
    mailbox.Maildir(box)
    more = smtp(server.port, bounces=f'"{BOUNCES}"') + f'\n[bounces]\nmaildir = "{box}"\n'
    world = World(tmp_path / "site", FERRY, config=ONLY_PEOPLE + more)
    assert 0 == world.publisher("run", at=NOW).exit_code
    for name in ("ada", "ben", "dan", "eve", "fay"):
        added = people(world, "add", f"{name}@example.org", "*=weekly", "--agreed", "on paper")
        assert 0 == added.exit_code, added
    return world


def put(world: World, *mails: bytes) -> None:
    box = mailbox.Maildir(world.folder.parent / "box")
    for each in mails:
        box.add(each)


def digest_of(server: Server, name: str) -> Taken:
    return next(each for each in reversed(server.taken) if each.recipient == f"{name}@example.org")


def bounce_of(taken: Taken) -> bytes:
    """Return the report with which a mail comes back to its envelope sender."""
    return report(POSTFIX, returned=f"Message-ID: {taken.message_id}\n", to=taken.sender)


def stop_by_mail(taken: Taken, *, head: str = "") -> bytes:
    """Return the mail that a mail program sends to unsubscribe."""
    header = str(message_from_bytes(taken.mail, policy=policy.default)["List-Unsubscribe"])
    found = re.search(rf"<mailto:{BOUNCES}\?subject=unsubscribe%20([\w-]+)>", header)
    assert found, header
    return f"From: eve@example.org\nTo: {BOUNCES}\nSubject: unsubscribe {found[1]}\n{head}\n\n".encode()


def why(world: World, name: str, at: timedelta = timedelta(0)) -> str:
    outcome = world.publisher("why", f"{name}@example.org", at=MONDAY + at)
    assert 0 == outcome.exit_code, outcome
    return "\n".join(outcome.lines)


def recipients(server: Server) -> list[str]:
    return sorted(each.recipient.partition("@")[0] for each in server.taken)


def run(world: World, after: timedelta) -> None:
    outcome = world.publisher("run", at=MONDAY + after)
    assert outcome.exit_code in (0, 75), outcome
    assert "@example.org" not in outcome.err.replace("news@example.org", "")


def test_a_broken_template_of_letters_stops_no_digest(world: World, server: Server) -> None:
    """A probe to a suspended subscriber is due then. It goes out as soon as the template is corrected."""
    world.listing.write_text(f"{news('8 March 2026', 'A first one.', theme='Ferries')}\n\n{FERRY}")
    run(world, timedelta(0))
    run(world, timedelta(minutes=1))
    assert "no digests since" in why(world, "fay")
    broken = world.folder / "templates" / "letter.txt"
    broken.parent.mkdir(exist_ok=True)
    broken.write_text("{% if %}")
    world.listing.write_text(f"{news('9 March 2026', 'A new one.', theme='Ferries')}\n\n{FERRY}")
    server.taken.clear()

    outcome = world.publisher("run", at=MONDAY + 7 * DAY)

    assert 2 == outcome.exit_code
    assert "letter.txt:1: Expected an expression" in outcome.err
    assert ["ada", "ben", "dan", "eve"] == recipients(server)

    broken.unlink()
    server.script.clear()
    run(world, 7 * DAY + timedelta(minutes=1))

    assert "fay" in recipients(server)


def test_the_operator_lets_mails_go_on_to_somebody_whose_mails_came_back(world: World, server: Server) -> None:
    """Adding him again does not let mails go on, and the answer says so."""
    world.listing.write_text(f"{news('8 March 2026', 'A first one.', theme='Ferries')}\n\n{FERRY}")
    run(world, timedelta(0))
    put(world, bounce_of(digest_of(server, "ada")))
    world.publisher("bounces", at=MONDAY + DAY)
    ada, later = "ada@example.org", MONDAY + 2 * DAY
    suspended = "no digests since Tue 2026-03-10 10:30, because mails came back"

    added = people(world, "add", ada, "*=weekly", "--agreed", "by telephone", at=later)
    assert f"  {suspended}; to let them go on: publisher subscribers resume {ada}" == added.lines[-1]
    told = f"{ada}: mails go on; until now: {suspended}"
    assert [told] == people(world, "resume", ada, "--dry-run", at=later).lines
    assert suspended in why(world, "ada", 2 * DAY)

    assert [told] == people(world, "resume", ada, at=later).lines

    assert "no digests since" not in why(world, "ada", 2 * DAY)
    assert [f"{ada}: no mails came back"] == people(world, "resume", ada, at=later).lines
    assert {"address": ada, "changed": False, "suppressed": []} == people(world, "resume", ada, "--json").json
    assert 2 == people(world, "resume", "nobody@example.org").exit_code
    world.listing.write_text(f"{news('9 March 2026', 'A new one.', theme='Ferries')}\n\n{FERRY}")
    server.taken.clear()
    run(world, 8 * DAY)
    assert "ada" in recipients(server)


def test_a_subscribers_way_through_bounces(world: World, server: Server) -> None:
    world.listing.write_text(f"{news('8 March 2026', 'A first one.', theme='Ferries')}\n\n{FERRY}")
    run(world, timedelta(0))
    assert ["ada", "ben", "dan", "eve"] == recipients(server)
    marks = {each.sender for each in server.taken}
    assert 4 == len(marks)
    assert all(re.fullmatch(r"bounces\+[0-9a-f]{20}@example\.org", mark) for mark in marks)

    # Fay's server refuses at once; the others' servers report later, or their readers complain or unsubscribe.
    ada, ben, eve = (digest_of(server, name) for name in ("ada", "ben", "eve"))
    complaint = COMPLAINT.replace(b"bounces+Xy@example.org", ben.sender.encode())
    away = stop_by_mail(eve, head="Auto-Submitted: auto-replied")
    guessed = report(POSTFIX, to=f"bounces+{'0' * 20}@example.org")
    put(world, bounce_of(ada), complaint, stop_by_mail(eve), away, guessed)
    lines = world.publisher("bounces", at=MONDAY + DAY).lines
    again = world.publisher("bounces", at=MONDAY + DAY).lines

    told = ["1 automatic answer left alone", "1 mail left alone: not about a mail from this site"]
    assert [
        "1 subscriber suspended, because too many mails came back",
        "the subscriptions of 2 subscribers ended",
    ] == lines[3:5]
    assert told == lines[5:] == again
    put(world, stop_by_mail(eve, head="X-Sent: twice"), complaint.replace(b"Subject:", b"X-Sent: twice\nSubject:", 1))
    late = world.publisher("bounces", at=MONDAY + DAY).lines
    assert ["complaint", "unsubscribe"] == sorted(line.split(": ")[1] for line in late[:2])
    assert told == late[2:], "nothing was left to end"
    assert "no digests since Tue 2026-03-10" in why(world, "ada", DAY)
    assert "no mail is due, because mails came back" in why(world, "ada", DAY)
    assert "no digests since Mon 2026-03-09" in why(world, "fay", DAY)
    assert "the subscriber called a mail spam" in why(world, "ben", DAY)
    assert "suppressed since Tue 2026-03-10 10:30 (complaint)" in why(world, "ben", DAY)
    assert "the subscriber unsubscribed" in why(world, "eve", DAY)
    assert "  asked on Tue 2026-03-10 10:30, by mail, to unsubscribe\n" in why(world, "eve", DAY)
    status = "\n".join(world.publisher("status", at=MONDAY + DAY).lines)
    assert "3 subscribers, 2 of them get no digests because mails came back, 1 suppression (1 complaint)" in status
    listed = json.loads("\n".join(people(world, "list", "--json", at=MONDAY + DAY).lines))
    assert [("ada", 5), ("dan", 0), ("fay", 5)] == [
        (each["address"].partition("@")[0], each["bounce_points"]) for each in listed
    ]

    # The next round goes only to Dan; probes test whether Ada's and Fay's mailboxes work again.
    world.listing.write_text(
        f"{news('15 March 2026', 'A second one.', theme='Ferries')}\n\n{world.listing.read_text()}"
    )
    server.taken.clear()
    run(world, 7 * DAY)
    run(world, 8 * DAY)
    assert ["ada", "dan"] == recipients(server)
    probe = message_from_bytes(digest_of(server, "ada").mail, policy=policy.default)
    assert "Do our mails reach you again? Example News by mail" == probe["Subject"]
    assert digest_of(server, "ada").sender not in marks
    assert "suppressed since" in why(world, "fay", 9 * DAY)

    # Nothing comes back: Ada gets what she missed, and a late report about her first mail no longer counts.
    put(world, bounce_of(ada).replace(b"I'm sorry", b"Once more, I'm sorry"))
    world.publisher("bounces", at=MONDAY + 9 * DAY)
    server.taken.clear()
    run(world, 21 * DAY)
    assert ["ada"] == recipients(server)
    body = message_from_bytes(digest_of(server, "ada").mail, policy=policy.default).get_body(("plain",))
    assert body is not None
    assert ("A second one" in body.get_content(), "A first one" in body.get_content()) == (True, False)


def cli(world: World, *arguments: str) -> Outcome:
    return run_main(*arguments, "--config", str(world.config), "--now", MONDAY.isoformat())


def test_only_the_operator_can_lift_a_suppression(world: World, tmp_path: Path) -> None:
    ada = "ada@example.org"
    assert 2 == people(world, "suppress", ada, "--reason", f"{ada} phoned").exit_code
    assert [f"{ada}: suppressed"] == people(world, "suppress", ada, "--reason", "she phoned").lines
    assert [f"{ada}: was suppressed already"] == people(world, "suppress", ada).lines
    assert 0 == people(world, "erase", "ben@example.org", "--suppress").exit_code

    roster = tmp_path / "roster.txt"
    roster.write_text(f"{ada}\nben@example.org\nnew@example.org\n")
    terms = ("--follow", "*=weekly", "--agreed", "on paper", "--agreed-at", "2026-01-01", "--yes")
    imported = people(world, "import", str(roster), *terms)
    added = people(world, "add", ada, "*=weekly", "--agreed", "on paper")

    assert "suppressed here" in "\n".join(imported.lines), imported
    assert (2, True) == (added.exit_code, "`publisher subscribers suppress ADDRESS --lift` allows it" in added.err)
    told = cli(world, "why", "ben@example.org").lines
    assert ("ben@example.org is not subscribed", "  suppressed since Wed 2026-03-04 10:30 (erased-on-request)") == (
        told[0],
        told[-1],
    )
    assert "suppressed since Wed 2026-03-04 10:30 (operator): she phoned" in "\n".join(cli(world, "why", ada).lines)

    assert [f"{ada}: no longer suppressed (operator)"] == people(world, "suppress", ada, "--lift").lines
    assert [f"{ada}: was not suppressed"] == people(world, "suppress", ada, "--lift").lines
    assert 0 == people(world, "add", ada, "*=weekly", "--agreed", "on paper").exit_code
