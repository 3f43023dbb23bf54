"""The `listing` kind: a text file becomes items."""

import json
import re
from collections import Counter
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.collect.sources.base import Fetch
from publisher.collect.sources.listing import ListingSource
from publisher.collect.sources.listing_grammar import parse
from publisher.collect.sources.text import clean_lines
from publisher.model.errors import SourceError
from publisher.model.items import Item

NOW = datetime(2022, 2, 11, 8, 0, tzinfo=UTC)
GOLDEN = Path(__file__).resolve().parents[2] / "golden"


def read(path: Path, *, validator: str = "") -> Fetch:
    return ListingSource("news", path).fetch(validator=validator, now=NOW)


def items_of(text: str) -> tuple[Item, ...]:
    """Return the items of a listing that has no problems."""
    found = parse(text, "listing.txt")
    items, problems = found.items, found.problems
    assert not problems
    return items


def problems_of(text: str) -> list[str]:
    return [str(problem) for problem in parse(text, "listing.txt").problems]


# --- whole listings --------------------------------------------------------------------------------------------------


class TestTheRealListing:
    @pytest.fixture
    def items(self, real_listing: Path) -> tuple[Item, ...]:
        fetch = read(real_listing)
        assert not fetch.problems
        return tuple(fetch.items)

    def test_every_item_is_read(self, items: tuple[Item, ...]) -> None:
        assert len(items) == 25
        assert (items[0].date, items[-1].date) == (date(2022, 2, 10), date(2019, 10, 25))
        assert [item.date for item in items] == sorted((item.date for item in items), reverse=True)

    def test_items_of_one_day_are_kept_apart(self, items: tuple[Item, ...]) -> None:
        days = Counter(item.date for item in items)

        assert {day: count for day, count in days.items() if count > 1} == {date(2021, 6, 11): 3, date(2020, 5, 7): 2}

    def test_themes_and_keywords_are_exact(self, items: tuple[Item, ...]) -> None:
        assert Counter(item.labels for item in items) == {
            (): 5,
            ("Cross-sectional",): 10,
            ("Return & Readmission",): 2,
            ("Economic migration",): 2,
            ("Borders & Visa",): 1,
            ("Vulnerable groups",): 1,
            ("Migration",): 1,
            ("International Protection",): 1,
            ("Regularization",): 1,
            ("Asylum",): 1,
        }
        once = (
            "Eastern Europe;Conférence EMN;policy paper;médias sociaux;seasonal labour;research;voluntary return;OECD"
        )
        assert Counter(item.keywords for item in items) == Counter(
            [*[()] * 15, ("video",), ("video",), *((keyword,) for keyword in once.split(";"))]
        )

    def test_text_is_the_file_s_own_with_even_spaces(self, items: tuple[Item, ...], real_listing: Path) -> None:
        """The expected text is computed in another way: all lines except dates and labels, in order."""
        lines = [line.split() for line in real_listing.read_text(encoding="utf-8").splitlines()]
        bodies = [line for line in lines if len(line) > 3 and line[0] not in {"Main", "Keywords:"}]

        assert [item.text for item in items] == [" ".join(line) for line in bodies]

    def test_a_lost_symbol_stays_as_it_came(self, items: tuple[Item, ...]) -> None:
        (celebration,) = (item for item in items if item.text.startswith("We are celebrating"))

        assert celebration.text.endswith(" ? 11:00-13:00 CEST")

    def test_nothing_else_is_made_up(self, items: tuple[Item, ...]) -> None:
        assert {(item.title, item.link, item.native_id, item.language) for item in items} == {("", "", "", "")}


def test_a_listing_in_four_languages_is_read() -> None:
    expected = json.loads((GOLDEN / "listing-four-languages.json").read_text(encoding="utf-8"))

    items = items_of((GOLDEN / "listing-four-languages.txt").read_text(encoding="utf-8"))

    assert [plain(item) for item in items] == expected


def plain(item: Item) -> dict[str, Any]:
    fields = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(item).items()}
    return {name: value for name, value in fields.items() if value} | {"date": item.date.isoformat()}


