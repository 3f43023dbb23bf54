"""The feed source of this program reads its own feeds: the feeds of one site are the sources of another."""

import json

import pytest

from publisher.collect.clean import clean_item
from publisher.collect.sources.feed import FeedSource
from publisher.model.items import Item
from publisher.model.records import Record
from publisher.model.titles import title_of
from tests.values import POLICY, SITE
from tests.world import CONFIG, NOW, World

ROWS = [
    {
        "id": "marks in plain words",
        "date": "2026-03-01T10:00:00Z",
        "title": "Words: it says ]]> and 'quotes' & \"more\"",
        "text": "It says <script>alert(1)</script> & &amp; ]]> in plain words.\n\nSecond &lt;paragraph&gt;.",
        "themes": ["Ferries & Quays", "Crème brûlée"],
        "keywords": ["night & day"],
        "language": "nl",
    },
    {
        "id": "words about marks",
        "date": "2026-03-02T23:59:59+01:00",
        "title": "On HTML",
        "html": "<p>Write <code>&lt;br&gt;</code> &amp;amp; go ]]&gt; on <a href='https://e.example/?b=1&amp;c=2'>x</a></p>",
    },
    {"id": "words alone", "date": "2026-03-03", "text": "No title here. Just a text — and 𝒰nicode 👩‍👩‍👧."},
    {
        "id": "right to left",
        "date": "2026-03-04T08:30:00Z",
        "title": "العبارة الليلية",
        "html": "<ul><li>1<li>2</ul><img src=https://e.example/p.png alt='x \"y\"' width=40><pre> a\n  b </pre>",
        "language": "ar",
    },
    {"id": "escaped first", "date": "2026-03-04", "title": "x", "html": "&lt;p&gt;no mark&lt;/p&gt; <em>so</em>"},
]  # fmt: skip
TABLE = '[[sources]]\nname = "register"\nkind = "table"\npath = "register.jsonl"\n'


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> World:
    listing = '[[sources]]\nname = "news"\npath = "news.txt"\n'
    world = World(tmp_path_factory.mktemp("published") / "site", config=CONFIG.replace(listing, TABLE))
    (world.folder / "register.jsonl").write_text("\n".join(map(json.dumps, ROWS)), "utf-8")
    assert world.publisher("run", at=NOW).exit_code == 0
    return world


@pytest.mark.parametrize("name", ["rss.xml", "atom.xml", "feed.json"])
def test_feeds_are_read_back_as_they_were_written(published: World, name: str) -> None:
    with published.store() as store:
        records = {record.uid: record for batch in store.log.changed_records(0, store.log.end()) for record in batch}

    fetch = FeedSource("again", path=published.feeds / "all" / name).fetch(validator="", now=NOW)

    assert not fetch.problems
    read = {item.native_id: clean_item(item, site=SITE, policy=POLICY) for item in fetch.items}
    assert {uid: said(item, item.title) for uid, item in read.items()} == {
        uid: said(record.item, title_of(record.item)) for uid, record in records.items()
    }
    for uid, record in records.items():
        assert read[uid].published == record.published
        assert read[uid].language == (record.item.language or "en")
        assert read[uid].link in (record.item.link, page_of(record))
        assert read[uid].labels == (*(theme_of(record)), *record.item.keywords)


def said(item: Item, title: str) -> tuple[str, str, int, int]:
    """Return the title and the words of an item, and how many pictures and paragraphs its HTML has."""
    html = item.html or "<p>" * len(item.text.split("\n\n"))
    return title, item.text, html.count("<img"), html.count("<p>")


def theme_of(record: Record) -> tuple[str, ...]:
    return record.item.labels or ("General",)


def page_of(record: Record) -> str:
    return f"https://news.example.org/{record.path}.html"
