"""Every feed is valid, whatever its items contain: by the grammar of RFC 4287, and by the rules of JSON Feed as a
schema.
"""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from publisher.model.feeds import Feed
from publisher.model.records import Record, State
from publisher.model.site import Mailbox, Site
from publisher.model.themes import Theme
from publisher.publish.document import FeedDocument, FeedLook, archive_document, feed_document
from publisher.publish.jsonfeed import json_feed
from publisher.publish.rss_atom import atom, rss
from tests.feed_judge import ATOM, remarks
from tests.publish.test_feeds import FILES as ENCLOSURES
from tests.publish.test_feeds import HOSTILE, NOON, hostile_records
from tests.values import EVERYTHING, FERRIES, SITE, record

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


def feed_of(site: Site, records: list[Record]) -> FeedDocument:
    return feed_document(Feed.of_theme(FERRIES), records, look=replace(LOOK, site=site), changed_at=NOON)


def check(document: FeedDocument) -> None:
    """Check that no feed reader and no known validator could object to a feed."""
    assert remarks(rss=rss(document), atom=atom(document), json_feed=json_feed(document)) == []
    assert [child.tag for child in etree.fromstring(rss(document))[0]].count("image") == 1


@pytest.mark.parametrize(
    "records", [[], [record()], RTL, FILES, hostile_records()], ids=["empty", "one", "rtl", "files", "hostile"]
)
def test_a_feed_is_valid(records: list[Record]) -> None:
    check(feed(records))


BODIES = [
    "<p>caf\ufffd and &#x0; and &#0; and &#xfffd; and &#65533; and &#x80; and &#150;&#1;</p>",
    '<p lang="fr">Voilà <a href="https://example.org/?a=1&amp;b=&quot;2&quot;">&lt;lien&gt;</a></p>',
    "<pre><code>&amp;#x0; &lt;script&gt;</code></pre>",
    "",
]
NAMES = ["\ufffd", "A <b>bold</b> name", "x & y &amp; <z", *HOSTILE]


def test_feeds_of_a_hundred_and_twenty_hostile_items_are_valid() -> None:
    """Some of the items were edited, so that they also have a date of revision."""
    records = [
        record(
            text,
            number=number,
            html=BODIES[number % len(BODIES)],
            title=text if number % 3 else "",
            summary=text if number % 5 == 0 else "",
            keywords=(text, "ice", text[:30]),
            language=["", "fr", "xx-yy", "klingon", text[:20]][number % 5],
            link=["", "https://example.org/ü?ä=1", "javascript:alert(1)", text][number % 4],
            enclosures=ENCLOSURES[: number % 4],
            themes=(Theme(slug="x", title=text[:500]), Theme(slug="was-y", title="Renamed <now>")),
            revision=2 if number % 2 else 1,
            updated=NOON + timedelta(days=1) if number % 2 else None,
        )
        for number, text in enumerate((NAMES * 9)[:120], start=1)
    ]

    assert len(records) == 120
    check(feed(records))


ADDRESSES = ["news@example.org", "o'neill+news@example.org", "nouvelles@café.example", "a/b@example.org", "x@localhost"]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("name", ["Harbour <Office>", "The (old) office & \\sons", "caf\ufffd", "</name>"])
def test_any_publisher_name_makes_a_valid_feed(name: str, address: str) -> None:
    for site in (
        replace(SITE, author=Mailbox(name=name, address=address), title=f"{name} news", description=name),
        replace(SITE, author=Mailbox(name="", address=address), title=name),
    ):
        check(feed_of(site, [record()]))


@pytest.mark.parametrize("number", [1, 7])
def test_a_document_of_an_archive_is_valid(number: int) -> None:
    check(archive_document(EVERYTHING, number, hostile_records(), look=LOOK))


@given(st.lists(st.text(st.characters(exclude_categories=())) | st.text("<>&;]#!?ab \n"), max_size=4), st.text())
def test_any_text_makes_a_valid_feed(texts: list[str], other: str) -> None:
    check(feed([record(text, number=number, title=other, keywords=(other,)) for number, text in enumerate(texts)]))


@given(st.lists(st.text(st.characters(exclude_categories=())) | st.text('"\\/<>&;\n'), max_size=4))
def test_a_json_feed_is_read_back_equal(texts: list[str]) -> None:
    made = feed([record(text, number=number) for number, text in enumerate(texts)])
    read = json.loads(json_feed(made))["items"]

    assert [(one["id"], one["title"], one["summary"], one["content_html"]) for one in read] == [
        (item.id, item.title, item.summary, item.html) for item in made.items
    ]


def test_the_grammar_refuses_what_is_wrong() -> None:
    """A schema that accepts everything would prove nothing."""
    good = atom(feed([record()])).decode()
    for wrong, right in {
        r"<updated>.*?</updated>": "",
        r"<id>tag:.*?</id>": "<id>no iri</id>",
        r"T\d\d:\d\d:\d\d\+00:00": "T10:00:00",
        r"<generator>": "<generators/><generator>",
    }.items():
        assert not ATOM.validate(etree.fromstring(re.sub(wrong, right, good, count=1).encode()))


def test_the_judge_remarks_on_what_is_wrong() -> None:
    made = feed([record(number=number, language="fr") for number in (1, 2)])
    good = {"rss": rss(made), "atom": atom(made), "json_feed": json_feed(made)}
    instant = made.items[0].updated.isoformat().encode()

    def said(name: str, right: bytes, wrong: bytes) -> set[str]:
        assert right in good[name]
        return set(remarks(**{**good, name: good[name].replace(right, wrong)}))

    assert remarks(**good) == []
    assert said("atom", made.items[1].updated.isoformat().encode(), instant) == {"DuplicateUpdated"}
    assert said("atom", made.items[1].id.encode(), made.items[0].id.encode()) == {"DuplicateEntries"}
    assert said("atom", b"<name>Harbour", b"<name>&lt;b&gt;Harbour") == {"ContainsHTML"}
    assert said("atom", b"<email>news@", b"<email>n/s@") == {"InvalidContact"}
    assert said("rss", b"(Harbour", b"((Harbour") == {"InvalidContact"}
    assert said("rss", b"It was full", b"It was \xef\xbf\xbd full") == {"BadCharacters"}
    assert said("rss", b"It was full", b"It was &amp;#x0; full") == {"BadCharacters"}
    assert said("rss", b"<language>en", b"<language>klingon") == {"InvalidLanguage"}
    assert said("rss", b"&lt;p&gt;", b"&lt;p onclick=&gt;") == {"SecurityRisk, or ContainsRelRef"}
    assert "'title' is a required property" in said("json_feed", b'"title"', b'"tidle"')


def test_an_archive_depends_on_nothing_later() -> None:
    records = [record(number=number) for number in (1, 2)]

    first = archive_document(EVERYTHING, 1, records, look=LOOK)

    assert first.updated == max(one.updated for one in records)
    assert first == archive_document(EVERYTHING, 1, reversed(records), look=LOOK)
    assert "next-archive" not in atom(first).decode()
    assert feed_document(EVERYTHING, records, look=LOOK, changed_at=NOON + timedelta(days=9)).updated > first.updated
