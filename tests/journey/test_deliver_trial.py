"""The operator tests the sending of mails before anybody gets one."""

from pathlib import Path

import dns.resolver
import pytest

from tests.journey.test_deliver import FERRY, smtp
from tests.smtp_server import Say, Step, smtp_server
from tests.world import CONFIG, NOW, World

ME = "me@example.org"


def test_a_test_is_sent_to_one_address_and_nothing_is_recorded(tmp_path: Path) -> None:
    with smtp_server() as server:
        world = World(tmp_path / "site", FERRY, config=CONFIG + smtp(server.port))
        world.publisher("collect", at=NOW)

        lines = world.publisher("deliver", "--test-to", ME, at=NOW).lines

        assert [f"weekly to {ME}: 250 2.0.0 taken"] == lines
        [taken] = server.taken
        assert (ME, True) == (taken.recipient, b"Subject: [Test]" in taken.mail)
        assert {} == world.editions()
        assert 0 == world.publisher("run", at=NOW).exit_code
        assert 2 == len(server.taken)


def test_a_refused_test_is_said(tmp_path: Path) -> None:
    with smtp_server() as server:
        server.script = [Step("RCPT", Say("550 5.7.1 no relaying"))]
        world = World(tmp_path / "site", FERRY, config=CONFIG + smtp(server.port))
        world.publisher("collect", at=NOW)

        outcome = world.publisher("deliver", "weekly", "--test-to", ME, at=NOW)

    assert (75, True) == (outcome.exit_code, "it refused RCPT: 550 5.7.1 no relaying" in outcome.err)


def test_the_mail_server_is_tried_without_a_mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publisher.admin.mail_domains.dns.resolver.resolve", _no_answer)
    with smtp_server() as server:
        world = World(tmp_path / "site", FERRY, config=CONFIG + smtp(server.port))
        outcome = world.publisher("check", "--mail", at=NOW)
        said = [line.partition(" ")[0] for line in server.said]

    assert f"well: mail server 127.0.0.1:{server.port}: it answers, not encrypted, without a login" == outcome.lines[0]
    assert (["EHLO", "QUIT"], 2) == (said, outcome.exit_code)
    outcome = world.publisher("check", "--mail", at=NOW)
    server_is_down = f"fix: mail server 127.0.0.1:{server.port}: connection refused; see smtp.host and smtp.port"
    assert outcome.lines[0] == server_is_down


def _no_answer(*_asked: object, **_how: object) -> object:
    raise dns.resolver.NoAnswer
