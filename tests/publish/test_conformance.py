"""Every feed is valid to the letter, whatever the items hold: RFC 4287's grammar, and JSON Feed's rules as a schema."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from lxml import etree

from publisher.model.feeds import Feed
from publisher.model.records import Record, State
from publisher.publish.document import FeedDocument, FeedLook, archive_document, feed_document
from publisher.publish.jsonfeed import json_feed
from publisher.publish.rss_atom import atom, rss
from tests.publish.test_feeds import FILES as ENCLOSURES
from tests.publish.test_feeds import NOON, hostile_records
from tests.values import EVERYTHING, FERRIES, SITE, record

SCHEMAS = Path(__file__).resolve().parents[1] / "schemas"
ATOM = etree.RelaxNG(etree.parse(SCHEMAS / "atom.rng"))
JSON_FEED = Draft202012Validator(json.loads((SCHEMAS / "json-feed.json").read_bytes()))
LOOK = FeedLook(
    site=SITE,
    authority="news.example.org,2022",
    formats=("rss", "atom", "json"),
    icon="https://news.example.org/assets/icon.png",
    logo="https://news.example.org/assets/logo.png",
    hub="https://hub.example.org/",
)
GONE = [record(number=90, state=State.WITHDRAWN, updated=NOON), record(number=91, state=State.WITHDRAWN, updated=NOON)]
RTL = [record("خبر جديد 🙂. يتبع.", number=number, language="ar", keywords=("أخبار",)) for number in (1, 2)]

FILES = [record(number=number, enclosures=ENCLOSURES[:number]) for number in (1, 2, 4)]


def feed(records: list[Record]) -> FeedDocument:
    return feed_document(Feed.of_theme(FERRIES), records, look=LOOK, changed_at=NOON, withdrawn=GONE, last_archive=3)


def check(document: FeedDocument) -> None:
    """No reader, and no validator we know of, could find fault."""
    ATOM.assertValid(etree.fromstring(atom(document)))
    assert [error.message for error in JSON_FEED.iter_errors(json.loads(json_feed(document)))] == []
    channel = etree.fromstring(rss(document))[0]
    assert [child.tag for child in channel].count("image") == 1
    for made in (rss(document), atom(document), json_feed(document)):
        made.decode("utf-8")


@pytest.mark.parametrize(
    "records", [[], [record()], RTL, FILES, hostile_records()], ids=["empty", "one", "rtl", "files", "hostile"]
)
def test_a_feed_is_valid(records: list[Record]) -> None:
    check(feed(records))


@pytest.mark.parametrize("number", [1, 7])
def test_a_document_of_an_archive_is_valid(number: int) -> None:
    check(archive_document(EVERYTHING, number, hostile_records(), look=LOOK))


@given(st.lists(st.text(st.characters(exclude_categories=())) | st.text("<>&;]#!?ab \n"), max_size=4), st.text())
def test_any_text_makes_a_valid_feed(texts: list[str], other: str) -> None:
    check(feed([record(text, number=number, title=other, keywords=(other,)) for number, text in enumerate(texts)]))


@given(st.lists(st.text(st.characters(exclude_categories=())) | st.text('"\\/<>&;\n'), max_size=4))
def test_what_is_written_in_json_is_read_back(texts: list[str]) -> None:
    made = feed([record(text, number=number) for number, text in enumerate(texts)])
    read = json.loads(json_feed(made))["items"]

    assert [(one["id"], one["title"], one["summary"], one["content_html"]) for one in read] == [
        (item.id, item.title, item.summary, item.html) for item in made.items
    ]


def test_the_grammar_refuses_what_is_wrong() -> None:
    """A schema that lets everything through would prove nothing."""
    good = atom(feed([record()])).decode()
    for wrong, right in {
        r"<updated>.*?</updated>": "",
        r"<id>tag:.*?</id>": "<id>no iri</id>",
        r"T\d\d:\d\d:\d\d\+00:00": "T10:00:00",
        r"<generator>": "<generators/><generator>",
    }.items():
        assert not ATOM.validate(etree.fromstring(re.sub(wrong, right, good, count=1).encode()))


def test_an_archive_depends_on_nothing_later() -> None:
    records = [record(number=number) for number in (1, 2)]

    first = archive_document(EVERYTHING, 1, records, look=LOOK)

    assert first.updated == max(one.updated for one in records)
    assert first == archive_document(EVERYTHING, 1, reversed(records), look=LOOK)
    assert "next-archive" not in atom(first).decode()
    assert feed_document(EVERYTHING, records, look=LOOK, changed_at=NOON + timedelta(days=9)).updated > first.updated
