"""Identity: the rule by which `pair` recognises items."""

import random
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.collect.identity import Reconciliation, reconcile
from publisher.collect.pairs import pair
from publisher.collect.sources.listing import ListingSource
from publisher.collect.sources.unread import Unread
from publisher.model.changes import Known
from publisher.model.contents import digest_of_content, digest_of_text
from publisher.model.items import Enclosure, Item
from publisher.model.records import State
from tests.values import known_of

DAY = date(2022, 2, 10)
OLD = date(2021, 1, 1)
LAST = Item(date=date(2019, 1, 1), text="The oldest item, at the end of the listing.")
REPORT = Enclosure(url="https://example.org/report.pdf", size_bytes=5)
LIBRARY = (
    "The town library opens on Sundays from March. Readers asked for it in last year's survey. "
    "Volunteers will keep the desk, and the café stays open until four."
)
FERRY = (
    "From April the ferry to the island sails twice a day. Bicycles travel free of charge. "
    "Tickets are sold on board and at the harbour office."
)

REWORDED = LIBRARY.replace("four", "five")
MOVED = DAY + timedelta(days=3)


def item(text: str = LIBRARY, day: date = DAY, **fields: Any) -> Item:
    return Item(date=day, text=text, **fields)


@dataclass
class Log:
    """The facts that the log gives about one source."""

    items: dict[int, Item] = field(default_factory=dict)
    states: dict[int, State] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    def known(self) -> list[Known]:
        return [known_of(number, item, self.states[number]) for number, item in self.items.items()]

    def contents(self, numbers: Collection[int]) -> Mapping[int, Item]:
        self.asked += numbers
        return {number: self.items[number] for number in numbers}

    def plan(
        self,
        listed: Sequence[Item],
        *,
        known: Sequence[Known] | None = None,
        unread: Sequence[Unread] = (),
        is_complete: bool = False,
        keeps_first_date: bool = False,
    ) -> Reconciliation:
        pairing = pair(self.known() if known is None else known, listed, unread=unread, is_complete=is_complete)
        return reconcile(pairing, self.contents(pairing.to_compare), keeps_first_date=keeps_first_date)

    def collect(self, *listed: Item) -> Reconciliation:
        plan = self.plan(listed)
        for number in plan.withdrawn:
            self.states[number] = State.WITHDRAWN
        for number in plan.unlisted:
            self.states[number] = State.UNLISTED
        for number in plan.relisted:
            self.states[number] = State.LISTED
        for number, revised in plan.revised:
            self.items[number], self.states[number] = revised, State.LISTED
        for number, renamed in plan.renamed:
            self.items[number] = renamed
        for new in plan.added[::-1]:
            number = len(self.items) + 1
            self.items[number], self.states[number] = new, State.LISTED
        return plan


def log_of(*listed: Item) -> Log:
    log = Log()
    log.collect(*listed)
    return log


# --- the rule, case by case ------------------------------------------------------------------------------------------


def test_the_first_reading_adds_everything_in_the_order_of_the_listing() -> None:
    listed = (item(), item(FERRY), LAST)

    assert Log().plan(listed) == Reconciliation(added=listed)


def test_the_same_listing_changes_nothing() -> None:
    assert log_of(item(), item(FERRY), LAST).plan([LAST, item(FERRY), item()]) == Reconciliation()


@pytest.mark.parametrize(
    "edited",
    [
        item(LIBRARY.replace("survey", "suvrey")),
        item(LIBRARY.replace("Readers asked for it in last year's survey. ", "")),
        item(LIBRARY.replace("Readers asked for it in last year's survey.", "It was the mayor's own idea.")),
        item(LIBRARY + " Entry is free, as ever."),
        item(LIBRARY.upper()),
        item(LIBRARY, title="Sundays"),
        item(LIBRARY, link="https://example.org/sundays"),
    ],
)
def test_an_edited_item_is_a_revision_of_itself(edited: Item) -> None:
    log = log_of(item(FERRY), item(), LAST)

    assert log.plan([item(FERRY), edited, LAST]) == Reconciliation(revised=((2, edited),))


