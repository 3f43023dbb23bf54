"""Suggested selectors find the list that people see, on pages of many kinds."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.admin.suggest.lists import Suggestion, suggest_selectors
from publisher.admin.suggest.selectors import is_chosen
from publisher.collect.sources.page import PageSource, catch, parsed, select

NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
SAVED = Path(__file__).parents[1] / "golden" / "pages"
AROUND = """<!DOCTYPE html><html lang="en"><head><title>Harbour</title></head><body class="archive has-sidebar">
<header class="site-header"><a href="/">Harbour Office</a>
  <nav><ul class="menu"><li><a href="/a">About</a><ul><li><a href="/a/1">People</a></li><li><a href="/a/2">Quays</a>
  </li></ul></li><li><a href="/b">News</a></li><li><a href="/c">Contact</a></li></ul></nav></header>
<div class="layout">{}</div>
<aside class="sidebar"><h2>Soon</h2><ul class="soon">
  <li><a href="/e/1">A tour of the long mole for children</a> <span class="on">1 April 2026</span></li>
  <li><a href="/e/2">A tour of the short mole for everybody</a> <span class="on">2 April 2026</span></li>
  <li><a href="/e/3">A talk about cranes in the old hall</a> <span class="on">3 April 2026</span></li>
  <li><a href="/e/4">A talk about ropes in the old hall</a> <span class="on">4 April 2026</span></li></ul></aside>
<footer><p>Last change on 9 March 2026</p><ul><li><a href="/x">Imprint</a></li><li><a href="/y">Privacy</a></li></ul>
</footer></body></html>"""

VIEWS = (SAVED / "views-en.html").read_text("utf-8")
WORDPRESS = AROUND.format(
    """<main id="main" class="site-main">
<article id="post-31" class="post-31 post type-post status-publish hentry category-quays">
 <header class="entry-header"><h2 class="entry-title"><a href="/2026/ferry/" rel="bookmark">The ferry sails</a></h2>
 <div class="entry-meta"><span class="posted-on">Posted on <a href="/2026/ferry/" rel="bookmark">
  <time class="entry-date published" datetime="2026-03-10T08:00:00+01:00">10 March 2026</time>
  <time class="updated" datetime="2026-03-10T09:00:00+01:00">10 March 2026</time></a></span></div></header>
 <div class="entry-summary"><p>It leaves at ten, and takes two hours.</p></div>
 <footer class="entry-footer"><span class="cat-links">In <a href="/c/quays/" rel="category tag">Quays</a></span>
 </footer>
</article>
<article id="post-17" class="post-17 post type-post status-publish hentry category-people">
 <header class="entry-header"><h2 class="entry-title"><a href="/2026/crane/" rel="bookmark">A crane moves</a></h2>
 <div class="entry-meta"><span class="posted-on">Posted on <a href="/2026/crane/" rel="bookmark">
  <time class="entry-date published" datetime="2026-02-02T08:00:00+01:00">2 February 2026</time></a></span></div>
 </header>
 <div class="entry-summary"><p>A week is what it takes to move it.</p></div>
 <footer class="entry-footer"><span class="cat-links">In <a href="/c/people/" rel="category tag">People</a></span>
 </footer>
</article>
<nav class="navigation"><div class="nav-previous"><a href="/page/2/">Older</a></div></nav></main>"""
)
TABLE = AROUND.format(
    """<table><tr><th>Date</th><th>Subject</th><th>Office</th></tr>
<tr><td>10/03/2026</td><td><a href="/n/1">The ferry sails</a></td><td>Quays</td></tr>
<tr><td>02/02/2026</td><td><a href="/n/2">A crane moves</a></td><td>People</td></tr></table>"""
)
DEFINITIONS = AROUND.format(
    """<dl class="chronicle"><dt>10 mars 2026</dt><dd><a href="/n/1">The ferry sails</a></dd>
<dt>2 février 2026</dt><dd><a href="/n/2">A crane moves</a></dd></dl>"""
)
CARDS = AROUND.format(
    """<section class="css-1x2y3z">
