"""A change of address keeps everything else, in both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.model.deliveries import DeliveryState
from publisher.model.departures import SuppressionKind
from publisher.model.errors import OutrunError, SuppressedError
from publisher.model.subscribers import Consent, ConsentKind, LetterKind, Request, Subscriber
from publisher.store import Store
from publisher.store.moves import MoveOutcome
from tests.contract.stories import NOON, collect, record
from tests.contract.test_store_bounce_scores import GONE, came_back
from tests.contract.test_store_rounds import add, begin, plan
from tests.contract.test_store_subscribers import ADA, MAX_AGE, ask, letter, tables_with

NEW = "new@example.org"
CONSENT = Consent(kind=ConsentKind.MOVED, at=NOON, language="en", choices={"*": "daily"}, words="send them here")


def move(store: Store, who: Subscriber, address: str = NEW) -> MoveOutcome:
    moved = letter(f"moved-{who.number}-x")
    return store.people.moves.move(who, address, consent=CONSENT, letter=moved, used="move-one", now=NOON)


def test_mails_that_wait_and_past_ones_go_along_and_letters_that_wait_do_not(store: Store) -> None:
    collect(store, record("a"), record("b"))
    ada = add(store, "ada")
    for _ in range(2):
        plan(store, begin(store), {ada.number: (1,)})
    [first] = store.mail.ledger.claim(1, max_age=MAX_AGE, now=NOON)
    ask(store, "link-one")
    _ask_move(store, ada)

    assert MoveOutcome.MOVED == move(store, ada)

    assert [NEW, NEW] == [store.mail.ledger.known(f"round-{number}")[0].recipient for number in (1, 2)]
    assert set() == store.mail.ledger.write([first], [], now=NOON), "who claimed it knows the former address"
    due = store.mail.ledger.due(max_age=MAX_AGE, now=NOON)
    assert {"round-1": NEW, "round-2": NEW, f"moved-{ada.number}-x": ADA} == {
        each.name: each.recipient for each in due if each.name != "move-letter"
    }
    assert DeliveryState.CANCELLED == store.mail.ledger.known("link-one")[0].state
    assert store.people.subscribers.link("link-one") is None
    assert ["said so", "send them here"] == [each.words for each in store.people.subscribers.consents(ada.number)]
    assert MoveOutcome.TAKEN == move(store, ada), "it is his own now"


def _ask_move(store: Store, who: Subscriber) -> None:
    request = Request(address=NEW, choices={}, language="en", words="", subscriber=who.number)
    told = letter("move-letter")
    told = replace(told, delivery=replace(told.delivery, recipient=NEW))
    store.people.subscribers.ask(
        LetterKind.MOVE, request, told, token_digest="move-one", not_since=NOON - timedelta(days=1), now=NOON
    )


def test_an_address_that_somebody_has_stays_his(store: Store) -> None:
    ada, ben = add(store, "ada"), add(store, "ben")
    _ask_move(store, ada)

    assert MoveOutcome.TAKEN == move(store, ada, ben.address)

    assert [ada, ben] == next(store.people.subscribers.all())
    assert MoveOutcome.MOVED == move(store, ada)
    assert MoveOutcome.USED == move(store, ada, "other@example.org")


@pytest.mark.parametrize("kind", [kind for kind in SuppressionKind if not kind.is_lifted_by_form])
def test_no_one_moves_to_an_address_that_was_suppressed_since_the_letter(store: Store, kind: SuppressionKind) -> None:
    """All mails to him would be dropped without a word."""
    ada = add(store, "ada")
    _ask_move(store, ada)
    store.people.suppressions.add(NEW, SuppressionKind.BOUNCES, now=NOON)
    store.people.suppressions.add(NEW, kind, now=NOON)

    with pytest.raises(SuppressedError):
        move(store, ada)

    assert ada == store.people.subscribers.by_address(ADA)
    assert {SuppressionKind.BOUNCES, kind} == {each.kind for each in store.people.suppressions.of(NEW)}


def test_earlier_bounces_end_with_the_move(store: Store) -> None:
    """The link came by mail, so mails arrive there."""
    ada = add(store, "ada")
    _ask_move(store, ada)
    store.people.suppressions.add(NEW, SuppressionKind.BOUNCES, now=NOON)
    store.people.bounce_scores.count_report(came_back("one"), ada.number, before=None, after=GONE)

    assert MoveOutcome.MOVED == move(store, ada)

    assert () == store.people.suppressions.of(NEW)
    assert store.people.bounce_scores.get(ada.number) is None


def test_a_move_fails_if_its_subscriber_changed_meanwhile(store: Store) -> None:
    ada = add(store, "ada")
    _ask_move(store, ada)
    store.people.subscribers.write(ada, replace(ada, language="nl"), now=NOON)

    with pytest.raises(OutrunError):
        move(store, ada)
    assert store.people.subscribers.by_address(NEW) is None


def test_erasing_him_finds_the_letter_to_his_former_address(store: Store) -> None:
    ada = add(store, "ada")
    _ask_move(store, ada)
    move(store, ada)
    assert ["deliveries"] == tables_with(store, ADA)

    store.people.subscribers.erase(NEW, now=NOON)

    assert [[], []] == [tables_with(store, address) for address in (ADA, NEW)]
