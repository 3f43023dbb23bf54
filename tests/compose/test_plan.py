"""Which items an edition has, what counts as a correction, and which languages an audience reads."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.compose.plan import carried_over, is_correction
from publisher.model.editions import Formerly
from publisher.model.items import Enclosure
from publisher.model.languages import language_rank
from publisher.store import ChangedItem
from tests.editions import edition_of, record_of


@pytest.mark.parametrize(
    ("language", "wanted", "rank"),
    [
        ("fr", ["fr", "*"], 0),
        ("fr-BE", ["en", "FR"], 1),
        ("fr", ["fr-BE"], None),
        ("frr", ["fr"], None),
        ("nl", ["fr", "*", "en"], 1),
        ("en", ["fr", "*", "en"], 2),
        ("nl", ["fr", "en"], None),
        ("nl", ["*"], 0),
    ],
)
def test_the_place_of_a_language(language: str, wanted: list[str], rank: int | None) -> None:
    assert rank == language_rank(language, wanted)


@given(st.permutations(range(1, 9)), st.integers(0, 9))
def test_the_longest_waiting_items_are_kept_and_the_cursor_stops_before_the_rest(order: list[int], keep: int) -> None:
    edition = edition_of(*(record_of(f"Item {number}.", number=number) for number in order))

    cut = carried_over(edition, keep=keep)

    assert list(range(1, min(keep, 8) + 1)) == sorted(record.number for record in cut.records)
    assert [record for record in edition.records if record in cut.records] == list(cut.records)
    assert cut.upto == (edition.upto if keep >= 8 else keep)


FILE = Enclosure(url="https://example.org/1.pdf", title="The report", size_bytes=5)
TOLD = record_of("It sails.", title="Ferry", link="https://example.org/ferry", enclosures=(FILE,))


@pytest.mark.parametrize(
    ("changes", "is_one"),
    [
        ({"text": "It sails again."}, True),
        ({"title": "The ferry"}, True),
        ({"link": "https://example.org/ferries"}, True),
        ({"date": TOLD.item.date + timedelta(days=1)}, False),
        ({"enclosures": ()}, True),
        ({"enclosures": (replace(FILE, url="https://example.org/2.pdf"),)}, True),
        ({"enclosures": (replace(FILE, size_bytes=6, title="Report"),)}, False),
        ({"labels": ("Ferries",), "keywords": ("ferry",)}, False),
        ({"native_id": "7", "language": "nl", "html": "<p>It sails.</p>"}, False),
    ],
)
def test_a_correction_is_what_a_reader_would_want_to_read_again(changes: dict[str, Any], is_one: bool) -> None:
    now = replace(TOLD, item=replace(TOLD.item, **changes), revision=2)

    formerly = Formerly(item=TOLD.number, edition=1, was=TOLD.item)
    assert is_correction(ChangedItem(record=now, told=TOLD.item, formerly=formerly)) is is_one
