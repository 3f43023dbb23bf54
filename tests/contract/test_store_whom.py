"""Planned mails that must no longer be sent, because the recipient left, or was suspended, suppressed or erased since,
whatever the state of the mail. In both databases.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from publisher.model.bounces import BounceScore
from publisher.model.deliveries import DeliveryKind, DeliveryState, Result
from publisher.model.departures import Suppression, SuppressionKind
from publisher.model.subscribers import EndReason, LetterKind, Subscriber
from publisher.store import Store
from publisher.subscribers.choose import leave
from tests.contract.stories import NOON, collect, queue_letters, record
from tests.contract.test_store_bounce_scores import GONE, ONE, came_back
from tests.contract.test_store_rounds import add, begin, pause, plan, subscription
from tests.contract.test_store_subscribers import ask, letter

MAX_AGE = timedelta(days=9999)
"""With this limit, no mail is too old. SQLite uses the clock of the test, and PostgreSQL its own."""
Goes = Callable[[Store, Subscriber], object]


def ends(store: Store, who: Subscriber, *, suppression: Suppression | None = None) -> None:
    before = store.people.subscribers.get(who.number)
    assert before is not None
    ended = replace(before, subscriptions=leave(before.subscriptions, EndReason.UNSUBSCRIBED, now=NOON))
    store.people.subscribers.write(before, ended, suppression=suppression, now=NOON)


def is_suppressed(store: Store, who: Subscriber) -> None:
    ends(store, who, suppression=Suppression(kind=SuppressionKind.COMPLAINT, at=NOON))


def is_erased(store: Store, who: Subscriber) -> None:
    store.people.subscribers.erase(who.address, now=NOON)


def is_suspended(store: Store, who: Subscriber) -> None:
    store.people.bounce_scores.count_report(came_back("one"), who.number, before=None, after=GONE)


def is_suspended_after_points(store: Store, who: Subscriber) -> None:
    """Suspend a subscriber by a refusal, after another failure was counted."""
    store.people.bounce_scores.count_report(came_back("one"), who.number, before=None, after=ONE)
    ben = add(store, "ben")
    plan(store, begin(store), {ben.number: (1,)})
    [its] = [each for each in store.mail.ledger.claim(9, max_age=MAX_AGE, now=NOON) if each.recipient == ben.address]
    store.mail.ledger.write([its], [], now=NOON)
    refused = Result(delivery=its, state=DeliveryState.REFUSED, code=550, reply="550 no")
    store.mail.ledger.write([], [refused], now=NOON)
    [refusal] = store.people.bounce_scores.refusals()
    store.people.bounce_scores.count_refusal(refusal, who.number, before=ONE, after=GONE)


def is_suppressed_alone(store: Store, who: Subscriber) -> None:
    """Suppress an address without ending its subscriptions."""
    store.people.suppressions.add(who.address, SuppressionKind.OPERATOR, now=NOON)


GOING: dict[str, Goes] = {
    "ended": ends,
    "suppressed": is_suppressed,
    "suppressed-alone": is_suppressed_alone,
    "erased": is_erased,
    "suspended": is_suspended,
}
"""Functions after which a subscriber must get no mail, each under the name of the subscriber to whom it is applied."""


def readers(store: Store) -> list[Subscriber]:
    """Add a subscriber for each function of `GOING`, with a mail in the queue."""
    collect(store, record("a"))
    added = [add(store, name) for name in GOING]
    plan(store, begin(store), {reader.number: (1,) for reader in added})
    return added


def go(store: Store, those: list[Subscriber]) -> None:
    """Apply to each subscriber his function of `GOING`."""
    for goes, reader in zip(GOING.values(), those, strict=True):
        goes(store, reader)


@pytest.fixture
def ada(store: Store) -> Subscriber:
    """A subscriber with a mail in the queue."""
    collect(store, record("a"))
    ada = add(store, "ada")
    plan(store, begin(store), {ada.number: (1,)})
    return ada


def due(store: Store) -> list[str]:
    return [each.recipient for each in store.mail.ledger.due(max_age=MAX_AGE, now=datetime.now(UTC))]


def test_a_mail_that_waits_is_not_claimed(store: Store) -> None:
    go(store, readers(store))

    assert [] == [each.recipient for each in store.mail.ledger.claim(9, max_age=MAX_AGE, now=NOON)]


def test_a_mail_that_is_claimed_is_not_handed_over(store: Store) -> None:
    those = readers(store)
    claimed = store.mail.ledger.claim(9, max_age=MAX_AGE, now=NOON)
    assert {each.address for each in those} == {each.recipient for each in claimed}

    go(store, those)

    taken = store.mail.ledger.write(claimed, [], now=NOON)
    assert [] == [each.recipient for each in claimed if each.id in taken]


def test_a_mail_that_comes_back_is_not_tried_again(store: Store) -> None:
    those = readers(store)
    claimed = store.mail.ledger.claim(9, max_age=MAX_AGE, now=NOON)
    assert len(those) == len(store.mail.ledger.write(claimed, [], now=NOON))

    go(store, those)
    results = [Result(delivery=each, state=DeliveryState.QUEUED, code=451) for each in claimed]
    store.mail.ledger.write([], results, now=NOON)

    assert [] == [each.recipient for each in store.mail.ledger.claim(9, max_age=MAX_AGE, now=NOON)]


def test_a_refusal_that_suspends_takes_back_what_is_claimed(store: Store, ada: Subscriber) -> None:
    is_suspended_after_points(store, ada)

    assert {"ada@example.org": DeliveryState.CANCELLED, "ben@example.org": DeliveryState.REFUSED} == {
        each.recipient: each.state for name in ("round-1", "round-2") for each in store.mail.ledger.known(name)
    }


def test_a_point_takes_nothing_back(store: Store, ada: Subscriber) -> None:
    store.people.bounce_scores.count_report(came_back("one"), ada.number, before=None, after=ONE)

    assert [ada.address] == due(store)


@pytest.mark.parametrize("goes", [ends, is_suspended])
def test_a_mail_that_waited_for_weeks_is_taken_back_too(store: Store, goes: Goes) -> None:
    """An example is a mail that waited because its recipient had paused."""
    collect(store, record("a"))
    ada = add(store, "ada")
    plan(store, begin(store), {ada.number: (1,)})
    pause(store, ada, datetime.now(UTC) + timedelta(days=40), now=datetime.now(UTC))

    later = datetime.now(UTC) + timedelta(days=20)
    before = store.people.subscribers.get(ada.number)
    assert before is not None
    if goes is ends:
        ended = replace(before, subscriptions=leave(before.subscriptions, EndReason.UNSUBSCRIBED, now=later))
        store.people.subscribers.write(before, ended, now=later)
    else:
        gone = BounceScore(points=5, last_at=later, suspended_at=later)
        store.people.bounce_scores.count_report(came_back("one"), ada.number, before=None, after=gone)

    [known] = store.mail.ledger.known("round-1")
    assert DeliveryState.CANCELLED == known.state


def test_a_letter_that_asks_whether_mails_are_wanted_is_taken_back_from_who_is_suspended(store: Store) -> None:
    collect(store, record("a"))
    ada = add(store, "ada")
    asks = letter(f"{LetterKind.RENEW.value}-1")
    probes = letter("probe-1")
    queue_letters(store, [asks, probes], now=NOON)
    assert {ada.address} == {asks.delivery.recipient, probes.delivery.recipient}

    is_suspended(store, ada)

    assert ["probe-1"] == [each.name for each in store.mail.ledger.due(max_age=MAX_AGE, now=datetime.now(UTC))]


def test_a_mail_that_is_planned_for_a_suppressed_address_is_known_as_such(store: Store) -> None:
    collect(store, record("a"))
    ada, ben = add(store, "ada"), add(store, "ben")
    is_suppressed_alone(store, ada)
    plan(store, begin(store), {ada.number: (1,), ben.number: (1,)})

    mails = store.people.rounds.mails(1, [ada.address, ben.address])

    assert {ada.address: True, ben.address: False} == {each.address: each.is_suppressed for each in mails}


def test_a_letter_is_not_queued_for_an_address_that_was_suppressed_meanwhile(store: Store) -> None:
    store.people.suppressions.add("ada@example.org", SuppressionKind.COMPLAINT, now=NOON)

    assert not ask(store, "confirm-one")

    assert [] == due(store)


# --- what was cancelled is not lost ----------------------------------------------------------------------------------


def test_when_digests_go_on_the_mails_that_were_taken_back_do(store: Store, ada: Subscriber) -> None:
    [claimed] = store.mail.ledger.claim(9, max_age=MAX_AGE, now=NOON)
    is_suspended(store, ada)

    assert store.people.bounce_scores.forget(ada.number, now=NOON + timedelta(days=10))

    assert [ada.address] == due(store)
    assert set() == store.mail.ledger.write([claimed], [], now=NOON)


def test_a_subscriber_who_resumes_on_his_page_gets_recalled_mails(store: Store, ada: Subscriber) -> None:
    is_suspended(store, ada)
    before = store.people.subscribers.get(ada.number)
    assert before is not None

    store.people.subscribers.write(before, replace(before, language="fr"), is_reached=True, now=NOON)

    assert [ada.address] == due(store)


def test_a_subscriber_who_was_ended_and_comes_back_gets_no_old_mails(store: Store, ada: Subscriber) -> None:
    is_suspended(store, ada)
    ends(store, ada, suppression=Suppression(kind=SuppressionKind.BOUNCES, at=NOON))
    left = store.people.subscribers.get(ada.number)
    assert left is not None

    back = replace(left, subscriptions=(*left.subscriptions, subscription(2, cursor=1)))
    store.people.subscribers.write(left, back, is_reached=True, now=NOON)

    assert [] == due(store)


def test_a_mail_requeued_by_the_operator_is_held_before_it_is_handed_over(store: Store, ada: Subscriber) -> None:
    is_suspended(store, ada)
    assert 1 == store.mail.ledger.send_rest(DeliveryKind.ROUND, "round-1", now=datetime.now(UTC))
    [claimed] = store.mail.ledger.claim(9, max_age=MAX_AGE, now=datetime.now(UTC))
    [mail] = store.people.rounds.mails(1, [claimed.recipient])
    assert mail.is_suspended

    store.people.rounds.hold_back(claimed, now=datetime.now(UTC))
    assert set() == store.mail.ledger.write([claimed], [], now=datetime.now(UTC))
    assert [] == due(store)

    store.people.bounce_scores.forget(ada.number, now=datetime.now(UTC))
    assert [ada.address] == due(store)
    assert [False] == [each.is_suspended for each in store.people.rounds.mails(1, [ada.address])]