@pytest.mark.parametrize("label", [{"labels": ("Opening hours",)}, {"keywords": ("Sunday",)}, {"language": "en"}])
def test_a_changed_label_moves_an_item_without_a_revision(label: dict[str, Any]) -> None:
    log, filed = log_of(item(FERRY), item(), LAST), item(**label)

    plan = log.plan([item(FERRY), filed, LAST])

    assert plan == Reconciliation(revised=((2, filed),), refiled=frozenset({2}))
    edited = replace(filed, text=LIBRARY.upper())
    assert log.plan([item(FERRY), edited, LAST]) == Reconciliation(revised=((2, edited),))


def test_an_item_of_which_only_the_digest_is_another_is_not_revised() -> None:
    """A later version may compute digests (hashes of items) differently, and readers must not be told of that."""
    log = log_of(item(native_id="7"), LAST)
    known = [replace(old, content_digest=f"other {old.content_digest}") for old in log.known()]

    assert log.plan([item(native_id="7"), LAST], known=known) == Reconciliation(
        renamed=((1, LAST), (2, item(native_id="7")))
    )


@pytest.mark.parametrize("pinned", [1, 3, 6])
def test_pinned_items_above_new_ones_do_not_stretch_the_list(pinned: int) -> None:
    shown = [item(f"Number {number}", OLD + timedelta(days=number)) for number in range(40, 0, -1)]
    top = [item(f"Pinned {number}", OLD - timedelta(days=number)) for number in range(pinned)]
    log = log_of(*shown[2:5], *top)

    assert log.plan([*top, *shown[:3]]) == Reconciliation(added=tuple(shown[:2]), unlisted=(pinned + 1, pinned + 2))


@pytest.mark.parametrize(("every", "before"), [(1, 14), (1, 100), (7, 100)])
@pytest.mark.parametrize("foot", [1, 2])
def test_items_pinned_at_the_foot_do_not_stretch_the_list(every: int, before: int, foot: int) -> None:
    """The pinned items are weeks or months older than the others, not years."""
    shown = [item(f"Number {number}", DAY + timedelta(days=every * number)) for number in range(9, 0, -1)]
    pinned = [item(f"Pinned {number}", DAY - timedelta(days=before + number)) for number in range(foot)]
    log = log_of(*shown[3:7], *pinned)

    first = log.collect(*shown[2:6], *pinned)
    second = log.collect(*shown[0:4], *pinned)

    assert (first.withdrawn, len(first.unlisted)) == ((), 1)
    assert (second.withdrawn, len(second.unlisted)) == ((), 2)
    assert len(log.plan([shown[0], *shown[2:4], *pinned]).withdrawn) == 1


def test_an_item_that_scrolled_off_before_shows_that_the_last_one_is_pinned() -> None:
    """An item that scrolled off earlier would stand above the last item by date. So the last item is pinned, even if
    its date is close to that of the item above it.
    """
    days = [item(f"Of day {day}.", date(2022, 3, day)) for day in (9, 8, 7, 6, 5, 4, 1)]
    log = log_of(*days[1:5])
    log.collect(*days[:4])

    assert log.plan([*days[:3], days[6]]).withdrawn == ()


@pytest.mark.parametrize("is_seen_before", [True, False])
def test_old_entries_that_come_up_in_a_list_of_last_changes_withdraw_nothing(is_seen_before: bool) -> None:
    days = [item(f"Of day {day}.", date(2022, 3, day)) for day in (11, 10, 9, 8, 7, 2, 1)]
    log = log_of(*days) if is_seen_before else log_of(*days[:4])
    log.collect(*days[:4])

    plan = log.plan([*days[:2], *days[5:]])

    assert (plan.withdrawn, len(plan.unlisted)) == ((), 2)


def test_an_item_deleted_while_nothing_new_comes_is_withdrawn_despite_a_pinned_end() -> None:
    shown = [item(f"Number {number}", DAY + timedelta(days=number)) for number in range(9, 0, -1)]
    log = log_of(*shown, LAST)

    assert log.plan([*shown[:8], LAST]).withdrawn == ()
    pinned = item("Pinned", DAY - timedelta(days=100))
    log = log_of(*shown, pinned)

    assert log.plan([*shown[:8], pinned]).withdrawn == (2,)


def test_an_edited_item_is_found_among_new_ones_of_its_day() -> None:
    log = log_of(item(), LAST)
    edited, new = item(LIBRARY.replace("four", "five")), item(FERRY)

    assert log.plan([new, edited, LAST]) == Reconciliation(added=(new,), revised=((2, edited),))


