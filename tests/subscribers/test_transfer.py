"""People move out of a site and into another one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from publisher.model.errors import UsageError
from publisher.model.subscribers import ConsentKind
from publisher.store import Store
from publisher.subscribers.people import LetterWriter, People
from publisher.subscribers.roster import read_roster
from publisher.subscribers.transfer import (
    LEFT,
    NO_ADDRESS,
    NO_CONSENT,
    NO_DATE,
    SUBSCRIBED,
    TWICE,
    Imported,
    Terms,
    Transfer,
)
from tests.contract.stories import ASYLUM, BORDERS, collect, record
from tests.databases import sqlite_store
from tests.subscribers.test_people import SETTINGS
from tests.values import SITE, THEMES

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
ADA, BEN = "ada@example.org", "ben@example.org"
TERMS = Terms(
    choices={"asylum": "weekly"}, agreed="The form of the old letter.", agreed_at=MONDAY - timedelta(300), language="en"
)
HEAD = "address,language,since,paused_until,follows,consent,consent_at,consent_words\n"


def people_of(store: Store, *, now: datetime = MONDAY) -> People:
    def write_no_letter() -> LetterWriter:
        raise AssertionError("a letter is written")

    return People(store=store, site=SITE, settings=SETTINGS, themes=THEMES, letters=write_no_letter, now=now)


@contextmanager
def empty_site() -> Iterator[Store]:
    with sqlite_store() as store:
        collect(store, record("a", ASYLUM), record("b", BORDERS))
        yield store


@pytest.fixture
def store() -> Iterator[Store]:
    with empty_site() as store:
        yield store


def export(store: Store) -> str:
    return "".join(Transfer(people_of(store), store).export())


def bring_in(store: Store, text: str, terms: Terms = TERMS) -> Imported:
    return Transfer(people_of(store), store).bring_in(read_roster(text), terms)


def test_what_is_exported_is_imported_into_an_empty_site_and_exported_equal(store: Store) -> None:
    early = people_of(store, now=MONDAY - timedelta(days=9))
    early.add(ADA, {"asylum": "weekly", "*": "monthly"}, language="fr", words=' Paper, "signed"\nby hand ')
    people_of(store).add(BEN, {"borders": "daily"}, language="en", words="By telephone")
    people_of(store).add("left@example.org", {"borders": "daily"}, language="en", words="By telephone")
    people_of(store).end("left@example.org")
    written = export(store)

    with empty_site() as other:
        imported = bring_in(other, written, Terms(language="en"))

        assert (2, {}) == (imported.added, imported.left_out)
        assert written == export(other)
        ada = other.subscribers.by_address(ADA)
        assert ada is not None
        assert MONDAY - timedelta(days=9) == ada.since
        assert {other.log.end()} == {each.start for each in ada.active}
        assert other.subscribers.by_address("left@example.org") is None
        assert {SUBSCRIBED: (2, 4)} == bring_in(other, written, Terms(language="en")).left_out


def test_who_is_there_left_or_is_listed_twice_is_left_out_with_his_line(store: Store) -> None:
    people_of(store).add(ADA, {"borders": "daily"}, language="fr", words="On paper")
    people_of(store).add(BEN, {"borders": "daily"}, language="fr", words="On paper")
    people_of(store).end(BEN)

    imported = bring_in(store, f"new@example.org\n{ADA}\n{BEN.upper()}\nNEW@example.org\na b@example.org\n")

    assert 1 == imported.added
    assert {SUBSCRIBED: (2,), LEFT: (3,), TWICE: (4,), NO_ADDRESS: (5,)} == imported.left_out
    new, ada = (store.subscribers.by_address(each) for each in ("new@example.org", ADA))
    assert new is not None
    assert ada is not None
    assert {"borders": "daily"} == ada.choices
    assert {"asylum": "weekly"} == new.choices
    [consent] = store.subscribers.consents(new.number)
    assert (ConsentKind.OPERATOR, TERMS.agreed, TERMS.agreed_at) == (consent.kind, consent.words, consent.at)
    assert 0 == store.ledger.count_due(max_age=timedelta(days=3), now=MONDAY)


@pytest.mark.parametrize(
    "terms",
    [
        Terms(language="en"),
        Terms(choices={"asylum": "weekly"}, agreed="On paper", language="en"),
        Terms(choices={"asylum": "weekly"}, agreed=" ", agreed_at=MONDAY, language="en"),
        Terms(choices={"asylum": "weekly"}, agreed="On paper", agreed_at=MONDAY + timedelta(days=1), language="en"),
        Terms(choices={"none": "weekly"}, agreed="On paper", agreed_at=MONDAY, language="en"),
    ],
)
def test_a_list_of_another_program_needs_its_consent(store: Store, terms: Terms) -> None:
    with pytest.raises(UsageError):
        bring_in(store, f"{ADA}\n", terms)

    assert 0 == store.subscribers.count()


def test_a_line_of_our_own_that_says_too_little_is_left_out(store: Store) -> None:
    since = "2026-01-02T03:04:05+00:00"
    text = HEAD + "".join(
        f"{number}@example.org,en,{row}\n"
        for number, row in enumerate(
            [
                f"{since},,asylum=weekly,,{since},Yes",
                f"soon,,asylum=weekly,form,{since},Yes",
                f"{since},,asylum=hourly,form,{since},Yes",
                f"{since},,,form,{since},Yes",
            ]
        )
    )

    imported = bring_in(store, text)

    no_pace = "no pace 'hourly'; there is: daily, weekly, monthly"
    assert 0 == imported.added
    assert {NO_CONSENT: (2,), NO_DATE: (3,), no_pace: (4,), "choose at least one theme": (5,)} == imported.left_out


def test_a_language_that_no_mail_can_be_in_is_left_out(store: Store) -> None:
    text = HEAD + f'{ADA},"en\nfr",{MONDAY.isoformat()},,asylum=weekly,operator,{MONDAY.isoformat()},Paper\n'

    imported = bring_in(store, text, Terms(language="en"))

    assert 0 == imported.added
    assert "got 'en\\nfr'" in "".join(imported.left_out)
    with pytest.raises(UsageError, match="tag of a language"):
        bring_in(store, f"{ADA}\n", replace(TERMS, language="a b"))
