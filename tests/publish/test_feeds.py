"""What feed readers get. The comments name the rules that a strict validator checks."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from html import unescape

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from publisher.model.feeds import Feed
from publisher.model.items import Enclosure
from publisher.model.records import Record, State
from publisher.model.site import Mailbox, Site
from publisher.model.themes import Theme
from publisher.publish.document import FeedDocument, FeedLook, feed_document
from publisher.publish.jsonfeed import json_feed
from publisher.publish.rss_atom import atom, rss
from publisher.rendering import urls
from publisher.rendering.text import html_of, scrub
from tests.values import EVERYTHING, FERRIES, PEOPLE, SITE, record

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DCTERMS = "{http://purl.org/dc/terms/}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
NOON = datetime(2022, 2, 11, 12, tzinfo=UTC)
ABOUT_FERRIES = Feed.of_theme(FERRIES)

HOSTILE = [
    "<script>alert(1)</script> & <b>bold</b></item></channel>",
    "]]> and <![CDATA[ and &amp; and &#60; and &nbsp;",
    "\x00\x08\x1b[31m\ud800\udfff\ufffe\uffff\x85",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "مرحبا بالعالم \u202edlrow\u202c",
    "🙂👩‍👩‍👧‍👦🏳️‍🌈 and 𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
    "../relative <a href='/x'>link</a> <img src=x onerror=alert(1)>",
    "word " * 20_000,
    "w" * 100_000,
    "",
    "\n\n \n",
]


def document(*records: Record, feed: Feed = ABOUT_FERRIES, site: Site = SITE) -> FeedDocument:
    look = FeedLook(site=site, authority="news.example.org,2022", formats=("rss", "atom", "json"))
    return feed_document(feed, records, look=look, changed_at=NOON)


def rss_tree(document: FeedDocument) -> etree._Element:
    channel = etree.fromstring(rss(document)).find("channel")
    assert channel is not None
    return channel


def atom_tree(document: FeedDocument) -> etree._Element:
    return etree.fromstring(atom(document))


def one_line(text: str) -> str:
    return " ".join(text.split())


def as_feedparser_repairs(text: str) -> str:
    """Return the text as feedparser returns it: feedparser decodes Latin-1 text that is also valid UTF-8, such as `Â¡`,
    a second time.
    """
    try:
        return text.encode("iso-8859-1").decode("utf-8")
    except UnicodeError:
        return text


def hostile_records() -> list[Record]:
    plain = [record(text, number=number) for number, text in enumerate(HOSTILE, start=1)]
    titled = [
        record(
            "Fine.",
            number=number,
            title=text,
            keywords=(text, text),
            link=text,
            language=text,
            themes=(Theme(slug="x", title=text),),
        )
        for number, text in enumerate(HOSTILE, start=100)
    ]
    return [*plain, *titled]


def check_rfc_4287(feed: etree._Element) -> None:
    """Check the rules of RFC 4287 that a validator can check, by section."""
    names = [str(child.tag) for child in feed]
    metadata = names[: names.index(f"{ATOM}entry")] if f"{ATOM}entry" in names else names
    assert f"{ATOM}entry" not in names[: len(metadata)]
    assert set(names[len(metadata) :]) <= {f"{ATOM}entry"}, "metadata stands before entries"
    for required in ("id", "title", "updated", "author", "generator", "subtitle"):
        assert metadata.count(f"{ATOM}{required}") == 1, required  # 4.1.1
    relations = [(link.get("rel"), link.get("type")) for link in feed.findall(f"{ATOM}link")]
    assert sorted(relations) == [("alternate", "text/html"), ("self", "application/atom+xml")]
    entries = feed.findall(f"{ATOM}entry")
    for entry in entries:
        for required in ("id", "title", "updated", "published", "content", "summary", "link"):
            assert len(entry.findall(f"{ATOM}{required}")) == 1, required  # 4.1.2
        link = entry.find(f"{ATOM}link")
        assert link is not None
        assert (link.get("rel"), link.get("type"), link.get("hreflang")) == ("alternate", "text/html", entry.get(LANG))
        for category in entry.findall(f"{ATOM}category"):
            assert str(category.get("scheme")).startswith(SITE.base_url)  # 4.2.2.2: an IRI
            assert not re.search(r"</\w", str(category.get("label")))
    for uri in [*feed.iter(f"{ATOM}id"), *feed.iter(f"{ATOM}uri")]:
        assert re.fullmatch(r"tag:[a-z0-9.-]+,\d{4}:[\w/.-]+", uri.text or ""), "an absolute, canonical IRI"  # 4.2.6
    for instant in [*feed.iter(f"{ATOM}updated"), *feed.iter(f"{ATOM}published")]:
        assert datetime.fromisoformat(instant.text or "").utcoffset() == timedelta(0)  # 3.3
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == len(ids)
    for construct in [*feed.iter(f"{ATOM}title"), *feed.iter(f"{ATOM}summary"), *feed.iter(f"{ATOM}subtitle")]:
        assert construct.get("type") in (None, "text")
        assert not re.search(r"</\w", construct.text or ""), "no undeclared HTML"  # 3.1.1.1


def check_rss(channel: etree._Element) -> None:
    """Check the rules of RSS 2.0 and of the RSS Advisory Board's profile."""
    for required in ("title", "link", "description", "language", "lastBuildDate", "managingEditor", "generator"):
        assert len(channel.findall(required)) == 1, required
        assert channel.findtext(required)
    own = channel.findall(f"{ATOM}link")
    assert [(link.get("rel"), link.get("type")) for link in own] == [("self", "application/rss+xml")]
    assert re.fullmatch(r"\S+@\S+ \(.+\)", channel.findtext("managingEditor") or "")
    guids = [item.findtext("guid") for item in channel.findall("item")]
    assert len(set(guids)) == len(guids)
    for item in channel.findall("item"):
        for required in ("title", "link", "description", "guid", "pubDate", f"{CONTENT}encoded"):
            assert len(item.findall(required)) == 1, required
        guid = item.find("guid")
        assert guid is not None
        assert guid.get("isPermaLink") == "false"
        assert parsedate_to_datetime(item.findtext("pubDate") or "").utcoffset() == timedelta(0)
        assert re.fullmatch(r"https?://[^\s<>]+", item.findtext("link") or "")
        for text in (item.findtext("title"), *(category.text for category in item.findall("category"))):
            assert not re.search(r"</\w|<\w|&#?\w+;", text or ""), "nothing a reader could take for HTML"
        assert "<" not in (item.findtext("description") or ""), "HTML without an element is text"


