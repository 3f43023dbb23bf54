"""Feeds of the hard site, kept as files: what a change does to them is seen when it is reviewed.

`UPDATE_GOLDEN=1 python -m pytest tests/publish/test_feeds_golden.py` writes them anew.
"""

import os
from pathlib import Path

import pytest

from publisher.model.feeds import Feed
from publisher.publish.document import FeedLook, feed_document
from publisher.publish.entries import Entries
from publisher.publish.feeds import WRITERS
from publisher.rendering import urls
from tests import hard_site

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "hard_site" / "feeds"
SITE = hard_site.config().site
ALL = Feed.of_all(SITE)


@pytest.mark.parametrize("key", ["rss", "atom", "json"])
def test_a_feed_is_the_one_that_was_reviewed(key: str) -> None:
    look = FeedLook(site=SITE, authority="news.example.org,2026", formats=("rss", "atom", "json"))
    records = hard_site.records()
    document = feed_document(ALL, records, look=look, changed_at=records[0].published)
    path = GOLDEN / urls.feed_file(urls.folder_of(ALL), key)

    written = WRITERS[key](document, Entries())

    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written)
    assert path.read_bytes() == written, f"{path.name}: review the difference, then write it anew"
