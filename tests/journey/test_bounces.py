"""A bounce is recorded once, then removed from its mailbox, and reported to the operator."""

import io
import mailbox
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.deliver.test_bounces import POSTFIX, report
from tests.imap_server import PASSWORD, imap_server
from tests.journey.test_deliver import FERRY, LIST, smtp
from tests.smtp_server import Server, smtp_server
from tests.world import CONFIG, NOW, World

OPERATOR = '\n[notices]\nto = "The operator <ops@example.org>"\n'
AWAY = b"From: ada@example.net\nSubject: Away\nAuto-Submitted: auto-replied\n\nI am away.\n"
LETTER = b"From: ada@example.net\nSubject: Hello\n\nThank you.\n"
FOREIGN = report(POSTFIX, returned="Message-ID: <other@example.com>\n")


def imap(port: int) -> str:
    """Return the config.toml table of a mailbox on an IMAP server of this machine."""
    login = 'user = "news"\npassword = "env:BOUNCES_PASSWORD"'
    return f'\n[bounces]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n{login}\n'


def sent(folder: Path, server: Server, *, more: str = "") -> tuple[World, bytes]:
    """Return a site whose first digest was sent, and a bounce of that digest."""
    world = World(
        folder / "site", FERRY, config=CONFIG + OPERATOR + smtp(server.port, bounces='"bounces@example.org"') + more
    )
    assert 0 == world.publisher("run", at=NOW).exit_code
    return world, report(POSTFIX, returned=f"Message-ID: {server.taken[0].message_id}\n")


def read(world: World, *arguments: str, minutes: int = 5) -> list[str]:
    outcome = world.publisher("bounces", *arguments, at=NOW + timedelta(minutes=minutes))
    assert 0 == outcome.exit_code, outcome
    return outcome.lines


def test_a_mail_on_standard_input_is_recorded_once_and_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with smtp_server() as server:
        world, mail = sent(tmp_path, server)
        said = []
        for minutes in (5, 6):
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(mail)))
            said.append(read(world, minutes=minutes))
        for minutes in (7, 8):
            world.publisher("run", at=NOW + timedelta(minutes=minutes))

    assert said[0][0].startswith(f"weekly-1 to {LIST}: failed: 550 5.1.1")
    assert ["1 mail known already"] == said[1]
    assert [LIST, "ops@example.org"] == [taken.recipient for taken in server.taken]
    notice = message_from_bytes(server.taken[1].mail, policy=policy.default)
    assert "Example News: weekly-1 came back" == notice["Subject"]
    assert "User unknown" in notice.get_content()


def test_a_maildir_keeps_what_is_about_none_of_ours(tmp_path: Path) -> None:
    with smtp_server() as server:
        world, mail = sent(tmp_path, server)
        box = mailbox.Maildir(tmp_path / "box")
        for each in (mail, AWAY, LETTER, FOREIGN):
            box.add(each)

        lines = read(world, "--maildir", str(tmp_path / "box"))

    assert ["1 automatic answer left alone", "2 mails left alone: not about a mail from this site"] == lines[1:]
    assert {"Away", "Hello", "Undelivered Mail Returned to Sender"} == {each["Subject"] for each in box}
    assert 3 == len(box)


def test_an_mbox_file_is_read_alike(tmp_path: Path) -> None:
    with smtp_server() as server:
        world, mail = sent(tmp_path, server)
        box = mailbox.mbox(tmp_path / "box")
        for each in (LETTER, mail, mail):
            box.add(each)
        box.close()

        lines = read(world, "--mbox", str(tmp_path / "box"))

    assert ["1 mail known already", "1 mail left alone: not about a mail from this site"] == lines[1:]
    assert ["1 mail known already"] == lines[1:2]
    assert [1, 0] == [(tmp_path / "box").read_bytes().count(word) for word in (b"Subject: Hello", b"Undelivered")]


def test_a_folder_of_an_imap_server_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOUNCES_PASSWORD", PASSWORD)
    with smtp_server() as server, imap_server(LETTER, AWAY) as box:
        world, mail = sent(tmp_path, server, more=imap(box.port))
        box.mails[3] = mail
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))  # as a timer gives it

        lines = read(world)
        again = read(world, minutes=10)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(mail)))
        by_hand = read(world, minutes=15)

    assert lines[0].startswith(f"weekly-1 to {LIST}: failed")
    assert ["no mail came back"] == again
    assert ["1 mail known already"] == by_hand, "what an alias of the mail server hands in counts beside a mailbox"
    assert ([1, 2], [1, 2, 3]) == (sorted(box.mails), box.fetched)


def test_without_a_mail_and_a_mailbox_nothing_is_read_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))

    outcome = World(tmp_path / "site", FERRY).publisher("bounces", at=NOW)

    assert (2, True) == (outcome.exit_code, "nothing was read: config.toml names no mailbox" in outcome.err)


@pytest.mark.parametrize("arguments", [("--maildir", "nowhere"), ("--mbox", "nowhere")])
def test_a_mailbox_that_is_not_there_is_said(tmp_path: Path, arguments: tuple[str, str]) -> None:
    world = World(tmp_path / "site", FERRY)

    outcome = world.publisher("bounces", *arguments, at=NOW)

    assert (75, True) == (outcome.exit_code, "mailbox nowhere" in outcome.err)


def test_a_file_that_is_no_mbox_is_said_and_stays(tmp_path: Path) -> None:
    world = World(tmp_path / "site", FERRY)
    other = tmp_path / "log"
    other.write_bytes(b"10:30 a line of a log\n")

    outcome = world.publisher("bounces", "--mbox", str(other), at=NOW)

    assert (75, True) == (outcome.exit_code, "it is no mbox file" in outcome.err)
    assert b"10:30 a line of a log\n" == other.read_bytes()


def test_a_server_that_cannot_be_reached_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOUNCES_PASSWORD", PASSWORD)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    with imap_server() as box:
        world = World(tmp_path / "site", FERRY, config=CONFIG + imap(box.port))

    outcome = world.publisher("bounces", at=NOW)

    assert (75, "publisher: mailbox news at 127.0.0.1: connection refused\n") == (outcome.exit_code, outcome.err)


def test_a_wrong_password_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOUNCES_PASSWORD", "wrong")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    with imap_server() as box:
        world = World(tmp_path / "site", FERRY, config=CONFIG + imap(box.port))
        outcome = world.publisher("bounces", at=NOW)

    assert (75, "publisher: mailbox news at 127.0.0.1: wrong password\n") == (outcome.exit_code, outcome.err)