def test_two_items_that_are_edited_at_once_are_not_confused() -> None:
    log = log_of(item(FERRY), item(), LAST)
    ferry, library = item(FERRY.replace("twice", "thrice")), item(LIBRARY.replace("four", "five"))

    assert log.plan([library, ferry, LAST]).revised == ((2, library), (3, ferry))


def test_another_text_of_the_same_day_is_another_item() -> None:
    log = log_of(item(), LAST)

    assert log.plan([item(FERRY), LAST]) == Reconciliation(added=(item(FERRY),), withdrawn=(2,))


def test_the_same_text_on_another_day_is_another_item() -> None:
    log = log_of(item(), LAST)
    moved = item(day=DAY + timedelta(days=1))

    assert log.plan([moved, item(), LAST]) == Reconciliation(added=(moved,))
    assert log.plan([moved, LAST]) == Reconciliation(added=(moved,), withdrawn=(2,))


def test_two_identical_texts_of_one_day_stay_two() -> None:
    log = log_of(item(), item(), LAST)

    assert len(log.items) == 3
    assert log.plan([item(), item(), LAST]) == Reconciliation()
    assert log.plan([item(), LAST]) == Reconciliation(withdrawn=(3,))
    assert log.plan([item(), item(), item(), LAST]) == Reconciliation(added=(item(),))


def test_an_item_that_is_gone_from_inside_the_listing_is_withdrawn() -> None:
    log = log_of(item(), item(FERRY, OLD), LAST)

    assert log.plan([item(), LAST]) == Reconciliation(withdrawn=(2,))
    assert log.plan([item(FERRY, OLD), LAST]) == Reconciliation(withdrawn=(3,))


def test_an_item_below_the_end_of_the_listing_is_only_unlisted() -> None:
    log = log_of(item(), item(FERRY, OLD), LAST)

    assert log.plan([item(), item(FERRY, OLD)]) == Reconciliation(unlisted=(1,))


def test_an_item_of_the_oldest_day_listed_may_have_been_cut_off() -> None:
    log = log_of(item(), item(FERRY))

    assert log.plan([item()]) == Reconciliation(unlisted=(1,))


def test_an_unlisted_item_is_not_withdrawn_when_the_listing_grows_down_again() -> None:
    log = log_of(item(), item(FERRY, OLD), LAST)
    log.collect(item())
    back_dated = Item(date=date(2018, 1, 1), text="Found in a drawer.")

    assert log.plan([item(), back_dated]) == Reconciliation(added=(back_dated,))


def test_an_empty_listing_says_nothing() -> None:
    assert log_of(item(), LAST).plan([]) == Reconciliation()


def test_an_unlisted_item_that_comes_back_is_itself() -> None:
    log = log_of(item(), LAST)
    log.collect(item())

    assert log.plan([item(), LAST]) == Reconciliation(relisted=(1,))
    edited = replace(LAST, labels=("History",))
    assert log.plan([item(), edited]) == Reconciliation(revised=((1, edited),), refiled=frozenset({1}))


def test_a_withdrawn_item_that_comes_back_is_a_revision_even_when_it_says_the_same() -> None:
    log = log_of(item(), item(FERRY, OLD), LAST)
    log.collect(item(), LAST)

    assert log.plan([item(), item(FERRY, OLD), LAST]) == Reconciliation(revised=((2, item(FERRY, OLD)),))


def test_a_listed_twin_goes_before_a_withdrawn_one() -> None:
    log = log_of(item(), item(), LAST)
    log.states[2] = State.WITHDRAWN

    assert log.plan([item(), LAST]) == Reconciliation()


@pytest.mark.parametrize(
    ("unread", "withdrawn"),
    [
        (Unread(), ()),
        (Unread(day=OLD), (3, 4)),
        (Unread(day=DAY), (2, 4)),
        (Unread(place=0), (2,)),
        (Unread(place=1), (4,)),
        (Unread(place=2), (2, 3, 4)),
        (Unread(native_id="7", day=OLD), (3, 4)),
    ],
)
def test_an_item_that_cannot_be_read_holds_back_only_what_it_may_be(unread: Unread, withdrawn: tuple[int, ...]) -> None:
    log = log_of(item("Top.", DAY + timedelta(days=2)), item(), item(FERRY, OLD), LAST)

    assert log.plan([item("New.", DAY), LAST], unread=[unread]).withdrawn == withdrawn


