"""Corrections: items that an audience had in an edition and that were changed or withdrawn since."""

from dataclasses import replace
from datetime import timedelta

from publisher.compose.plan import is_correction
from publisher.model.changes import Revision
from publisher.model.editions import Edition
from publisher.model.items import Enclosure, Item
from publisher.store import AudienceState, ChangedItem, Store
from tests.contract.stories import (
    BORDERS,
    DAY,
    NOON,
    collect,
    due,
    finish,
    gathered,
    numbers_of,
    record,
    records,
    revise,
    withdraw,
)
from tests.databases import dump

LATER = NOON + timedelta(days=7)


def compose(store: Store, audience: str = "weekly") -> Edition:
    """Record the audience's next edition with its corrections."""
    edition = due(store, audience)
    changed = _corrected(store, audience, upto=edition.upto)
    edition = replace(
        edition,
        corrections=tuple(each.record for each in changed),
        formerly=tuple(each.formerly for each in changed),
    )
    store.editions.record(edition, start=0, tick=None)
    return edition


def pending(store: Store, audience: str = "weekly") -> list[int]:
    return [each.record.number for each in _corrected(store, audience, upto=store.log.end())]


def _corrected(store: Store, audience: str, *, upto: int) -> list[ChangedItem]:
    return [each for each in store.items.changed_since_told(audience, upto=upto) if is_correction(each)]


class TestCorrections:
    def test_an_item_revised_after_it_was_sent_is_told_once(self, store: Store) -> None:
        collect(store, *records("n", 3))
        assert compose(store).corrections == ()
        revise(store, 2, "Corrected.")
        collect(store, record("new"))

        second = compose(store)

        assert [(one.number, one.item.text) for one in second.corrections] == [(2, "Corrected.")]
        assert numbers_of(second.records) == [4]
        assert pending(store) == []

    def test_every_further_revision_is_told_again_and_the_way_back_too(self, store: Store) -> None:
        collect(store, record("a"))
        compose(store)

        for text in ("Corrected.", "About a."):
            revise(store, 1, text)
            assert [one.item.text for one in compose(store).corrections] == [text]

    def test_the_version_sent_last_is_known_with_its_edition(self, store: Store) -> None:
        collect(store, record("a"), record("b"))
        compose(store)
        store.editions.held.retitle("weekly", 1, 1, "Never held")

        known = []
        for text in ("Corrected.", "Corrected again."):
            revise(store, 1, text)
            compose(store)
            latest = store.editions.latest("weekly", limit=1)[0].number
            edition = store.editions.get("weekly", latest)
            assert edition is not None
            known += [(each.item, each.edition, each.was.text, each.was.title) for each in edition.formerly]

        assert known == [(1, 1, "About a.", ""), (1, 2, "Corrected.", "")]

    def test_all_that_editions_told_of_an_item_is_known_the_latest_version_first(self, store: Store) -> None:
        collect(store, record("a"), record("b"))
        compose(store)
        store.editions.held.retitle("weekly", 1, 1, "Never held")
        revise(store, 1, "Corrected.")
        compose(store, "daily")
        compose(store)

        told = store.editions.past.told_of([1], upto={"weekly": 2, "daily": 1})

        assert [(name, each.edition, each.was.text) for name, each in told[1]] == [
            ("daily", 1, "Corrected."),
            ("weekly", 2, "Corrected."),
            ("weekly", 1, "About a."),
        ]
        assert [1] == [each.edition for _, each in store.editions.past.told_of([1], upto={"weekly": 1})[1]]
        assert {} == store.editions.past.told_of([1], upto={})

    def test_a_revision_taken_back_before_it_was_told_is_none(self, store: Store) -> None:
        collect(store, record("a"))
        compose(store)
        revise(store, 1, "Wrong.")
        revise(store, 1, "About a.")

        assert pending(store) == []

    def test_a_revision_before_sending_needs_no_correction(self, store: Store) -> None:
        collect(store, record("a"), record("b"))
        revise(store, 1, "Corrected.")
        compose(store)

        assert pending(store) == []

    def test_new_keywords_are_no_correction(self, store: Store) -> None:
        collect(store, record("a"))
        compose(store)
        with store.log.open_pass("news") as collecting:
            changed = Item(date=DAY, text="About a.", keywords=("video",), labels=("Borders",))
            collecting.revise([Revision(number=1, item=changed, gathered=gathered(BORDERS))], now=LATER)
            finish(collecting, "keywords", now=LATER)

        assert pending(store) == []

    def test_another_file_is_a_correction_and_another_size_is_none(self, store: Store) -> None:
        report = Enclosure(url="https://example.org/1.pdf")
        collect(store, record("a"))
        compose(store)

        for enclosure, told in ((report, [1]), (replace(report, size_bytes=5), [])):
            with store.log.open_pass("news") as collecting:
                changed = Item(date=DAY, text="About a.", enclosures=(enclosure,))
                collecting.revise([Revision(number=1, item=changed, gathered=gathered(BORDERS))], now=LATER)
                finish(collecting, "files", now=LATER)
            assert numbers_of(compose(store).corrections) == told

    def test_corrections_wait_for_the_next_edition_however_far_the_audience_was_passed_over(self, store: Store) -> None:
        collect(store, record("a"))
        compose(store)
        revise(store, 1, "Corrected.")
        store.editions.pass_over("weekly", AudienceState(cursor=2, start=0, last_number=1, last_tick=None))
        collect(store, record("b"))

        assert numbers_of(compose(store).corrections) == [1]

    def test_each_audience_is_told_of_what_it_had_itself(self, store: Store) -> None:
        collect(store, record("a"))
        compose(store, "weekly")
        revise(store, 1, "Corrected.")

        assert (pending(store, "weekly"), pending(store, "daily")) == ([1], [])
        assert compose(store, "daily").corrections == ()
        assert pending(store, "daily") == []

    def test_an_edition_that_stopped_short_of_the_log_s_end_tells_nothing_twice(self, store: Store) -> None:
        """The audience's cursor (a log number) stops before items that are carried over to the next edition. After the
        cursor there are also items and corrections that this edition has; the next edition does not repeat them.
        """
        collect(store, record("a"))
        compose(store)
        collect(store, record("b"), record("c"))
        revise(store, 1, "Corrected.")
        revise(store, 3, "Revised before it was sent.")
        edition = due(store)
        corrected = tuple(each.record for each in _corrected(store, "weekly", upto=5))
        short = replace(edition, records=edition.records[1:], corrections=corrected, upto=1)
        store.editions.record(short, start=0, tick=None)

        assert pending(store) == []
        assert numbers_of(due(store).records) == [2]

    def test_a_withdrawn_item_is_not_corrected(self, store: Store) -> None:
        collect(store, record("a"))
        compose(store)
        revise(store, 1, "Corrected.")
        withdraw(store, 1)

        assert pending(store) == []

    def test_an_unwritten_edition_keeps_its_corrections_as_they_were_told(self, store: Store) -> None:
        collect(store, record("a"), record("b"))
        compose(store)
        store.editions.mark_written("weekly", 1, at=NOON)
        revise(store, 1, "Corrected.", now=NOON + timedelta(hours=1))
        revise(store, 2, "Corrected too.", now=NOON + timedelta(hours=1))
        collect(store, record("c"))
        told = compose(store)

        revise(store, 1, "Changed since.", now=LATER)
        withdraw(store, 2)

        left = replace(told, corrections=told.corrections[:1], formerly=told.formerly[:1])
        assert store.editions.unwritten() == [left]
        assert store.editions.drop_withdrawn("weekly", 2) == left


