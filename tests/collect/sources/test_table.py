"""The `table` kind: rows of CSV and JSON, as programs write them."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from publisher.collect.sources.base import Fetch
from publisher.collect.sources.table import TableSource
from publisher.model.errors import SourceError

NOW = datetime(2024, 3, 6, 11, tzinfo=UTC)


def read(folder: Path, text: str, *, name: str = "register.csv", **keys: Any) -> Fetch:
    path = folder / name
    path.write_bytes(text.encode())
    return TableSource("register", path, **keys).fetch(validator="", now=NOW)


def titles(fetch: Fetch) -> list[str]:
    return [item.title for item in fetch.items]


@pytest.mark.parametrize(
    "text",
    [
        "date,title\n2024-03-04,Ferry\n",
        "\ufeffsep=;\r\ndate;title;text\r\n2024-03-04;Ferry;It sails\r\n",
        '"sep=\t"\ndate\ttitle\n2024-03-04\tFerry\n',
        "Date ; TITLE\n2024-03-04;Ferry\n",
        '"Title","Date, day first","Date"\n"Ferry","4/3/2024","2024-03-04"\n',
        'title;"Themes, all";date\nFerry;;2024-03-04\n',
        '\n;;\n"title";date;"two\nlines"\nFerry;2024-03-04;\n',
        "date|title\n2024-03-04|Ferry\n",
        'date, title\n2024-03-04, "Ferry"\n',
        "date;title;text, long, for the page\n2024-03-04;Ferry;It sails\n",
        "date;title;;title;\n2024-03-04;Ferry;;;\n",
        "date;title;title\n2024-03-04;;Ferry\n",
        'date;title\n\'2024-03-04;"=""Ferry"""\n',
        ";date;title\n0;2024-03-04;Ferry\n",
    ],
)
def test_tables_are_read_as_programs_write_them(tmp_path: Path, text: str) -> None:
    fetch = read(tmp_path, text)

    assert titles(fetch) == ["Ferry"]
    assert not fetch.problems


def test_marks_that_only_say_text_are_no_part_of_a_value(tmp_path: Path) -> None:
    rows = 'id,date,title,text\n"=""007""",2024-03-04,\'t Hof,\'=1+1\n'

    (item,) = read(tmp_path, rows).items

    assert (item.native_id, item.title, item.text) == ("007", "'t Hof", "=1+1")


def test_line_ends_of_word_and_the_web_are_line_ends(tmp_path: Path) -> None:
    (item,) = read(tmp_path, "date,text\n2024-03-04,It\x0bsails\u2028at\u2029ten\n").items

    assert item.text == "It\nsails\nat\nten"


def test_a_title_that_a_program_wrote_as_html(tmp_path: Path) -> None:
    assert titles(read(tmp_path, "date,title\n2024-03-04,R&amp;D &#8211; it&#8217;s open\n")) == ["R&D – it’s open"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("R&amp;D &#8211; it&#8217;s open", "R&D – it’s open"),
        ("x < y &amp; z", "x < y &amp; z"),
        ("https://example.org/?a=1&copy=2", "https://example.org/?a=1&copy=2"),
        ("Write <p> before </p>", "Write <p> before </p>"),
    ],
)
def test_a_plain_text_in_which_a_program_escaped_characters(tmp_path: Path, cell: str, text: str) -> None:
    (item,) = read(tmp_path, f"date,text\n2024-03-04,{cell}\n").items

    assert (item.text, item.html) == (text, "")


def test_a_text_that_is_html_is_read_as_html(tmp_path: Path) -> None:
    rows = "date,title,text,html\n2024-03-04,Ferry,<p>It <b>sails</b></p>,\n2024-03-03,Quay,<p>Both</p>,<i>two</i>\n"

    ferry, quay = read(tmp_path, rows).items

    assert (ferry.title, ferry.text, ferry.html) == ("Ferry", "", "<p>It <b>sails</b></p>")
    assert (quay.text, quay.html) == ("<p>Both</p>", "<i>two</i>")


