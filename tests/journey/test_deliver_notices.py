"""Notices to the operator and editors are mailed as digests are, and before them. They report what happened
to digests.
"""

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.journey.test_deliver import FERRY, LIST, smtp
from tests.smtp_server import CONNECT, Say, Server, Step, smtp_server
from tests.world import CONFIG, NOW, Outcome, World

OPERATOR = '\n[notices]\nto = "The operator <ops@example.org>"\n'
EDITED = 'review = "2h"\neditor = "desk@example.org"\n'


@pytest.fixture
def server() -> Iterator[Server]:
    with smtp_server() as server:
        yield server


@pytest.fixture
def world(tmp_path: Path, server: Server) -> World:
    """A site that sends its mails to this server and whose operator is notified, with one item."""
    return World(tmp_path / "site", FERRY, config=CONFIG + OPERATOR + smtp(server.port))


def run(world: World, minutes: float) -> Outcome:
    return world.publisher("run", at=NOW + timedelta(minutes=minutes))


def got(server: Server) -> list[tuple[str, str]]:
    """Return each recipient and the subject of his mail, in the order of sending."""
    heads = ((each.recipient, message_from_bytes(each.mail, policy=policy.default)) for each in server.taken)
    return [(recipient, str(head["Subject"])) for recipient, head in heads]


def test_an_editor_gets_the_notice_of_a_held_edition_by_mail_once(tmp_path: Path, server: Server) -> None:
    world = World(tmp_path / "site", FERRY, config=CONFIG + EDITED + smtp(server.port))
    for minutes in (0, 15):
        run(world, minutes)

    [(recipient, subject)] = got(server)
    assert ("desk@example.org", True) == (recipient, "No.\N{NO-BREAK SPACE}1 waits for you until" in subject)
    assert (world.outbox / "notices" / "0001-weekly-1-review" / "notice.eml").read_bytes() == server.taken[0].mail
    assert "editor@example.org" == server.taken[0].sender


def test_a_notice_goes_before_digests_that_wait_longer(world: World, server: Server) -> None:
    server.script = [Step(CONNECT, Say("421 4.3.2 busy"))]
    run(world, 0)
    world.listing.unlink()
    for minutes in (15, 30, 45):
        world.publisher("collect", at=NOW + timedelta(minutes=minutes))

    world.publisher("deliver", at=NOW + timedelta(hours=1))

    assert ["ops@example.org", LIST] == [recipient for recipient, _ in got(server)][:2]


def test_the_operator_is_told_of_a_refusal_once_and_how_to_send_it_again(world: World, server: Server) -> None:
    server.script = [Step("RCPT", Say("550 5.7.1 members only"), about=LIST)]
    assert 75 == run(world, 0).exit_code
    for minutes in (15, 30):
        run(world, minutes)

    assert [("ops@example.org", "Example News: weekly-1 was refused")] == got(server)
    text = message_from_bytes(server.taken[0].mail, policy=policy.default).get_content()
    assert "550 5.7.1 members only" in text
    assert "publisher deliver --again weekly-1 --config" in text


def test_an_outage_is_in_the_status_and_is_told_when_it_is_over(world: World, server: Server) -> None:
    server.script = [Step(CONNECT, Say("421 4.3.2 busy"), times=3)]
    for minutes in (0, 10, 20):
        assert 75 == run(world, minutes).exit_code
    status = world.publisher("status", at=NOW + timedelta(minutes=21))
    assert 75 == status.exit_code
    assert "mails: none can be sent since Wed 2026-03-04 10:30: mail server" in status.out

    assert 0 == run(world, 30).exit_code
    assert 0 == world.publisher("status", at=NOW + timedelta(minutes=31)).exit_code
    for minutes in (31, 32):
        world.publisher("deliver", at=NOW + timedelta(minutes=minutes))

    assert [LIST, "ops@example.org"] == [recipient for recipient, _ in got(server)]
    assert "Example News: mails go out again" == got(server)[1][1]


def test_a_short_outage_is_not_told(world: World, server: Server) -> None:
    server.script = [Step(CONNECT, Say("421 4.3.2 busy"))]
    for minutes in (0, 5, 30):
        run(world, minutes)

    assert [LIST] == [recipient for recipient, _ in got(server)]
