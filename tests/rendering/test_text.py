from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from publisher.model.items import Item
from publisher.rendering.pictures import picture_word
from publisher.rendering.text import html_of, html_with_images, one_line, scrub, stripped
from tests.values import DAY, record

ANY_TEXT = st.text(st.characters(exclude_categories=()))
"""Any text, lone surrogates and non-characters included."""


def html(text: str) -> str:
    return html_of(record(text).item, picture="Picture")


class Text(HTMLParser):
    """The text of HTML without its tags."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x00b\x0bc\x1b[0m", "abc[0m"),
        ("\ud800lone \udfff", "lone "),
        ("end\ufffe\uffff\U0001fffe", "end"),
        ("win\x92dows", "windows"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("tab\tand emoji 🙂 and مرحبا", "tab\tand emoji 🙂 and مرحبا"),
    ],
)
def test_scrubbing_drops_only_what_xml_cannot_carry(text: str, expected: str) -> None:
    assert scrub(text) == expected


@given(ANY_TEXT)
def test_scrubbed_text_survives_xml(text: str) -> None:
    element = etree.Element("t")
    element.text = scrub(text)

    assert (etree.fromstring(etree.tostring(element, encoding="UTF-8")).text or "") == scrub(text)
    assert scrub(scrub(text)) == scrub(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One.\n\nTwo.", "<p>One.</p>\n<p>Two.</p>"),
        ("One,\ntwo.", "<p>One,<br>\ntwo.</p>"),
        ("<b>&amp;</b>", "<p>&lt;b&gt;&amp;amp;&lt;/b&gt;</p>"),
        ("", ""),
        ("\n\n \n\n", ""),
        (
            "See https://e.org/a?b=1&c=2.",
            '<p>See <a href="https://e.org/a?b=1&amp;c=2">https://e.org/a?b=1&amp;c=2</a>.</p>',
        ),
        ("(at http://e.org/x_(y))", '<p>(at <a href="http://e.org/x_(y)">http://e.org/x_(y)</a>)</p>'),
        ("“https://e.org”, no", '<p>“<a href="https://e.org">https://e.org</a>”, no</p>'),
        ("HTTPS://E.org/!", '<p><a href="HTTPS://E.org/">HTTPS://E.org/</a>!</p>'),
        ("http://. and https://", "<p>http://. and https://</p>"),
        ("javascript:alert(1)", "<p>javascript:alert(1)</p>"),
        ('https://e.org/"onclick="x', '<p><a href="https://e.org/">https://e.org/</a>"onclick="x</p>'),
    ],
)
def test_text_becomes_paragraphs_with_links(text: str, expected: str) -> None:
    assert html(text) == expected


@given(ANY_TEXT | st.text("<>&/'\"=ab:htps.()[] \n"))
def test_nothing_is_lost_or_invented(text: str) -> None:
    read = Text(html(text))

    assert read.text.split() == scrub(text).split()
    assert read.tags <= {"p", "br", "a"}


def test_a_body_in_html_is_taken_as_it_is() -> None:
    item = Item(date=DAY, text="Read this.", html='<p>Read <a href="https://example.org/">this</a>.</p>')

    assert html_of(item, picture="Picture") == html_with_images(item) == item.html


def test_a_line_keeps_its_no_break_spaces_and_no_other_white_space() -> None:
    assert "«\u00a0oui\u00a0», 10\u202f000 a b" == one_line("\u00a0 «\u00a0oui\u00a0», 10\u202f000\n a\t\u3000b\u2028")


def test_pages_and_mails_fetch_no_picture_they_link_to_it() -> None:
    """A picture on another server would reveal who reads what."""
    item = Item(
        date=DAY,
        text="A quay",
        html='<p><img src="https://example.org/a.jpg" alt="A &quot;quay&quot;"> <img alt="" src="https://example.org/b"></p>',
    )

    assert html_with_images(item) == item.html
    for language, word in {"en-GB": "Picture", "fr": "Image", "ar": '<span lang="en">Picture</span>'}.items():
        assert html_of(item, picture=picture_word(language)) == (
            '<p><a href="https://example.org/a.jpg">A &quot;quay&quot;</a> '
            f'<a href="https://example.org/b">{word}</a></p>'
        )


def test_links_to_pictures_side_by_side_do_not_run_together() -> None:
    item = Item(date=DAY, text="A", html='<img src="https://example.org/a"><img src="https://example.org/b">')

    assert "</a> <a" in html_of(item, picture="Picture")


def test_an_invisible_text_counts_as_none() -> None:
    assert "" == stripped(" \u200b\n\n\ufeff\u2060 ")
    assert "a\u200bb" == stripped("  a\u200bb\n")
