"""The editors' decisions about the next round of mails to subscribers, in both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.model.editions import UNTIL_DECIDED
from publisher.model.rounds import RoundEdit
from publisher.store import Store
from tests.contract.stories import ASYLUM, BORDERS, NOON, collect, record
from tests.contract.test_store_rounds import add, begin, plan


@pytest.fixture
def filled(store: Store) -> Store:
    collect(store, record("a", ASYLUM), record("b", BORDERS), record("c", ASYLUM))
    return store


def test_nothing_is_decided_at_first(store: Store) -> None:
    assert RoundEdit() == store.people.rounds.next.edit()


@pytest.mark.parametrize("until", [NOON + timedelta(days=1), UNTIL_DECIDED])
def test_rounds_are_postponed_and_go_on(store: Store, until: object) -> None:
    assert not store.people.rounds.next.edit().is_postponed(NOON)
    store.people.rounds.next.postpone(until)  # type: ignore[arg-type]  # a datetime
    assert store.people.rounds.next.edit().is_postponed(NOON)
    assert until == store.people.rounds.next.edit().postponed_until
    assert (until == UNTIL_DECIDED) == store.people.rounds.next.edit().is_postponed(NOON + timedelta(days=1))

    store.people.rounds.next.postpone(None)

    assert RoundEdit() == store.people.rounds.next.edit()


def test_the_round_that_begins_takes_the_words(store: Store) -> None:
    store.people.rounds.next.write_words(subject="News", introduction="Dear all.")
    store.people.rounds.next.postpone(NOON)
    begin = store.people.rounds.begin

    first = begin(("daily",), {"daily": NOON}, before={}, upto=0, now=NOON)
    second = begin(("daily",), {"daily": NOON}, before={"daily": NOON}, upto=0, now=NOON)

    assert first is not None
    assert second is not None
    assert ("News", "Dear all.") == (first.subject, first.introduction)
    assert ("", "") == (second.subject, second.introduction)
    assert [first, second] == [store.people.rounds.get(1), store.people.rounds.get(2)]
    assert RoundEdit(postponed_until=NOON) == store.people.rounds.next.edit()


@pytest.mark.parametrize(
    ("others", "subject"),
    [pytest.param("", "News", id="nothing else"), pytest.param("Other news", "Other news", id="other words")],
)
def test_the_words_of_a_round_without_mails_are_for_the_next_one(filled: Store, others: str, subject: str) -> None:
    add(filled, "ada")
    filled.people.rounds.next.write_words(subject="News", introduction="Dear all.")
    empty = begin(filled)
    filled.people.rounds.next.write_words(subject=others, introduction="")

    plan(filled, empty, {})
    filled.people.rounds.finish(empty, now=NOON)

    following = begin(filled)
    assert (subject, "Dear all.") == (following.subject, following.introduction)
    assert replace(empty, subject="", introduction="") == filled.people.rounds.get(empty.number)


def test_the_words_of_a_round_with_mails_are_used_once(filled: Store) -> None:
    ada = add(filled, "ada")
    filled.people.rounds.next.write_words(subject="News", introduction="Dear all.")
    round_ = begin(filled)

    plan(filled, round_, {ada.number: (1,)})
    filled.people.rounds.finish(round_, now=NOON)

    assert RoundEdit() == filled.people.rounds.next.edit()
    assert round_ == filled.people.rounds.get(round_.number)


def test_no_round_takes_an_item_that_is_left_out_until_it_is_restored(filled: Store) -> None:
    filled.people.rounds.next.leave_out(2)
    assert [1, 3] == [each.number for each in filled.people.rounds.new_items(0, filled.log.end())]
    assert frozenset({2}) == filled.people.rounds.next.edit().left_out

    filled.people.rounds.next.restore(2)

    assert [1, 2, 3] == [each.number for each in filled.people.rounds.new_items(0, filled.log.end())]
    assert RoundEdit() == filled.people.rounds.next.edit()


def test_titles_and_order_are_kept_apart(filled: Store) -> None:
    filled.people.rounds.next.retitle(1, "One")
    filled.people.rounds.next.order([3, 1])
    filled.people.rounds.next.leave_out(1)
    assert RoundEdit(titles={1: "One"}, first=(3, 1), left_out=frozenset({1})) == filled.people.rounds.next.edit()

    filled.people.rounds.next.order([2])
    filled.people.rounds.next.retitle(1, "")

    assert RoundEdit(first=(2,), left_out=frozenset({1})) == filled.people.rounds.next.edit()
