"""People subscribe on the site: letters, digests, and how they leave, with a real mail server at the other end."""

import email
import email.policy
import re
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from publisher.model.subscribers import Request
from tests.journey.test_deliver import smtp
from tests.sink import Sink, Taken, mail_sink
from tests.world import CONFIG, NOW, Outcome, World, news, run_main

ADA, BEN = "ada@example.org", "ben@example.org"
FERRY = news("3 March 2026", "The ferry sails twice a day.", theme="Ferries")
CRANE = news("3 March 2026", "A new crane arrived.", theme="Cranes")
SUBSCRIBERS = """
[subscribers]
from = "Harbour news <news@example.org>"
privacy_url = "https://example.org/privacy"
postal_address = "Quay 1, 1000 Brussels"
"""
ONLY_PEOPLE = CONFIG.partition("[[audiences]]")[0] + SUBSCRIBERS


@pytest.fixture
def sink() -> Iterator[Sink]:
    with mail_sink() as sink:
        yield sink


@pytest.fixture
def world(tmp_path: Path, sink: Sink) -> World:
    """A site of two themes, which has subscribers and no list."""
    return World(tmp_path / "site", f"{FERRY}\n\n{CRANE}", config=ONLY_PEOPLE + smtp(sink.port))


def read(taken: Taken) -> EmailMessage:
    message = email.message_from_bytes(taken.mail, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(taken: Taken) -> str:
    body = read(taken).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def people(world: World, verb: str, *arguments: str, at: datetime = NOW) -> Outcome:
    """Run `publisher subscribers VERB`."""
    return run_main("subscribers", verb, "--config", str(world.config), "--now", at.isoformat(), *arguments)


def ask(world: World, address: str = ADA, **choices: str) -> None:
    with world.opened(NOW) as publisher:
        publisher.people.subscribe(Request(address=address, choices=choices, language="fr", words="I agree."))


def test_whoever_asks_gets_one_letter_with_a_link_to_confirm(world: World, sink: Sink) -> None:
    world.publisher("run", at=NOW)
    for _ in range(3):
        ask(world, ferries="weekly", cranes="daily")

    world.publisher("deliver", at=NOW)

    [taken] = sink.taken
    letter = read(taken)
    assert (ADA,) == taken.recipients
    assert "Veuillez confirmer : Example News par courriel" == letter["Subject"]
    assert "auto-generated" == letter["Auto-Submitted"]
    assert letter["List-Unsubscribe"] is None
    words = text_of(taken)
    assert "Ferries, chaque semaine" in words
    assert "ferry sails" not in words
    token = re.search(r"https://news\.example\.org/-/confirm/(\S+)", words)
    assert token
    html = letter.get_body(("html",))
    assert html is not None
    assert f'href="{token[0]}"' in html.get_content()

    with world.opened(NOW) as publisher:
        ada = publisher.people.confirm(token[1])
    assert ada is not None
    assert {"cranes": "daily", "ferries": "weekly"} == ada.choices


def test_the_operator_adds_lists_and_ends(world: World, sink: Sink) -> None:
    world.publisher("run", at=NOW)
    agreed = ("--agreed", "form on paper")
    assert ["no one is subscribed"] == people(world, "list").lines

    assert 0 == people(world, "add", ADA, "ferries=weekly", *agreed, at=NOW).exit_code
    assert 0 == people(world, "add", BEN, "*=daily", *agreed, "--dry-run", at=NOW).exit_code
    assert [f"{ADA}  since Wed 2026-03-04 10:30: ferries weekly"] == people(world, "list").lines

    assert 2 == people(world, "add", BEN, "ferry=weekly", *agreed, at=NOW).exit_code
    assert 2 == people(world, "add", BEN, "weekly", *agreed, at=NOW).exit_code
    assert [f"{ADA}: follows nothing"] == people(world, "end", ADA, at=NOW).lines
    assert [] == people(world, "list", "--json").json
    [ada] = people(world, "list", "--ended", "--json").json
    assert (ADA, {}) == (ada["address"], ada["choices"])
    assert [] == sink.taken


def test_without_its_table_nobody_can_be_added(tmp_path: Path) -> None:
    world = World(tmp_path / "site", FERRY)

    outcome = people(world, "list")

    assert 2 == outcome.exit_code
    assert ["publisher: no one can subscribe, because config.toml has no [subscribers]"] == outcome.problems