def test_a_damaged_listing_gives_what_can_be_read_and_the_line_of_each_fault() -> None:
    text = (GOLDEN / "listing-damaged.txt").read_text(encoding="utf-8")

    found = parse(text, "listing.txt")
    items, problems = found.items, found.problems

    assert [item.text for item in items] == ["The only item that can be read."]
    assert [str(problem) for problem in problems] == [
        "listing.txt:1: this stands above the first date and was left out",
        "listing.txt:3: '31 February 2022' is no date: no such day; the item was left out",
        "listing.txt:12: there is no text beneath this date; the item was left out",
        "listing.txt:14: '8 Febuary 2022' is no date: 'Febuary' is no month; the item was left out",
        "listing.txt:18: 'February 2022' is no date: the day is missing; the item was left out",
    ]


# --- labels ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "label",
    [
        "Main Theme:",
        "MAIN THEME :",
        "Main\u00a0Theme\u00a0:",
        "Themes:",
        "Thème principal :",
        "theme principal:",
        "Thèmes principaux:",
        "Hoofdthema:",
        "Thema’s:",
        "Hauptthema:",
        "Hauptthemen:",
    ],
)
def test_a_theme_is_labelled_in_any_of_four_languages(label: str) -> None:
    (item,) = items_of(f"10 February 2022\n\nText.\n{label} Borders & Visa, Study § Training; Asylum")

    assert item.labels == ("Borders & Visa", "Study § Training", "Asylum")
    assert item.text == "Text."


@pytest.mark.parametrize(
    "label",
    [
        "Keywords:",
        "Key words:",
        "Mots-clés:",
        "Mots clés :",
        "mot-clef:",
        "Trefwoorden:",
        "Schlagwörter:",
        "STICHWORTE:",
    ],
)
def test_keywords_are_labelled_in_any_of_four_languages(label: str) -> None:
    (item,) = items_of(f"10 February 2022\n\nText.\n{label} video, médias sociaux, video")

    assert item.keywords == ("video", "médias sociaux")


@pytest.mark.parametrize(
    "label", ["Publication date:", "Date de publication :", "Publicatiedatum:", "Veröffentlichungsdatum:"]
)
def test_a_date_is_labelled_in_any_of_four_languages(label: str) -> None:
    first, second = items_of(f"{label} 10 February 2022\nOne.\n\n{label} 25 octobre 2019\n\nTwo.")

    assert (first.date, first.text) == (date(2022, 2, 10), "One.")
    assert (second.date, second.text) == (date(2019, 10, 25), "Two.")


@pytest.mark.parametrize(
    ("title", "link", "language", "name"),
    [
        ("Title", "Link", "Language", "English"),
        ("Titre", "Lien", "Langue", "anglais"),
        ("Titel", "Koppeling", "Taal", "Engels"),
        ("Überschrift", "URL", "Sprache", "Englisch"),
    ],
)
def test_title_link_and_language_are_labelled_too(title: str, link: str, language: str, name: str) -> None:
    (item,) = items_of(
        f"10 February 2022\n{title}: Open: on Sundays\n{language}: {name}\n\nText.\n{link}: https://example.org/a?b=c:d"
    )

    assert item.title == "Open: on Sundays"
    assert item.link == "https://example.org/a?b=c:d"
    assert item.language == "en"
    assert item.text == "Text."


def test_a_language_may_be_a_tag() -> None:
    assert items_of("10 February 2022\n\nText.\nLanguage: nl-BE")[0].language == "nl-BE"


def test_labels_directly_above_a_date_belong_to_the_item_beneath() -> None:
    first, second = items_of(
        "10 February 2022\nOne.\nMain Theme: Asylum\n\nTitle: Second\nMain Theme: Return\n9 February 2022\nTwo."
    )

    assert (first.labels, first.title) == (("Asylum",), "")
    assert (second.labels, second.title) == (("Return",), "Second")


def test_a_label_beneath_a_blank_line_belongs_to_the_item_above() -> None:
    first, _ = items_of("10 February 2022\n\nOne.\n\nMain Theme: Asylum\n\n9 February 2022\n\nTwo.")

    assert first.labels == ("Asylum",)


