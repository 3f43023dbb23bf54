"""People are exported from a site and imported into another."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest

from publisher.model.deliveries import Rank
from publisher.model.departures import SuppressionKind
from publisher.model.errors import UsageError
from publisher.model.subscribers import ConsentKind, Subscriber
from publisher.store import Store
from publisher.subscribers.instants import NO_DATE, TOO_OLD
from publisher.subscribers.letter_writer import LetterWriter
from publisher.subscribers.people import People
from publisher.subscribers.roster import BLOCKED, Roster, read_roster
from publisher.subscribers.transfer import (
    ASKED,
    LEFT,
    LISTED,
    NEVER_AGREED,
    NO_ADDRESS,
    NO_CONSENT,
    SUBSCRIBED,
    SUPPRESSED,
    TO_COME,
    TWICE,
    ImportDefaults,
    Imported,
    Transfer,
)
from tests.contract.stories import ASYLUM, BORDERS, collect, record
from tests.databases import sqlite_store
from tests.subscribers.test_people import SETTINGS, Site
from tests.values import SITE, THEMES

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
ADA, BEN = "ada@example.org", "ben@example.org"
TERMS = ImportDefaults(
    choices={"asylum": "weekly"}, agreed="The form of the old letter.", agreed_at=MONDAY - timedelta(300), language="en"
)
HEAD = "address,language,since,paused_until,follows,consent,consent_at,consent_words\n"


def no_letter() -> LetterWriter:
    raise AssertionError("a letter is written")


def people_of(store: Store, *, now: datetime = MONDAY) -> People:
    return People(store=store, site=SITE, settings=SETTINGS, themes=THEMES, letters=no_letter, now=now)


@contextmanager
def empty_site() -> Iterator[Store]:
    with sqlite_store() as store:
        collect(store, record("a", ASYLUM), record("b", BORDERS))
        yield store


@pytest.fixture
def store() -> Iterator[Store]:
    with empty_site() as store:
        yield store


def moving(store: Store) -> Transfer:
    return Transfer(people_of(store), store, words_in=lambda language: f"Yes, in {language}")


def export(store: Store) -> str:
    return "".join(moving(store).export())


def roster(text: str) -> Roster:
    return read_roster(lambda: StringIO(text, newline=""))


def bring_in(store: Store, text: str, terms: ImportDefaults = TERMS, *, without: str = "") -> Imported:
    others = [roster(without)] if without else []
    return moving(store).bring_in(roster(text), terms, without=others)


def test_an_export_imported_into_an_empty_site_is_exported_equal(store: Store) -> None:
    early = people_of(store, now=MONDAY - timedelta(days=9))
    early.add(ADA, {"asylum": "weekly", "*": "monthly"}, language="fr", words=' Paper, "signed"\nby hand ')
    people_of(store).add(BEN, {"borders": "daily"}, language="en", words="By telephone")
    people_of(store).add("left@example.org", {"borders": "daily"}, language="en", words="By telephone")
    people_of(store).end("left@example.org")
    written = export(store)

    with empty_site() as other:
        imported = bring_in(other, written, ImportDefaults(language="en"))

        assert (2, {}) == (imported.added, imported.left_out)
        assert written == export(other)
        ada = other.people.subscribers.by_address(ADA)
        assert ada is not None
        assert MONDAY - timedelta(days=9) == ada.since
        assert {other.log.end()} == {each.start for each in ada.active}
        assert other.people.subscribers.by_address("left@example.org") is None
        assert {SUBSCRIBED: (2, 4)} == bring_in(other, written, ImportDefaults(language="en")).left_out


def test_subscribed_departed_and_doubled_people_are_left_out_with_their_lines(store: Store) -> None:
    people_of(store).add(ADA, {"borders": "daily"}, language="fr", words="On paper")
    people_of(store).add(BEN, {"borders": "daily"}, language="fr", words="On paper")
    people_of(store).end(BEN)

    imported = bring_in(store, f"new@example.org\n{ADA}\n{BEN.upper()}\nNEW@example.org\na b@example.org\n")

    assert 1 == imported.added
    assert {SUBSCRIBED: (2,), LEFT: (3,), TWICE: (4,), NO_ADDRESS: (5,)} == imported.left_out
    new, ada = (store.people.subscribers.by_address(each) for each in ("new@example.org", ADA))
    assert new is not None
    assert ada is not None
    assert {"borders": "daily"} == ada.choices
    assert {"asylum": "weekly"} == new.choices
    [consent] = store.people.subscribers.consents(new.number)
    assert (ConsentKind.OPERATOR, TERMS.agreed, TERMS.agreed_at) == (consent.kind, consent.words, consent.at)
    assert 0 == store.mail.ledger.count_due(max_age=timedelta(days=3), now=MONDAY)


@pytest.mark.parametrize("address", ["root@localhost", "a@127.0.0.1", "p17@example", "=cmd|'/Ccalc'!A0@evil.example"])
def test_a_local_address_or_a_formula_is_no_subscribers(store: Store, address: str) -> None:
    with pytest.raises(UsageError, match="a subscriber's address"):
        people_of(store).add(address, {"borders": "daily"}, language="en", words="On paper")

    assert {NO_ADDRESS: (1,)} == bring_in(store, f"{address}\n{ADA}\n").left_out
    assert [ADA] == [each.address for batch in store.people.subscribers.all() for each in batch]


@pytest.mark.parametrize(
    "terms",
    [
        ImportDefaults(language="en"),
        ImportDefaults(choices={"asylum": "weekly"}, agreed="On paper", language="en"),
        ImportDefaults(choices={"asylum": "weekly"}, agreed=" ", agreed_at=MONDAY, language="en"),
        ImportDefaults(
            choices={"asylum": "weekly"}, agreed="On paper", agreed_at=MONDAY + timedelta(days=1), language="en"
        ),
        ImportDefaults(choices={"none": "weekly"}, agreed="On paper", agreed_at=MONDAY, language="en"),
    ],
)
def test_a_list_of_another_program_needs_its_consent(store: Store, terms: ImportDefaults) -> None:
    with pytest.raises(UsageError):
        bring_in(store, f"{ADA}\n", terms)

    assert 0 == store.people.subscribers.count()


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

    imported = bring_in(store, text, ImportDefaults(language="en"))

    assert 0 == imported.added
    assert "got 'en\\nfr'" in "".join(imported.left_out)
    with pytest.raises(UsageError, match="tag of a language"):
        bring_in(store, f"{ADA}\n", replace(TERMS, language="a b"))


def test_a_language_is_written_as_the_site_writes_it_and_one_without_mails_is_that_of_the_others(store: Store) -> None:
    tags = ("FR", "fr_BE", "en-GB", "nl", "xx", "pl-PL", "")
    text = "email,language\n" + "".join(f"{number}@example.org,{tag}\n" for number, tag in enumerate(tags))

    imported = bring_in(store, text, replace(TERMS, language="NL"))

    assert (7, {}) == (imported.added, imported.left_out)
    found = next(store.people.subscribers.all())
    assert ["fr", "fr", "en", "nl", "nl", "nl", "nl"] == [each.language for each in found]
    with pytest.raises(UsageError, match=r"no mails are in the language 'pl'; there is: en, "):
        bring_in(store, f"{ADA}\n", replace(TERMS, language="pl"))


@pytest.mark.parametrize(
    "written", ["0001-01-01 00:00:00 +0000 UTC", "0001-01-01T00:00:00+05:00", "1900-01-01", "1970-01-01"]
)
def test_nobody_agreed_before_there_were_mails(store: Store, written: str) -> None:
    text = f"email,agreed_at\n{ADA},{written}\n"

    assert {TOO_OLD: (2,)} == bring_in(store, text, replace(TERMS, agreed_at=None)).left_out
    assert 1 == bring_in(store, text).added, "what the operator says of those for whom the list says nothing sensible"
    with pytest.raises(UsageError, match="before there were mails"):
        bring_in(store, text, replace(TERMS, agreed_at=datetime(1, 1, 1, tzinfo=UTC)))


@pytest.mark.parametrize("written", ["9999-12-31T23:59:59-05:00", "2030-01-01"])
def test_no_instant_of_our_own_list_is_one_that_cannot_be(store: Store, written: str) -> None:
    good = MONDAY.isoformat()
    rows = [f"{written},,asylum=weekly,operator,{good},Paper", f"{good},,asylum=weekly,operator,{written},Paper"]

    imported = bring_in(store, HEAD + "".join(f"{number}@example.org,en,{row}\n" for number, row in enumerate(rows)))

    assert (0, [(2, 3)]) == (imported.added, [*imported.left_out.values()])


@pytest.mark.parametrize("order", [1, -1])
def test_who_said_no_on_one_line_stays_out_whatever_another_says(store: Store, order: int) -> None:
    rows = [f"{ADA},enabled", f"{ADA.upper()},blocklisted"][::order]

    imported = bring_in(store, "uuid,email,status\n" + "".join(f"u,{row}\n" for row in rows))

    assert (0, {BLOCKED: (2, 3)}) == (imported.added, imported.left_out)


class ErasingPeople(People):
    """The people of a site. Whenever some are read, one of them is erased."""

    def all(self) -> Iterator[list[Subscriber]]:
        for batch in super().all():
            self.erase(BEN)
            yield batch


def test_who_is_erased_during_an_export_is_not_in_it(store: Store) -> None:
    for address in (ADA, BEN):
        people_of(store).add(address, {"borders": "daily"}, language="en", words="By telephone")
    people = ErasingPeople(store=store, site=SITE, settings=SETTINGS, themes=THEMES, letters=no_letter, now=MONDAY)

    lines = [*Transfer(people, store, words_in=str).export()]

    assert [ADA] == [line.partition(",")[0] for line in lines[1:]]


def test_a_spreadsheet_may_have_columns_without_a_name(store: Store) -> None:
    imported = bring_in(store, f"email,agreed,,\n{ADA},x,,\n{BEN},,,\n")

    assert (2, {}) == (imported.added, imported.left_out)


def test_each_agreed_when_his_list_says_so_and_the_others_when_the_operator_says(store: Store) -> None:
    text = "email,agreed,agreed_at\n" + "".join(
        f"{name}@example.org,{agreed},{at}\n"
        for name, agreed, at in [
            ("a", "", "2024-01-02 03:04:05.678901 +0000 UTC"),
            ("b", "by telephone", "2024-05-06"),
            ("c", "", ""),
            ("d", "", "06/05/2024"),
            ("e", "", "2030-05-06"),
        ]
    )

    imported = bring_in(store, text)

    assert (4, {TO_COME: (6,)}) == (imported.added, imported.left_out)
    said = [store.people.subscribers.consents(number)[0] for number in (1, 2, 3, 4)]
    assert [TERMS.agreed, "by telephone", TERMS.agreed, TERMS.agreed] == [each.words for each in said]
    assert [
        datetime(2024, 1, 2, 3, 4, 5, 678901, UTC),
        datetime(2024, 5, 6, tzinfo=UTC),
        TERMS.agreed_at,
        TERMS.agreed_at,
    ] == [each.at for each in said]
    with empty_site() as other:
        alone = bring_in(other, text, replace(TERMS, agreed="", agreed_at=None))
        assert {NO_CONSENT: (2, 4, 5, 6)} == alone.left_out
        dateless = bring_in(other, text.replace("by telephone", ""), replace(TERMS, agreed_at=None))
        assert {NEVER_AGREED: (4,), NO_DATE: (5,), TO_COME: (6,), SUBSCRIBED: (3,)} == dateless.left_out


def test_addresses_in_another_list_are_left_out_in_any_spelling(store: Store) -> None:
    left = "email\nADA@münchen.example\nno address\n"

    imported = bring_in(store, f"ada@xn--mnchen-3ya.example\nben@MÜNCHEN.example\n{BEN}\n", without=left)

    assert (2, {LISTED: (1,)}) == (imported.added, imported.left_out)
    assert store.people.subscribers.by_address("ben@xn--mnchen-3ya.example") is not None


@pytest.mark.parametrize("last", ['"Ada', "A\0da"], ids=["quotation mark", "NUL"])
def test_a_list_that_is_broken_adds_nobody(store: Store, last: str) -> None:
    """PostgreSQL would refuse the NUL after the first people were added."""
    people = "".join(f"reader{number}@example.org,\n" for number in range(600))

    with pytest.raises(UsageError, match="line 602"):
        bring_in(store, f"email,name\n{people}ada@example.org,{last}\n")

    assert 0 == store.people.subscribers.count()


def test_missing_terms_are_named(store: Store) -> None:
    with pytest.raises(UsageError, match=r"give what they follow with --follow THEME=PACE, how .* --agreed$"):
        bring_in(store, f"email,agreed_at\n{ADA},2024-05-06\n", ImportDefaults(language="en"))


# --- who is asked first ----------------------------------------------------------------------------------------------


def ask_in(site: Site, text: str, *, without: str = "") -> Imported:
    transfer = Transfer(site.people, site.store, words_in=lambda language: f"Yes, in {language}")
    terms = ImportDefaults(choices={"asylum": "weekly"}, language="en")
    return transfer.ask_in(roster(text), terms, without=[roster(without)] if without else [])


def test_an_asked_person_is_subscribed_after_confirming(store: Store) -> None:
    site = Site(store, now=MONDAY)
    text = f"email,agreed,agreed_at,language\n{ADA},,,fr\n{BEN},,soon,\n"

    imported = ask_in(site, text)

    assert (0, 2, {}) == (imported.added, imported.asked, imported.left_out)
    assert [ADA, BEN] == [each.request.address for each in site.letters]
    assert [] == list(store.people.subscribers.all())
    waiting = store.mail.ledger.claim(9, max_age=timedelta(days=3), now=MONDAY)
    assert [Rank.RENEWAL, Rank.RENEWAL] == [each.rank for each in waiting], "behind all other mails"
    ada = site.people.confirm(site.letters[0].token)
    assert ada is not None
    assert ({"asylum": "weekly"}, "fr") == (ada.choices, ada.language)
    [consent] = store.people.subscribers.consents(ada.number)
    assert (ConsentKind.FORM, "Yes, in fr") == (consent.kind, consent.words)


def test_subscribed_departed_suppressed_and_listed_people_are_not_asked(store: Store) -> None:
    site = Site(store, now=MONDAY)
    for name in ("there", "left"):
        site.people.add(f"{name}@example.org", {"borders": "daily"}, language="en", words="On paper")
    site.people.end("left@example.org")
    store.people.suppressions.add("never@example.org", SuppressionKind.BOUNCES, now=MONDAY)
    text = "".join(f"{name}@example.org\n" for name in ("there", "left", "never", "listed", "new"))

    first = ask_in(site, text, without="listed@example.org\n")
    site.now += timedelta(days=20)
    again = ask_in(site, text, without="listed@example.org\n")

    out = {SUBSCRIBED: (1,), LEFT: (2,), SUPPRESSED: (3,), LISTED: (4,)}
    assert (1, out) == (first.asked, first.left_out)
    assert (0, out | {ASKED: (5,)}) == (again.asked, again.left_out)
    assert ["new@example.org"] == [each.request.address for each in site.letters]


def test_our_own_export_asks_nobody_again(store: Store) -> None:
    people_of(store).add(ADA, {"asylum": "weekly"}, language="fr", words="On paper")

    with empty_site() as other, pytest.raises(UsageError, match="import it without asking them again"):
        ask_in(Site(other, now=MONDAY), export(store))