@pytest.mark.parametrize(
    ("written", "html"),
    [
        ("It <b>sails</b>.\n\nAt ten.\nSharp.", "<p>It <b>sails</b>.</p><p>At ten.\nSharp.</p>"),
        (
            "It sails:\n\n<h2>When</h2>\n\n<ul>\n<li>at ten</li>\n</ul>\n \nSee <a href='/a'>more</a>",
            "<p>It sails:</p><h2>When</h2><ul>\n<li>at ten</li>\n</ul><p>See <a href='/a'>more</a></p>",
        ),
        ("<p>It sails.</p>\n\nAt ten.", "<p>It sails.</p>\n\nAt ten."),
        ("<ul>\n\n<li>at ten</li>\n\n</ul>", "<ul>\n\n<li>at ten</li>\n\n</ul>"),
        ("Code:\n\n<pre>a\n\nb</pre>", "Code:\n\n<pre>a\n\nb</pre>"),
        ("It sails <b>at\nten</b>.", "It sails <b>at\nten</b>."),
    ],
)
def test_empty_lines_end_paragraphs_of_html_that_marks_none(tmp_path: Path, written: str, html: str) -> None:
    (item,) = read(tmp_path, f'date,title,html\n2024-03-04,Ferry,"{written}"\n').items

    assert item.html == html


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_day_numbers_of_a_spreadsheet_are_dates(tmp_path: Path, delimiter: str) -> None:
    rows = "date;title;expires\n45355;Ferry;45657\n45354,5;Quay;\n45353.4270833333;Lock;\n"

    ferry, quay, lock = read(tmp_path, rows.replace(";", delimiter)).items

    assert (ferry.date, ferry.published, ferry.expires) == (date(2024, 3, 4), None, datetime(2025, 1, 1))  # noqa: DTZ001
    assert quay.published == datetime(2024, 3, 3, 12)  # noqa: DTZ001
    assert lock.published == datetime(2024, 3, 2, 10, 15)  # noqa: DTZ001


def test_excels_usual_dates_are_read_in_four_languages(tmp_path: Path) -> None:
    written = {
        "4-Mar-24": 2024,
        "04-mrt-24": 2024,
        "4. Mär 24": 2024,
        "04-mars-24": 2024,
        "4-Mar-70": 1970,
        "4-Mar-69": 2069,
    }
    rows = "date,title\n" + "".join(f"{each},{year}\n" for each, year in written.items())

    fetch = read(tmp_path, rows)

    days = [item.date for item in fetch.items]
    assert days == [date(int(item.title), 3, 4) for item in fetch.items]
    assert (len(days), fetch.problems) == (len(written), ())


@pytest.mark.parametrize("text", ["31-Feb-24", "4-abc-24", "04-03-24", "24-4-Mar"])
def test_other_short_dates_are_told_as_they_are_written(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError, match=f"'{text}' is no date"):
        read(tmp_path, f"date,title\n{text},Ferry\n")


