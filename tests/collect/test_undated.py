"""Undated items keep the day on which they were first seen."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.collect.rules import CollectRules, OnSuspicion
from publisher.collect.run import collect
from publisher.collect.sources.base import Fetch
from publisher.collect.undated import match_undated
from publisher.model.changes import Known
from publisher.model.feeds import Gathering
from publisher.model.items import Item
from publisher.model.themes import Theme, ThemeChoice, ThemeMap
from tests.databases import sqlite_store
from tests.values import POLICIES, SITE, known_of

SEEN, TODAY = date(2024, 3, 5), date(2024, 3, 9)
NOW = datetime(2024, 3, 5, 12, tzinfo=UTC)
RULES = CollectRules(
    site=SITE,
    gathering=Gathering(theme_map=ThemeMap(default=Theme(slug="general", title="General")), language="en"),
    authority="example.org",
    policies=POLICIES,
    on_suspicion=OnSuspicion.RELEASE,
)


def undated(text: str = "The ferry sails.", day: date = TODAY, **fields: Any) -> Item:
    return Item(date=day, text=text, is_undated=True, **fields)


def known(*items: Item) -> list[Known]:
    return [known_of(number, item) for number, item in enumerate(items, start=1)]


def date_as_known(log: Sequence[Known], listed: Sequence[Item]) -> tuple[Item, ...]:
    return match_undated(log, listed).date_items({})


@pytest.mark.parametrize(
    "before",
    [
        {"native_id": "f1"},
        {"native_id": "f1", "text": "It sailed."},
        {"link": "https://example.org/f1", "text": "It sailed."},
        {"text": "The ferry sails.", "native_id": "other", "link": "https://example.org/other"},
    ],
)
def test_an_undated_item_is_known_by_its_id_its_link_or_its_words(before: dict[str, Any]) -> None:
    log = known(undated(day=SEEN, **before))
    (item,) = date_as_known(log, [undated(native_id="f1", link="https://example.org/f1")])

    assert item.date == SEEN


def test_a_dated_item_and_a_new_one_stay_as_they_are() -> None:
    listed = (Item(date=TODAY, text="The ferry sails."), undated("A crane."))

    assert date_as_known(known(undated(day=SEEN)), listed) == listed


def test_two_that_say_the_same_are_two() -> None:
    log = known(undated(day=SEEN), undated(day=SEEN + timedelta(days=1)))
    items = date_as_known(log, [undated(), undated(), undated()])

    assert [item.date for item in items] == [SEEN, SEEN + timedelta(days=1), TODAY]


FERRY, CRANE, QUAY, MOLE = (
    f"The {what} of the harbour is open to visitors on the first Sunday of the month, from ten to four."
    for what in ("ferry", "old crane", "quay on the north side", "mole with its lights")
)
EDITED = {text: text.replace("ten to four", "nine to five") for text in (FERRY, CRANE, QUAY, MOLE)}


@pytest.mark.parametrize(
    ("listed", "days"),
    [
        ((CRANE, EDITED[FERRY], QUAY), (2, 1, 3)),
        ((EDITED[CRANE], FERRY, QUAY), (2, 1, 3)),
        ((CRANE, FERRY, EDITED[QUAY]), (2, 1, 3)),
        ((EDITED[CRANE],), (2,)),
        ((MOLE, CRANE, FERRY), (9, 2, 1)),
        ((MOLE, CRANE, EDITED[FERRY], QUAY), (9, 2, 1, 3)),
        ((CRANE, FERRY, QUAY, MOLE), (2, 1, 3, 9)),
    ],
)
def test_an_edited_item_without_a_name_keeps_its_first_day(listed: Sequence[str], days: Sequence[int]) -> None:
    """A new item does not get the day of a similar one that scrolled off."""
    before = [undated(text, SEEN.replace(day=day)) for text, day in ((QUAY, 3), (FERRY, 1), (CRANE, 2))]
    dating = match_undated(known(*before), [undated(text) for text in listed])

    items = dating.date_items({number: before[number - 1] for number in dating.to_compare})

    assert [item.date.day for item in items] == [*days]


def test_an_edit_of_an_undated_item_is_a_revision() -> None:
    with sqlite_store() as store:
        collect([Nameless(MOLE, FERRY)], store=store, rules=RULES, now=NOW)
        report = collect([Nameless(MOLE, EDITED[FERRY])], store=store, rules=RULES, now=NOW + timedelta(days=1))
        texts = {record.item.text: record.item.date for record in store.items.latest(ThemeChoice.of("*"), limit=9)}

    assert (report.added, report.revised) == (0, 1)
    assert texts == {MOLE: SEEN, EDITED[FERRY]: SEEN}


class Undated:
    """A source that lists the items it is given without dates."""

    name = "news"

    def __init__(self, *texts: str) -> None:
        self.texts = texts

    def fetch(self, *, validator: str, now: datetime) -> Fetch:
        items = [undated(text, day=now.date(), native_id=text.partition(" ")[0]) for text in self.texts]
        return Fetch(items=items, validator=f"{validator}+")


class Nameless(Undated):
    """A source whose items have no dates, ids or links."""

    def fetch(self, *, validator: str, now: datetime) -> Fetch:
        return Fetch(items=[undated(text, day=now.date()) for text in self.texts], validator=f"{validator}+")


@given(st.lists(st.lists(st.sampled_from("abcdef"), unique=True, min_size=1, max_size=6), min_size=1, max_size=5))
def test_an_item_keeps_its_first_day_whatever_is_listed_later(days: list[list[str]]) -> None:
    first: dict[str, date] = {}
    with sqlite_store() as store:
        for number, names in enumerate(days):
            now = NOW + timedelta(days=number)
            for name in names:
                first.setdefault(name, now.date())
            collect([Undated(*(f"{name} sails" for name in names))], store=store, rules=RULES, now=now)
        records = store.items.latest(ThemeChoice.of("*"), limit=99)

    assert {record.item.text[0]: record.item.date for record in records}.items() <= first.items()
    assert {*days[-1]} <= {record.item.text[0] for record in records}


def test_another_reading_on_another_day_is_no_news() -> None:
    with sqlite_store() as store:
        collect([Undated("a sails", "b sails")], store=store, rules=RULES, now=NOW)
        again = collect([Undated("a sails", "b sails")], store=store, rules=RULES, now=NOW + timedelta(days=3))

    assert (again.added, again.revised, again.withdrawn) == (0, 0, 0)
