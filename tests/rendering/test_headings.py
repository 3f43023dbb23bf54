"""A title and the text below it: no sentence is shown twice, and no word is lost."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.model.items import Item
from publisher.rendering.headings import head


def item(text: str, html: str = "", title: str = "") -> Item:
    return Item(date=date(2022, 2, 10), text=text, html=html, title=title)


@pytest.mark.parametrize(
    ("html", "below"),
    [
        ("<p>It is so. And more.</p>", "<p>And more.</p>"),
        ("<p>It is so.<br>And more.</p>", "<p>And more.</p>"),
        ("<p>It is so.</p>\n<p>And more.</p>", "<p>And more.</p>"),
        ("<h3>It is so.</h3><p>And more.</p>", "<p>And more.</p>"),
        ("<p><b>It is</b> so.</p><p>And more.</p>", "<p>And more.</p>"),
        ("<p><b>It is so.</b></p><p>And more.</p>", "<p>And more.</p>"),
        ("<p><b>It is so.</b> And more.</p>", "<p>And more.</p>"),
        ("<p><em><b>It is so.</b><br> And</em> more.</p>", "<p><em>And</em> more.</p>"),
        ("<p><em><em>It is so. And</em></em> more.</p>", "<p><em><em>And</em></em> more.</p>"),
        ("<p><b>It is so. And</b> more.</p>", "<p><b>And</b> more.</p>"),
        ('<p lang="en"><em><b>It</b> is so. And</em> more.</p>', '<p lang="en"><em>And</em> more.</p>'),
        ("<p>I&#116; is&nbsp;so. And more.</p>", "<p>And more.</p>"),
    ],
)
def test_html_loses_the_sentence_that_is_the_title(html: str, below: str) -> None:
    headed = head(item("It is so. And more.", html))

    assert ("It is so", below, "And more.") == (headed.title, headed.rest.html, headed.rest.text)
    assert not headed.is_whole_text


@pytest.mark.parametrize(
    "html",
    [
        '<p>It <a href="https://example.org/">is</a> so. And more.</p>',
        '<p><img src="https://example.org/a.png" alt="It"> is so. And more.</p>',
        "<ul><li>It is so. And more.</li></ul>",
        "It is so. And more.",
        "<p>It is not so.</p>",
        "<p></p>",
    ],
)
def test_html_with_more_than_words_stays_whole(html: str) -> None:
    """A sentence that becomes the title is removed from the text below, unless more than words would be lost, such as a
    link.
    """
    assert head(item("It is so. And more.", html)).rest.html == html


def test_a_title_that_is_all_there_is_stands_alone() -> None:
    assert head(item("It is so.")).is_whole_text
    assert head(item("It is so.", "<p>It is so.</p>")).is_whole_text
    assert head(item("It is so.", "<p>It is so.</p>", title="It is so")).is_whole_text
    assert not head(
        item("It is so.", '<p>It is so.</p><p><img src="https://example.org/a.png" alt=""></p>')
    ).is_whole_text
    assert not head(item("It is so.", '<p>It is <a href="https://example.org/">so</a>.</p>')).is_whole_text


def test_a_body_that_begins_with_its_title_loses_that_heading() -> None:
    headed = head(item("It is so\n\nAnd more.", "<h3>It is so</h3>\n<p>And more.</p>", title="It is so"))

    assert ("It is so", "And more.", "<p>And more.</p>") == (headed.title, headed.rest.text, headed.rest.html)


def test_a_title_that_is_given_takes_nothing() -> None:
    html = "<p>It is so. And more.</p>"

    assert head(item("It is so. And more.", html, title="It is so")).rest.html == html


@given(st.lists(st.sampled_from(["It is so. ", "More ", "<b>", "</b>", "<br>", "<p>", "</p>", "&amp; ", "<p>It"])))
def test_any_markup_keeps_the_title(pieces: list[str]) -> None:
    html = "".join(pieces)
    headed = head(item("It is so. More &", html))

    assert headed.title == "It is so"
    assert len(headed.rest.html) <= len(html)
