"""Subscribers in the store: one person per address, links that work once, stored words of consent. In both
databases.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from publisher.model.bounces import BounceKind, BounceRow
from publisher.model.deliveries import DeliveryKind, DeliveryState, Letter, NewDelivery, Rank
from publisher.model.errors import StoreError
from publisher.model.subscribers import Consent, ConsentKind, EndReason, LetterKind, Request
from publisher.store import Store
from publisher.store.tables import metadata
from publisher.subscribers.choose import leave
from tests.contract.stories import NOON, collect, queue_letters, record
from tests.contract.test_store_rounds import add, begin, plan

ADA = "ada@example.org"
DAY = timedelta(days=1)
MAX_AGE = timedelta(days=3)


def letter(name: str) -> Letter:
    delivery = NewDelivery(
        kind=DeliveryKind.LETTER,
        name=name,
        recipient=ADA,
        sender="news@example.org",
        message_id=f"<{name}@example.org>",
        dated=NOON,
        rank=Rank.LETTER,
    )
    return Letter(delivery=delivery, mail=b"Subject: letter\r\n\r\n")


def ask(store: Store, token: str, *, at: int = 0, kind: LetterKind = LetterKind.CONFIRM) -> bool:
    """Request a letter on a day that is `at` days after the first."""
    now = NOON + at * DAY
    request = Request(address=ADA, choices={"asylum": "daily"}, language="fr", words="I agree.")
    return store.people.subscribers.ask(kind, request, letter(token), token_digest=token, not_since=now - DAY, now=now)


def tables_with(store: Store, words: str) -> list[str]:
    """Return the names of the tables that contain these words."""
    with store.database.reading() as connection:
        rows = {table.name: str(connection.execute(select(table)).all()) for table in metadata.sorted_tables}
    return sorted(name for name, found in rows.items() if words in found)


def letters(store: Store) -> Sequence[str]:
    return [each.name for each in store.mail.ledger.due(max_age=MAX_AGE, now=NOON + 9 * DAY)]


def test_one_request_per_kind_and_day_is_kept_with_its_letter(store: Store) -> None:
    assert [True, False, True] == [ask(store, "one"), ask(store, "two"), ask(store, "link", kind=LetterKind.LINK)]
    assert ["one", "link"] == letters(store)
    assert NOON == store.people.subscribers.asked_at(LetterKind.CONFIRM, ADA)
    assert 1 == store.people.subscribers.count_pending(since=NOON - DAY)

    assert ask(store, "three", at=1)

    assert store.people.subscribers.link("one") is None
    found = store.people.subscribers.link("three")
    assert found is not None
    assert ({"asylum": "daily"}, "fr", "I agree.") == (
        found.confirmation.request.choices,
        found.confirmation.request.language,
        found.confirmation.request.words,
    )


def test_a_link_is_used_once(store: Store) -> None:
    ask(store, "one")

    assert [True, False, False] == [store.people.subscribers.use(token, now=NOON) for token in ("one", "one", "other")]
    assert 0 == store.people.subscribers.count_pending(since=NOON - DAY)


def test_nothing_is_written_with_a_link_that_was_used(store: Store) -> None:
    ask(store, "one")
    store.people.subscribers.use("one", now=NOON)
    ben = add(store, "ben")

    assert store.people.subscribers.write(ben, replace(ben, language="nl"), used="one", now=NOON) is None
    assert ben == store.people.subscribers.get(ben.number)


def test_an_address_is_one_person(store: Store) -> None:
    ada, ben = add(store, "ada"), add(store, "ben")

    assert (ada, ben) == (store.people.subscribers.by_address(ADA), store.people.subscribers.get(ben.number))
    assert [[ada], [ben]] == list(store.people.subscribers.all(batch=1))
    assert 2 == store.people.subscribers.count()
    with pytest.raises(StoreError, match="somebody changed this subscription meanwhile"):
        add(store, "ada")
    assert 2 == store.people.subscribers.count()


def test_of_two_changes_at_once_one_is_refused(store: Store) -> None:
    ada = add(store, "ada")
    store.people.subscribers.write(ada, replace(ada, language="nl"), now=NOON)

    with pytest.raises(StoreError, match="somebody changed this subscription meanwhile"):
        store.people.subscribers.write(ada, replace(ada, language="de"), now=NOON)


def test_consents_are_added_and_never_changed(store: Store) -> None:
    ada = add(store, "ada")
    second = Consent(kind=ConsentKind.FORM, at=NOON + DAY, language="fr", choices={"*": "daily"}, words="said so")
    store.people.subscribers.write(ada, replace(ada, language="fr"), consent=second, now=NOON + DAY)

    assert [(ConsentKind.OPERATOR, "said so"), (ConsentKind.FORM, "said so")] == [
        (each.kind, each.words) for each in store.people.subscribers.consents(ada.number)
    ]
    assert second == store.people.subscribers.consents(ada.number)[1]


def test_a_subscriber_who_left_is_kept_and_not_counted(store: Store) -> None:
    ada = add(store, "ada")
    ended = leave(ada.subscriptions, EndReason.UNSUBSCRIBED, now=NOON)
    store.people.subscribers.write(ada, replace(ada, subscriptions=ended), now=NOON)

    assert 0 == store.people.subscribers.count()
    found = store.people.subscribers.get(ada.number)
    assert found is not None
    assert ended == found.subscriptions


def test_the_first_proposed_key_is_kept(store: Store) -> None:
    assert "one" == store.people.subscribers.key(proposed="one", now=NOON)
    assert "one" == store.people.subscribers.key(proposed="other", now=NOON)


def test_many_come_in_at_once_and_those_who_are_there_stay_as_they_are(store: Store) -> None:
    ada, ben = add(store, "ada"), add(store, "ben")
    left = replace(ben, subscriptions=leave(ben.subscriptions, EndReason.UNSUBSCRIBED, now=NOON))
    store.people.subscribers.write(ben, left, now=NOON)
    new = [replace(ada, number=0, address=f"{name}@example.org", language="fr") for name in ("ada", "ben", "cy", "di")]
    consents = [
        Consent(kind=ConsentKind.OPERATOR, at=NOON, language="fr", choices={"*": "daily"}, words=words)
        for words in ("a", "b", "the old list", "the old list")
    ]

    known = store.people.subscribers.add_new(
        list(zip(new, consents, strict=True)), gone=store.people.subscribers.gone(), now=NOON
    )

    assert {ADA: True, "ben@example.org": False} == known
    cy, di = (store.people.subscribers.by_address(f"{name}@example.org") for name in ("cy", "di"))
    assert cy is not None
    assert di is not None
    assert (replace(new[2], number=cy.number), replace(new[3], number=di.number)) == (cy, di)
    assert ada == store.people.subscribers.by_address(ADA)
    last = store.people.subscribers.last_consents([ada.number, cy.number, di.number])
    assert {ada.number: "said so", cy.number: "the old list", di.number: "the old list"} == {
        number: consent.words for number, consent in last.items()
    }
    assert {ADA: True, "cy@example.org": True} == store.people.subscribers.add_new(
        [(new[0], consents[0]), (new[2], consents[2])], gone=store.people.subscribers.gone(), now=NOON
    )


def test_erasing_an_address_erases_its_data_and_keeps_counts(store: Store) -> None:
    ada, ben = add(store, "ada"), add(store, "ben")
    collect(store, record("a"))
    round_ = begin(store)
    plan(store, round_, {ada.number: (1,), ben.number: (1,)})
    ask(store, "confirm-one")
    notice = letter("notice-1")
    queue_letters(store, [notice], now=NOON)
    bounce = BounceRow(
        mark="m", at=NOON, kind=BounceKind.FAILED, name="", recipient="Ada@example.org", token="", status="", words=ADA
    )
    store.mail.bounces.record(bounce)

    assert [True, False] == [store.people.subscribers.erase(ADA, now=NOON) for _ in range(2)]

    assert store.people.subscribers.by_address(ADA) is None
    assert store.people.subscribers.asked_at(LetterKind.CONFIRM, ADA) is None
    assert [] == store.people.subscribers.consents(ada.number)
    assert ["said so"] == [each.words for each in store.people.subscribers.consents(ben.number)]
    mails = store.mail.ledger.known(round_.name)
    assert [DeliveryState.CANCELLED, DeliveryState.QUEUED] == [each.state for each in mails]
    assert ["erased-", ben.address] == [mails[0].recipient[:7], mails[1].recipient]
    names = [round_.name, "confirm-one", "notice-1"]
    counts = store.mail.ledger.counts(names, max_age=MAX_AGE, now=NOON)
    assert [(1, 1), (0, 1), (1, 0)] == [(counts[name].queued, counts[name].cancelled) for name in names]
    assert ["notice-1"] == [
        each.name for each in store.mail.ledger.due(max_age=MAX_AGE, now=NOON) if each.recipient == ADA
    ]
    assert [ben.number] == [each.subscriber for each in store.people.rounds.mails(round_.number, [ADA, ben.address])]


def test_no_table_has_an_erased_address(store: Store) -> None:
    add(store, "ada")
    ask(store, "confirm-one")
    plan(store, begin(store), {1: ()})

    store.people.subscribers.erase(ADA, now=NOON)

    assert [] == tables_with(store, "ada@")


def test_a_person_who_never_confirms_is_erased(store: Store) -> None:
    ask(store, "confirm-one")

    assert not store.people.retention.forget(now=NOON + 30 * DAY)
    assert ["confirmations", "deliveries"] == tables_with(store, "ada@")
    assert 1 == store.people.retention.forget(now=NOON + 31 * DAY).unconfirmed

    assert [] == tables_with(store, "ada@")
    assert not store.people.retention.forget(now=NOON + 31 * DAY)


def test_confirmed_people_and_subscribers_who_asked_again_are_not_erased(store: Store) -> None:
    ask(store, "confirm-one")
    store.people.subscribers.use("confirm-one", now=NOON)
    assert 0 == store.people.retention.forget(now=NOON + 31 * DAY).unconfirmed

    add(store, "ada")
    ask(store, "confirm-two", at=2)
    assert 1 == store.people.retention.forget(now=NOON + 40 * DAY).unconfirmed

    assert store.people.subscribers.by_address(ADA) is not None
    assert store.people.subscribers.link("confirm-two") is None


def test_words_that_the_operator_wrote_for_one_subscriber_go_with_him(store: Store) -> None:
    new = replace(add(store, "ben"), number=0, address=ADA)
    consent = Consent(kind=ConsentKind.OPERATOR, at=NOON, language="en", choices={}, words="Ada, on paper")
    store.people.subscribers.add_new([(new, consent)], gone=store.people.subscribers.gone(), now=NOON)
    assert ["wordings"] == tables_with(store, "on paper")

    store.people.subscribers.erase(ADA, now=NOON)

    assert [] == tables_with(store, "on paper")
    assert ["wordings"] == tables_with(store, "said so")