class TestDocument:
    def test_newest_first_in_a_stable_order(self) -> None:
        records = [record(number=number) for number in (2, 3, 1)]

        ids = [item.id for item in document(*records).items]

        assert ids == [record(number=number).uid for number in (3, 2, 1)]

    def test_withdrawn_items_are_left_out(self) -> None:
        assert document(record(state=State.WITHDRAWN)).items == ()
        assert len(document(record(state=State.UNLISTED)).items) == 1

    def test_it_is_updated_by_its_newest_change(self) -> None:
        later = NOON + timedelta(days=1, microseconds=5)

        assert document(record()).updated == NOON
        assert document(record(revision=2, updated=later)).updated == NOON + timedelta(days=1)

    def test_ids_name_the_feed_and_not_its_address(self) -> None:
        moved = document(site=replace(SITE, base_url="https://elsewhere.example/"))

        assert moved.id == document().id == "tag:news.example.org,2022:feeds/ferries"
        assert document(feed=EVERYTHING).id == "tag:news.example.org,2022:feeds/all"

    def test_an_item_of_which_only_the_date_is_known_has_a_title(self) -> None:
        (item,) = document(record("", date=date(2022, 2, 10))).items

        assert item.title == "10 February 2022"

    def test_its_html_is_the_whole_text(self) -> None:
        text = "One <two>.\n\nThree.\n\nFour. Five."
        (item,) = document(record(text)).items

        assert item.html == html_of(record(text).item, picture="Picture")

    def test_a_link_that_is_no_web_address_leads_to_the_page(self) -> None:
        for link in ("javascript:alert(1)", "/relative", "https://", "https://a b", 'https://e.org/"x', "ftp://e.org"):
            assert urls.url_of(record(link=link), SITE) == "https://news.example.org/items/2022/item-1.html"
        assert urls.url_of(record(link="https://e.org/é?a=1&b#c"), SITE) == "https://e.org/é?a=1&b#c"

    def test_keywords_and_themes_are_told_apart(self) -> None:
        (item,) = document(record(themes=(FERRIES, PEOPLE), keywords=("ice", "ice", "\x00"))).items

        assert [(category.term, category.scheme) for category in item.categories] == [
            ("ferries", "https://news.example.org/"),
            ("people", "https://news.example.org/"),
            ("ice", "https://news.example.org/keywords/"),
        ]


