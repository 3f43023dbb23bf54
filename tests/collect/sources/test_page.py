"""The `page` kind: a saved Drupal Views listing in two languages, and other features of pages."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from publisher.collect.clean import clean_item
from publisher.collect.sources.base import Fetch
from publisher.collect.sources.fetch import Fetcher
from publisher.collect.sources.page import PageSource
from publisher.model.errors import SourceError
from tests.servers import Answer, Server
from tests.values import FETCHING, POLICY, SITE

NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
SAVED = Path(__file__).parents[2] / "golden" / "pages"
VIEWS: dict[str, Any] = {
    "item": ".view-content .views-row",
    "date": ".views-field-field-date",
    "title": ".views-field-title",
    "body": ".views-field-body",
    "themes": ".views-field-field-theme a",
    "keywords": ".views-field-field-keywords a",
    "language": ".views-field-title a@hreflang",
    "next": ".pager__item--next a@href",
}


def read(server: Server, path: str, *, validator: str = "", **keys: Any) -> Fetch:
    for name in ("views-en", "views-en-2", "views-fr"):
        where = {"views-en": "/en/news", "views-en-2": "/en/news?page=1", "views-fr": "/fr/news"}[name]
        headers = {"Content-Type": "text/html; charset=utf-8", "ETag": f'"{name}"'}
        server.answers[where] = Answer(body=(SAVED / f"{name}.html").read_bytes(), headers=headers)
    fetcher = Fetcher(replace(FETCHING, private=("127.0.0.1",)), "tests")
    source = PageSource("news", url=server.url(path), fetcher=fetcher, **{**VIEWS, **keys})
    return source.fetch(validator=validator, now=NOW)


def test_a_listing_in_english(server: Server) -> None:
    fetch = read(server, "/en/news")
    first, second = (clean_item(item, site=SITE, policy=POLICY) for item in fetch.items)

    assert (first.title, first.date) == ("The night ferry sails again", date(2026, 3, 10))
    assert first.link == server.url("/en/news/night-ferry")
    assert (
        first.html == f'<p>The ferry leaves at <em>ten</em>. <a href="{server.url("/en/timetable")}">Timetable</a></p>'
    )
    assert (first.labels, first.keywords, first.language) == (("Ferries & Quays", "People"), ("night",), "en")
    assert (second.title, second.text, second.labels) == ("A crane changes its quay", "It takes a week.", ())
    assert not fetch.problems


def test_a_selector_that_finds_nothing_is_reported(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p><b>10 March 2026</b><i>Ferry</i></p>")

    fetch = PageSource("news", ".news li", "b", path=page, title="i").fetch(validator="", now=NOW)

    (remark,) = fetch.remarks
    assert remark.what == "'.news li' finds no item: `publisher check --source news` suggests selectors"


def test_what_a_time_says_to_machines_counts_more_than_its_words(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p><b><time datetime='2026-03-10T23:30:00Z'>10 March</time></b><i>Ferry</i></p>")

    (item,) = PageSource("news", "p", "b", path=page, title="i").fetch(validator="", now=NOW).items

    assert item.published == datetime(2026, 3, 10, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "address",
    [
        "/news/2026-03-10-ferry.html",
        "/2026/03/10/ferry/",
        "https://example.org/2026-3-10/ferry?page=2026-01-01",
        "../20260310-ferry",
        "2026-03-10",
    ],
)
def test_an_attribute_may_be_an_address_with_the_day_in_it(tmp_path: Path, address: str) -> None:
    page = tmp_path / "page.html"
    page.write_text(f"<p><a href='{address}'>Ferry</a></p>")

    (item,) = PageSource("news", "p", "a@href", path=page, title="a").fetch(validator="", now=NOW).items

    assert item.date == date(2026, 3, 10)


@pytest.mark.parametrize(
    "address", ["/news/2026/ferry", "/news/12345678-ferry", "/2026-02-31/x", "http://[", "/10/03/2026/x"]
)
def test_an_address_without_a_day_is_no_date(tmp_path: Path, address: str) -> None:
    page = tmp_path / "page.html"
    page.write_text(f"<p><a href='{address}'>Ferry</a></p>")

    with pytest.raises(SourceError, match="is no date"):
        PageSource("news", "p", "a@href", path=page, title="a").fetch(validator="", now=NOW)


def test_words_for_screen_readers_alone_are_not_in_a_title(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<p><b><span class='visually-hidden'>Date of publication</span>10 March 2026</b>"
        "<i>Ferry <span class='sr-only'>opens in a new tab</span></i><u><span class='sr-only'>Ferries</span></u></p>"
    )

    (item,) = PageSource("news", "p", "b", path=page, title="i", themes="u").fetch(validator="", now=NOW).items

    assert (item.title, item.date, item.labels) == ("Ferry", date(2026, 3, 10), ("Ferries",))


def test_a_page_may_have_no_dates(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p><i>Ferry</i></p>")
    source = PageSource("news", "p", path=page, title="i", undated="seen", timezone="Europe/Brussels")

    (item,) = source.fetch(validator="", now=NOW).items

    assert (item.title, item.date, item.is_undated) == ("Ferry", date(2026, 3, 11), True)


def test_a_listing_in_french(server: Server) -> None:
    (item,) = read(server, "/fr/news").items

    assert (item.title, item.date, item.language) == ("Le bac de nuit reprend la mer", date(2026, 3, 10), "fr")
    assert item.labels == ("Bacs et quais",)


def test_the_pages_that_follow_are_read_too(server: Server) -> None:
    fetch = read(server, "/en/news", pages=5)

    assert [item.title for item in fetch.items][2:] == ["Lights on the mole"]
    assert [problem.what for problem in fetch.problems] == ["it has no date; the item was left out"]


def test_an_unchanged_first_page_is_all_that_is_asked_for(server: Server) -> None:
    first = read(server, "/en/news", pages=5)
    server.asked.clear()

    assert read(server, "/en/news", pages=5, validator=first.validator).is_unchanged
    assert len(server.asked) == 1


def test_other_selectors_read_the_same_page_again(server: Server) -> None:
    first = read(server, "/en/news")

    assert not read(server, "/en/news", validator=first.validator, title="h2 a").is_unchanged


@pytest.mark.parametrize(("key", "selector"), [("item", "div["), ("title", "h2:nonsense"), ("body", "p::")])
def test_an_invalid_selector_is_an_error(server: Server, key: str, selector: str) -> None:
    with pytest.raises(SourceError, match="is no CSS selector"):
        read(server, "/en/news", **{key: selector})


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<article><time>2026-03-01</time><p>caf\xe9".encode("latin-1"), "café"),
        ("<meta charset=iso-8859-15><article><time>2026-03-01</time><p>10 €".encode("iso-8859-15"), "10 €"),
        ("<article><time>2026-03-01</time><p>café".encode(), "café"),
    ],
)
def test_pages_in_any_encoding(tmp_path: Path, body: bytes, text: str) -> None:
    (tmp_path / "news.html").write_bytes(body)
    source = PageSource("news", "article", "time", path=tmp_path / "news.html", body="p")

    (item,) = source.fetch(validator="", now=NOW).items

    assert text in item.html