def test_an_item_whose_id_can_be_read_holds_back_that_one_only() -> None:
    log = log_of(item(native_id="1"), item(FERRY, native_id="2"), LAST)

    assert log.plan([item("New.", DAY + timedelta(days=1)), LAST], unread=[Unread(native_id="2")]).withdrawn == (3,)


def test_an_old_item_among_new_ones_does_not_stretch_the_listing() -> None:
    """The old item may be pinned, moved up after an edit, or have a wrong date."""
    days = [item(f"Of day {day}.", date(2022, 3, day)) for day in (9, 8, 7, 6)]
    log = log_of(LAST, *days)

    for listed in ([LAST, *days[:3]], [days[0], LAST, *days[1:3]], [*days[:2], LAST, days[2]]):
        assert log.plan(listed) == Reconciliation(unlisted=(1,))
        assert log.plan([one for one in listed if one is not days[1]]).withdrawn == (3,)


def test_in_a_complete_source_any_missing_item_is_withdrawn() -> None:
    log = log_of(item(), item(FERRY), LAST)

    assert log.plan([item()], is_complete=True) == Reconciliation(withdrawn=(1, 2))
    assert log.plan([], is_complete=True) == Reconciliation()
    assert log.plan([item()], is_complete=True, unread=[Unread(day=DAY)]) == Reconciliation(withdrawn=(1,))


# --- ids and links ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [{"native_id": "7"}, {"link": "https://example.org/7"}])
def test_an_id_or_link_outlives_text_and_date(name: dict[str, Any]) -> None:
    log = log_of(item(**name), LAST)
    changed = item(FERRY, OLD, **name)

    assert log.plan([changed, LAST]) == Reconciliation(revised=((2, changed),), moved=frozenset({2}))


@pytest.mark.parametrize("name", [{"native_id": "7"}, {"link": "https://example.org/7"}])
def test_an_entry_of_a_feed_keeps_the_date_it_came_with(name: dict[str, Any]) -> None:
    log = log_of(item(**name), LAST)
    dated = item(day=DAY + timedelta(days=3), **name)

    plan = log.plan([dated, LAST], keeps_first_date=True)

    kept = replace(item(**name), listed_date=dated.date)
    assert plan == Reconciliation(renamed=((2, kept),))
    edited = replace(dated, text=REWORDED)
    assert log.plan([edited, LAST], keeps_first_date=True) == Reconciliation(
        revised=((2, replace(kept, text=REWORDED)),)
    )


def test_an_id_that_was_given_to_another_item_brings_news() -> None:
    """Examples are a feed of one entry with a constant id, and a database number that is reused."""
    one, two = item(title="Library", native_id="7"), item(FERRY, MOVED, title="Ferry", native_id="7")
    log = log_of(one)

    assert log.plan([two]) == Reconciliation(added=(two,), unlisted=(1,))
    assert log.plan([two, LAST]) == Reconciliation(added=(two, LAST), unlisted=(1,))
    assert log.plan([two, LAST], is_complete=True) == Reconciliation(added=(two, LAST), withdrawn=(1,))
    log.collect(two)
    assert log.plan([two]) == Reconciliation()
    edited = replace(two, text=FERRY.replace("April", "May"))
    assert log.plan([edited]) == Reconciliation(revised=((2, edited),))


@pytest.mark.parametrize("name", [{"native_id": "7"}, {"native_id": "7", "link": "https://example.org/7"}])
def test_the_only_entry_of_a_list_is_news_when_all_but_its_names_changes(name: dict[str, Any]) -> None:
    one, two = item(title="Library", **name), item(FERRY, MOVED, title="Ferry", **name)

    assert log_of(one).plan([two]) == Reconciliation(added=(two,), unlisted=(1,))
    two = replace(two, title="Library")
    assert log_of(one).plan([two]) == Reconciliation(added=(two,), unlisted=(1,))
    one, two = (replace(each, native_id="", link="https://example.org/7") for each in (one, two))
    assert log_of(one).plan([two]) == Reconciliation(added=(two,), unlisted=(1,))


