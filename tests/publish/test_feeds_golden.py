"""Feeds of the hard site compared with golden files, so that a review shows every change.

`UPDATE_GOLDEN=1 python -m pytest tests/publish/test_feeds_golden.py` updates the files.
"""

import os
from pathlib import Path

import pytest

from publisher.model.feeds import Feed, combined_feed, language_feed
from publisher.publish.document import FeedLook, feed_document
from publisher.publish.entries import Entries
from publisher.publish.feeds import WRITERS
from publisher.rendering import urls
from tests import hard_site

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "hard_site" / "feeds"
SITE, SETTINGS = hard_site.config().site, hard_site.config().feeds
FRENCH = next(combined_feed(asked) for asked in SETTINGS.combined)
LOOK = FeedLook(site=SITE, authority="news.example.org,2026", formats=SETTINGS.formats, combined=SETTINGS.combined)


@pytest.mark.parametrize(
    ("feed", "key", "languages"),
    [
        (Feed.of_all(SITE), "rss", {"", "fr", "de", "ar"}),
        (Feed.of_all(SITE), "atom", {"", "fr", "de", "ar"}),
        (Feed.of_all(SITE), "json", {"", "fr", "de", "ar"}),
        (language_feed("de", fallback="en"), "atom", {"de"}),
        (language_feed("ar", fallback="en"), "rss", {"ar"}),
        (FRENCH, "json", {"fr"}),
    ],
)
def test_a_feed_is_the_one_that_was_reviewed(feed: Feed, key: str, languages: set[str]) -> None:
    records = [record for record in hard_site.records() if record.item.language in languages]
    document = feed_document(feed, records, look=LOOK, changed_at=records[0].published)
    path = GOLDEN / urls.feed_file(urls.folder_of(feed), key)

    written = WRITERS[key](document, Entries())

    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written)
    assert path.read_bytes() == written, f"{path.name}: review the difference, then write it anew"
