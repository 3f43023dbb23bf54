"""Erasing many people at once gives the same as erasing each alone, in both databases."""

from dataclasses import replace
from datetime import timedelta

from publisher.model.deliveries import DeliveryState
from publisher.model.retention import ENDED
from publisher.model.subscribers import Consent, ConsentKind, EndReason, LetterKind, Request, Subscriber
from publisher.store import Store
from publisher.subscribers.choose import leave
from tests.contract.stories import NOON, collect, record
from tests.contract.test_store_bounce_scores import ONE, came_back
from tests.contract.test_store_rounds import add, begin, plan, subscription
from tests.contract.test_store_subscribers import ask, letter, tables_with

LATE = NOON + ENDED + timedelta(seconds=1)


def leaves(store: Store, who: Subscriber) -> None:
    before = store.people.subscribers.get(who.number)
    assert before is not None
    after = replace(before, subscriptions=leave(before.subscriptions, EndReason.UNSUBSCRIBED, now=NOON))
    store.people.subscribers.write(before, after, now=NOON)


def agreed(store: Store, name: str, words: str) -> Subscriber:
    """Add a person as the operator does, with these words of consent."""
    new = Subscriber(
        number=0, address=f"{name}@example.org", language="en", since=NOON, subscriptions=(subscription(),)
    )
    store.people.subscribers.add_new(
        [(new, Consent(kind=ConsentKind.OPERATOR, at=NOON, language="en", choices={}, words=words))],
        gone=store.people.subscribers.gone(),
        now=NOON,
    )
    found = store.people.subscribers.by_address(new.address)
    assert found is not None
    return found


def ask_for(store: Store, who: Subscriber, address: str) -> None:
    """Request a change of a subscriber's address."""
    request = Request(address=address, choices={}, language="en", words="", subscriber=who.number)
    told = letter("move-letter")
    told = replace(told, delivery=replace(told.delivery, recipient=address))
    yesterday = NOON - timedelta(days=1)
    store.people.subscribers.ask(LetterKind.MOVE, request, told, token_digest="move-one", not_since=yesterday, now=NOON)


def test_a_pass_erases_all_who_left_and_nothing_of_those_who_stay(store: Store) -> None:
    collect(store, record("a"))
    ada, ben, cyd = (agreed(store, name, f"paper of {name}") for name in ("ada", "ben", "cyd"))
    dot, eve = (agreed(store, name, "the fair of 2024") for name in ("dot", "eve"))
    plan(store, begin(store), {each.number: (1,) for each in (ada, ben, cyd, dot, eve)})
    ask(store, "confirm-one")  # for Ada's address
    for who in (ada, dot, eve):
        report = replace(came_back(f"of {who.number}"), recipient=who.address.title(), words=who.address)
        store.people.bounce_scores.count_report(report, who.number, before=None, after=ONE)
    for who in (ada, ben, dot):
        leaves(store, who)

    assert 3 == store.people.retention.forget(now=LATE).ended

    assert [[], [], []] == [tables_with(store, name) for name in ("ada@", "ben@", "dot@")]
    assert [[], []] == [tables_with(store, f"paper of {name}") for name in ("ada", "ben")]
    assert ["wordings"] == tables_with(store, "paper of cyd") == tables_with(store, "the fair of 2024")
    assert [cyd.address, eve.address] == [each.address for some in store.people.subscribers.all() for each in some]
    assert {eve.number: ONE} == store.people.bounce_scores.all()
    assert ["bounces", "deliveries", "subscribers"] == tables_with(store, "eve@")
    mails = store.mail.ledger.known("round-1")
    assert 3 == sum(each.recipient.startswith("erased-") and each.state is DeliveryState.CANCELLED for each in mails)
    assert {cyd.address, eve.address} == {each.recipient for each in mails if each.state is DeliveryState.QUEUED}


def test_erasing_a_person_who_wanted_anothers_address_erases_nothing_of_the_other(store: Store) -> None:
    collect(store, record("a"))
    ada, ben = add(store, "ada"), add(store, "ben")
    plan(store, begin(store), {ada.number: (1,), ben.number: (1,)})
    ask_for(store, ada, ben.address)

    assert store.people.subscribers.erase(ada.address, now=NOON)

    due = store.mail.ledger.due(max_age=timedelta(days=9999), now=NOON)
    assert {("round-1", ben.address), ("move-letter", ben.address)} == {(each.name, each.recipient) for each in due}
    assert store.people.subscribers.link("move-one") is None


def test_of_a_stranger_his_request_and_reports_are_erased(store: Store) -> None:
    ask(store, "confirm-one")
    store.mail.bounces.record(replace(came_back("m"), recipient="Ada@Example.org"))

    assert [True, False] == [store.people.subscribers.erase("ada@example.org", now=NOON) for _ in range(2)]

    assert [] == tables_with(store, "ada@") == tables_with(store, "Ada@")
