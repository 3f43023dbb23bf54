"""Data about people is deleted when its retention period has ended and not sooner; counts stay. In both databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from publisher.model.bounces import BounceKind, BounceRow
from publisher.model.deliveries import DeliveryCounts, DeliveryKind, DeliveryState, Result
from publisher.model.retention import BOUNCES, ENDED, LINKS, MAILS, UNCONFIRMED, Forgotten
from publisher.model.subscribers import EndReason, LetterKind, Subscriber
from publisher.store import Store
from publisher.subscribers.choose import choose, leave
from tests.contract.stories import NOON, collect, queue_letters, record
from tests.contract.test_store_rounds import add, begin, plan
from tests.contract.test_store_subscribers import ADA, MAX_AGE, ask, letter, tables_with

MOMENT = timedelta(seconds=1)


def leaves(store: Store, who: Subscriber, *, at: datetime = NOON) -> Subscriber:
    after = replace(who, subscriptions=leave(who.subscriptions, EndReason.UNSUBSCRIBED, now=at))
    return store.people.subscribers.write(who, after, now=at) or after


def finish_all(store: Store, *, at: datetime = NOON, state: DeliveryState = DeliveryState.SENT) -> None:
    claimed = store.mail.ledger.claim(100, max_age=MAX_AGE, now=at)
    store.mail.ledger.write(
        [], [Result(delivery=each, state=state, reply=f"said {each.recipient}") for each in claimed], now=at
    )


def unconfirmed(store: Store) -> None:
    ask(store, "confirm-one")


def used_link(store: Store) -> None:
    ask(store, "confirm-one")
    store.people.subscribers.use("confirm-one", now=NOON)


def fresh_link(store: Store) -> None:
    add(store, "ada")
    ask(store, "link-one", kind=LetterKind.LINK)


def ended(store: Store) -> None:
    leaves(store, add(store, "ada"))


def round_mail(store: Store) -> None:
    collect(store, record("a"))
    ada, ben = add(store, "ada"), add(store, "ben")
    round_ = begin(store)
    plan(store, round_, {ada.number: (1,), ben.number: (1,)})
    store.people.rounds.finish(round_, now=NOON)
    finish_all(store)


def sent_letter(store: Store) -> None:
    queue_letters(store, [letter("notice-1")], now=NOON)
    finish_all(store)


def bounce(store: Store) -> None:
    row = BounceRow(mark="m", at=NOON, kind=BounceKind.FAILED, name="", recipient=ADA, token="", status="", words="")
    store.mail.bounces.record(row)


@pytest.mark.parametrize(
    ("begin_with", "period", "forgotten"),
    [
        (unconfirmed, UNCONFIRMED, Forgotten(unconfirmed=1)),
        (used_link, LINKS, Forgotten(links=1)),
        (fresh_link, LINKS, Forgotten(links=1)),
        (ended, ENDED, Forgotten(ended=1)),
        (round_mail, MAILS, Forgotten(mails=2)),
        (sent_letter, MAILS, Forgotten(letters=1)),
        (bounce, BOUNCES, Forgotten(bounces=1)),
    ],
)
def test_each_record_is_deleted_once_after_its_time(
    store: Store, begin_with: Callable[[Store], None], period: timedelta, forgotten: Forgotten
) -> None:
    begin_with(store)
    assert store.holds_people(), "a pass would not look for it"

    moments = [NOON + period, NOON + period + MOMENT, NOON + period + 2 * MOMENT]

    assert [Forgotten(), forgotten, Forgotten()] == [store.people.retention.forget(now=now) for now in moments]


def test_a_store_without_people_and_mails_says_so(store: Store) -> None:
    """A pass then neither loads their tables nor looks for rows to delete."""
    collect(store, record("a"))
    assert not store.holds_people()

    add(store, "ada")

    assert store.holds_people()


def test_the_counts_of_a_round_stay_and_nothing_else_of_its_mails(store: Store) -> None:
    round_mail(store)
    before = store.mail.ledger.counts(["round-1"], max_age=MAX_AGE, now=NOON)

    store.people.retention.forget(now=NOON + MAILS + MOMENT)

    assert before == store.mail.ledger.counts(["round-1"], max_age=MAX_AGE, now=NOON)
    assert DeliveryCounts(name="round-1", sent=2) == before["round-1"]
    assert [] == store.mail.ledger.known("round-1")
    assert [] == store.people.histories.mails(1)
    assert ["subscribers"] == tables_with(store, "ada@")


def test_a_round_of_which_a_mail_still_waits_is_left_alone(store: Store) -> None:
    """An example is a round that the operator has paused. Its recipients are still subscribers."""
    collect(store, record("a"))
    ada, ben = add(store, "ada"), add(store, "ben")
    round_ = begin(store)
    plan(store, round_, {ada.number: (1,), ben.number: (1,)})
    store.people.rounds.finish(round_, now=NOON)
    [first, _] = store.mail.ledger.claim(2, max_age=MAX_AGE, now=NOON)
    store.mail.ledger.write([], [Result(delivery=first, state=DeliveryState.REFUSED)], now=NOON)

    assert not store.people.retention.forget(now=NOON + 2 * MAILS)
    assert 2 == len(store.mail.ledger.known("round-1"))


def test_forgetting_ends_between_two_transactions_and_goes_on_later(store: Store) -> None:
    for name in ("ada", "ben"):
        leaves(store, add(store, name))
    late = NOON + ENDED + MOMENT

    assert not store.people.retention.forget(now=late, is_stopping=lambda: True)
    assert 2 == store.people.retention.forget(now=late).ended


def test_an_erased_subscriber_and_one_who_is_forgotten_count_the_same(store: Store) -> None:
    round_mail(store)
    store.people.subscribers.erase(ADA, now=NOON)
    store.people.retention.forget(now=NOON + MAILS + MOMENT)

    assert 2 == store.mail.ledger.counts(["round-1"], max_age=MAX_AGE, now=NOON)["round-1"].sent


@pytest.mark.parametrize("again", [True, False])
def test_a_subscriber_who_came_back_no_longer_counts_as_gone(store: Store, again: bool) -> None:
    left = leaves(store, add(store, "ada"))
    if again:
        back = choose(left.subscriptions, {"*": "daily"}, log_end=0, now=NOON)
        store.people.subscribers.write(left, replace(left, subscriptions=back), now=NOON)

    assert (0 if again else 1) == store.people.retention.forget(now=NOON + ENDED + MOMENT).ended


def test_a_mail_to_a_list_is_kept_so_that_it_never_goes_twice(store: Store) -> None:
    edition = replace(letter("weekly-1").delivery, kind=DeliveryKind.EDITION)
    store.mail.ledger.queue([edition], now=NOON)
    finish_all(store)

    store.people.retention.forget(now=NOON + 4 * MAILS)

    assert 0 == store.mail.ledger.queue([edition], now=NOON)
    assert 1 == store.mail.ledger.counts(["weekly-1"], max_age=MAX_AGE, now=NOON)["weekly-1"].sent
