"""What every store promises about audiences and editions."""

from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.model.errors import StoreError
from publisher.store import AudienceState, Store
from tests.contract.stories import (
    ASYLUM,
    BORDERS,
    NOON,
    collect,
    due,
    gathered,
    numbers_of,
    record,
    records,
    retheme,
    revise,
    withdraw,
)
from tests.databases import dump

LATER = NOON + timedelta(days=7)


def compose(store: Store, audience: str = "weekly") -> list[int]:
    edition = due(store, audience)
    store.editions.record(edition, start=0, tick=None)
    return numbers_of(edition.records)


class TestDue:
    def test_items_added_since_are_due_in_the_order_of_adding(self, store: Store) -> None:
        collect(store, record("a"), record("b"))
        assert compose(store) == [1, 2]

        collect(store, record("c", published=NOON - timedelta(days=3000)), record("d"))

        assert numbers_of(due(store).records) == [3, 4]
        assert numbers_of(due(store, "daily").records) == [1, 2, 3, 4]

    def test_an_item_sent_once_is_never_due_again(self, store: Store) -> None:
        collect(store, record("a"))
        compose(store)

        revise(store, 1, "Corrected.")

        assert due(store).records == ()

    def test_an_item_changed_before_it_was_sent_is_due_once(self, store: Store) -> None:
        collect(store, record("a"), record("b"))
        revise(store, 1, "Corrected.")
        revise(store, 1, "Corrected again.")

        (first, second) = due(store).records

        assert (first.number, first.item.text, second.number) == (1, "Corrected again.", 2)

    def test_a_withdrawn_item_is_not_due_and_one_that_came_back_is(self, store: Store) -> None:
        collect(store, record("a"))
        withdraw(store, 1)
        assert compose(store) == []

        revise(store, 1, "Back.")

        assert numbers_of(due(store).records) == [1]

    def test_only_the_audience_s_themes_are_due_and_several_count_once(self, store: Store) -> None:
        collect(store, record("a", BORDERS), record("b", ASYLUM), record("c", BORDERS, ASYLUM))

        assert numbers_of(due(store, themes=("asylum",)).records) == [2, 3]
        assert numbers_of(due(store, themes=("asylum", "borders")).records) == [1, 2, 3]
        assert due(store, themes=("nothing",)).records == ()
        assert numbers_of(due(store, themes=("borders", "*")).records) == [1, 2, 3]
        assert numbers_of(due(store, themes=("*", "!asylum")).records) == [1, 3]

    def test_an_item_that_gains_a_theme_becomes_due(self, store: Store) -> None:
        collect(store, record("a", BORDERS))
        store.editions.pass_over("asylum-only", AudienceState(cursor=1, start=0, last_number=0, last_tick=None))

        revise(store, 1, "About asylum too.", BORDERS, ASYLUM)

        assert numbers_of(due(store, "asylum-only", themes=("asylum",)).records) == [1]

    def test_items_from_before_the_audience_are_never_due(self, store: Store) -> None:
        collect(store, record("a"), record("b"))
        store.editions.pass_over("new", AudienceState(cursor=2, start=2, last_number=0, last_tick=None))

        revise(store, 1, "Corrected.")
        collect(store, record("c"))

        assert numbers_of(due(store, "new").records) == [3]

    def test_a_changed_theme_map_makes_nothing_due(self, store: Store) -> None:
        collect(store, record("a"))
        store.editions.pass_over("asylum-only", AudienceState(cursor=1, start=0, last_number=0, last_tick=None))

        retheme(store, gathered(ASYLUM), now=LATER)

        assert due(store, "asylum-only", themes=("asylum",)).records == ()