@pytest.mark.parametrize("about", [ABOUT_FERRIES, EVERYTHING])
@pytest.mark.parametrize("records", [[], [record()], hostile_records()], ids=["empty", "one", "hostile"])
class TestEveryFeed:
    def test_atom_keeps_to_its_rules(self, about: Feed, records: list[Record]) -> None:
        feed = atom_tree(document(*records, feed=about))

        check_rfc_4287(feed)
        assert len(feed.findall(f"{ATOM}entry")) == len(records), "one bad item never costs a feed"

    def test_rss_keeps_to_its_rules(self, about: Feed, records: list[Record]) -> None:
        channel = rss_tree(document(*records, feed=about))

        check_rss(channel)
        assert len(channel.findall("item")) == len(records)

    def test_both_say_the_same(self, about: Feed, records: list[Record]) -> None:
        made = document(*records, feed=about)
        entries, items = atom_tree(made).findall(f"{ATOM}entry"), rss_tree(made).findall("item")

        for entry, item in zip(entries, items, strict=True):
            assert entry.findtext(f"{ATOM}id") == item.findtext("guid")
            assert entry.findtext(f"{ATOM}title") == item.findtext("title")
            assert entry.findtext(f"{ATOM}content") == item.findtext(f"{CONTENT}encoded")
            assert entry.findtext(f"{ATOM}summary") == unescape(item.findtext("description") or "")
            assert entry.get(LANG) == item.get(LANG)
            published = datetime.fromisoformat(entry.findtext(f"{ATOM}published") or "")
            assert published == parsedate_to_datetime(item.findtext("pubDate") or "")

    def test_json_says_the_same(self, about: Feed, records: list[Record]) -> None:
        made = document(*records, feed=about)
        feed, entries = json.loads(json_feed(made)), atom_tree(made)

        assert feed["title"] == entries.findtext(f"{ATOM}title")
        assert feed["description"] == entries.findtext(f"{ATOM}subtitle")
        assert feed["home_page_url"] == made.page_url
        assert feed["feed_url"] == f"{made.page_url}feed.json"
        assert feed["authors"] == [{"name": made.author.name, "url": f"mailto:{made.author.address}"}]
        for item, entry in zip(feed["items"], entries.findall(f"{ATOM}entry"), strict=True):
            for key, tag in {"id": "id", "title": "title", "summary": "summary", "content_html": "content"}.items():
                assert item[key] == entry.findtext(f"{ATOM}{tag}")
            assert item["url"] == next(link.get("href") for link in entry.findall(f"{ATOM}link"))
            assert item["date_published"] == entry.findtext(f"{ATOM}published")
            assert item.get("date_modified", item["date_published"]) == entry.findtext(f"{ATOM}updated")
            assert item["language"] == entry.get(LANG)
            labels = [category.get("label") for category in entry.findall(f"{ATOM}category")]
            assert item.get("tags", []) == list(dict.fromkeys(labels))

    def test_json_is_laid_out_as_the_standard_library_does_it(self, about: Feed, records: list[Record]) -> None:
        made = document(*records, feed=about)

        data = json_feed(replace(made, look=replace(made.look, hub="https://hub.example.org/"))).decode()

        assert data == json.dumps(json.loads(data), ensure_ascii=False, indent=1) + "\n"

    @pytest.mark.parametrize("write", [rss, atom, json_feed])
    def test_same_input_same_bytes(
        self, about: Feed, records: list[Record], write: Callable[[FeedDocument], bytes]
    ) -> None:
        made = write(document(*records, feed=about))

        assert made == write(document(*reversed(records), feed=about))
        assert set(re.findall(rb"(20[2-9]\d)-\d\d-\d\dT|\w{3} (20[2-9]\d) ", made)) <= {(b"2022", b""), (b"", b"2022")}


@pytest.mark.parametrize("write", [rss, atom])
@given(texts=st.lists(st.text(st.characters(exclude_categories=())) | st.text("<>&;/#!?ab \n"), max_size=4))
def test_a_feed_is_read_back_equal(write: Callable[[FeedDocument], bytes], texts: list[str]) -> None:
    records = [record(text, number=number) for number, text in enumerate(texts)]
    made = document(*records)

    data = write(made)
    read = feedparser.parse(data)

    assert not read.bozo
    assert [entry.id for entry in read.entries] == [item.id for item in made.items]
    assert [entry.link for entry in read.entries] == [item.url for item in made.items]
    assert [one_line(unescape(entry.title)) for entry in read.entries] == [
        one_line(as_feedparser_repairs(item.title)) for item in made.items
    ]
    contents = [*etree.fromstring(data).iter(f"{ATOM}content", f"{CONTENT}encoded")]
    assert [content.text for content in contents] == [item.html for item in made.items]


def test_a_no_break_space_in_a_title_stays() -> None:
    (item,) = document(record(title="Prix\u00a0: 14\u202f€")).items

    assert item.title == "Prix\u00a0: 14\u202f€"