def test_an_entry_with_another_id_and_other_words_on_a_page_known_before_is_news() -> None:
    """An example is the page of the day's weather, beside entries that stay."""
    today = item(title="Weather", native_id="w-5", link="https://example.org/weather")
    later = item(FERRY, MOVED, title="Weather", native_id="w-6", link="https://example.org/weather")

    assert log_of(today, LAST).plan([later, LAST]).added == (later,)
    renamed = replace(today, native_id="w-6")
    assert log_of(today, LAST).plan([renamed, LAST]) == Reconciliation(renamed=((2, renamed),))
    edited = replace(renamed, text=REWORDED)
    assert log_of(today, LAST).plan([edited, LAST]) == Reconciliation(revised=((2, edited),))


@pytest.mark.parametrize(
    "same",
    [{"title": "Library"}, {"day": DAY}, {"day": OLD}, {"text": REWORDED}, {"link": "https://example.org/7"}],
)
def test_an_id_stays_with_an_item_of_which_anything_else_is_the_same_or_that_is_no_newer(same: dict[str, Any]) -> None:
    before = item(title="Library", native_id="7", link="https://example.org/7")
    fields: dict[str, Any] = {"text": FERRY, "day": MOVED, "title": "Ferry", "link": "https://example.org/8"} | same
    now = item(native_id="7", **fields)

    assert log_of(before, LAST).plan([now, LAST]).revised == ((2, now),)


@pytest.mark.parametrize("state", [State.HIDDEN, State.WAITING])
def test_an_id_stays_with_an_item_that_no_reader_may_see(state: State) -> None:
    log = log_of(item(native_id="7"), LAST)
    log.states[2] = state
    now = item(FERRY, MOVED, native_id="7")

    assert log.plan([now, LAST]) == Reconciliation(renamed=((2, now),))


def test_an_edited_item_with_a_link_that_all_share_is_itself() -> None:
    link = "https://example.org/news"
    log = log_of(item(link=link), item(FERRY, link=link), LAST)
    edited = item(REWORDED, link=link)

    assert log.plan([edited, item(FERRY, link=link), LAST]) == Reconciliation(revised=((3, edited),))


def test_similar_words_under_another_id_are_another_item() -> None:
    log = log_of(item(native_id="7"), LAST)
    other = item(LIBRARY.replace("four", "five"), native_id="8")

    assert log.plan([other, LAST]) == Reconciliation(added=(other,), withdrawn=(2,))


@pytest.mark.parametrize(
    ("moment", "words", "is_one"),
    [
        (datetime(2022, 2, 10, 9, 30, 12, tzinfo=UTC), REWORDED, True),
        (datetime(2022, 2, 10, 9, 30, 12, tzinfo=UTC), FERRY, False),
        (datetime(2022, 2, 10, 9, 30, 13, tzinfo=UTC), REWORDED, False),
        (None, REWORDED, False),
    ],
)
def test_an_id_and_a_link_that_follow_an_edited_title_are_no_other_item(
    moment: datetime | None, words: str, is_one: bool
) -> None:
    first = datetime(2022, 2, 10, 9, 30, 12, tzinfo=UTC)
    link = "https://example.org/"
    log = log_of(item(title="Libary on Sundays", published=first, native_id="libary", link=f"{link}libary"), LAST)
    now = item(words, title="Library on Sundays", published=moment, native_id="library", link=f"{link}library")

    plan = log.plan([now, LAST])

    assert plan == (Reconciliation(revised=((2, now),)) if is_one else Reconciliation(added=(now,), withdrawn=(2,)))


@pytest.mark.parametrize("hour", [0, 10])
def test_a_moment_that_a_schedule_chose_names_nothing(hour: int) -> None:
    at = datetime(2022, 2, 10, hour, tzinfo=UTC)
    now = item(REWORDED, published=at, native_id="8")

    plan = log_of(item(published=at, native_id="7"), LAST).plan([now, LAST])

    assert plan == Reconciliation(added=(now,), withdrawn=(2,))


def test_a_source_that_changes_all_its_ids_keeps_its_items() -> None:
    log = log_of(item(native_id="7"), item(FERRY, native_id="8"), LAST)

    plan = log.plan([item(native_id="x7"), item(FERRY, native_id="x8"), LAST])

    assert plan == Reconciliation(renamed=((2, item(FERRY, native_id="x8")), (3, item(native_id="x7"))))