@pytest.mark.parametrize("label", ["Publication date:", "Date de publication :", "Keywords:", "Title:"])
def test_an_empty_label_is_ignored(label: str) -> None:
    first, second = items_of(f"10 February 2022\n\nOne.\n{label}\n\n{label}\n9 February 2022\n\nTwo.")

    assert (first.text, first.keywords, first.title) == ("One.", (), "")
    assert (second.date, second.text) == (date(2022, 2, 9), "Two.")


def test_an_item_with_a_title_alone_has_it_as_text() -> None:
    (item,) = items_of("Title: Open on Sundays\n10 February 2022\nLink: https://example.org/")

    assert (item.title, item.text) == ("Open on Sundays", "Open on Sundays")


def test_a_second_title_is_not_lost() -> None:
    (item,) = items_of("10 February 2022\nTitle: One\n\nText.\n\nTitle: Two")

    assert (item.title, item.text) == ("One", "Text.\n\nTitle: Two")


# --- what is text ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "Note: bring a friend.",
        "Date: 15 June 2021",
        "Important: 15 June 2021",
        "Link: see below",
        "Language: a barrier that can be overcome",
        "Theme: how a small town that had little to spare " + "found room for newcomers " * 3,
        "On 10 June 2021, the council met.",
        "http://example.org/",
        "Keywords in search: none",
    ],
)
def test_a_line_that_only_looks_like_a_label_is_text(line: str) -> None:
    (item,) = items_of(f"10 February 2022\n\nText.\n{line}")

    assert item.text == " ".join(f"Text. {line}".split())
    assert item.labels == item.keywords == ()


@pytest.mark.parametrize("keyword", ["a word that goes on and on " * 8, "x" * 5_000])
def test_a_keyword_may_be_of_any_length_and_the_theme_above_it_counts(keyword: str) -> None:
    (item,) = items_of(f"10 February 2022\n\nText.\nMain Theme: Asylum\nKeywords: video, {keyword}")

    assert (item.text, item.labels, item.keywords) == ("Text.", ("Asylum",), ("video", keyword.strip()))


@pytest.mark.parametrize("line", ["Link: see below", "Language: as they like", "Theme: " + "how it came about " * 9])
def test_a_line_that_cannot_be_a_label_takes_none_along(line: str) -> None:
    (item,) = items_of(f"10 February 2022\n\nText.\nMain Theme: Asylum\n{line}\nKeywords: video")

    assert item.text == f"Text. {line.strip()}"
    assert (item.labels, item.keywords) == (("Asylum",), ("video",))


def test_a_label_between_two_lines_of_text_is_text() -> None:
    (item,) = items_of("10 February 2022\n\nWe speak about the\nTheme: harbours\nand their towns.")

    assert (item.text, item.labels) == ("We speak about the Theme: harbours and their towns.", ())


def test_a_date_at_the_beginning_of_a_wrapped_line_is_text() -> None:
    (item,) = items_of("10 February 2022\n\nThe council will meet on\n15 June 2021\nin the town hall.")

    assert item.text == "The council will meet on 15 June 2021 in the town hall."


@pytest.mark.parametrize("end", ["One.", "“One?”", "One.\nMain Theme: Asylum"])
def test_a_date_needs_no_blank_line_above_it(end: str) -> None:
    first, second = items_of(f"10 February 2022\n{end}\n9 February 2022\nTwo.")

    assert (first.date, second.date, second.text) == (date(2022, 2, 10), date(2022, 2, 9), "Two.")


@pytest.mark.parametrize(
    "line",
    ["Thursday, 10.02.2022", "jeudi 10/02/2022", "10. 02. 2022", "10 février 2022 :", "10 February 2022 (Thursday)"],
)
def test_a_date_may_be_written_in_many_ways(line: str) -> None:
    items = items_of(f"11 February 2022\n\nNewer.\nTheme: Zoo\n\n{line}\n\nOlder.\nTheme: Sea")

    assert [(item.date.day, item.text, item.labels) for item in items] == [
        (11, "Newer.", ("Zoo",)),
        (10, "Older.", ("Sea",)),
    ]


