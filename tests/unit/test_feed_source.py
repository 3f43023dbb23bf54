"""Feeds in: what feeds of every kind and quality become."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import SourceError
from publisher.model import Fetching, SourcePolicy
from publisher.sources import Fetch
from publisher.sources.completing import completed
from publisher.sources.feed import FeedSource
from publisher.sources.fetching import Fetcher
from tests.servers import Answer, Server
from tests.values import SITE

NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>News</title><language>nl-be</language><ttl>90</ttl>
<item><title>Ferry &amp;amp; quay</title><link>/ferry?fbclid=x</link><guid isPermaLink="false">f1</guid>
<pubDate>Tue, 10 Mar 2026 23:30:00 GMT</pubDate><category>Ferries</category>
<description>&lt;p&gt;It sails.&lt;/p&gt;&lt;script&gt;x()&lt;/script&gt;</description></item></channel></rss>"""


def read(folder: Path, body: str | bytes, **keys: Any) -> Fetch:
    path = folder / "feed"
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    return FeedSource("news", path=path, **keys).fetch(validator="", now=NOW)


def test_an_item_of_rss(tmp_path: Path) -> None:
    fetch = read(tmp_path, RSS.replace("/ferry", "https://example.org/ferry"))
    (item,) = (completed(each, site=SITE, policy=SourcePolicy()) for each in fetch.items)

    assert (item.title, item.text, item.html) == ("Ferry & quay", "It sails.", "<p>It sails.</p>")
    assert (item.native_id, item.link, item.labels) == ("f1", "https://example.org/ferry", ("Ferries",))
    assert item.language == "nl-be"
    assert item.published == datetime(2026, 3, 10, 23, 30, tzinfo=UTC)
    assert item.date == date(2026, 3, 11), "it was after midnight in Brussels"
    assert fetch.fresh_until == NOW + timedelta(minutes=90)


def test_its_archive_is_followed_back_once(server: Server) -> None:
    def atom(number: int, links: str) -> bytes:
        entry = f"<entry><id>{number}</id><title>{number}</title><updated>2026-03-0{number}T12:00:00Z</updated></entry>"
        return f'<feed xmlns="http://www.w3.org/2005/Atom"><id>f</id>{links}{entry}</feed>'.encode()

    for number, older in ((3, "/2"), (2, "/1"), (1, "/3")):
        server.answers[f"/{number}"] = Answer(body=atom(number, f'<link rel="prev-archive" href="{older}"/>'))
    source = FeedSource(
        "news", server.url("/3"), archives=9, fetcher=Fetcher(Fetching(private=("127.0.0.1",)), "tests")
    )

    first = source.fetch(validator="", now=NOW)
    assert [item.title for item in first.items] == ["3", "2", "1"]
    assert not first.notices
    server.asked.clear()
    server.answers["/3"] = Answer(body=atom(4, '<link rel="prev-archive" href="/2"/>'))
    assert [item.title for item in source.fetch(validator=first.validator, now=NOW).items] == ["4"]


def test_a_move_for_ever_is_told(server: Server) -> None:
    server.answers["/old"] = Answer(status=308, headers={"Location": "/new"})
    server.answers["/new"] = Answer(body=RSS.encode())
    source = FeedSource("news", server.url("/old"), fetcher=Fetcher(Fetching(private=("127.0.0.1",)), "tests"))

    (notice,) = source.fetch(validator="", now=NOW).notices

    assert notice.what == f"{server.url('/old')} has moved for ever to {server.url('/new')}; write that in `url`"


@pytest.mark.parametrize(
    "body", ["", "plain", "<html><body><p>No feed</p></body></html>", "{", "{}", "[]", '{"version": 1}', "\x00\xff"]
)
def test_what_is_no_feed_is_an_error(tmp_path: Path, body: str) -> None:
    with pytest.raises(SourceError, match="no"):
        read(tmp_path, body)


@pytest.mark.parametrize(
    "entity",
    [
        '<!ENTITY x SYSTEM "file:///etc/passwd">',
        '<!ENTITY x SYSTEM "http://127.0.0.1:9/">',
        '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY x "&b;&b;&b;&b;&b;&b;&b;">',
    ],
)
def test_entities_are_not_expanded(tmp_path: Path, entity: str) -> None:
    """Neither a file of this machine, nor anything from its network, nor a text made of itself."""
    hostile = RSS.replace('<?xml version="1.0"?>', f'<?xml version="1.0"?><!DOCTYPE rss [{entity}]>').replace(
        "It sails", "It &x; sails"
    )

    fetch = read(tmp_path, hostile)

    (item,) = fetch.items
    assert "root:" not in item.html
    assert "aaaaaaaaaaaaaaaaaaaa" not in item.html


# --- feeds as nobody should write them -------------------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        "<rss version='2.0'>",
        "<channel>",
        "</channel>",
        "<item>",
        "</item>",
        "<title>",
        "</title>",
        "<pubDate>",
        "<![CDATA[",
        "]]>",
        "<!--",
        "&amp;",
        "&nbsp;",
        "&#x0;",
        "&#xD800;",
        "&bogus;",
        "<!DOCTYPE x [<!ENTITY y 'z'>]>",
        "&y;",
        "<feed>",
        "<feed xmlns='http://www.w3.org/2005/Atom'>",
        "<entry>",
        "<content type='xhtml'>",
        "<div>",
        "\x00",
        "\ufffe",
        "é",
        "<?xml version='1.0' encoding='utf-16'?>",
        "<?xml version='1.0' encoding='nonsense'?>",
        "10 Mar 2026",
        "9999-99-99",
        "<dc:date>",
        "<guid>",
        "<link href='http://['/>",
        "<link>javascript:x</link>",
        "xml:base='http://['",
        "</",
        ">",
        "<",
    ]
)
CODECS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1", "cp1252"])


@given(st.lists(st.one_of(WORDS, st.text(max_size=6)), max_size=40).map("".join), CODECS)
def test_whatever_comes_is_items_or_an_error_of_the_source(
    tmp_path_factory: pytest.TempPathFactory, body: str, codec: str
) -> None:
    check(tmp_path_factory.getbasetemp(), body.encode(codec, "ignore"))


@given(st.binary(max_size=300), st.integers(0, len(RSS) - 1), st.integers(0, 60))
def test_a_damaged_feed_is_items_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int, length: int
) -> None:
    whole = RSS.encode()
    check(tmp_path_factory.getbasetemp(), whole[:at] + junk + whole[at + length :])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = ["id", "url", "title", "content_html", "content_text", "date_published", "tags", "language", "summary"]


@given(st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES) | VALUES, max_size=4), VALUES)
def test_json_feeds_of_anything_are_items_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, items: list[Any], other: Any
) -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": items, "language": other, "next_url": other}
    check(tmp_path_factory.getbasetemp(), json.dumps(feed).encode())


def check(folder: Path, body: bytes) -> None:
    try:
        items = tuple(read(folder, body).items)
    except SourceError:
        return
    for item in items:
        assert completed(item, site=SITE, policy=SourcePolicy()).date.year >= 1900


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-be", "utf-32"])
def test_entities_in_wide_characters_are_refused(tmp_path: Path, codec: str) -> None:
    declared = RSS.replace('<?xml version="1.0"?>', '<!DOCTYPE rss [<!ENTITY x "y">]>')

    with pytest.raises(SourceError, match="declares entities"):
        read(tmp_path, declared.encode(codec))
