"""Traces of editions in the outbox and on the web give the editions' items, or say that these are unknown."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.compose.edition_numbers import highest_number
from publisher.compose.outbox import edition_files
from publisher.compose.traces import Trace, find_traces
from publisher.model.digests import Digest, DigestItem
from publisher.rendering import urls
from tests.editions import AUDIENCE, SITE, edition_of, record_of

SHOWN = DigestItem(uid="tag:shown", title="Shown", url="https://news.example.org/items/2026/shown.html", themes=())
LEFT_OUT = DigestItem(uid="tag:left-out", title="Left out", url="https://example.org/elsewhere", themes=())
CORRECTED = DigestItem(uid="tag:corrected", title="Corrected", url="https://example.org/old", themes=())
PAGE = """
<article><h1>Weekly</h1><div class="text"><p><a href="../../items/2025/praised.html">See also</a></p></div>
<section aria-labelledby="part-1"><h2 id="part-1"><a href="../../asylum/index.html">Asylum</a></h2>
<h3><a href="../../items/2026/one.html">One</a></h3></section>
<h2><a href="../../items/2026/two.html">Two</a></h2>
<section aria-labelledby="corrections"><h2>Corrected since</h2>
<h3><a href="../../items/2025/old.html">Old</a></h3></section>
<nav><a href="../../items/index.html">All</a></nav></article>
"""


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


@pytest.fixture
def feeds(tmp_path: Path) -> Path:
    return tmp_path / "feeds"


def put(outbox: Path, name: str, *, number: int) -> None:
    digest = Digest(
        subject="News", preheader="", html="", text="", shown=(SHOWN,), corrected=(CORRECTED,), left_out=(LEFT_OUT,)
    )
    edition = edition_of(record_of("one"), number=number)
    (outbox / name).mkdir(parents=True)
    for file, data in edition_files(edition, digest, b"", audience=AUDIENCE, site=SITE).items():
        (outbox / name / file).write_bytes(data)


def show(feeds: Path, number: int, page: str = PAGE) -> None:
    file = feeds / urls.edition_file("weekly", number)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page, encoding="utf-8")


def test_edition_json_has_the_items_of_the_mail_and_those_without_room_in_it(outbox: Path, feeds: Path) -> None:
    put(outbox, "weekly-3", number=3)
    show(feeds, 3)

    composed_at = datetime.fromisoformat(json.loads((outbox / "weekly-3/edition.json").read_text())["composed_at"])
    assert composed_at.astimezone(UTC) == composed_at
    assert {
        3: Trace(number=3, had=frozenset({"tag:shown", "tag:left-out"}), is_in_outbox=True, composed_at=composed_at)
    } == find_traces("weekly", outbox=outbox, feeds=feeds)


def test_a_page_has_them_in_its_headings_without_those_it_corrects(outbox: Path, feeds: Path) -> None:
    show(feeds, 2)

    had = frozenset({"items/2026/one", "items/2026/two"})
    assert {2: Trace(number=2, had=had, is_in_outbox=False)} == find_traces("weekly", outbox=outbox, feeds=feeds)


@pytest.mark.parametrize(
    "page",
    [f'{PAGE}<p class="more"><a href="../../all/index.html">1 more item</a></p>', "<p>It was withdrawn.</p>", ""],
)
def test_a_page_that_names_not_all_or_none_tells_nothing(outbox: Path, feeds: Path, page: str) -> None:
    show(feeds, 2, page)

    assert {2: Trace(number=2, had=None, is_in_outbox=False)} == find_traces("weekly", outbox=outbox, feeds=feeds)


@pytest.mark.parametrize("damage", ["{", "{}", '{"sha256": {"digest.eml": ""}}', None])
def test_where_edition_json_is_damaged_the_page_tells(outbox: Path, feeds: Path, damage: str | None) -> None:
    put(outbox, "weekly-2", number=2)
    if damage is None:
        (outbox / "weekly-2/edition.json").unlink()
    else:
        (outbox / "weekly-2/edition.json").write_text(damage)

    assert {2: Trace(number=2, had=None, is_in_outbox=True)} == find_traces("weekly", outbox=outbox, feeds=feeds)

    show(feeds, 2)
    had = frozenset({"items/2026/one", "items/2026/two"})
    assert {2: Trace(number=2, had=had, is_in_outbox=True)} == find_traces("weekly", outbox=outbox, feeds=feeds)


def test_numbers_are_those_of_this_audience_alone(outbox: Path, feeds: Path) -> None:
    assert (0, {}) == (
        highest_number("weekly", outbox=outbox, feeds=feeds),
        find_traces("weekly", outbox=outbox, feeds=feeds),
    )
    for name in ("weekly-3", "weekly-2-9", "weekly-07", "weekly-x", "weekly", "other-8", "held/weekly-5"):
        (outbox / name).mkdir(parents=True)
    (outbox / "held/weekly-6.txt").write_text("not a folder's name")
    assert 5 == highest_number("weekly", outbox=outbox, feeds=feeds)
    assert [3] == list(find_traces("weekly", outbox=outbox, feeds=feeds))

    show(feeds, 11)
    show(feeds, 4)
    (feeds / "archive/weekly/index.html").write_text("the list")
    assert 11 == highest_number("weekly", outbox=outbox, feeds=feeds)
    assert [3, 4, 11] == list(find_traces("weekly", outbox=outbox, feeds=feeds))