<article class="card_root__aB3dE col-md-4"><a href="/n/1"><h3>The ferry sails</h3></a><p>It leaves at ten tonight.</p>
<time datetime="2026-03-10">10. März 2026</time></article>
<article class="card_root__aB3dE col-md-4"><a href="/n/2"><h3>A crane moves</h3></a><p>It takes a whole week.</p>
<time datetime="2026-02-02">2. Februar 2026</time></article></section>"""
)
BULLETS = AROUND.format(
    """<h1>News</h1><ul><li>10 March 2026 – <a href="/n/1">The ferry sails</a></li>
<li>2 February 2026 – <a href="/n/2">A crane moves</a></li></ul>"""
)
DUTCH = AROUND.format(
    """<div class="nieuws"><div class="bericht odd"><span class="datum">Gepubliceerd op 10 maart 2026</span>
<strong><a href="/n/1">The ferry sails</a></strong><div class="inleiding">De boot vertrekt om tien uur.</div></div>
<div class="bericht even"><span class="datum">Gepubliceerd op 2 februari 2026</span>
<strong><a href="/n/2">A crane moves</a></strong><div class="inleiding">Dat duurt een hele week.</div></div></div>"""
)
MONTHS = AROUND.format(
    """<main><h2>March 2026</h2><ul class="list"><li><h3><a href="/n/1">The ferry sails</a></h3>
<span class="date">10 March 2026</span></li><li><h3><a href="/n/2">A crane moves</a></h3>
<span class="date">9 March 2026</span></li></ul>
<h2>February 2026</h2><ul class="list"><li><h3><a href="/n/3">Lights</a></h3>
<span class="date">2 February 2026</span></li></ul></main>"""
)
UTILITIES = AROUND.format(
    """<div class="sc-1a2b3c md:grid"><div class="p-4 bg-white"><a class="text-lg hover:underline" href="/n/1">The ferry
sails</a><div class="text-sm">March 10, 2026</div><p class="mt-2">It leaves at ten, and takes two hours.</p></div>
<div class="p-4 bg-white"><a class="text-lg hover:underline" href="/n/2">A crane moves</a>
<div class="text-sm">February 2, 2026</div><p class="mt-2">It takes a week, and then some days.</p></div></div>"""
)
LINKED = AROUND.format(
    """<div class="grid"><a class="tile" href="/n/1"><h3>The ferry sails</h3><p>It leaves at ten.</p>
