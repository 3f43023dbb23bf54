import pytest
from hypothesis import given
from lxml import html as lxml_html

from publisher.collect.sources.html import safe_html
from publisher.compose.plain_body import plain_body_of
from publisher.rendering.columns import WIDTH, Block, columns_of, lay_out
from tests.html import bodies

HERE = "https://news.example.org/items/2026/one.html"
LONG = "https://example.org/a/very/long/address/that/no/line/has/room/for"


def plain(html: str) -> str:
    return lay_out(plain_body_of(html, url=HERE).blocks)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("<p>One,\n  two.</p>\n<p>Three.</p>", "One, two.\n\nThree."),
        ("<p>One,<br>\ntwo.</p>", "One,\ntwo."),
        ("<h4>News</h4><p>One.</p>", "News\n\nOne."),
        ("<ul><li>One</li><li>Two</li></ul>", "- One\n- Two"),
        ('<ol start="9"><li>One</li><li>Two</li></ol>', "9. One\n10. Two"),
        (f'<ol start="{"9" * 5_000}"><li>One</li><li>Two</li></ol>', "1. One\n2. Two"),
        ("<ul><li>One<ol><li>deep</li></ol></li><li>Two</li></ul>", "- One\n  1. deep\n- Two"),
        ("<ul><li><p>One</p><p>more</p></li></ul>", "- One\n\n  more"),
        ("<p>So:</p><ul><li>One</li></ul><p>End.</p>", "So:\n\n- One\n\nEnd."),
        ("<blockquote><p>One</p><p>Two</p></blockquote>", "> One\n\n> Two"),
        ("<dl><dt>Term</dt><dd>meaning</dd></dl>", "Term\n  meaning"),
        ("<pre>if x:\n    y()\n</pre>", "  if x:\n      y()"),
        ("<p>a</p><hr><p>b</p>", "a\n\n* * *\n\nb"),
        ("<p>10&nbsp;000&nbsp;m<sup>2</sup>, H<sub>2</sub>O</p>", "10\u00a0000\u00a0m², H₂O"),
        ("<p>He said <q>yes</q>.</p>", "He said “yes”."),
    ],
)
def test_each_element_is_recognisable_in_plain_text(html: str, text: str) -> None:
    assert text == plain(html)


@pytest.mark.parametrize(
    ("html", "text", "notes"),
    [
        (f'<p>See <a href="{LONG}">the report</a>.</p>', "See the report [1].", (LONG,)),
        (
            f'<p><a href="{LONG}">One</a>, <a href="https://example.org/b">two</a>, <a href="{LONG}">one again</a></p>',
            "One [1], two [2], one again [1]",
            (LONG, "https://example.org/b"),
        ),
        (f'<p>See <a href="{LONG}">{LONG}</a>.</p>', "See example.org [1].", (LONG,)),
        ('<p>See <a href="https://example.org/">example.org</a>.</p>', "See https://example.org/.", ()),
        (f'<p><a href="{HERE}">Read on</a></p>', "Read on", ()),
        ('<p>Write to <a href="mailto:ada@example.org?subject=x">Ada</a>.</p>', "Write to Ada <ada@example.org>.", ()),
        ('<p><a href="mailto:ada@example.org">ada@example.org</a></p>', "ada@example.org", ()),
    ],
)
def test_links_are_numbered_notes(html: str, text: str, notes: tuple[str, ...]) -> None:
    body = plain_body_of(html, url=HERE)

    assert (text, notes) == (lay_out(body.blocks), body.notes)


def test_a_table_stands_in_columns() -> None:
    html = """<table><thead><tr><th>Version</th><th>Published</th><th>Terms</th></tr></thead>
    <tbody><tr><td>7.0</td><td>July 2020</td><td>500</td></tr>
    <tr><td>1.0</td><td>移民</td><td>1 300</td></tr></tbody></table>"""

    assert [
        "Version   Published   Terms",
        "7.0       July 2020     500",
        "1.0       移民        1 300",
    ] == plain(html).split("\n")


def test_a_table_too_wide_is_told_row_by_row() -> None:
    html = f"""<table><tr><th>Name</th><th>What it is for</th></tr>
    <tr><td>one</td><td>{"words " * 12}</td></tr><tr><td>two</td><td></td></tr></table>"""

    assert [
        "- Name: one; What it is for: words words words words words words words",
        "  words words words words words",
        "- Name: two",
    ] == plain(html).split("\n")


def test_a_change_of_direction_ends_with_its_paragraph() -> None:
    """A change of direction that did not end would reverse the text after it."""
    assert "\u202eevil\u202c\n\n\u2067\u202aa\u202c\u2069" == plain("<p>\u202eevil</p><p>\u2067\u202aa</p>")
    assert "\u2067a\u2069 b" == plain("<p>\u2067a\u2069 b</p>")


def test_lines_are_as_wide_as_their_marks_leave_room_for() -> None:
    block = Block(text="word " * 30, first="- > ", rest="  > ")

    lines = lay_out([block], indent=4).split("\n")

    assert lines[0].startswith("    - > word")
    assert all(line.startswith("      > word") for line in lines[1:])
    assert all(WIDTH - 5 < columns_of(line) <= WIDTH for line in lines[:-1])


@given(bodies.map(safe_html))
def test_all_words_of_any_html_are_there_in_lines_that_fit(html: str) -> None:
    body = plain_body_of(html, url=HERE)
    text = lay_out(body.blocks, indent=4)

    fixed = {line for block in body.blocks if block.is_fixed for line in block.text.split("\n")}
    for line in text.split("\n"):
        is_fixed = any(line.strip().endswith(each.strip()) for each in fixed if each.strip())
        assert columns_of(line) <= WIDTH or "://" in line or is_fixed
    assert all(block.text.strip() for block in body.blocks)
    letters = "".join(filter(str.isalpha, lxml_html.fragment_fromstring(html, create_parent="div").text_content()))
    assert set(letters) <= set(text)
