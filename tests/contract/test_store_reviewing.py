"""Editions that are held for review: what every store promises about them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.model.editions import UNTIL_DECIDED, Edition, TakenOut
from publisher.store import Store
from tests.contract.stories import NOON, collect, due, numbers_of, record, records, revise, withdraw
from tests.databases import dump

DEADLINE = NOON + timedelta(hours=2)


@pytest.fixture
def held(store: Store) -> Edition:
    """A held edition of three items."""
    collect(store, *records("n", 3))
    edition = replace(due(store), held_until=DEADLINE)
    store.editions.record(edition, start=0, tick=NOON)
    return edition


def unwritten(store: Store) -> Edition:
    (edition,) = store.editions.unwritten()
    return edition


def cursor(store: Store) -> int:
    state = store.editions.audience("weekly")
    assert state
    return state.cursor


def test_a_held_edition_is_held_for_its_audience_alone(store: Store, held: Edition) -> None:
    assert unwritten(store) == held
    assert (store.editions.held.exists("weekly"), store.editions.held.exists("daily")) == (True, False)
    [row] = store.editions.latest(limit=5)
    assert (row.name, row.held_until, row.dropped) == ("weekly-1", DEADLINE, 0)


def test_a_held_edition_is_shown_until_it_changes(store: Store, held: Edition) -> None:
    assert not store.editions.held.is_shown("weekly", 1)
    store.editions.held.mark_shown("weekly", 1, at=NOON)
    assert store.editions.held.is_shown("weekly", 1)

    withdraw(store, 2)
    assert not store.editions.held.is_shown("weekly", 1)
    assert numbers_of((store.editions.drop_withdrawn("weekly", 1) or held).records) == [1, 3]
    assert not store.editions.held.is_shown("weekly", 1)

    changes: tuple[Callable[[], bool], ...] = (
        lambda: store.editions.held.introduce("weekly", 1, "Dear reader"),
        lambda: store.editions.held.postpone("weekly", 1, until=DEADLINE),
        lambda: store.editions.held.drop("weekly", 1, 1),
    )
    for change in changes:
        store.editions.held.mark_shown("weekly", 1, at=NOON)
        assert store.editions.held.is_shown("weekly", 1)
        assert change()
        assert not store.editions.held.is_shown("weekly", 1)


def test_released_it_is_an_edition_like_any_other(store: Store, held: Edition) -> None:
    assert store.editions.held.release("weekly", 1, at=NOON)
    assert not store.editions.held.release("weekly", 1, at=NOON)

    assert unwritten(store) == replace(held, held_until=None, released_at=NOON)
    assert not store.editions.held.exists("weekly")


def test_postponed_it_waits_until_then(store: Store, held: Edition) -> None:
    later = DEADLINE + timedelta(days=1)

    assert store.editions.held.postpone("weekly", 1, until=later)

    assert unwritten(store) == replace(held, held_until=later)


def test_introduced_it_has_the_last_text(store: Store, held: Edition) -> None:
    store.editions.held.introduce("weekly", 1, "Dear reader")
    store.editions.held.introduce("weekly", 1, "Dear all")

    assert unwritten(store).introduction == "Dear all"


def test_an_item_dropped_is_never_due_again_for_that_audience(store: Store, held: Edition) -> None:
    assert store.editions.held.drop("weekly", 1, 2)
    assert not store.editions.held.drop("weekly", 1, 2)

    assert numbers_of(unwritten(store).records) == [1, 3]
    assert [(row.items, row.dropped) for row in store.editions.latest(limit=5)] == [(2, 1)]
    store.editions.held.release("weekly", 1, at=NOON)
    store.editions.mark_written("weekly", 1, at=NOON)
    revise(store, 2, "Written anew.")
    assert due(store).records == due(store).corrections == ()
    assert store.items.changed_since_told("weekly", upto=store.log.end()) == []
    assert numbers_of(due(store, "daily").records) == [1, 2, 3]


def test_an_item_put_off_is_all_of_the_next_edition(store: Store, held: Edition) -> None:
    assert store.editions.held.put_off("weekly", 1, 2)
    assert not store.editions.held.put_off("weekly", 1, 2)

    assert numbers_of(unwritten(store).records) == [1, 3]
    assert (unwritten(store).upto, cursor(store)) == (1, 1)
    store.editions.held.release("weekly", 1, at=NOON)
    store.editions.mark_written("weekly", 1, at=NOON)
    following = due(store)
    assert numbers_of(following.records) == [2]
    store.editions.record(following, start=0, tick=None)
    assert due(store).records == ()


def test_an_edition_on_its_way_can_still_be_discarded(store: Store, held: Edition) -> None:
    store.editions.held.release("weekly", 1, at=NOON)

    assert store.editions.discard("weekly", 1)

    assert unwritten(store).records == ()


def test_a_discarded_edition_is_empty_and_its_items_are_never_due(store: Store, held: Edition) -> None:
    assert store.editions.discard("weekly", 1)
    before = dump(store)
    assert store.editions.discard("weekly", 1)
    assert dump(store) == before

    assert (unwritten(store).records, unwritten(store).held_until) == ((), None)
    store.editions.mark_written("weekly", 1, at=NOON)
    assert due(store).records == ()
    assert [(row.items, row.dropped) for row in store.editions.latest(limit=5)] == [(0, 3)]
    collect(store, record("later"))
    assert numbers_of(due(store).records) == [4]
    assert due(store).number == 2


def test_nothing_can_be_decided_about_an_edition_that_is_not_held(store: Store, held: Edition) -> None:
    store.editions.held.release("weekly", 1, at=NOON)
    store.editions.mark_written("weekly", 1, at=NOON)
    before = dump(store)

    assert not store.editions.held.postpone("weekly", 1, until=DEADLINE)
    assert not store.editions.held.introduce("weekly", 1, "Too late")
    assert not store.editions.held.drop("weekly", 1, 1)
    assert not store.editions.held.put_off("weekly", 1, 1)
    assert not store.editions.discard("weekly", 1)
    store.editions.held.mark_shown("weekly", 1, at=NOON)

    assert dump(store) == before


def test_a_held_edition_follows_its_sources_and_remembers_what_was_composed(store: Store, held: Edition) -> None:
    assert not store.editions.held.follow("weekly", 1, at=NOON)
    store.editions.held.mark_shown("weekly", 1, at=NOON)
    revise(store, 2, "Written anew.")
    assert not store.editions.held.is_shown("weekly", 1)

    assert store.editions.held.follow("weekly", 1, at=DEADLINE)

    edition = unwritten(store)
    assert ["Written anew."] == [record.item.text for record in edition.records if record.number == 2]
    [followed] = edition.followed
    assert (followed.record.number, followed.record.item.text, edition.followed_at) == (2, "Written anew.", DEADLINE)
    assert followed.was == next(record.item for record in held.records if record.number == 2)
    assert not store.editions.held.follow("weekly", 1, at=DEADLINE)
    store.editions.held.release("weekly", 1, at=DEADLINE)
    revise(store, 2, "And once more.")
    assert not store.editions.held.follow("weekly", 1, at=DEADLINE)
    assert unwritten(store).followed == ()


def test_the_editor_s_subject_order_and_titles_are_kept_and_taken_back(store: Store, held: Edition) -> None:
    store.editions.held.subject("weekly", 1, "News")
    store.editions.held.order("weekly", 1, [3, 1])
    assert store.editions.held.retitle("weekly", 1, 2, "Better")
    assert not store.editions.held.retitle("weekly", 1, 9, "Nothing")

    edition = unwritten(store)
    assert (edition.subject, edition.first) == ("News", (3, 1))
    assert ["Better"] == [record.item.title for record in edition.records if record.number == 2]

    store.editions.held.subject("weekly", 1, "")
    store.editions.held.order("weekly", 1, [])
    store.editions.held.retitle("weekly", 1, 2, "")
    assert unwritten(store) == held


@pytest.mark.parametrize("reason", [TakenOut.DROPPED, TakenOut.PUT_OFF])
def test_an_item_that_was_taken_out_is_restored(store: Store, held: Edition, reason: TakenOut) -> None:
    take_out = store.editions.held.drop if reason is TakenOut.DROPPED else store.editions.held.put_off
    take_out("weekly", 1, 2)
    assert store.editions.held.taken_out("weekly", 1) == {2: reason}

    assert store.editions.held.restore("weekly", 1, [2])

    assert sorted(numbers_of(unwritten(store).records)) == [1, 2, 3]
    assert store.editions.held.taken_out("weekly", 1) == {}
    store.editions.held.release("weekly", 1, at=NOON)
    store.editions.mark_written("weekly", 1, at=NOON)
    assert due(store).records == ()


def test_an_item_put_off_twice_is_noted_once(store: Store, held: Edition) -> None:
    store.editions.held.put_off("weekly", 1, 2)
    store.editions.held.release("weekly", 1, at=NOON)
    store.editions.mark_written("weekly", 1, at=NOON)
    store.editions.record(replace(due(store), held_until=DEADLINE), start=0, tick=None)

    assert store.editions.held.put_off("weekly", 2, 2)

    assert (store.editions.held.taken_out("weekly", 1), store.editions.held.taken_out("weekly", 2)) == (
        {},
        {2: TakenOut.PUT_OFF},
    )


def test_items_taken_out_of_an_edition_that_ended_are_due_again(store: Store, held: Edition) -> None:
    store.editions.held.drop("weekly", 1, 2)
    store.editions.discard("weekly", 1)
    store.editions.mark_written("weekly", 1, at=NOON)
    assert store.editions.held.taken_out("weekly", 1) == {
        1: TakenOut.DISCARDED,
        2: TakenOut.DROPPED,
        3: TakenOut.DISCARDED,
    }

    assert not store.editions.held.restore("weekly", 1, [1, 3])

    assert sorted(numbers_of(due(store).records)) == [1, 3]
    store.editions.record(due(store), start=0, tick=None)
    assert store.editions.held.taken_out("weekly", 1) == {2: TakenOut.DROPPED}


def test_an_edition_that_the_editor_discarded_is_not_said_to_be_withdrawn(store: Store, held: Edition) -> None:
    withdraw(store, 2)
    store.editions.held.follow("weekly", 1, at=DEADLINE)

    store.editions.discard("weekly", 1)
    store.editions.mark_written("weekly", 1, at=DEADLINE)

    assert [] == store.editions.withdrawn()


def test_an_item_withdrawn_while_held_is_remembered_until_it_comes_back(store: Store, held: Edition) -> None:
    withdraw(store, 2)

    assert store.editions.held.follow("weekly", 1, at=DEADLINE)

    edition = unwritten(store)
    assert (numbers_of(edition.records), numbers_of(edition.withdrawn)) == ([1, 3], [2])
    assert (edition.followed_at, store.editions.withdrawn()) == (DEADLINE, [])
    assert not store.editions.held.follow("weekly", 1, at=DEADLINE + timedelta(hours=1))
    assert [(row.items, row.dropped) for row in store.editions.latest(limit=5)] == [(2, 0)]

    withdraw(store, 1, 3)
    store.editions.held.follow("weekly", 1, at=DEADLINE)
    store.editions.mark_written("weekly", 1, at=DEADLINE)
    [gone] = store.editions.withdrawn()
    assert (gone.name, numbers_of(gone.withdrawn)) == ("weekly-1", [1, 2, 3])


def test_a_discarded_edition_is_held_again_as_it_was(store: Store) -> None:
    collect(store, *records("n", 3))
    newest_first = tuple(reversed(due(store).records))
    store.editions.record(replace(due(store), records=newest_first, held_until=DEADLINE), start=0, tick=NOON)
    store.editions.held.subject("weekly", 1, "News")
    store.editions.held.introduce("weekly", 1, "Dear reader")
    store.editions.held.order("weekly", 1, [3, 1])
    store.editions.held.retitle("weekly", 1, 2, "Better")
    before = unwritten(store)
    assert not store.editions.held.may_reopen("weekly", 1)
    store.editions.discard("weekly", 1)
    store.editions.mark_written("weekly", 1, at=NOON)
    assert store.editions.held.may_reopen("weekly", 1)

    assert 3 == store.editions.held.reopen("weekly", 1)

    assert unwritten(store) == replace(before, held_until=UNTIL_DECIDED, upto=0), "corrections are looked for anew"
    assert due(store).records == ()
    assert 0 == store.editions.held.reopen("weekly", 1)


def test_a_discarded_edition_is_not_held_again_after_a_later_one(store: Store, held: Edition) -> None:
    store.editions.discard("weekly", 1)
    store.editions.mark_written("weekly", 1, at=NOON)
    collect(store, record("later"))
    store.editions.record(due(store), start=0, tick=None)
    before = dump(store)

    assert 0 == store.editions.held.reopen("weekly", 1)

    assert dump(store) == before
