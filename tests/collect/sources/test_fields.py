"""Items from named values, for every kind of source."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from publisher.collect.clean import clean_item
from publisher.collect.sources.columns import check_columns, map_row
from publisher.collect.sources.fields import FieldRules, item_of
from publisher.collect.sources.harvest import harvest
from publisher.collect.sources.values import FieldError, Withheld, cut
from publisher.model.errors import SourceError
from publisher.model.items import Item
from publisher.model.problems import Problem
from tests.values import POLICY, SITE

DAY = date(2024, 3, 4)
AT_TEN = datetime(2024, 3, 4, 9, tzinfo=UTC)


def kept(**values: object) -> Item:
    """Return the item that the log stores for these values, on a site in Brussels."""
    return clean_item(item_of({"title": "Ferry", **values}), site=SITE, policy=POLICY)


@pytest.mark.parametrize("word", ["N/A", "null", "undefined", " None ", "false"])
def test_a_word_in_place_of_an_id_or_a_link_is_none(word: str) -> None:
    item = kept(date="2024-03-04", id=word, link=word)
    made_absolute = kept(date="2024-03-04", id="7", link=f"https://example.org/{word.strip()}")

    assert (item.native_id, item.link) == ("", "")
    assert (made_absolute.native_id, made_absolute.link) == ("7", "")


@pytest.mark.parametrize("title", ["(no title)", "Untitled", "null", "-", "[Sans titre]", "..."])
def test_a_word_in_place_of_a_title_is_none_if_there_is_a_text(title: str) -> None:
    assert kept(date="2024-03-04", title=title, text="It sails.").title == ""
    assert kept(date="2024-03-04", title=title).title == title


@pytest.mark.parametrize("title", ["Null and void", "No title for us", "Untitled works", "🎉", "7", "Ω"])
def test_other_titles_stay(title: str) -> None:
    assert kept(date="2024-03-04", title=title, text="It sails.").title == title


@pytest.mark.parametrize(
    ("written", "tag"),
    [("und", ""), ("zxx", ""), ("mul", ""), ("und-x-default", ""), ("UND", ""), ("fr_BE", "fr-be"), ("mula", "")],
)
def test_a_tag_for_no_language_says_none(written: str, tag: str) -> None:
    assert kept(date="2024-03-04", language=written).language.lower() == tag


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("French", "fr"),
        ("Néerlandais", "nl"),
        ("DEUTSCH", "de"),
        ("fra", "fr"),
        ("dut-BE", "dut-BE"),
        ("spa", "es"),
        ("NL", "nl"),
        ("EN-us", "en-us"),
        ("fr_BE.UTF-8", "fr-be"),
        ("ast", "ast"),
        ("fr, nl", ""),
        ("Klingon", ""),
    ],
)
def test_a_language_may_be_a_name_a_locale_or_a_longer_code(written: str, tag: str) -> None:
    assert kept(date="2024-03-04", language=written).language.lower() == tag.lower()


@pytest.mark.parametrize(
    "link",
    [
        '<a class="x" href="https://example.org/a?b=1&amp;c=2">here</a>',
        "[here](https://example.org/a?b=1&c=2)",
        " <https://example.org/a?b=1&c=2> ",
        '=HYPERLINK("https://example.org/a?b=1&c=2","here")',
        '=hyperlink("https://example.org/a?b=1&c=2";"here")',
    ],
)
def test_a_link_within_its_marks_is_a_link(link: str) -> None:
    assert kept(date="2024-03-04", link=link).link == "https://example.org/a?b=1&c=2"


@pytest.mark.parametrize("null", ["NULL", r"\N", "None", "NaN", "(null)", " null "])
def test_what_programs_write_into_an_empty_cell_is_no_value(null: str) -> None:
    """A table of a database's export would show the word to readers."""
    row = {"date": "2024-03-04", "title": "Ferry", "text": null, "summary": null, "themes": null, "link": null}
    item = item_of(map_row({**row, "HTML": null, "Text": "It sails."}, {}))

    assert (item.title, item.text, item.html, item.summary) == ("Ferry", "It sails.", "", "")
    assert (item.labels, item.link) == ((), "")
    assert item_of(map_row({"date": "2024-03-04", "title": "Null"}, {})).title == "Null"