def test_a_date_may_have_a_time() -> None:
    (item,) = items_of("10 février 2022 à 10h30\n\nText.")

    assert (item.date, item.published) == (date(2022, 2, 10), datetime.fromisoformat("2022-02-10T10:30"))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("10.02.22", "the year needs four digits"),
        ("10 February", "the year is missing"),
        ("10-12 February 2022", "it is not understood"),
        ("10 February 2022, 10:00-12:00", "it names a span of time"),
        ("10 February 2022, 10:00 IST", "'IST' is no time zone that is known here"),
        ("06.03.", "the year is missing"),
        ("06.03", "the year is missing"),
        ("06/03", "the year is missing"),
        ("Thursday 10 February, 10:00", "the year is missing"),
        ("2022-02", "the day is missing"),
        ("02/2022", "the day is missing"),
        ("February 2022", "the day is missing"),
        ("Spring 2022", "the day is missing"),
        ("KW 6/2022", "the day is missing"),
        ("2022-W06", "it is not understood"),
        ("8–10 February 2022", "it is not understood"),
        ("Date: 06.03.", "the year is missing"),
        ("Posted on 6 March", "the year is missing"),
        ("yesterday", "it does not say which day it is"),
        ("vor 2 Tagen", "it does not say which day it is"),
        ("il y a 2 jours", "it does not say which day it is"),
        ("2 dagen geleden", "it does not say which day it is"),
    ],
)
def test_an_unreadable_date_line_does_not_join_two_items(line: str, why: str) -> None:
    text = f"11 February 2022\n\nNewer.\nTheme: Zoo\n\n{line}\n\nLost.\nTheme: Sea\n\n9 February 2022\n\nOlder."
    found = parse(text, "listing.txt")
    items, problems = found.items, found.problems

    assert [(item.text, item.labels) for item in items] == [("Newer.", ("Zoo",)), ("Older.", ())]
    assert [str(each) for each in problems] == [f"listing.txt:6: {line!r} is no date: {why}; the item was left out"]


@pytest.mark.parametrize(
    "line",
    [
        "Date: 10 February 2022",
        "Datum : 10.02.2022",
        "Posted on 10 February 2022",
        "Publié le 10 février 2022",
        "Gepubliceerd op 10 februari 2022",
        "Veröffentlicht am 10. Februar 2022",
        "Updated 10 February 2022",
        "Mis à jour le 10 février 2022",
        "10 February 2022, noon",
        "10 February 2022 (morning)",
        "2022-02-10T14:30:00 CET",
        "20220210",
        "[10 February 2022]",
        "Date:\n10 February 2022",
    ],
)
def test_a_date_with_words_of_dates_begins_an_item(line: str) -> None:
    items = items_of(f"11 February 2022\n\nNewer.\nTheme: Zoo\n\n{line}\n\nOlder.\nTheme: Sea\n\n9 May 2021\n\nOld.")

    assert [(str(item.date), item.text, item.labels) for item in items] == [
        ("2022-02-11", "Newer.", ("Zoo",)),
        ("2022-02-10", "Older.", ("Sea",)),
        ("2021-05-09", "Old.", ()),
    ]


@pytest.mark.parametrize(
    "line", ["10 May 2022 in Brussels", "Berlin, den 10. Mai 2022", "10 May 2022 – Press release", "Tuesday"]
)
def test_a_date_with_other_words_below_labels_does_not_join_two_items(line: str) -> None:
    found = parse(f"11 May 2022\n\nNewer.\nTheme: Zoo\n\n{line}\n\nLost.\n\n9 May 2022\n\nOlder.", "l.txt")

    assert [item.text for item in found.items] == ["Newer.", "Older."]
    assert [str(each) for each in found.problems] == [
        f"l.txt:6: {line!r} has words beside its date; put the date on a line of its own; the item was left out"
    ]


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("10 May 2022 in Brussels", True),
        ("Deadline: 10 May 2022", True),
        ("Date: 10 June 2022", True),
        ("Date: 10 June 2022\nPlace: Brussels", True),
        ("10 May 2022 was a day to remember.", False),
        ("From 10 May 2022 on the ferry sails at ten", False),
    ],
)
def test_a_date_in_a_text_without_labels_is_text(line: str, note: bool) -> None:
    found = parse(f"11 May 2022\n\nNewer.\n\n{line}\n\n9 May 2022\n\nOlder.", "l.txt")

    assert [item.text for item in found.items] == [f"Newer.\n\n{' '.join(line.split())}", "Older."]
    assert found.problems == ()
    assert bool(found.notes) == note


