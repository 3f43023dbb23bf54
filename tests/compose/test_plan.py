"""Which items an edition keeps, and which languages an audience reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.compose.plan import carried_over, language_rank
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
def test_what_waited_longest_is_kept_and_the_cursor_stops_before_the_rest(order: list[int], keep: int) -> None:
    edition = edition_of(*(record_of(f"Item {number}.", number=number) for number in order))

    cut = carried_over(edition, keep=keep)

    assert list(range(1, min(keep, 8) + 1)) == sorted(record.number for record in cut.records)
    assert [record for record in edition.records if record in cut.records] == list(cut.records)
    assert cut.upto == (edition.upto if keep >= 8 else keep)