@pytest.mark.parametrize("name", [{}, {"native_id": "7"}, {"link": "https://example.org/7"}])
def test_an_enclosure_that_comes_or_goes_or_changes_is_an_edit(name: dict[str, Any]) -> None:
    before, after, other = (item(enclosures=each, **name) for each in ((), (REPORT,), (replace(REPORT, size_bytes=6),)))

    for old, new in ((before, after), (after, before), (after, other)):
        assert log_of(old, LAST).plan([new, LAST]) == Reconciliation(revised=((2, new),))


def test_a_link_that_several_items_share_names_none_of_them() -> None:
    place = "https://example.org/news"
    log = log_of(item(link=place), item(FERRY, OLD, link=place), LAST)
    new = item("The mayor resigns.", DAY + timedelta(days=9), link=place)

    assert log.plan([new, item(link=place), item(FERRY, OLD, link=place), LAST]) == Reconciliation(added=(new,))


def test_an_item_that_is_listed_twice_under_one_name_is_one() -> None:
    newer = item(native_id="7", day=DAY + timedelta(days=1))
    linked = item(FERRY, link="https://example.org/7")

    for listed in ([newer, item(native_id="7"), linked, linked], [linked, item(native_id="7"), linked, newer]):
        assert set(Log().plan(listed).added) == {newer, linked}


def test_a_link_follows_an_item_whose_id_is_gone_and_no_other() -> None:
    """When software changes all ids, links show which items are known; but a second entry with the same link is another
    item.
    """
    link = "https://example.org/7"
    log = log_of(item(native_id="1", link=link), LAST)
    other = item(FERRY, OLD, native_id="2", link=link)

    assert log.plan([other, LAST]).revised == ((2, other),)
    assert log.plan([item(native_id="1", link=link), other, LAST]) == Reconciliation(added=(other,))


# --- the real listing, and many items --------------------------------------------------------------------------------


def test_each_sentence_of_the_real_listing_may_change_and_each_item_may_go(real_listing: Path) -> None:
    listed = list(ListingSource("news", real_listing).fetch(validator="", now=datetime.now(UTC)).items)
    log = log_of(*listed)
    numbers = {item: number for number, item in log.items.items()}
    for place, one in enumerate(listed):
        sentences = re.split(r"(?<=[.!?]) ", one.text)
        for index in range(len(sentences) if len(sentences) > 1 else 0):
            other = "The office regrets an earlier mistake in this text."
            edited = replace(one, text=" ".join([*sentences[:index], other, *sentences[index + 1 :]]))
            plan = log.plan([*listed[:place], edited, *listed[place + 1 :]])
            assert plan == Reconciliation(revised=((numbers[one], edited),))
        gone = log.plan([*listed[:place], *listed[place + 1 :]])
        assert gone == (
            Reconciliation(unlisted=(1,)) if one is listed[-1] else Reconciliation(withdrawn=(numbers[one],))
        )


def test_a_crowded_day_is_sorted_out() -> None:
    chance = random.Random(1)
    words = [f"word{number}" for number in range(2_000)]
    said = [chance.choices(words, k=40) for _ in range(500)]
    before = [item(" ".join(["As ever,", *some, "and so on."])) for some in said]
    after = [item(" ".join(["As ever,", *some[:20], "changed", *some[21:], "and so on."])) for some in said]
    log = log_of(*before)

    plan = log.plan(chance.sample(after, len(after)))

    assert not plan.added
    assert dict(plan.revised) == {number: after[before.index(one)] for number, one in log.items.items()}


def test_contents_are_asked_for_only_where_a_day_has_something_left_on_both_sides() -> None:
    log = log_of(item(), item(FERRY, OLD), LAST)

    log.plan([item(LIBRARY + " Come."), LAST])

    assert log.asked == [3]


# --- digests ---------------------------------------------------------------------------------------------------------


def test_digests_are_the_same_for_ever() -> None:
    """If the digests (hashes of items) changed, every item in every store would look edited."""
    one = Item(date=DAY, text="Été.\n\nTwo.", labels=("A",))

    assert digest_of_text(one) == "cfa6b2ee112515df1bcf76fb12efc9b8dfa79d643b09e27782f81951ef6cceaa"
    assert digest_of_content(one) == "0f733f43d5e8426d81e99ad09a5199ddaa4bfe6f419751a90a847e8d19a69267"