@pytest.mark.parametrize("line", ["Monday 16 May, 10:00", "06.03.", "today", "Spring 2022", "20220510", "Date: 06.03."])
def test_an_item_whose_labels_are_to_come_has_not_ended(line: str) -> None:
    found = parse(f"11 May 2022\n\nOne.\n\n{line}\n\nTwo.\nTheme: Sea\n\n9 May 2022\n\nOlder.\nTheme: Zoo", "l.txt")

    assert [item.text for item in found.items] == [f"One.\n\n{line}\n\nTwo.", "Older."]
    assert [str(each) for each in found.notes] == ["l.txt:5: this line has a date and is taken for text"]
    assert found.problems == ()


def test_dates_of_a_listing_may_all_be_labelled_in_one_word() -> None:
    items = items_of("Date: 9 May 2022\n\nOlder.\n\nDate: 11 May 2022\n\nNewer.")

    assert [item.text for item in items] == ["Newer.", "Older."]


@pytest.mark.parametrize(
    "text",
    [
        "10 May 2022\nUpdated 12 May 2022\n\nText.\nTheme: Sea",
        "10 May 2022\n\nText.\n\nUpdated 12 May 2022\nTheme: Sea",
    ],
)
def test_the_date_of_a_change_is_none_of_another_item(text: str) -> None:
    found = parse(text, "l.txt")

    assert [(item.text, item.labels, str(item.date)) for item in found.items] == [("Text.", ("Sea",), "2022-05-10")]
    assert (found.problems, len(found.notes)) == ((), 1)


def test_headings_of_years_and_months_are_no_items_and_no_text() -> None:
    found = parse(
        "2022\n\nMay 2022\n\n10 May 2022\n\nNewer.\n\n2021\n\n9 May 2021\n\nIn the year\n\n2020\n\nit sank.", "l.txt"
    )

    assert [item.text for item in found.items] == ["Newer.", "In the year\n\n2020\n\nit sank."]
    assert found.problems == ()
    assert [str(note) for note in found.notes] == [
        f"l.txt:{line}: this line above a date is taken for a heading" for line in (1, 3, 9)
    ]


@pytest.mark.parametrize("line", ["Published: no", "Publié : non", "Veröffentlicht: nein", "Visibility: members"])
def test_an_item_that_is_not_published_is_kept_back(line: str) -> None:
    found = parse(f"11 May 2022\n\nDraft.\n{line}\n\n10 May 2022\n\nText.\nPublished: yes", "l.txt")

    assert [item.text for item in found.items] == ["Text."]
    assert [str(note) for note in found.notes] == [f"l.txt:1: a draft ({line})"]


def test_a_listing_may_run_from_old_to_new() -> None:
    days = "\n\n".join(f"{day} February 2022\n\n{text}." for day, text in ((9, "A"), (10, "B"), (10, "C")))

    assert [item.text for item in items_of(days)] == ["C.", "B.", "A."]


@pytest.mark.parametrize("label", ["Embargo:", "Sous embargo jusqu’au :", "Embargo tot:", "Sperrfrist:"])
def test_an_embargo_is_labelled_in_any_of_four_languages(label: str) -> None:
    (item,) = items_of(f"10 February 2022\n\nText.\n{label} 11 February 2022, 10:00")

    assert (item.text, item.embargo) == ("Text.", datetime.fromisoformat("2022-02-11T10:00"))


def test_an_item_may_expire() -> None:
    (item,) = items_of("10 February 2022\n\nText.\nExpires: 11 February 2022")

    assert item.expires == datetime.fromisoformat("2022-02-12")


