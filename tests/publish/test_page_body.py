"""An item's HTML on its page: tables in boxes, headings below those of the page, and the same words."""

from html import escape

import pytest
from hypothesis import given
from lxml import html

from publisher.publish.page_body import page_body
from tests.html import bodies


def shown(body: str) -> str:
    return page_body(body, table_word="Table")


def test_plain_paragraphs_stay_as_they_are() -> None:
    body = "<p>The <em>ferry</em> sailed.</p>\n<ul><li>once</li></ul>"

    assert body == shown(body)


def test_a_table_scrolls_in_a_named_section_that_a_keyboard_reaches() -> None:
    page = shown(
        "<p>See:</p><table><caption>Boats  a day</caption><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table> end"
    )

    root = html.fragment_fromstring(page, create_parent="div")
    [box] = root.xpath("section")
    assert {"class": "wide", "tabindex": "0", "aria-label": "Table 1: Boats a day"} == dict(box.attrib)
    assert ["table"] == [child.tag for child in box]
    assert " end" == box.tail


def test_tables_are_named_apart() -> None:
    table = "<table><tr><th>Day</th></tr><tr><td>Monday</td></tr></table>"

    root = html.fragment_fromstring(shown(table * 2), create_parent="div")

    assert ["Table 1", "Table 2"] == root.xpath("section/@aria-label")


def test_figures_are_whole_and_stand_at_the_end_of_their_column() -> None:
    head, march = "<tr><th>Month</th><th>Sand</th></tr>", "<tr><th>March</th><td>12 400</td></tr>"

    page = shown(f"<table>{head}{march}<tr><th>April</th><td>−9.8 t</td></tr></table>")

    assert (
        '<thead><tr><th scope="col">Month</th><th scope="col" class="end">Sand</th></tr></thead>'
        '<tbody><tr><th scope="row">March</th><td class="figure end" dir="ltr">12 400</td></tr>'
    ) in page


def test_a_layout_table_is_no_table_for_screen_readers() -> None:
    page = shown("<table><tr><td>One</td><td>two</td></tr></table>")

    assert 'role="presentation"' in page
    assert "section" not in page


def test_table_in_a_cell_scrolls_with_the_one_around_it() -> None:
    inner = "<table><tr><th>In</th></tr><tr><td>side</td></tr></table>"

    page = shown(f"<table><tr><th>Out</th></tr><tr><td>{inner}</td></tr></table>")

    assert (1, 2) == (page.count("<section"), page.count("<table"))


@pytest.mark.parametrize(
    ("body", "tags"),
    [
        ("<h3>a</h3><h5>b</h5><h4>c</h4>", ["h2", "h3", "h3"]),
        ("<h6>a</h6><h3>b</h3>", ["h2", "h2"]),
        ("<h3> </h3><h4>b</h4>", ["h2"]),
    ],
)
def test_headings_begin_below_the_title_without_a_gap(body: str, tags: list[str]) -> None:
    root = html.fragment_fromstring(shown(body), create_parent="div")

    assert tags == [heading.tag for heading in root.iter("h1", "h2", "h3", "h4", "h5", "h6")]


def test_code_runs_from_left_to_right_in_every_language() -> None:
    assert '<pre dir="ltr">x = 1</pre>' == shown("<pre>x = 1</pre>")


@pytest.mark.parametrize(
    ("address", "words", "is_bare"),
    [
        ("https://example.org/a?b=1&amp;c=2", "https://example.org/a?b=1&amp;c=2", True),
        ("https://www.example.org/", "example.org", True),
        ("mailto:ferry@example.org", "ferry@example.org", True),
        ("https://example.org/a", "example.org", False),
        ("https://example.org/a", "the timetable", False),
    ],
)
def test_a_link_whose_words_are_its_address_is_marked(address: str, words: str, is_bare: bool) -> None:
    page = shown(f'<p>See <a href="{address}">{words}</a>.</p>')

    assert (' class="bare"' in page) is is_bare
    assert f'href="{address}">{words}</a>.</p>' in page


def test_a_number_to_call_stays_on_one_line() -> None:
    assert '<p><a href="tel:+322">+32\xa02</a></p>' == shown('<p><a href="tel:+322">+32 2</a></p>').replace(
        "&#160;", "\xa0"
    )


@given(body=bodies)
def test_all_words_of_any_body_are_there_in_order(body: str) -> None:
    before = html.fragment_fromstring(body, create_parent="div")
    balanced = "".join([escape(before.text or ""), *(html.tostring(child, encoding="unicode") for child in before)])

    after = html.fragment_fromstring(shown(balanced), create_parent="div")

    assert str(before.text_content()).split() == str(after.text_content()).split()
