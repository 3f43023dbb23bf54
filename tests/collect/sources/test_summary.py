"""Summaries written by people, for every kind of source that has them."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from publisher.collect.sources.feed import FeedSource
from publisher.collect.sources.html_words import teaser_of
from publisher.collect.sources.markdown import MarkdownSource
from publisher.collect.sources.table import TableSource
from publisher.model.contents import digest_of_content, digest_of_text
from publisher.model.items import Item
from publisher.model.titles import summary_of
from publisher.store.content import content_of, item_of

NOW = datetime(2024, 3, 6, 11, tzinfo=UTC)
TEASER = "What the council decided, in a sentence."
RSS = """<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><item><title>Council</title>
<pubDate>Mon, 04 Mar 2024 10:00:00 GMT</pubDate>{}</item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><title>Council</title>
<published>2024-03-04T10:00:00Z</published>{}</entry></feed>"""


def summary_in_feed(folder: Path, feed: str) -> str:
    (folder / "feed").write_text(feed, "utf-8")
    (item,) = FeedSource("news", path=folder / "feed").fetch(validator="", now=NOW).items
    return item.summary


@pytest.mark.parametrize(
    "feed",
    [
        RSS.format(f"<description>{TEASER}</description><content:encoded>&lt;p&gt;All.&lt;/p&gt;</content:encoded>"),
        RSS.format(
            f"<content:encoded>&lt;p&gt;All.&lt;/p&gt;</content:encoded><description>&lt;p&gt;{TEASER}&lt;/p&gt;</description>"
        ),
        ATOM.format(f"<summary>{TEASER}</summary><content type='html'>&lt;p>All.&lt;/p></content>"),
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "items": [
                    {"id": "1", "date_published": "2024-03-04", "content_html": "<p>All.</p>", "summary": TEASER}
                ],
            }
        ),
    ],
)
def test_a_feed_sums_up_what_it_gives_whole(tmp_path: Path, feed: str) -> None:
    assert summary_in_feed(tmp_path, feed) == TEASER


def test_a_description_alone_is_the_text(tmp_path: Path) -> None:
    assert summary_in_feed(tmp_path, RSS.format(f"<description>{TEASER}</description>")) == ""


@pytest.mark.parametrize(
    ("summary", "teaser"),
    [
        ("The council met and […]", ""),
        ("The council met and [...] Read more", ""),
        ("The council met and decided.", ""),
        ("Another sentence …", "Another sentence …"),
        (TEASER, TEASER),
        ("", ""),
    ],
)
def test_the_truncated_beginning_of_a_text_is_no_summary(summary: str, teaser: str) -> None:
    assert teaser_of(summary, "The council met and decided.") == teaser


@pytest.mark.parametrize("front", [f"summary: {TEASER}", f"excerpt: {TEASER}", f"description: {TEASER}"])
def test_front_matter_sums_up(tmp_path: Path, front: str) -> None:
    (tmp_path / "a.md").write_text(f"---\ntitle: Council\ndate: 2024-03-04\n{front}\n---\nAll.\n", "utf-8")
    (item,) = MarkdownSource("news", tmp_path).fetch(validator="", now=NOW).items

    assert item.summary == TEASER


def test_the_text_above_a_more_mark_is_the_summary(tmp_path: Path) -> None:
    text = f"---\ntitle: Council\ndate: 2024-03-04\n---\n{TEASER}\n\n<!-- more -->\n\nAll.\n"
    (tmp_path / "a.md").write_text(text, "utf-8")
    (item,) = MarkdownSource("news", tmp_path).fetch(validator="", now=NOW).items

    assert item.summary == TEASER
    assert "All." in item.html


def test_a_column_sums_up(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f'date,title,text,summary\n2024-03-04,Council,All.,"{TEASER}"\n', "utf-8")
    (item,) = TableSource("news", tmp_path / "a.csv").fetch(validator="", now=NOW).items

    assert item.summary == TEASER


def test_an_own_summary_comes_first_and_is_a_part_of_the_content() -> None:
    bare = Item(date=date(2024, 3, 4), text="All of it. And more.")
    item = Item(date=date(2024, 3, 4), text="All of it. And more.", summary=TEASER)

    assert summary_of(bare) == "All of it. And more."
    assert summary_of(item) == TEASER
    assert digest_of_text(item) == digest_of_text(bare)
    assert digest_of_content(item) != digest_of_content(bare)
    assert item_of(content_of(item)) == item