def test_an_embargo_that_cannot_be_read_lets_nothing_out() -> None:
    text = "10 February 2022\n\nText.\nEmbargo: after the vote\n\n9 February 2022\n\nOlder."

    assert [item.text for item in parse(text, "listing.txt").items] == ["Older."]
    assert problems_of(text) == [
        "listing.txt:1: its embargo cannot be read: 'after the vote' is no date; the item was left out"
    ]


def test_a_draft_does_not_go_out() -> None:
    assert items_of("10 February 2022\n\nText.\nStatus: draft") == ()
    (item,) = items_of("10 February 2022\n\nText.\nStatus: closed")
    assert item.text == "Text. Status: closed"


def test_a_draft_may_be_labelled_by_a_yes_and_other_words_are_text() -> None:
    assert items_of("10 February 2022\n\nText.\nDraft: yes") == ()
    (item,) = items_of("10 February 2022\n\nText.\nEntwurf: nein")
    assert item.text == "Text."
    (item,) = items_of("10 February 2022\n\nText.\nConcept: a harbour without cars")
    assert item.text == "Text. Concept: a harbour without cars"


def test_paragraphs_are_kept_and_their_lines_joined() -> None:
    (item,) = items_of("10 February 2022\n\nOne\nline.\n \u00a0\n\n\nTwo.\nMain Theme: Asylum")

    assert item.text == "One line.\n\nTwo."


def test_two_identical_items_are_two() -> None:
    first, second = items_of("10 February 2022\n\nText.\n\n10 February 2022\n\nText.")

    assert first == second


# --- repeated and misplaced dates ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Publication date: 10 February 2022\n10 February 2022\n\nText.\nMain Theme: Asylum",
        "10 February 2022\nPublication date: 10 February 2022\n\nText.\nMain Theme: Asylum",
        "10 February 2022\n\nText.\n\nPublication date: 10 February 2022\nMain Theme: Asylum",
    ],
)
def test_a_date_that_a_label_repeats_is_one_item(text: str) -> None:
    (item,) = items_of(text)

    assert (item.text, item.labels) == ("Text.", ("Asylum",))


def test_another_date_without_text_is_a_problem() -> None:
    assert problems_of("10 February 2022\n\nText.\nPublication date: 11 February 2022") == [
        "listing.txt:4: there is no text beneath this date; the item was left out"
    ]


def test_a_publication_date_that_is_none_is_a_problem() -> None:
    found = parse("10 February 2022\n\nOne.\n\nPublication date: soon\n\nTwo.", "listing.txt")
    items, problems = found.items, found.problems

    assert [item.text for item in items] == ["One."]
    assert [str(problem) for problem in problems] == ["listing.txt:5: 'soon' is no date; the item was left out"]


def test_a_listing_with_dates_below_the_texts_is_refused() -> None:
    """Reading from the top would give each text the date of its neighbour."""
    found = parse("One.\nPublication date: 10 February 2022\n\nTwo.\nPublication date: 9 May 2021\n", "l.txt")
    items, problems = found.items, found.problems

    assert not items
    assert [problem.where for problem in problems] == ["l.txt:2"]


def test_a_mail_pasted_into_a_listing_has_its_date() -> None:
    listed = items_of("Sent: Monday, 4 March 2024 10:00\n\nIt sails.\n\nEnvoyé : lundi 4 mars 2024 09:00\n\nIt stays.")

    assert [(item.date.day, item.text) for item in listed] == [(4, "It sails."), (4, "It stays.")]


@pytest.mark.parametrize("rule", ["---", "* * *", "=====", "———"])
def test_a_rule_between_items_is_no_text(rule: str) -> None:
    listed = items_of(f"10 February 2022\n\nIt sails.\n{rule}\n9 February 2022\n\nIt stays.\n\n{rule}\n")

    assert [item.text for item in listed] == ["It sails.", "It stays."]


def test_a_heading_is_no_item() -> None:
    assert len(items_of("News of the harbour\n\n10 February 2022\n\nText.")) == 1