@pytest.mark.parametrize("text", ["&lt;p&gt;It &lt;b&gt;sails&lt;/b&gt;.&lt;/p&gt;", "<p>It <b>sails</b>.</p>"])
def test_a_text_or_a_summary_that_is_html_is_read_as_html(text: str) -> None:
    row = {"date": "2024-03-04", "title": "Ferry", "text": text, "html": "<p></p>", "summary": "<p>In <i>May</i></p>"}
    item = clean_item(item_of(map_row(row, {})), site=SITE, policy=POLICY)

    assert (item.html, item.text, item.summary) == ("<p>It <b>sails</b>.</p>", "It sails.", "In May")


@pytest.mark.parametrize(
    "link", ["https://example.org/wiki/Null", "https://example.org/none-of-us", "https://example.org/"]
)
def test_a_link_that_contains_such_a_word_is_a_link(link: str) -> None:
    assert kept(date="2024-03-04", link=link).link == link


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Ferries; Quays", ("Ferries", "Quays")),
        ("Ferries\nQuays", ("Ferries", "Quays")),
        ("#ferries #night-boats", ("ferries", "night-boats")),
        ("“Ferries”, « Quays »", ("Ferries", "Quays")),
        ('["Ferries", "Quays"]', ("Ferries", "Quays")),
        ('["Ferries"', ('["Ferries"',)),
        ("['Ferries', \"The captain's\"]", ("Ferries", "The captain's")),
        ('{Ferries,"Boats, small",NULL}', ("Ferries", "Boats, small")),
        ("[]", ()),
        ("{}", ()),
        ("[Ferries]", ("[Ferries]",)),
        ("C#, l’eau", ("C#", "l’eau")),
    ],
)
def test_several_names_in_one_text(written: str, names: tuple[str, ...]) -> None:
    assert item_of({"title": "Ferry", "date": "2024-03-04", "keywords": written}).keywords == names


@pytest.mark.parametrize("dash", ["-", "–", "—", "--", "...", "/", "n/a", "NULL", "none", "Aucun"])
def test_a_dash_in_place_of_themes_is_none(dash: str) -> None:
    """People fill the column of themes with it; a feed named after it would be shown to readers."""
    item = item_of({"title": "Ferry", "date": "2024-03-04", "themes": f"{dash}, Asylum", "keywords": dash})

    assert (("Asylum",), ()) == (item.labels, item.keywords)


@pytest.mark.parametrize("name", ["C++", "#", "N", "-18", "€"])
def test_names_with_marks_stay(name: str) -> None:
    assert (name,) == item_of({"title": "Ferry", "date": "2024-03-04", "themes": [name]}).labels


def test_a_separator_of_ones_own_leaves_semicolons() -> None:
    item = item_of({"title": "Ferry", "date": "2024-03-04", "themes": "A; B|C"}, FieldRules(separator="|"))

    assert item.labels == ("A; B", "C")


# --- dates -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "2024-03-04 10:00",
        "4 mars 2024, 10h00",
        "Mon, 04 Mar 2024 10:00:00 +0100",
        1709542800,
        1709542800.0,
        Decimal(1709542800),
        "1709542800",
        1709542800000,
        datetime(2024, 3, 4, 10),  # noqa: DTZ001 - as databases give them
        datetime(2024, 3, 4, 9, tzinfo=UTC),
    ],
)
def test_a_moment_is_an_instant_at_the_site(value: object) -> None:
    item = kept(date=value)

    assert (item.published, item.date) == (AT_TEN, DAY)


def test_the_day_of_a_moment_is_that_of_the_site() -> None:
    assert kept(date="Mon, 04 Mar 2024 23:30:00 CET").date == DAY
    assert kept(date="2024-03-04T23:30:00Z").date == date(2024, 3, 5)