class TestWithdrawnBeforeWriting:
    def test_a_withdrawn_item_leaves_the_edition_and_is_due_again_when_it_comes_back(self, store: Store) -> None:
        collect(store, record("a"), record("b"))
        edition = due(store)
        store.editions.record(edition, start=0, tick=None)
        withdraw(store, 1)

        assert store.editions.drop_withdrawn("weekly", 1) == replace(edition, records=edition.records[1:])

        revise(store, 1, "Back.")
        assert numbers_of(due(store).records) == [1]
        assert numbers_of(store.editions.unwritten()[0].records) == [2]
        assert [row.items for row in store.editions.latest(limit=1)] == [1]

    def test_nothing_is_left_of_an_edition_when_all_was_withdrawn(self, store: Store) -> None:
        collect(store, record("a"))
        edition = due(store)
        store.editions.record(edition, start=0, tick=None)
        withdraw(store, 1)

        assert store.editions.drop_withdrawn("weekly", 1) == replace(edition, records=())
        assert [row.items for row in store.editions.latest(limit=1)] == [0]

    def test_an_edition_nothing_was_withdrawn_from_is_left_as_it_is(self, store: Store) -> None:
        collect(store, record("a"))
        edition = due(store)
        store.editions.record(edition, start=0, tick=None)
        before = dump(store)

        assert store.editions.drop_withdrawn("weekly", 1) == edition
        assert dump(store) == before

    def test_items_in_the_outbox_stay_sent(self, store: Store) -> None:
        collect(store, record("a"), record("b"))
        store.editions.record(due(store), start=0, tick=None)
        store.editions.mark_written("weekly", 1, at=NOON)
        withdraw(store, 1)

        assert store.editions.drop_withdrawn("weekly", 1) is None
        assert store.editions.drop_withdrawn("weekly", 9) is None

        revise(store, 1, "Back.")
        assert due(store).records == ()

    def test_corrections_of_a_discarded_edition_are_due_again_once_it_is_restored(self, store: Store) -> None:
        collect(store, *records("n", 2))
        compose(store)
        revise(store, 1, "Corrected.")
        collect(store, record("new"))
        assert numbers_of(compose(store).corrections) == [1]
        store.editions.discard("weekly", 2)
        store.editions.mark_written("weekly", 2, at=NOON)
        assert pending(store) == []

        store.editions.held.restore("weekly", 2, [3])

        third = compose(store)
        assert (numbers_of(third.records), numbers_of(third.corrections)) == ([3], [1])
        assert pending(store) == []

    def test_corrections_of_a_discarded_edition_are_due_again_after_a_later_one(self, store: Store) -> None:
        collect(store, *records("n", 2))
        compose(store)
        revise(store, 1, "Corrected.")
        collect(store, record("new"))
        compose(store)
        store.editions.discard("weekly", 2)
        store.editions.mark_written("weekly", 2, at=NOON)
        revise(store, 2, "Corrected, too.")
        collect(store, record("newer"))
        assert numbers_of(compose(store).corrections) == [2]

        store.editions.held.restore("weekly", 2, [3])

        assert numbers_of(compose(store).corrections) == [1]

    def test_corrections_of_an_edition_that_lost_its_last_item_are_due_again(self, store: Store) -> None:
        collect(store, *records("n", 2))
        compose(store)
        revise(store, 1, "Corrected.")
        collect(store, record("new"))
        compose(store)
        withdraw(store, 3)
        store.editions.held.return_corrections("weekly", 2)
        assert pending(store) == []  # it still has its item
        store.editions.drop_withdrawn("weekly", 2)

        store.editions.held.return_corrections("weekly", 2)

        assert pending(store) == [1]