def test_a_page_in_place_of_a_table_is_called_one(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is a page of HTML; save the table as CSV"):
        read(tmp_path, "<!DOCTYPE html>\n<html><table><tr><td>date</td></tr></table></html>")


@pytest.mark.parametrize("number", ["4535", "123456", "-45355", "70000", "45355 4"])
def test_other_numbers_are_no_days(tmp_path: Path, number: str) -> None:
    with pytest.raises(SourceError, match="is no date"):
        read(tmp_path, f"date,title\n{number},Ferry\n")


def test_a_cell_below_no_name_is_told(tmp_path: Path) -> None:
    assert "1 cell more" in str(read(tmp_path, "date,text,\n2024-03-04,Open, again,\n").remarks)


@pytest.mark.parametrize(
    "text",
    [
        '{"count": 1, "items": [{"date": "2024-03-04", "title": "Ferry", "text": NaN}]}',
        '{"data": {"Rows": [\n{"date": "2024-03-04", "title": "Ferry"}]}, "next": null}',
        '{\n  "date": "2024-03-04",\n  "title": "Ferry",\n  "enclosures": [{"url": "https://example.org/a.pdf"}]\n}',
        '{"date": "2024-03-04", "title": "Ferry", "enclosures": [{"url": "https://example.org/a.pdf"}]}',
    ],
)
def test_a_list_of_json_may_be_within_an_object(tmp_path: Path, text: str) -> None:
    fetch = read(tmp_path, text, name="news.json")

    assert (titles(fetch), [item.text for item in fetch.items]) == (["Ferry"], ["Ferry"])


def test_titles_above_the_header_are_told(tmp_path: Path) -> None:
    fetch = read(tmp_path, "Register, of news;;\n;;\nAs of today\ndate;title;text\n2024-03-04;Ferry;\nsoon;Crane;\n")

    assert titles(fetch) == ["Ferry"]
    assert [str(each).removeprefix(f"{tmp_path}/register.csv:") for each in (*fetch.remarks, *fetch.problems)] == [
        "1: above the header, left out: 'Register, of news'",
        "3: above the header, left out: 'As of today'",
        "6: 'soon' is no date; the item was left out",
    ]


def test_an_error_of_a_spreadsheet_is_no_value(tmp_path: Path) -> None:
    fetch = read(tmp_path, "date;title;link;themes\n2024-03-04;Ferry;#N/A;#REF!\n2024-03-03;#1 of all;;#WERT!\n")

    assert [(item.title, item.link, item.labels) for item in fetch.items] == [("Ferry", "", ()), ("#1 of all", "", ())]
    assert [each.what for each in fetch.remarks] == [
        "an error of the spreadsheet in place of a value, left out: #N/A, #REF!",
        "an error of the spreadsheet in place of a value, left out: #WERT!",
    ]


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_excels_unicode_text_is_read(tmp_path: Path, codec: str) -> None:
    mark = "" if codec == "utf-16" else "\ufeff"
    (tmp_path / "register.txt").write_bytes(f"{mark}date\ttitle\r\n04.03.2024\tGrößer\r\n".encode(codec))

    assert titles(TableSource("register", tmp_path / "register.txt").fetch(validator="", now=NOW)) == ["Größer"]


def test_a_table_in_another_encoding_says_how_to_save_it(tmp_path: Path) -> None:
    (tmp_path / "register.csv").write_bytes("date;title\n2024-03-04;Größer\n".encode("cp1252"))

    with pytest.raises(SourceError, match=r"csv:2: byte 25, 0xF6, is not UTF-8; .* Excel calls 'CSV UTF-8'"):
        TableSource("register", tmp_path / "register.csv").fetch(validator="", now=NOW)


def test_rows_of_separators_are_no_rows_and_lines_are_counted(tmp_path: Path) -> None:
    fetch = read(tmp_path, "sep=;\ndate;title\n2024-03-04;Ferry\n;;\n ; \n\nsoon;Crane\n;\n")

    assert titles(fetch) == ["Ferry"]
    assert [str(each) for each in fetch.problems] == [
        f"{tmp_path / 'register.csv'}:7: 'soon' is no date; the item was left out"
    ]


def test_a_quote_that_is_never_closed_swallows_no_rows_in_silence(tmp_path: Path) -> None:
    head = "title,date,text\nFerry,2024-03-04,It sails\n"
    fetch = read(tmp_path, f'{head}Crane,2024-03-03,"It moves\nMole,2024-03-02,It opens\n')

    assert titles(fetch) == ["Ferry"]
    assert [problem.what for problem in fetch.problems] == [
        "a quote is opened here and never closed, so that nothing below it can be read; the item was left out"
    ]
    assert str(fetch.problems[0]).startswith(f"{tmp_path}/register.csv:3: ")
    assert read(tmp_path, f'{head}Crane,2024-03-03,"It moves\nall day"').problems == ()
    with pytest.raises(SourceError, match="never closed"):
        read(tmp_path, '"title,date\nFerry,2024-03-04\n')


def test_when_no_column_fits_those_that_are_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no column for the date; it has 'Datum', 'Titel': say which in `columns`"):
        read(tmp_path, "Datum;Titel\n2024-03-04;Ferry\n")
    with pytest.raises(SourceError, match="no column for the date; it has 'day', 'title'"):
        read(tmp_path, '{"day": "2024-03-04", "title": "Ferry"}\n', name="register.jsonl")


def test_an_empty_table_lists_nothing(tmp_path: Path) -> None:
    assert not titles(read(tmp_path, "sep=;\n"))
    assert not titles(read(tmp_path, "date,title\n"))


@pytest.mark.parametrize("name", ["register.json", "register.jsonl"])
def test_an_array_of_json_is_a_table(tmp_path: Path, name: str) -> None:
    ferry = '{"date": "2024-03-04", "title": "Ferry",\n   "themes": [{"name": "Quays"}]}'
    text = f'\ufeff[\n  {ferry},\n  7, {{"title": "Crane"}}]\n'
    fetch = read(tmp_path, text, name=name)

    assert [(item.title, item.labels) for item in fetch.items] == [("Ferry", ("Quays",))]
    assert [str(each).removeprefix(f"{tmp_path}/{name}:") for each in fetch.problems] == [
        "2: expected a JSON object; the item was left out",
        "3: it has no date; the item was left out",
    ]


def test_a_workbook_is_called_one(tmp_path: Path) -> None:
    (tmp_path / "register.xlsx").write_bytes(b"PK\x03\x04" + bytes(99))

    with pytest.raises(SourceError, match="is a workbook or another archive; save it as text in UTF-8"):
        TableSource("register", tmp_path / "register.xlsx").fetch(validator="", now=NOW)


def test_a_number_in_json_stays_as_it_is_written(tmp_path: Path) -> None:
    fetch = read(tmp_path, '{"date": "2024-03-04", "title": 1.10, "id": 7}', name="register.jsonl")

    assert [(item.title, item.native_id) for item in fetch.items] == [("1.10", "7")]


def test_another_theme_with_a_comma_in_its_name_reads_the_table_again(tmp_path: Path) -> None:
    first = read(tmp_path, 'date,title,themes\n2024-03-04,Ferry,"Art, Music"\n')
    labels = frozenset({"art, music"})

    again = TableSource("register", tmp_path / "register.csv", labels=labels).fetch(validator=first.validator, now=NOW)

    assert [item.labels for item in first.items] == [("Art", "Music")]
    assert [item.labels for item in again.items] == [("Art, Music",)]


def test_relative_addresses_are_seen_from_the_base(tmp_path: Path) -> None:
    text = "date,title,link,enclosures\n2024-03-04,Ferry,/ferry/,plan.pdf\n"
    (item,) = read(tmp_path, text, base="https://example.org/news/").items

    assert item.link == "https://example.org/ferry/"
    assert [each.url for each in item.enclosures] == ["https://example.org/ferry/plan.pdf"]