@given(st.text("abc<>&;/#!? ‹", max_size=40))
def test_a_title_is_changed_only_where_it_looks_like_markup(title: str) -> None:
    (item,) = document(record(title=title)).items
    harmless = not re.search(r"<[a-zA-Z/!?]|&#?\w+;", title)

    if harmless and title.strip():
        assert item.title == one_line(title)
    assert len(item.title) == len(one_line(scrub(title))) or not title.strip()


FILES = (
    Enclosure(url="https://news.example.org/r.pdf?a=1&b=2", size_bytes=1_234_567, title='The "report" & <more>'),
    Enclosure(url="https://news.example.org/talk", media_type="audio/mpeg"),
    Enclosure(url="javascript:alert(1)", media_type="text/html"),
    Enclosure(url="https://news.example.org/é.odt", title="\x00\ud800"),
)
WRITTEN = [
    (FILES[0].url, "application/pdf", "1234567", FILES[0].title),
    (FILES[1].url, "audio/mpeg", None, None),
    (FILES[3].url, "application/vnd.oasis.opendocument.text", None, None),
]


def links_to_files(parent: etree._Element) -> list[tuple[str | None, ...]]:
    links = parent.findall(f"{ATOM}link[@rel='enclosure']")
    return [tuple(link.get(name) for name in ("href", "type", "length", "title")) for link in links]


class TestEnclosures:
    def test_atom_links_to_each_and_the_item_stays_what_it_leads_to(self) -> None:
        (entry,) = atom_tree(document(record(enclosures=FILES))).findall(f"{ATOM}entry")

        assert links_to_files(entry) == WRITTEN
        (alternate,) = entry.findall(f"{ATOM}link[@rel='alternate']")
        assert alternate.get("href") == "https://news.example.org/items/2022/item-1.html"

    def test_rss_has_one_and_links_to_the_others(self) -> None:
        (item,) = rss_tree(document(record(enclosures=FILES))).findall("item")

        (only,) = item.findall("enclosure")
        assert only.items() == [("url", FILES[0].url), ("length", "1234567"), ("type", "application/pdf")]
        assert links_to_files(item) == WRITTEN[1:]
        assert item.findtext("link") == "https://news.example.org/items/2022/item-1.html"

    def test_rss_has_a_length_of_zero_if_the_length_is_unknown(self) -> None:
        enclosure = rss_tree(document(record(enclosures=FILES[1:]))).find("item/enclosure")

        assert enclosure is not None
        assert enclosure.get("length") == "0"

    def test_json_attaches_each(self) -> None:
        (item,) = json.loads(json_feed(document(record(enclosures=FILES))))["items"]

        names = ("url", "mime_type", "size_in_bytes", "title")
        written = [(*each[:2], each[2] and int(each[2]), each[3]) for each in WRITTEN]
        assert [tuple(each.get(name) for name in names) for each in item["attachments"]] == written

    @pytest.mark.parametrize("write", [rss, atom, json_feed])
    def test_an_item_without_any_says_nothing_of_them(self, write: Callable[[FeedDocument], bytes]) -> None:
        assert not re.search(rb"enclosure|attachment", write(document(*hostile_records())))


class TestRss:
    def test_a_revision_is_dated(self) -> None:
        revised = record(revision=2, updated=NOON)
        (item,) = rss_tree(document(revised)).findall("item")

        assert item.findtext(f"{DCTERMS}modified") == NOON.isoformat()
        assert rss_tree(document(record())).find(f"item/{DCTERMS}modified") is None

    def test_its_link_is_the_page(self) -> None:
        assert rss_tree(document()).findtext("link") == "https://news.example.org/ferries/"


class TestAtom:
    def test_a_revision_is_updated_and_keeps_its_id_and_birthday(self) -> None:
        first, revised = record(), record("The first ferry sailed late.", revision=2, updated=NOON)
        (before,) = atom_tree(document(first)).findall(f"{ATOM}entry")
        (after,) = atom_tree(document(revised)).findall(f"{ATOM}entry")

        assert after.findtext(f"{ATOM}updated") == NOON.replace(microsecond=1).isoformat()
        for kept in ("id", "published", "link"):
            assert before.findtext(f"{ATOM}{kept}") == after.findtext(f"{ATOM}{kept}")

    def test_an_item_has_its_own_language_and_direction(self) -> None:
        (entry,) = atom_tree(document(record("خبر", language="ar"))).findall(f"{ATOM}entry")

        assert entry.get(LANG) == "ar"
        assert entry.findtext(f"{ATOM}content") == '<div dir="rtl"><p>خبر</p></div>'

    def test_the_author_without_a_name_is_the_site(self) -> None:
        nameless = replace(SITE, author=Mailbox(address="news@example.org"))

        assert atom_tree(document(site=nameless)).findtext(f"{ATOM}author/{ATOM}name") == SITE.title