@pytest.mark.parametrize("value", ["2024-03-04", "4. März 2024", 20240304, DAY, "2024-03-04 00:00:00"])
def test_a_day_without_a_time_stays_a_day(value: object) -> None:
    item = kept(date=value)

    assert (item.published, item.date) == (None, DAY)


@pytest.mark.parametrize("value", [True, "soon", 45355, float("nan"), Decimal("Infinity"), b"2024-03-04"])
def test_an_invalid_date_is_an_error(value: object) -> None:
    with pytest.raises(FieldError):
        item_of({"title": "Ferry", "date": value})


def test_without_a_date_there_is_no_item() -> None:
    with pytest.raises(FieldError, match="it has no date"):
        item_of({"title": "Ferry", "date": " "})


def test_without_a_date_an_item_may_have_that_of_today() -> None:
    item = item_of({"title": "Ferry"}, FieldRules(today=DAY))

    assert (item.date, item.is_undated) == (DAY, True)
    assert not item_of({"title": "Ferry", "date": "2024-03-04"}, FieldRules(today=DAY)).is_undated


# --- embargo ---------------------------------------------------------------------------------------------------------


def test_an_embargo_ends_when_its_day_begins() -> None:
    assert kept(date=DAY, embargo="2024-06-01").embargo == datetime(2024, 5, 31, 22, tzinfo=UTC)
    assert kept(date=DAY, embargo="1 June 2024, 10:00").embargo == datetime(2024, 6, 1, 8, tzinfo=UTC)


def test_an_item_expires_when_its_day_is_over() -> None:
    assert kept(date=DAY, expires="2024-06-01").expires == datetime(2024, 6, 1, 22, tzinfo=UTC)
    assert kept(date=DAY, expires="1 June 2024, 10:00").expires == datetime(2024, 6, 1, 8, tzinfo=UTC)


def test_an_embargo_that_cannot_be_read_lets_nothing_out() -> None:
    with pytest.raises(FieldError, match="its embargo cannot be read: 'after the vote' is no date"):
        item_of({"title": "Ferry", "date": DAY, "embargo": "after the vote"})


def test_of_several_embargoes_the_latest_counts_and_of_several_expiries_the_earliest() -> None:
    row = {"title": "Ferry", "date": "2024-03-04", "Publish on": "2024-06-01", "embargo": "2024-06-03"}
    row |= {"expires": "2024-09-01", "unpublish_on": "2024-08-01T10:00:00Z"}

    item = item_of(map_row(row, {}))

    assert item.embargo == datetime.fromisoformat("2024-06-03T00:00")
    assert item.expires == datetime(2024, 8, 1, 10, tzinfo=UTC)


def test_a_column_that_is_the_date_is_no_embargo() -> None:
    row = {"title": "Ferry", "publish_date": "2024-06-01"}

    assert item_of(map_row(row, {"date": "publish_date"})).embargo is None


@pytest.mark.parametrize("no", [None, "", "no", "false", False, 0, "0", "0000-00-00", "0000-00-00 00:00:00"])
def test_a_clear_no_is_no_embargo_and_no_expiry(no: object) -> None:
    item = item_of({"title": "Ferry", "date": DAY, "embargo": no, "expires": no})

    assert (item.embargo, item.expires) == (None, None)


@pytest.mark.parametrize("never", ["never", "Jamais", "9999-12-31", "9999-12-31 23:59:59"])
def test_an_item_may_never_expire(never: str) -> None:
    assert item_of({"title": "Ferry", "date": DAY, "expires": never}).expires is None


@pytest.mark.parametrize("doubtful", [True, "yes", "9999-12-31", "soon"])
def test_an_embargo_in_doubt_lets_nothing_out(doubtful: object) -> None:
    with pytest.raises(FieldError, match="embargo"):
        item_of({"title": "Ferry", "date": DAY, "embargo": doubtful})


def test_items_that_a_source_withholds_are_no_problems() -> None:
    rows = ({"title": "Ferry", "date": DAY}, {"title": "Crane", "date": DAY, "status": "draft"})
    found = harvest("news", enumerate_rows(rows), item_of)

    assert [item.title for item in found.items] == ["Ferry"]
    assert found.notes == (Problem(where="row 2", what="a draft (status: draft)"),)
    assert not found.problems