# --- the file --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_any_newline_and_a_byte_order_mark_are_read(tmp_path: Path, newline: str, mark: str) -> None:
    path = tmp_path / "listing.txt"
    path.write_bytes((mark + newline.join(["10 February 2022", "", "Été.", "", "31 June 2021", ""])).encode())

    fetch = read(path)

    assert [item.text for item in fetch.items] == ["Été."]
    assert [problem.where for problem in fetch.problems] == [f"{path}:5"]


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["Bring:", "• a card", "for all", "•\ta pen"], "Bring:\n• a card for all\n• a pen"),
        (["- a card", "- a pen"], "- a card\n- a pen"),
        (["It sails at ten", "- on Sundays as well."], "It sails at ten - on Sundays as well."),
        (["It sails at ten", "-5 degrees or not", "- or more."], "It sails at ten -5 degrees or not - or more."),
    ],
)
def test_points_of_a_list_keep_their_lines(tmp_path: Path, lines: list[str], text: str) -> None:
    path = tmp_path / "listing.txt"
    path.write_text("\n".join(["10 February 2022", "", *lines]), encoding="utf-8")

    assert [item.text for item in read(path).items] == [text]


@pytest.mark.parametrize(
    "line",
    [
        "Theme: Ferries, Quays",
        "**Theme:** Ferries, Quays",
        "*Themes*: Ferries, Quays",
        "__Theme__ : Ferries; Quays",
        "[Theme: Ferries, Quays]",
        "**Theme: Ferries, Quays**",
        "Theme(s): Ferries, Quays",
        "Thème(s) : Ferries, Quays",
        "Theme： Ferries, Quays",
    ],
)
def test_a_label_may_have_marks_around_it(tmp_path: Path, line: str) -> None:
    path = tmp_path / "listing.txt"
    path.write_text(f"10 February 2022\n\nIt sails.\n{line}\n", encoding="utf-8")

    assert [(item.text, item.labels) for item in read(path).items] == [("It sails.", ("Ferries", "Quays"))]


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_a_file_is_read_in_the_encoding_that_its_mark_names(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "listing.txt"
    path.write_bytes("10 February 2022\r\n\r\nÉté.\r\n".encode(codec))

    assert [item.text for item in read(path).items] == ["Été."]


@pytest.mark.parametrize("data", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_an_empty_file_lists_nothing(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "listing.txt"
    path.write_bytes(data)

    fetch = read(path)

    assert (tuple(fetch.items), fetch.problems) == ((), ())


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("10 February 2022\r\n\r\nÉté.".encode("latin-1"), ":3: byte 21, 0xC9, is not UTF-8; save the file as UTF-8"),
        ("10 February 2022".encode("utf-16")[:-1], " begins as UTF-16 and is not; save it as UTF-8"),
        (b"Hello.\n\nWorld.", ":1: this stands above the first date and was left out"),
        (b"\n\nNews", ":3: this stands above the first date and was left out"),
        (b"32 May 2022\n\nText.", ":1: '32 May 2022' is no date: no such day; the item was left out"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_why(tmp_path: Path, data: bytes, problem: str) -> None:
    path = tmp_path / "listing.txt"
    path.write_bytes(data)

    with pytest.raises(SourceError) as caught:
        read(path)

    assert caught.value.problem.endswith(f"{path}{problem}")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{\\rtf1\\ansi 4 March 2024\\par}", "listing.txt is RTF; save it as plain text"),
        ("<!DOCTYPE html>\n<p>4 March 2024", "listing.txt is HTML; save it as plain text"),
        ("4 March 2024 - It sails.\n", "no line is a date alone"),
    ],
)
def test_a_file_that_is_no_listing_says_why(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "listing.txt"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SourceError, match=why):
        read(path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is a folder; `path` must name a file"):
        read(tmp_path)


def test_a_path_no_system_can_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read: "):
        read(tmp_path / ("long" * 100))


# --- arbitrary content -----------------------------------------------------------------------------------------------

lines = st.sampled_from(
    ["", "10 February 2022", "Publication date: 9 May 2021", "31 June 2021", "Main Theme: A, B", "Title: T", "Text."]
)


@given(st.lists(lines | st.text(max_size=20), max_size=30))
def test_any_text_gives_clean_items_and_problems_with_lines(listing: list[str]) -> None:
    text = "\n".join(listing)

    found = parse(text, "listing.txt")
    items, problems = found.items, found.problems

    assert items or problems or not any(line and not line.endswith(":") for line in clean_lines(text))
    for item in items:
        assert item.text
        # no-break spaces beside digits and marks stay
        assert item.text == "\n\n".join(re.sub("[ \t\n]+", " ", part).strip(" ") for part in item.text.split("\n\n"))
    for problem in problems:
        assert 1 <= int(problem.where.removeprefix("listing.txt:")) <= text.count("\n") + text.count("\r") + 1


words = st.text("abcdefghij ÀÉ", min_size=1, max_size=40).map(lambda text: " ".join(text.split())).filter(bool)
written_items = st.builds(
    Item,
    date=st.dates(min_value=date(1000, 1, 1)),
    text=st.lists(words, min_size=1, max_size=3).map("\n\n".join),
    labels=st.lists(words, max_size=3, unique=True).map(tuple),
    keywords=st.lists(words, max_size=3, unique=True).map(tuple),
)


@given(st.lists(written_items, max_size=8))
def test_a_written_listing_is_read_back_equal(items: list[Item]) -> None:
    text = "".join(
        f"{item.date.isoformat()}\n\n{item.text}\n"
        f"Main Theme: {', '.join(item.labels)}\nKeywords: {'; '.join(item.keywords)}\n\n"
        for item in items
    )

    assert list(items_of(text)) in (items, items[::-1])


@pytest.mark.parametrize(
    ("pasted", "text"),
    [
        ("available in\u00a0Dutch\u00a0and\u00a0French", "available in Dutch and French"),
        ("sectors,\u00a0the", "sectors, the"),
        ("at 14\u00a0h, n°\u00a05", "at 14\u00a0h, n°\u00a05"),
        ("«\u00a0Prix\u202f: cher\u00a0»\u202f!", "«\u00a0Prix\u202f: cher\u00a0»\u202f!"),
        ("M.\u00a0Dupont", "M.\u00a0Dupont"),
    ],
)
def test_a_no_break_space_that_is_meant_stays(pasted: str, text: str) -> None:
    (item,) = items_of(f"10 February 2022\n\n{pasted}")

    assert item.text == text


def test_invisible_characters_are_no_part_of_labels() -> None:
    (item,) = items_of(
        "10 February 2022\n\nText.\nTheme: Asy\u00adlum, \u200bAsylum\nKeywords: \u2060\nTitle: A\u00adB"
    )

    assert (item.labels, item.keywords, item.title) == (("Asylum",), (), "AB")


def test_a_theme_that_is_known_may_hold_a_comma() -> None:
    text = "10 February 2022\n\nText.\nTheme: Sea; Justice, Freedom and Security, Sky\nKeywords: a, b"
    (item,) = parse(text, "listing.txt", frozenset({"justice, freedom and security"})).items

    assert (item.labels, item.keywords) == (("Sea", "Justice, Freedom and Security", "Sky"), ("a", "b"))


@pytest.mark.parametrize("dash", ["-", "–", "n/a"])
def test_a_dash_in_place_of_themes_and_keywords_is_none(dash: str) -> None:
    [item] = items_of(f"4 March 2024\n\nThe ferry sails.\nMain theme: {dash}\nKeywords: quay, {dash}\n")

    assert ("The ferry sails.", (), ("quay",)) == (item.text, item.labels, item.keywords)


def test_characters_that_a_web_page_wrote_as_html_are_what_they_stand_for() -> None:
    (item,) = items_of(
        "4 March 2024\n\nR&amp;D gets 5&nbsp;&euro; &#8211; &lt;b&gt;&#10;&copy;2 AT&T?a=1&copy=2\nTheme: R&amp;D"
    )

    assert (item.text, item.labels) == ("R&D gets 5\u00a0€ – <b> ©2 AT&T?a=1&copy=2", ("R&D",))