def test_an_enclosure_counts_for_the_digest_of_content() -> None:
    with_report = replace(item(), enclosures=(REPORT,))

    assert digest_of_text(with_report) == digest_of_text(item())
    changed = (replace(REPORT, size_bytes=6), replace(REPORT, title="T"), replace(REPORT, media_type="a/b"))
    listed = [with_report, item(), *(replace(item(), enclosures=(each,)) for each in changed)]
    assert len({digest_of_content(each) for each in listed}) == len(listed)


def test_of_html_words_and_links_count_and_no_markup() -> None:
    said = [
        '<p>Write to <a href="https://example.org/cdn-cgi/l/email-protection#a1">us</a>. <img src="/a.png?v=1"></p>',
        '<p>Write to <a href="https://example.org/cdn-cgi/l/email-protection#b2">us</a>. <img src="/a.png?v=2"></p>',
        '<p>Write to <a href="https://example.org/desk">us</a>. <img src="/a.png?v=1"></p>',
        '<p>Write to <a href="https://example.org/cdn-cgi/l/email-protection#a1">us</a>. <img src="/b.png"></p>',
    ]

    first, *others = [digest_of_content(item("Write to us.", html=html)) for html in said]

    assert [first == other for other in others] == [True, False, False]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"link": "http://www.example.org/7/"}, {"link": "https://example.org/7"}),
        ({"link": "https://example.org/7?PHPSESSID=1"}, {"link": "https://example.org/7?PHPSESSID=2"}),
        ({"html": '<a href="http://example.org/a">a</a>'}, {"html": '<a href="https://example.org/a/">a</a>'}),
        ({"html": '<img src="http://example.org/a.png">'}, {"html": '<img src="https://example.org/a.png?v=2">'}),
        (
            {"enclosures": (Enclosure(url="http://example.org/a.pdf?sig=1&se=2026"),)},
            {"enclosures": (Enclosure(url="https://example.org/a.pdf?sig=2&se=2027"),)},
        ),
    ],
)
def test_another_spelling_of_an_address_is_no_edit(before: dict[str, Any], now: dict[str, Any]) -> None:
    """An example is a site that moves to https: it has not corrected its items."""
    log = log_of(item(native_id="7", **before), LAST)

    assert log.plan([item(native_id="7", **now), LAST]) == Reconciliation(renamed=((2, item(native_id="7", **now)),))


def test_only_words_count_for_the_digest_of_text() -> None:
    assert digest_of_text(item("One.\n\nTwo.")) == digest_of_text(item("One. Two.", OLD, labels=("A",), link="x"))
    assert digest_of_text(item("One", title="Two")) != digest_of_text(item("Two One"))


# --- arbitrary listings ----------------------------------------------------------------------------------------------

texts = st.sampled_from(
    [LIBRARY, LIBRARY.replace("four", "five"), LIBRARY + " Come.", FERRY, FERRY.replace("twice", "once"), "Short.", ""]
)
named = st.sampled_from([{}, {}, {}, {"native_id": "1"}, {"native_id": "2"}, {"link": "l"}, {"link": "m"}])
items = st.builds(
    lambda text, days, labels, name: item(text, DAY - timedelta(days=days), labels=labels, **name),
    texts,
    st.integers(min_value=0, max_value=3),
    st.sampled_from([(), ("A",), ("A", "B")]),
    named,
)
listings = st.lists(items, max_size=8)
nameless = items.map(lambda one: replace(one, native_id="", link=""))


@given(st.lists(listings, max_size=4))
def test_a_listing_read_twice_changes_nothing_the_second_time(passes: list[list[Item]]) -> None:
    log = Log()
    for listed in passes:
        log.collect(*listed)
        assert log.plan(listed) == Reconciliation()


@given(st.lists(listings, max_size=3), listings)
def test_every_listed_item_is_accounted_for_exactly_once(passes: list[list[Item]], listed: list[Item]) -> None:
    log = Log()
    for earlier in passes:
        log.collect(*earlier)
    before = dict(log.states)

    plan = log.collect(*listed)

    numbers = [number for number, _ in plan.revised] + [*plan.withdrawn, *plan.unlisted, *plan.relisted]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) <= before.keys()
    if listed:
        now_listed = [log.items[number] for number, state in log.states.items() if state is State.LISTED]
        unnamed = [one for one in listed if not one.native_id and not one.link]
        assert sorted(map(repr, (one for one in now_listed if one in unnamed))) == sorted(map(repr, unnamed))
        assert {one.native_id for one in now_listed} == {one.native_id for one in listed}
        assert {one.link for one in now_listed} <= {one.link for one in listed}
    assert all(before[number] is State.LISTED for number in (*plan.withdrawn, *plan.unlisted))
    assert all(before[number] is State.UNLISTED for number in plan.relisted)


