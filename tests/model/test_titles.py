"""Titles and summaries made from text."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.model.characters import even_spaces
from publisher.model.items import Item
from publisher.model.titles import SUMMARY_LENGTH, TITLE_LENGTH, shorten, summary_of, title_of


def item(text: str, title: str = "") -> Item:
    return Item(date=date(2022, 2, 10), text=text, title=title)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Can a library lend bicycles? This one does.", "Can a library lend bicycles?"),
        ("The reading room opens again. Bring a friend.", "The reading room opens again"),
        ("On 10 June 2021, the town council agreed. It met twice.", "On 10 June 2021, the town council agreed"),
        ("The office (CGRS) moves. It is open.", "The office (CGRS) moves"),
        ("Alderman Peeters (A&B) resigns. So does No. 2.", "Alderman Peeters (A&B) resigns"),
        ("Regulation No. 12 applies from today. Read it.", "Regulation No. 12 applies from today"),
        ("Mr. J. R. Janssens of the U.S. embassy spoke. He left.", "Mr. J. R. Janssens of the U.S. embassy spoke"),
        ("Am 3. März 2020 beginnt der Verleih. Kommen Sie!", "Am 3. März 2020 beginnt der Verleih"),
        ("M. Dupont, p.ex. Jean, parle. Il rit.", "M. Dupont, p.ex. Jean, parle"),
        ("We visit asyluminbelgium.be. This site is new.", "We visit asyluminbelgium.be"),
        ("Towards version 2.0: what is new. More soon.", "Towards version 2.0: what is new"),
        ("A talk on 'What now?' was held. It was long.", "A talk on 'What now?' was held"),
        ('A study on "statuses”. A video too.', 'A study on "statuses”'),
        ("Comment faire ? Voici.", "Comment faire ?"),
        ("Done! ? 11:00-13:00", "Done!"),
        ("Just a line without an end", "Just a line without an end"),
        ("A heading\n\nAnd its paragraph.", "A heading"),
        ("We stay in the U.S.", "We stay in the U.S."),
        ("And then...", "And then..."),
        ("図書館が開く。日曜日も。", "図書館が開く。"),
        ("", ""),
    ],
)
def test_the_first_sentence_is_the_title(text: str, title: str) -> None:
    assert title_of(item(text)) == title


def test_a_title_that_is_given_is_kept() -> None:
    assert title_of(item("The text.", title="No. 5.  Is out")) == "No. 5. Is out"


@pytest.mark.parametrize(
    ("sentence", "title"),
    [
        (
            "The library invites everybody who borrowed a book and everybody who wrote something in one of its books.",
            "The library invites everybody who borrowed a book and everybody who wrote something…",
        ),
        (
            "The library has a new plan for the reading rooms on all four of its floors, which were empty for long.",
            "The library has a new plan for the reading rooms on all four of its floors…",
        ),
        (
            "In June, the library opens the reading rooms on all of the four floors that used to be empty.",
            "In June, the library opens the reading rooms on all of the four floors that used…",
        ),
        ("word " * 5 + "a of to " * 30, "word " * 5 + ("a of to " * 8)[:-1] + "…"),
    ],
)
def test_a_long_sentence_is_cut_where_sense_ends(sentence: str, title: str) -> None:
    assert title == title_of(item(sentence))


def test_the_summary_is_two_sentences() -> None:
    assert summary_of(item("One is here.\n\nTwo is there. Three is not.")) == "One is here. Two is there."


def test_a_second_sentence_that_does_not_fit_is_left_out_whole() -> None:
    assert summary_of(item("One is here. " + "Two is long and " * 30 + "ends.")) == "One is here."


def test_marks_without_a_word_are_no_sentence() -> None:
    """A symbol that was lost on its way often leaves a question mark."""
    assert summary_of(item("We begin. ? 11:00 sharp. We end. We go.")) == "We begin. ? 11:00 sharp."


@given(st.text())
def test_any_text_gives_a_title_and_a_summary_that_fit_one_line(text: str) -> None:
    for line, length in ((title_of(item(text)), TITLE_LENGTH), (summary_of(item(text)), SUMMARY_LENGTH)):
        assert len(line) <= length
        assert line == even_spaces(line)
        assert bool(line) == bool(text.strip())


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_shortened_text_begins_like_the_whole(text: str, length: int) -> None:
    short = shorten(text, length)

    assert len(short) <= length
    assert short == text or text.startswith(short.removesuffix("…"))


@pytest.mark.parametrize("text", ["1. " * 700_000, "." * 2_000_000, "a.A " * 500_000, "word " * 400_000])
def test_a_huge_text_costs_no_more_than_its_beginning(text: str) -> None:
    assert len(summary_of(item(text))) <= SUMMARY_LENGTH
