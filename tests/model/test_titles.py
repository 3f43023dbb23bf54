"""Titles and summaries made from text."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.collect.sources.listing_grammar import parse
from publisher.model.characters import even_spaces, without_invisible
from publisher.model.items import Item
from publisher.model.titles import (
    OWN_TITLE_LENGTH,
    SUMMARY_LENGTH,
    TITLE_LENGTH,
    heading_of,
    shorten,
    summary_below,
    summary_of,
    title_of,
)


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
        ("* The quay opens.\n* The lock shuts.", "The quay opens"),
        ("•\u00a0Ferry", "•\u00a0Ferry"),
        ("", ""),
    ],
)
def test_the_first_sentence_is_the_title(text: str, title: str) -> None:
    assert title_of(item(text)) == title


def test_a_title_that_is_given_is_kept() -> None:
    assert title_of(item("The text.", title="No. 5.  Is out")) == "No. 5. Is out"


EVERYBODY = (
    "The city library at the market invites everybody who borrowed a book from its shelves in the last 10 years of"
    " a life"
)
PLAN = (
    "On all of its four floors, the library opens the reading rooms that were shut for so long that few remember them"
)


@pytest.mark.parametrize(
    ("sentence", "title"),
    [
        (f"{EVERYBODY}.", EVERYBODY),
        (f"{EVERYBODY}, and everybody else.", f"{EVERYBODY}, and everybody else"),
        (
            f"{EVERYBODY} and all who wrote something in one of its books by pencil, and those who may have had pens.",
            f"{EVERYBODY} and all who wrote something in one of its books by pencil…",
        ),
        (
            f"{EVERYBODY} and all who wrote something in one of its books by pencil and with much care, or any ink.",
            f"{EVERYBODY} and all who wrote something in one of its books by pencil and with much care…",
        ),
        (f"{PLAN}, {PLAN}.", f"{PLAN}, On all of its four floors, the library opens the reading rooms that were shut…"),
        ("word " * 25 + "a of to " * 30, "word " * 25 + "a of to " * 9 + "a…"),
    ],
)
def test_only_a_very_long_sentence_is_cut_where_sense_ends(sentence: str, title: str) -> None:
    assert title == title_of(item(sentence))


@pytest.mark.parametrize(
    ("text", "title", "below"),
    [
        ("It is so. It is.  And so on.\n\nA list:\n- one", "It is so", "It is.  And so on.\n\nA list:\n- one"),
        ("It is so. \n It is.", "It is so", "It is."),
        ('A study on\u00a0"statuses”. A video too.', 'A study on\u00a0"statuses”', "A video too."),
        ("As\u00adylum.\n\nMore.", "Asylum", "More."),
        ("All of it.", "All of it", ""),
        (f"{PLAN}, {PLAN}. More.", None, f"{PLAN}, {PLAN}. More."),
    ],
)
def test_the_text_below_a_title_does_not_repeat_the_title(text: str, title: str | None, below: str) -> None:
    """A sentence that is shortened for the title is shown whole below it."""
    heading = heading_of(item(text))

    assert heading.title == title or (title is None and heading.title.endswith("…"))
    assert heading.text == below
    assert heading.is_whole_text == (below == "")


def test_a_title_that_is_given_is_never_cut_and_takes_nothing_from_the_text() -> None:
    title = f"{PLAN}, {PLAN}, {PLAN}"

    assert heading_of(item("It is so. More.", title=title)).title == title
    assert heading_of(item("It is so. More.", title="It is so")).text == "It is so. More."
    assert len(title_of(item("", title="x " * 50_000))) <= OWN_TITLE_LENGTH
    assert heading_of(item("x " * 600, title="x " * 600)).text == ("x " * 600).strip()


@pytest.mark.parametrize("text", ["It  is so.", "It is so", "It\nis so. "])
def test_a_title_that_is_given_and_the_whole_text_is_read_once(text: str) -> None:
    heading = heading_of(item(text, title="It is so."))

    assert (heading.title, heading.text, heading.is_whole_text) == ("It is so.", "", True)


def test_a_title_that_the_text_begins_with_is_shown_once() -> None:
    """Bodies of pages often begin with their heading."""
    assert heading_of(item("It is so.\n\nAnd more.\n\nMore.", title="It is so")).text == "And more.\n\nMore."
    assert heading_of(item("It is so\nand more.\n\nMore.", title="It is so")).sentence == ""


def test_a_title_without_a_text_is_no_text() -> None:
    assert not heading_of(item("", title="It is so")).is_whole_text
    assert not heading_of(item("")).is_whole_text


@pytest.mark.parametrize(
    ("text", "title", "summary", "below"),
    [
        ("One is here. Two is there. Three is not. Four.", "", "", "Two is there. Three is not."),
        ("One is here.", "", "", ""),
        ("One is here. Two.", "One", "", "One is here. Two."),
        ("One is here. Two.", "", "In short: two.", "In short: two."),
        ("One is here. Two.", "", "One is here.", ""),
        ("Text.", "One is here", "One is here.", ""),
        (f"{PLAN}, {PLAN}. Two.", "", "", f"{PLAN}, {PLAN}. Two."),
    ],
)
def test_the_summary_below_a_title_does_not_repeat_it(text: str, title: str, summary: str, below: str) -> None:
    assert summary_below(Item(date=date(2022, 2, 10), text=text, title=title, summary=summary)) == below


def test_of_the_real_listing_four_first_sentences_are_cut(real_listing: Path) -> None:
    items = parse(real_listing.read_text("utf-8"), "news.txt").items
    headings = [heading_of(each) for each in items]

    assert [heading.title.endswith("…") for heading in headings].count(True) == 4
    for heading, each in zip(headings, items, strict=True):
        whole = each.text.split() if heading.title.endswith("…") else [*heading.sentence.split(), *heading.text.split()]
        assert whole == each.text.split()
        assert (heading.sentence == "") == heading.title.endswith("…")


def test_the_summary_is_two_sentences() -> None:
    assert summary_of(item("One is here.\n\nTwo is there. Three is not.")) == "One is here. Two is there."


def test_a_second_sentence_that_does_not_fit_is_left_out_whole() -> None:
    assert summary_of(item("One is here. " + "Two is long and " * 30 + "ends.")) == "One is here."


def test_marks_without_a_word_are_no_sentence() -> None:
    """A symbol lost in a conversion often leaves a question mark."""
    assert summary_of(item("We begin. ? 11:00 sharp. We end. We go.")) == "We begin. ? 11:00 sharp."


@given(st.text())
@example("\xad")
@example("\xad a")
def test_any_text_gives_a_title_and_a_summary_that_fit_one_line(text: str) -> None:
    for line, length in ((title_of(item(text)), TITLE_LENGTH), (summary_of(item(text)), SUMMARY_LENGTH)):
        assert len(line) <= length
        assert line == even_spaces(line)
        assert bool(without_invisible(line)) == bool(without_invisible(text).strip())


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_shortened_text_begins_like_the_whole(text: str, length: int) -> None:
    short = shorten(text, length)

    assert len(short) <= length
    assert short == text or text.startswith(short.removesuffix("…"))


@pytest.mark.parametrize("text", ["1. " * 700_000, "." * 2_000_000, "a.A " * 500_000, "word " * 400_000])
def test_a_huge_text_costs_no_more_than_its_beginning(text: str) -> None:
    assert len(summary_of(item(text))) <= SUMMARY_LENGTH
