"""Spaces and invisible characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.model.characters import NO_BREAK, even_spaces, without_invisible
from publisher.model.items import Item
from publisher.model.slugs import fold_label
from publisher.model.titles import summary_of, title_of
from tests.values import DAY


@pytest.mark.parametrize(
    ("text", "even"),
    [
        (" one  two\n\tthree ", "one two three"),
        ("14\u00a0h", "14\u00a0h"),
        ("«\u202fPrix\u202f»\u00a0:", "«\u202fPrix\u202f»\u00a0:"),
        ("a \u00a0 b", "a b"),
        ("a\u00a0\u00a0b", "a\u00a0b"),
        ("\u00a0a\u00a0", "a"),
    ],
)
def test_a_line_has_one_space_where_it_may_end_and_keeps_where_it_may_not(text: str, even: str) -> None:
    assert even_spaces(text) == even


@given(st.text(st.sampled_from(f"ab \n{NO_BREAK}")))
def test_even_spaces_stay_as_they_are_and_lose_no_word(text: str) -> None:
    even = even_spaces(text)

    assert even_spaces(even) == even
    assert even.split() == text.split()
    assert "  " not in even


@pytest.mark.parametrize("label", ["Asylum.", '"Asylum"', "« Asylum »", "„Asylum“", "ASYLUM;", "asylum:"])
def test_marks_around_a_label_make_no_other_label(label: str) -> None:
    assert fold_label(label) == "asylum"


@pytest.mark.parametrize("label", [".NET", "C++", "C#", "#metoo", "Yahoo!", "...", '"'])
def test_marks_that_belong_to_a_label_stay(label: str) -> None:
    assert fold_label(label) == label.lower()


@pytest.mark.parametrize(
    "text", ["\u200bAsylum", "Asy\u00adlum", "Asylum\u2060", "\ufeffAsylum", "As\u200cylum", "\u202eAsylum\u200f"]
)
def test_invisible_characters_are_no_part_of_a_name(text: str) -> None:
    assert without_invisible(text) == "Asylum"
    assert fold_label(text) == "asylum"
    assert title_of(Item(date=DAY, title=text, text="")) == "Asylum"
    assert title_of(Item(date=DAY, text=f"{text}. More.")) == "Asylum"


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",
        "क\u094d\u200dष",
        "\N{WOMAN}\u200d\N{PERSONAL COMPUTER}",
        "\N{HEAVY BLACK HEART}\ufe0f",
        "\N{WAVING WHITE FLAG}\ufe0f\u200d\N{RAINBOW}",
        "1\ufe0f\u20e3",
    ],
    ids=ascii,
)
def test_joiners_that_change_their_neighbours_stay(text: str) -> None:
    assert without_invisible(text) == text


def test_titles_and_summaries_keep_no_break_spaces() -> None:
    text = "Prix\u00a0: 14\u00a0€. Il y a «\u00a0tout\u00a0»\u00a0! Et plus."

    assert title_of(Item(date=DAY, text=text)) == "Prix\u00a0: 14\u00a0€"
    assert summary_of(Item(date=DAY, text=text)) == "Prix\u00a0: 14\u00a0€. Il y a «\u00a0tout\u00a0»\u00a0!"
    assert title_of(Item(date=DAY, title="Prix\u00a0: 14\u00a0€", text="")) == "Prix\u00a0: 14\u00a0€"