<span>10 March 2026</span></a><a class="tile" href="/n/2"><h3>A crane moves</h3><p>It takes a week.</p>
<span>2 February 2026</span></a></div>"""
)
PAGES = {
    "Drupal Views": VIEWS,
    "WordPress": WORDPRESS,
    "table": TABLE,
    "definition list": DEFINITIONS,
    "cards": CARDS,
    "bullets": BULLETS,
    "Dutch": DUTCH,
    "by month": MONTHS,
    "linked tiles": LINKED,
    "names of looks": UTILITIES,
}
DATES = [date(2026, 3, 10), date(2026, 2, 2)]
TITLES = ["The ferry sails", "A crane moves"]
READ = {
    "Drupal Views": [(DATES[0], "The night ferry sails again"), (DATES[1], "A crane changes its quay")],
    "by month": [(DATES[0], TITLES[0]), (date(2026, 3, 9), TITLES[1]), (DATES[1], "Lights")],
}


def suggestion_for(page: str) -> Suggestion:
    found = suggest_selectors(parsed("tests", page.encode(), "utf-8"))
    assert found is not None
    return found


@pytest.mark.parametrize("kind", PAGES)
def test_the_selectors_read_the_list_and_nothing_else(kind: str, tmp_path: Path) -> None:
    (tmp_path / "news.html").write_text(PAGES[kind], "utf-8")
    found = suggestion_for(PAGES[kind])

    fetch = PageSource("news", path=tmp_path / "news.html", **dict[str, Any](found.selectors)).fetch(
        validator="", now=NOW
    )

    items = list(fetch.items)
    assert not fetch.problems
    assert [(item.date, item.title) for item in items] == (READ.get(kind) or list(zip(DATES, TITLES, strict=True)))


@pytest.mark.parametrize(
    ("kind", "selectors"),
    [
        (
            "Drupal Views",
            {
                "item": ".views-row",
                "date": "time@datetime",
                "title": ".views-field-title",
                "body": ".views-field-body",
                "language": "a@hreflang",
                "themes": ".views-field-field-theme a",
                "keywords": ".views-field-field-keywords a",
                "next": "a[rel~='next']@href",
            },
        ),
        (
            "WordPress",
            {
                "item": ".post",
                "date": "time@datetime",
                "title": ".entry-title",
                "body": ".entry-summary",
                "themes": ".cat-links a",
                "next": ".nav-previous a@href",
            },
        ),
        ("table", {"item": "table > tr:has(td)", "date": "td:nth-child(1)", "title": "a"}),
        ("definition list", {"item": ".chronicle > dt", "date": ":scope", "title": ":scope + dd a"}),
        ("cards", {"item": ".layout article", "date": "time@datetime", "title": "h3", "body": "p"}),
        ("bullets", {"item": ".layout li", "date": ":scope", "title": "a"}),
        ("Dutch", {"item": ".bericht", "date": ".datum", "title": "a", "body": ".inleiding"}),
        ("by month", {"item": ".list > li", "date": ".date", "title": "h3"}),
        ("linked tiles", {"item": ".tile", "date": "span", "title": "h3", "body": "p", "link": "@href"}),
    ],
)
def test_the_selectors_are_those_a_person_would_choose(kind: str, selectors: dict[str, str]) -> None:
    assert suggestion_for(PAGES[kind]).selectors == selectors


def test_prose_without_titles_begins_after_its_date(tmp_path: Path) -> None:
    said = "<p><strong>{}. März 2026</strong><br>Die Fähre fährt um zehn. Mehr <a href='/f'>hier</a>.</p>"
    page = f"<div>{said.format(1)}{said.format(2)}</div>"
    (tmp_path / "news.html").write_text(page, "utf-8")
    found = suggestion_for(page)

    fetch = PageSource("news", path=tmp_path / "news.html", **dict[str, Any](found.selectors)).fetch(
        validator="", now=NOW
    )

    assert found.selectors == {"item": "div > p", "date": "strong", "body": ":scope"}
    assert [item.date for item in fetch.items] == [date(2026, 3, 2), date(2026, 3, 1)]
    assert [item.html for item in fetch.items] == ['<br>Die Fähre fährt um zehn. Mehr <a href="/f">hier</a>.'] * 2


@pytest.mark.parametrize(
    ("name", "is_kept"),
    [
        ("views-row", True),
        ("views-field-title", True),
        ("news__itemTitle", True),
        ("newsItem", True),
        ("actualite", True),
        ("post-31", False),
        ("css-1x2y3z", False),
        ("card_root__aBxDe", False),
        ("bdVaJa", False),
        ("col-md", False),
        ("odd", False),
        ("xkcdq", False),
        ("md:flex", False),
    ],
)
def test_names_that_people_chose_are_told_from_others(name: str, is_kept: bool) -> None:
    assert is_chosen(name) is is_kept


@pytest.mark.parametrize(
    "page",
    [
        "<p>Nothing.</p>",
        AROUND.format("<p>On 10 March 2026 the ferry sails.</p>")
        .replace("<aside", "<template")
        .replace("</aside", "</template"),
        "<ul>" + "<li><a href='/a'>A page without a date</a></li>" * 9 + "</ul>",
    ],
)
def test_a_page_without_a_list_has_none(page: str) -> None:
    assert suggest_selectors(parsed("tests", page.encode(), "utf-8")) is None


TAGS = st.sampled_from(["ul", "li", "div", "p", "a href='/a'", "time", "dl", "dt", "dd", "tr", "td", "h2", "nav"])
TEXTS = st.sampled_from(["10 March 2026", "2026-02-02", "The ferry sails", "Posted on 1. Mai 2026", "<!-- -->", "&#0;"])


@given(st.lists(st.one_of(TAGS.map(lambda tag: f"<{tag} class='item {tag[:1]}1'>"), TEXTS), min_size=1, max_size=60))
def test_suggested_selectors_are_valid_for_any_page(pieces: list[str]) -> None:
    root = parsed("tests", f"<body>{''.join(pieces)}".encode(), "utf-8")

    found = suggest_selectors(root)

    assert found == suggest_selectors(root)
    if found is not None:
        items = select("tests", root, found.selectors["item"])
        assert any(catch("tests", item, found.selectors["date"]) for item in items)