def enumerate_rows(rows: tuple[dict[str, object], ...]) -> list[tuple[str, dict[str, object]]]:
    return [(f"row {number}", row) for number, row in enumerate(rows, start=1)]


def test_all_drafts_are_no_failure() -> None:
    with pytest.raises(Withheld):
        item_of({"draft": "yes"})
    assert harvest("news", [("row 1", {"draft": "yes"})], item_of).items == ()


# --- columns ---------------------------------------------------------------------------------------------------------


def test_capitals_and_spaces_in_the_names_of_columns_make_no_difference() -> None:
    row = {" Title ": "Ferry", "DATE": "2024-03-04", "Key words": "night", "Status": "ok"}

    values = map_row(row, {"keywords": "Keywords"})

    assert (values["title"], values["date"], values["keywords"], values["status"]) == (
        "Ferry",
        "2024-03-04",
        "night",
        "ok",
    )
    check_columns("news", "a table", list(row), {"keywords": "keywords"}, undated="skip")


@pytest.mark.parametrize(
    ("names", "columns", "problem"),
    [
        (["date", "title"], {"link": "address"}, "a table has no column 'address'; it has 'date', 'title'"),
        (["Tag", "title"], {}, "a table has no column for the date; it has 'Tag', 'title': say which in `columns`"),
        (["date", "Titel"], {}, "no column for a title, a text or HTML; it has 'date', 'Titel'"),
        ([], {}, "it has none"),
    ],
)
def test_when_no_column_fits_those_that_are_there_are_named(
    names: list[str], columns: dict[str, str | None], problem: str
) -> None:
    with pytest.raises(SourceError, match=problem):
        check_columns("news", "a table", names, columns, undated="skip")


def test_a_table_without_dates_needs_no_column_for_them() -> None:
    check_columns("news", "a table", ["title"], {}, undated="seen")


def test_a_column_of_exactly_that_name_comes_first() -> None:
    assert map_row({"Title": "other", "title": "Ferry"}, {})["title"] == "Ferry"
    assert map_row({"author": {"Name": "Ada"}}, {"themes": "author.name"})["themes"] == "Ada"


# --- lists in one text -----------------------------------------------------------------------------------------------

KNOWN = frozenset({"justice, freedom and security", "art; music"})


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a, b;c", ["a", "b", "c"]),
        ("Justice, Freedom and Security", ["Justice, Freedom and Security"]),
        ("Borders; justice,  freedom and security, Sea", ["Borders", "justice,  freedom and security", "Sea"]),
        ("Justice, Freedom", ["Justice", "Freedom"]),
        ("Art; Music", ["Art; Music"]),
        ("", [""]),
        (",", ["", ""]),
    ],
)
def test_a_known_name_is_one_name_even_if_it_contains_a_comma(text: str, pieces: list[str]) -> None:
    assert cut(text, (",", ";"), KNOWN) == pieces


def test_only_themes_are_known() -> None:
    item = item_of(
        {"title": "Ferry", "date": DAY, "themes": "Justice, Freedom and Security", "keywords": "art, music"},
        FieldRules(labels=KNOWN),
    )

    assert (item.labels, item.keywords) == (("Justice, Freedom and Security",), ("art", "music"))


def test_lines_of_a_text_end_where_they_do() -> None:
    item = item_of({"date": DAY, "text": "Bring:\r\n• a card\n• form B\n\n\n\nand  14\u00a0h "})

    assert item.text == "Bring:\n• a card\n• form B\n\nand 14\u00a0h"


def test_invisible_characters_are_no_part_of_titles_and_labels() -> None:
    item = item_of({"date": DAY, "title": "Asy\u00adlum", "themes": ["\u200bSea", "Sea\u2060"], "keywords": "\u200b"})

    assert (item.title, item.labels, item.keywords) == ("Asylum", ("Sea",), ())