class TestRecording:
    def test_an_edition_moves_its_audience(self, store: Store) -> None:
        assert store.editions.audience("weekly") is None
        collect(store, record("a"), record("b"))

        store.editions.record(due(store), start=0, tick=NOON)

        assert store.editions.audience("weekly") == AudienceState(cursor=2, start=0, last_number=1, last_tick=NOON)

    def test_an_edition_without_a_tick_keeps_the_last_one(self, store: Store) -> None:
        collect(store, record("a"))
        store.editions.pass_over("weekly", AudienceState(cursor=0, start=0, last_number=0, last_tick=NOON))

        store.editions.record(due(store), start=99, tick=None)

        assert store.editions.audience("weekly") == AudienceState(cursor=1, start=0, last_number=1, last_tick=NOON)

    def test_an_edition_somebody_else_recorded_is_not_recorded_again(self, store: Store) -> None:
        collect(store, record("a"))
        edition = due(store)
        store.editions.record(edition, start=0, tick=None)
        before = dump(store)

        for late in (edition, replace(edition, number=2), replace(edition, after=1, upto=1)):
            with pytest.raises(StoreError, match="audience 'weekly': another publisher composed for it"):
                store.editions.record(late, start=0, tick=None)

        assert dump(store) == before

    def test_an_item_in_two_editions_is_refused_by_the_database_itself(self, store: Store) -> None:
        collect(store, record("a"))
        first = due(store)
        store.editions.record(first, start=0, tick=None)

        with pytest.raises(Exception, match=r"(?i)unique"):
            store.editions.record(replace(first, number=2, after=1), start=0, tick=None)

        assert store.editions.audience("weekly") == AudienceState(cursor=1, start=0, last_number=1, last_tick=None)

    def test_passing_over_moves_the_cursor_and_the_tick(self, store: Store) -> None:
        state = AudienceState(cursor=3, start=3, last_number=0, last_tick=NOON)
        store.editions.pass_over("weekly", state)
        before = dump(store)

        store.editions.pass_over("weekly", state)
        assert dump(store) == before

        store.editions.pass_over("weekly", replace(state, cursor=5, last_tick=LATER))
        assert store.editions.audience("weekly") == replace(state, cursor=5, last_tick=LATER)

    def test_passing_over_never_goes_back_nor_past_an_edition(self, store: Store) -> None:
        collect(store, record("a"))
        compose(store)
        seen = store.editions.audience("weekly")
        assert seen is not None

        for stale in (replace(seen, cursor=0), replace(seen, last_number=0, cursor=9)):
            with pytest.raises(StoreError, match="another publisher composed"):
                store.editions.pass_over("weekly", stale)

        assert store.editions.audience("weekly") == seen


class TestOutbox:
    def test_an_edition_is_unwritten_until_it_is_marked(self, store: Store) -> None:
        collect(store, *records("n", 3))
        edition = due(store)
        mixed = replace(edition, records=tuple(reversed(edition.records)))
        store.editions.record(mixed, start=0, tick=None)

        assert store.editions.unwritten() == [mixed]

        store.editions.mark_written("weekly", 1, at=NOON)
        store.editions.mark_written("weekly", 1, at=LATER)
        assert store.editions.unwritten() == []
        assert [row.written_at for row in store.editions.latest(limit=5)] == [NOON]

    def test_an_unwritten_edition_says_what_was_composed_whatever_changed_since(self, store: Store) -> None:
        collect(store, record("a", BORDERS), record("b", BORDERS))
        revise(store, 2, "As composed.", ASYLUM, now=NOON + timedelta(hours=1))
        edition = due(store)
        store.editions.record(edition, start=0, tick=None)

        revise(store, 1, "Changed since.", ASYLUM, now=LATER)
        revise(store, 2, "Changed since.", BORDERS, now=LATER)
        retheme(store, gathered(BORDERS, ASYLUM), now=LATER)

        assert store.editions.unwritten() == [edition]

    def test_withdrawn_items_are_missing_from_an_unwritten_edition(self, store: Store) -> None:
        collect(store, record("a"), record("b"))
        edition = due(store)
        store.editions.record(edition, start=0, tick=None)

        withdraw(store, 1)

        (left,) = store.editions.unwritten()
        assert left == replace(edition, records=edition.records[1:])

    def test_editions_are_listed_latest_first(self, store: Store) -> None:
        for number in (1, 2):
            collect(store, *records(f"n{number}", number))
            for audience in ("weekly", "daily"):
                edition = due(store, audience, now=NOON + timedelta(days=number))
                store.editions.record(edition, start=0, tick=None)

        listed = store.editions.latest(limit=3)

        assert [(row.audience, row.number, row.after, row.upto, row.items) for row in listed] == [
            ("daily", 2, 1, 3, 2),
            ("weekly", 2, 1, 3, 2),
            ("daily", 1, 0, 1, 1),
        ]
        assert [row.number for row in store.editions.latest("weekly", limit=3)] == [2, 1]


class TestPast:
    def test_items_of_several_editions_read_together_equal_those_read_alone(self, store: Store) -> None:
        collect(store, *records("first", 4))
        compose(store)
        revise(store, 2, "Corrected.", now=LATER)
        collect(store, *records("second", 3))
        compose(store)
        collect(store, record("third"))
        compose(store)
        withdraw(store, 3, 8)

        heads = store.editions.past.heads("weekly", [3, 1, 2, 9], newest=2)

        alone = [store.editions.past.get("weekly", number, newest=2) for number in (3, 1, 2)]
        assert [(each.number, each.composed_at, each.items, each.records) for each in alone if each] == [
            (each.number, each.composed_at, each.items, each.records) for each in heads
        ]
        assert [0, 3, 3] == [each.items for each in heads]
        assert [[], [4, 2], [7, 6]] == [numbers_of(each.records) for each in heads]

    def test_a_feed_tells_of_an_item_by_the_title_its_editor_gave(self, store: Store) -> None:
        collect(store, *records("n", 2))
        store.editions.record(replace(due(store), held_until=LATER), start=0, tick=None)
        assert store.editions.held.retitle("weekly", 1, 2, "Better")

        (head,) = store.editions.past.heads("weekly", [1], newest=5)

        assert ["Better", ""] == [each.item.title for each in head.records]
