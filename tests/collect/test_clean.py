"""Cleaning of items, and the reports of what was removed."""

from typing import Any

import pytest

from publisher.collect.clean import clean_item
from publisher.collect.sources.fields import item_of
from publisher.collect.sources.html import MAX_CHARACTERS
from publisher.model.items import Enclosure, Item
from tests.values import DAY, POLICY, SITE


def cleaned(**fields: Any) -> tuple[Item, list[str]]:
    told: list[str] = []
    item = Item(date=DAY, **{"text": "", **fields})
    return clean_item(item, site=SITE, policy=POLICY, tell=told.append), told


def test_addresses_are_made_right() -> None:
    item, told = cleaned(
        link=" https://bücher.example/ü b ",
        html='<a href="plan é.pdf">x</a><img src="/a b.jpg" alt="">',
        enclosures=(Enclosure(url="https://example.org/é.pdf"),),
    )

    assert item.link == "https://xn--bcher-kva.example/%C3%BC%20b"
    assert 'href="https://xn--bcher-kva.example/plan%20%C3%A9.pdf"' in item.html
    assert 'src="https://xn--bcher-kva.example/a%20b.jpg"' in item.html
    assert item.enclosures == (Enclosure(url="https://example.org/%C3%A9.pdf"),)
    assert not told


def test_relative_addresses_begin_at_the_base() -> None:
    item, told = cleaned(html='<a href="plan">x</a>', link="/ferry/", base="https://example.org/news/")

    assert (item.link, item.base) == ("https://example.org/ferry/", "")
    assert 'href="https://example.org/news/plan"' in item.html
    assert not told


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"link": "/2024/ferry/"},
            (
                "its link was left out: no whole address of the web: '/2024/ferry/'; "
                "a link of the item or `base` says where relative ones start"
            ),
        ),
        ({"link": "http://exa mple/"}, "its link was left out: no whole address of the web: 'http://exa mple/'"),
        (
            {"html": '<p><a href="/plan/">x</a><img src="quay.jpg"> and <a href="ftp://example.org/">y</a></p>'},
            (
                "links or pictures in its text were left out: no whole address of the web: "
                "'quay.jpg', '/plan/', 'ftp://example.org/'; "
                "a link of the item or `base` says where relative ones start"
            ),
        ),
        (
            {"enclosures": (Enclosure(url="report.pdf"),)},
            (
                "files were left out: no whole address of the web: 'report.pdf'; "
                "a link of the item or `base` says where relative ones start"
            ),
        ),
        (
            {"html": "x" * (MAX_CHARACTERS + 1)},
            f"its HTML is longer than {MAX_CHARACTERS} characters; the rest was left out",
        ),
    ],
)
def test_an_impossible_address_is_reported(fields: dict[str, Any], sentence: str) -> None:
    _, told = cleaned(**fields)

    assert told == [sentence]


@pytest.mark.parametrize(
    "html",
    [
        '<a href="#note">1</a>',
        '<a href="javascript:share()">Share</a>',
        '<a name="x">y</a>',
        '<img src="data:image/gif;base64,R0">',
        '<img src="https://example.org/p.gif" width="1">',
    ],
)
def test_a_link_that_leads_nowhere_by_intent_is_not_reported(html: str) -> None:
    assert cleaned(html=html)[1] == []


def test_recordings_in_a_text_are_files_once() -> None:
    talk = Enclosure(url="https://example.org/talk.mp3", media_type="audio/mpeg", size_bytes=5)
    html = '<audio src="/talk.mp3"></audio><video title="The quay"><source src="/q.mp4" type="video/mp4"></video>'
    item, _ = cleaned(html=html, link="https://example.org/1", enclosures=(talk,))

    film = Enclosure(url="https://example.org/q.mp4", media_type="video/mp4", title="The quay")
    assert item.enclosures == (talk, film)


def test_an_item_brings_no_more_themes_keywords_and_links_than_an_item_may() -> None:
    links = "".join(f'<a href="https://example.org/{number}">{number}</a> ' for number in range(101))

    item, told = cleaned(
        text="x",
        html=f"<p>{links}</p>",
        labels=tuple(f"Theme {number}" for number in range(2000)),
        keywords=tuple(f"word {number}" for number in range(51)),
    )

    assert (len(item.labels), len(item.keywords), item.html.count("<a ")) == (20, 50, 100)
    assert item.html.rstrip().endswith(">99</a> 100 </p>")
    assert told == [
        "it has 2000 themes; the first 20 are kept",
        "it has 51 keywords; the first 50 are kept",
        "it has 101 links; the first 100 are kept",
    ]


def test_a_picture_within_the_html_takes_no_room_and_is_told() -> None:
    picture = f"data:image/png;base64,{'A' * 600_000}"
    html = f'<p>Above</p><img src="{picture}" alt="Quay"><p>Below</p><img src="{picture[:300]}">'
    told: list[str] = []

    item = clean_item(item_of({"date": "2024-03-04", "html": html}), site=SITE, policy=POLICY, tell=told.append)

    assert item.text == "Above\n\nBelow"
    assert told == [
        "links or pictures in its text were left out: no whole address of the web: 'data:image/png;base64,…'"
    ]


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<h1>The captain’s <em>day</em></h1>\n<p>It sails.</p>", "<p>It sails.</p>"),
        (
            "<div><h2>The captain's day</h2></div><p>It sails.</p>",
            "<div><h3>The captain's day</h3></div><p>It sails.</p>",
        ),
        ("<h2>The captain's days</h2><p>It sails.</p>", "<h3>The captain's days</h3><p>It sails.</p>"),
        ("<p>It sails.</p><h2>The captain's day</h2>", "<p>It sails.</p><h3>The captain's day</h3>"),
        ("<h2>The captain's day</h2>", "<h3>The captain's day</h3>"),
    ],
)
def test_a_heading_that_repeats_the_title_is_left_out(html: str, kept: str) -> None:
    """Readers would see it twice."""
    assert cleaned(title="The captain's day", html=html)[0].html == kept
