"""`publisher compose --test-to`: the real mail, to one address, and nothing is recorded."""

import email
import email.policy
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.world import CONFIG, NOW, World, news

ME = "editor@example.org"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A site with one item that is collected and is in no edition."""
    world = World(tmp_path / "site", news("3 March 2026", "The office is closed. It is Friday."), config=CONFIG)
    world.publisher("collect", at=NOW)
    return world


def mail_at(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=email.policy.SMTP)


def test_a_test_mail_differs_from_the_real_one_only_in_its_mark(world: World) -> None:
    outcome = world.publisher("compose", "weekly", "--test-to", ME, at=NOW)
    tried = mail_at(Path(outcome.out.strip()))
    world.publisher("compose", at=NOW)
    real = mail_at(world.outbox / "weekly-1" / "digest.eml")

    assert world.outbox / "test" / "weekly-1" / "digest.eml" == Path(outcome.out.strip())
    assert (f"[Test] {real['Subject']}", ME) == (tried["Subject"], tried["To"])
    assert tried["Message-ID"] != real["Message-ID"]
    marked = ("Subject", "To", "Message-ID", "Content-Type")
    assert [header for header in real.items() if header[0] not in marked] == [
        header for header in tried.items() if header[0] not in marked
    ]
    assert [part.get_content() for part in real.iter_parts()] == [part.get_content() for part in tried.iter_parts()]


def test_a_test_mail_has_the_list_id_that_readers_know(world: World) -> None:
    """A site that moved keeps its first host name in List-Id."""
    world.configure("news.example.org", "news.example.net")

    outcome = world.publisher("compose", "--test-to", ME, at=NOW)

    assert "<weekly.news.example.org>" in mail_at(Path(outcome.out.strip()))["List-Id"]


def test_nothing_is_recorded_and_nothing_looks_ready(world: World) -> None:
    before = {name: state for name, state in world.files().items() if not name.startswith("outbox/")}

    world.publisher("compose", "--test-to", ME, at=NOW)

    assert before == {name: state for name, state in world.files().items() if not name.startswith("outbox/")}
    assert {} == world.editions()
    assert ["test"] == [path.name for path in world.outbox.iterdir()]
    assert "compose: weekly-1 with 1 item" in world.publisher("compose", at=NOW).out


def test_the_same_test_is_the_same_bytes_and_another_one_another_mail(world: World) -> None:
    def tried(address: str = ME) -> bytes:
        path = world.publisher("compose", "--test-to", address, at=NOW).out.strip()
        return Path(path).read_bytes()

    first = tried()

    assert first == tried()
    assert mail_at_id(first) != mail_at_id(tried("other@example.org"))


def mail_at_id(data: bytes) -> str:
    return str(email.message_from_bytes(data)["Message-ID"])


def test_a_held_edition_is_what_is_tried(world: World) -> None:
    world.configure("[[audiences]]", '[[audiences]]\nreview = "2h"')
    world.publisher("compose", at=NOW)
    with world.store() as store:
        store.editions.held.introduce("weekly", 1, "Dear readers")

    outcome = world.publisher("compose", "--test-to", ME, "--json", at=NOW + timedelta(hours=1))

    [path] = outcome.json
    assert "Dear readers" in mail_at(Path(path)).get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has


def test_with_nothing_new_the_latest_items_are_tried_and_it_says_so(world: World) -> None:
    world.publisher("compose", at=NOW)

    outcome = world.publisher("compose", "--test-to", ME, at=NOW)

    assert "weekly has no new edition; these are its latest items\n" == outcome.err
    assert "The office is closed" in mail_at(Path(outcome.out.strip()))["Subject"]


def test_without_items_there_is_nothing_to_try(world: World) -> None:
    world.lose_store()

    outcome = world.publisher("compose", "--test-to", ME, at=NOW)

    assert ("nothing new\n", "") == (outcome.out, outcome.err)


def test_an_invalid_address_is_an_error(world: World) -> None:
    outcome = world.publisher("compose", "--test-to", "nobody", at=NOW)

    assert (2, "") == (outcome.exit_code, outcome.out)
    assert 1 == len(outcome.problems)
