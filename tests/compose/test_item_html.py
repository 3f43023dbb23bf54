from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from publisher.collect.sources.html import safe_html
from publisher.compose.item_html import body_of
from tests.html import bodies


def body(html: str, *, direction: str = "ltr") -> lxml_html.HtmlElement:
    made = body_of(html, direction=direction, title_level=3, width_px=600)
    return lxml_html.fragment_fromstring(made, create_parent="div")


def words(text: str) -> list[str]:
    return text.replace("\N{NO-BREAK SPACE}", " ").split()


def test_plain_paragraphs_stay_as_they_are() -> None:
    html = '<p>One &amp; <a href="https://example.org/">two</a>,<br>\nthree.</p>\n<ul><li>four</li></ul>'

    assert html == body_of(html, direction="ltr", title_level=3, width_px=600)


def test_code_becomes_lines_that_wrap_and_keep_their_indent() -> None:
    """A `pre` element would be as wide as its longest line, and widen the whole mail."""
    code = body("<pre>def f():\n    return  1\n\n\tx = <b>2</b>\n</pre>").find(".//td[@class='code']/code")

    assert code is not None
    lines = lxml_html.tostring(code, encoding="unicode").partition(">")[2].removesuffix("</code>").split("<br>")
    assert ["def f():", "\xa0" * 4 + "return\xa0 1", "", "\xa0" * 4 + "x = <b>2</b>"] == lines
    assert "ltr" == body("<pre>x</pre>", direction="rtl").find(".//td[@class='code']").get("dir")


def test_a_long_address_in_words_is_cut_and_leads_where_it_led() -> None:
    address = f"https://www.example.org/{'a/' * 40}?b=1&amp;c=2"
    links = f'<p>See <a href="{address}">{address}</a>, <a href="{address}">why</a>.</p>'

    made = body_of(links, direction="ltr", title_level=3, width_px=600)

    assert links.replace(f">{address}<", f">example.org/{'a/' * 23}a…<") == made


def test_a_number_to_call_stays_on_one_line() -> None:
    call = body('<p>Call <a href="tel:+3221234567">+32 2 123 45 67</a> now.</p>').find(".//a")

    assert call is not None
    assert call.text == "+32\xa02\xa0123\xa045\xa067"


def test_a_quotation_is_marked_where_margins_and_borders_are_known_of_cells_only() -> None:
    page = body("<blockquote><p>So it is.</p></blockquote>")

    assert "So it is." == page.findtext(".//td[@class='quoted']/blockquote/p")


def test_headings_stand_below_the_title_without_a_level_left_out() -> None:
    page = body("<h5>a</h5><h3>b</h3><h5>c</h5><h6>d</h6><h3>e</h3>")

    assert ["h4", "h4", "h5", "h6", "h4"] == [heading.tag for heading in page]


TABLE = """<table>
<tr><th>Year</th><th>Name</th><th>Number</th></tr>
<tr><th>2024</th><td>one</td><td>1 200</td></tr>
<tr><th>2025</th><td>two</td><td>−3.5 %</td></tr>
</table>"""


def test_a_table_says_what_its_headings_are_of_and_leaves_figures_whole() -> None:
    table = body(TABLE).find(".//div[@class='wide']/table")

    assert table is not None
    assert ["col", "col", "col", "row", "row"] == [cell.get("scope") for cell in table.iter("th")]
    assert [None, "figure last", None, "figure last"] == [cell.get("class") for cell in table.iter("td")]
    right = [cell.text for cell in table.iter("th", "td") if cell.get("align") == "right"]
    assert ["Number", "1 200", "−3.5 %"] == right
    assert "tbody" == table[0].tag


def test_figures_in_arabic_keep_the_order_of_their_groups() -> None:
    cells = body(TABLE, direction="rtl").xpath("//td[contains(@class, 'figure')]")

    assert ["ltr", "ltr"] == [cell.get("dir") for cell in cells]


def test_a_table_for_layout_is_none_to_a_screen_reader() -> None:
    page = body("<table><tr><td><p>One</p></td></tr></table>")

    assert ["presentation"] == [table.get("role") for table in page.iter("table")]


@pytest.mark.parametrize(
    ("width", "shown", "height"), [('width="900"', "600", "200"), ('width="120"', "120", "300"), ("", "600", None)]
)
def test_a_picture_is_no_wider_than_the_column_and_keeps_its_room(width: str, shown: str, height: str | None) -> None:
    image = body(f'<p><img src="https://example.org/a.png" alt="A" {width} height="300"></p>').find(".//img")

    assert image is not None
    assert (shown, height, "A") == (image.get("width"), image.get("height"), image.get("alt"))
    assert ("unsized" if not width else None) == image.get("class")


@given(bodies.map(safe_html), st.sampled_from(["ltr", "rtl"]))
def test_all_words_of_any_html_stay_and_nothing_is_wider_than_the_mail(html: str, direction: str) -> None:
    page = body(html, direction=direction)

    given_words = words(lxml_html.fragment_fromstring(html, create_parent="div").text_content())
    assert "".join(given_words) == "".join(words(page.text_content()))
    assert not list(page.iter("pre"))
    levels = [3, *(int(heading.tag[1]) for heading in page.iter("h1", "h2", "h3", "h4", "h5", "h6"))]
    assert min(levels[1:], default=4) >= 4
    assert all(later <= before + 1 for before, later in pairwise(levels))