@given(st.lists(listings, max_size=3), listings, st.randoms(use_true_random=False))
def test_no_order_makes_a_difference(passes: list[list[Item]], listed: list[Item], chance: random.Random) -> None:
    log = Log()
    for earlier in passes:
        log.collect(*earlier)
    shuffled = chance.sample(listed, len(listed))
    known = chance.sample(log.known(), len(log.items))

    one, other = log.plan(listed), log.plan(shuffled, known=known)

    assert sorted(map(repr, one.added)) == sorted(map(repr, other.added))
    assert (one.revised, one.relisted, one.renamed) == (other.revised, other.relisted, other.renamed)
    assert (one.refiled, one.moved) == (other.refiled, other.moved)
    # the same items are missing; the order decides what the listing covers
    assert {*one.withdrawn, *one.unlisted} == {*other.withdrawn, *other.unlisted}
    assert log.plan(listed, known=known) == one


@given(st.lists(nameless, min_size=1, max_size=8), st.data())
def test_a_changed_label_changes_no_identity(listed: list[Item], data: st.DataObject) -> None:
    log = log_of(*listed)
    place = data.draw(st.integers(min_value=0, max_value=len(listed) - 1))
    edited = replace(listed[place], labels=("Changed",))

    plan = log.plan([*listed[:place], edited, *listed[place + 1 :]])

    ((number, revised),) = plan.revised
    assert plan == Reconciliation(revised=((number, revised),), refiled=frozenset({number}))
    assert revised == edited
    assert replace(log.items[number], labels=()) == replace(edited, labels=())


@given(st.lists(nameless, min_size=1, max_size=8))
def test_a_new_item_on_top_touches_no_other(listed: list[Item]) -> None:
    new = item("Something quite different.", DAY + timedelta(days=1))

    assert log_of(*listed).plan([new, *listed]) == Reconciliation(added=(new,))


def test_an_item_hidden_from_readers_stays_hidden() -> None:
    """Readers were not told of the item, so they are not told when it is edited, gone or back."""
    log = log_of(item(FERRY), item())
    hidden = [replace(one, state=State.WITHDRAWN, is_kept_from_readers=True) for one in log.known()]

    assert log.plan([item(FERRY), item()], known=hidden) == Reconciliation()
    edited = item(LIBRARY + " Entry is free.")
    assert log.plan([item(FERRY), edited], known=hidden) == Reconciliation(renamed=((1, edited),))
    assert log.plan([item(FERRY)], known=hidden) == Reconciliation()


@pytest.mark.parametrize(
    ("before", "now", "is_told"),
    [
        (item(), item(REWORDED), False),
        (item(), item(day=MOVED), True),
        (item(), item(REWORDED, MOVED), True),
        (item(native_id="7"), item(REWORDED, MOVED), True),
        (item(), item(REWORDED, MOVED, native_id="7"), True),
        (item(native_id="7"), item(REWORDED, native_id="8"), True),
        (item(native_id="7"), item(REWORDED, MOVED, native_id="7"), False),
    ],
)
def test_in_doubt_an_item_that_an_editor_hid_stays_hidden_and_that_is_told(
    before: Item, now: Item, is_told: bool
) -> None:
    log = log_of(before, LAST)
    log.states[2] = State.HIDDEN

    plan = log.plan([now, LAST])

    assert (plan.added, plan.revised, plan.renamed) == ((), (), ((2, now),))
    assert plan.doubtful == ((now,) if is_told else ())
    log.items[2] = now
    assert log.plan([now, LAST]) == Reconciliation()


@pytest.mark.parametrize(
    "other", [item(FERRY, MOVED), item(REWORDED, MOVED, native_id="8"), item(FERRY, native_id="8")]
)
def test_another_item_than_the_one_that_an_editor_hid_is_new(other: Item) -> None:
    log = log_of(item(native_id="7"), LAST)
    log.states[2] = State.HIDDEN

    assert log.plan([other, LAST]) == Reconciliation(added=(other,))
