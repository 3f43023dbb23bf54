"""Feeds of every kind and quality as sources."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.collect.clean import clean_item
from publisher.collect.rules import CollectRules
from publisher.collect.run import collect
from publisher.collect.sources.base import Fetch
from publisher.collect.sources.feed import FeedSource
from publisher.collect.sources.fetch import Fetcher
from publisher.model.errors import SourceError
from publisher.model.feeds import Gathering
from publisher.model.themes import Theme, ThemeMap
from tests.databases import sqlite_store
from tests.servers import Answer, Server
from tests.values import FETCHING, POLICIES, POLICY, SITE

NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
MAX_AGE = {"Cache-Control": "max-age=3600"}
GENERAL = Theme(slug="general", title="General")
RULES = CollectRules(
    site=SITE,
    gathering=Gathering(theme_map=ThemeMap(default=GENERAL), language="en"),
    authority="example.org",
    policies=POLICIES,
)
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
    (item,) = (clean_item(each, site=SITE, policy=POLICY) for each in fetch.items)

    assert (item.title, item.text, item.html) == ("Ferry & quay", "It sails.", "<p>It sails.</p>")
    assert (item.native_id, item.link, item.labels) == ("f1", "https://example.org/ferry", ("Ferries",))
    assert item.language == "nl-be"
    assert item.published == datetime(2026, 3, 10, 23, 30, tzinfo=UTC)
    assert item.date == date(2026, 3, 11), "it was after midnight in Brussels"
    assert fetch.lifetime == timedelta(minutes=90)


def test_the_link_of_another_element_is_not_the_items(tmp_path: Path) -> None:
    related = "<x:related xmlns:x='urn:x'><link>https://example.org/other</link></x:related>"
    picture = "<image><title>Map</title><link>https://example.org/map</link></image>"
    link = "<title>Ferry</title><link>https://example.org/ferry</link>"
    feed = f"<rss version='2.0'><channel><item>{picture}{link}{related}</item></channel></rss>"

    (ferry,) = read(tmp_path, feed).items

    assert (ferry.title, ferry.link) == ("Ferry", "https://example.org/ferry")


@pytest.mark.parametrize("link", ['<link href="https://example.org/a"/>', "<link>https://example.org/a</link>"])
def test_a_file_whose_address_is_the_text_of_its_link(tmp_path: Path, link: str) -> None:
    file = '<link rel="enclosure" type="image/jpeg">https://example.org/a.jpg?x=1&amp;y=2</link>'
    feed = '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>a</id><title>Ferry</title>{}</entry></feed>'

    (item,) = read(tmp_path, feed.format(link + file)).items

    assert item.link == "https://example.org/a"
    assert [each.url for each in item.enclosures] == ["https://example.org/a.jpg?x=1&y=2"]


def test_a_category_that_is_an_address_has_its_label_or_none(tmp_path: Path) -> None:
    kind = '<category scheme="http://schemas.google.com/g/2005#kind" term="http://schemas.google.com/blogger#post"/>'
    labelled = '<category scheme="https://example.org/tags" term="https://example.org/tags/sea" label="The sea"/>'
    feed = '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>a</id><title>Ferry</title>{}</entry></feed>'

    (item,) = read(tmp_path, feed.format(kind + labelled + '<category term="people"/>')).items

    assert item.labels == ("The sea", "people")


RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel>'
    '<title>News</title></channel><item rdf:about="https://example.org/f1"><title>Ferry</title></item>'
    '<item rdf:about="https://example.org/c1"><title>Crane</title><description>It moves all day.</description></item>'
    "</rdf:RDF>"
)
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>f1</id><title>Ferry</title></entry><entry><id>c1</id>'
    "<title>Crane</title><content>It moves all day.</content></entry></feed>"
)
TWO = RSS.replace(
    "</channel>",
    "<item><guid>c1</guid><title>Crane</title><description>It moves all day.</description></item></channel>",
)


@pytest.mark.parametrize("body", [TWO, RDF, ATOM])
def test_an_entry_within_which_a_document_ends_is_told_and_not_taken_for_an_edit(tmp_path: Path, body: str) -> None:
    cut = read(tmp_path, body[: body.index("moves") + 3])
    between = read(tmp_path, body[: body.index("</rss>" if body is TWO else "</rdf" if body is RDF else "</feed>")])

    assert [item.title.partition(" ")[0] for item in cut.items] == ["Ferry"]
    assert [problem.what for problem in cut.problems] == ["the document ends within it; the item was left out"]
    assert [told.native_id for told in cut.unread] == ["https://example.org/c1" if body is RDF else "c1"]
    assert (len([*between.items]), [*between.problems]) == (2, [])


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("Mardi, 10 Mars, 2026 - 12:22", date(2026, 3, 10)),
        ("10-03-2026", date(2026, 3, 10)),
        ("2026/3/10 15:07:41", date(2026, 3, 10)),
        ("Tue, 10 Mar 2026 23:30:00 CET", date(2026, 3, 10)),
        ("Tue, 10 Mar 2026 11:30:00 PM CET", date(2026, 3, 10)),
        ("1773182400", date(2026, 3, 10)),
        ("&lt;time datetime='2026-03-10T10:00:00+01:00'&gt;Tue, 03/10/2026&lt;/time&gt;", date(2026, 3, 10)),
    ],
)
def test_a_date_means_what_it_says(tmp_path: Path, written: str, day: date) -> None:
    (item,) = read(tmp_path, RSS.replace("Tue, 10 Mar 2026 23:30:00 GMT", written)).items

    assert clean_item(item, site=SITE, policy=POLICY).date == day


def test_a_date_that_cannot_be_read_is_told_and_never_guessed(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="'10-03-26' is no date: the year needs four digits"):
        read(tmp_path, RSS.replace("Tue, 10 Mar 2026 23:30:00 GMT", "10-03-26"))


def test_of_several_dates_the_first_counts_that_can_be_read(tmp_path: Path) -> None:
    also = "<dc:date xmlns:dc='http://purl.org/dc/elements/1.1/'>2026-03-09</dc:date></item>"
    (item,) = read(tmp_path, RSS.replace("Tue, 10 Mar 2026 23:30:00 GMT", "soon").replace("</item>", also)).items

    assert item.date == date(2026, 3, 9)


def test_the_date_of_a_publishers_vocabulary_is_read(tmp_path: Path) -> None:
    space = "http://prismstandard.org/namespaces/basic/2.0/"
    prism = f"<prism:publicationDate xmlns:prism='{space}'>2026-03-09</prism:publicationDate>"
    (item,) = read(tmp_path, RSS.replace("<pubDate>Tue, 10 Mar 2026 23:30:00 GMT</pubDate>", prism)).items

    assert (item.date, item.is_undated) == (date(2026, 3, 9), False)


def test_an_item_without_a_date_has_that_of_the_reading(tmp_path: Path) -> None:
    bare = RSS.replace("<pubDate>Tue, 10 Mar 2026 23:30:00 GMT</pubDate>", "")
    (item,) = read(tmp_path, bare, timezone="Europe/Brussels").items

    assert (item.date, item.is_undated) == (date(2026, 3, 11), True)
    with pytest.raises(SourceError, match="it has no date"):
        read(tmp_path, bare, undated="skip")


def test_an_embargo_and_an_expiry_date_are_read(tmp_path: Path) -> None:
    fields = "<dcterms:available xmlns:dcterms='http://purl.org/dc/terms/'>2026-03-12T10:00:00Z</dcterms:available>"
    fields += "<expirationDate>Fri, 20 Mar 2026 10:00:00 GMT</expirationDate></item>"
    (item,) = read(tmp_path, RSS.replace("</item>", fields)).items

    assert item.embargo == datetime(2026, 3, 12, 10, tzinfo=UTC)
    assert item.expires == datetime(2026, 3, 20, 10, tzinfo=UTC)


def test_lines_of_plain_text_keep_their_ends(tmp_path: Path) -> None:
    text = "Programme:\n- 10:00 opening\n- 11:00 talks"
    (item,) = read(tmp_path, ATOM.format(f"<content type='text'>{text}</content>")).items
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": 1.10, "content_text": text}]}
    (other,) = read(tmp_path, json.dumps(feed)).items

    assert item.text == other.text == text


@pytest.mark.parametrize(
    ("written", "title"), [("R&amp;D &#8211; it sails", "R&D – it sails"), ("The &lt; of <b>", "The &lt; of <b>")]
)
def test_a_title_of_a_json_feed_that_was_written_as_html(tmp_path: Path, written: str, title: str) -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": written}]}

    assert [item.title for item in read(tmp_path, json.dumps(feed)).items] == [title]


@pytest.mark.parametrize(
    ("written", "html"),
    [
        ("It sails\nat ten.\n \nAnd &amp;amp; so on.", "<p>It sails\nat ten.</p><p>And &amp; so on.</p>"),
        ("It sails\nat ten.", "It sails\nat ten."),
        ("It sails\n- not before ten.", "It sails\n- not before ten."),
        ("Bring:\n- a card\n- a pen\n\nDo.", "<p>Bring:<br>\n- a card<br>\n- a pen</p><p>Do.</p>"),
        ("• a card\n• a pen", "• a card<br>\n• a pen"),
        ("It &lt;b&gt;sails&lt;/b&gt;.\n\nAt ten.", "It <b>sails</b>.\n\nAt ten."),
    ],
)
def test_empty_lines_of_a_text_without_marks_end_paragraphs(tmp_path: Path, written: str, html: str) -> None:
    item = f"<item><title>A</title><description>{written}</description></item>"
    body = f'<rss version="2.0"><channel><title>N</title>{item}</channel></rss>'

    assert [item.html for item in read(tmp_path, body).items] == [html]


def test_a_page_in_place_of_a_feed_is_called_one(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="it is a page of HTML"):
        read(tmp_path, "<!-- x -->\n<!DOCTYPE html><title>Sign in</title><form>")


def test_a_draft_of_atom_does_not_go_out(tmp_path: Path) -> None:
    control = "<app:control xmlns:app='http://www.w3.org/2007/app'><app:draft>yes</app:draft></app:control>"

    assert not read(tmp_path, ATOM.format(f"<title>Ferry</title>{control}")).items


ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><id>f</id><entry><id>1</id><updated>2026-03-10T09:00:00Z</updated>
{}</entry></feed>"""


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("<title>Use &lt;b> &amp;amp; go</title>", "Use <b> &amp; go"),
        ('<title type="text">1 &lt; 2 &amp; 3 &gt; 2</title>', "1 < 2 & 3 > 2"),
        ('<title type="html">Use &lt;b>bold&lt;/b> &amp;amp; go</title>', "Use bold & go"),
        ('<title type="html"><![CDATA[1 &lt; 2]]></title>', "1 < 2"),
        (
            '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Use <b>b</b> &amp; go</div></title>',
            "Use b & go",
        ),
    ],
)
def test_a_title_of_atom_is_what_its_type_says(tmp_path: Path, title: str, words: str) -> None:
    (item,) = read(tmp_path, ATOM.format(title)).items

    assert item.title == words


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Ferry &amp;amp; quay", "Ferry & quay"),
        ("<![CDATA[Ferry &amp; quay]]>", "Ferry & quay"),
        ("The &lt;em>night&lt;/em> ferry", "The night ferry"),
        ("1 &lt; 2", "1 < 2"),
    ],
)
def test_a_title_of_rss_may_be_html(tmp_path: Path, title: str, words: str) -> None:
    (item,) = read(tmp_path, RSS.replace("Ferry &amp;amp; quay", title)).items

    assert item.title == words


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ("<summary>Short</summary><content type='html'>&lt;p>Long &amp;lt;b>&lt;/p></content>", "Long <b>"),
        ("<summary type='text'>a &lt;b> c</summary>", "a <b> c"),
        ("<content type='text'>plain</content><content type='html'>&lt;p>marked&lt;/p></content>", "marked"),
        (
            "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>a &lt;b> &amp;amp;</p></div></content>",
            "a <b> &amp;",
        ),
        ("<content type='html'><![CDATA[<p>a &amp; b</p>]]></content>", "a & b"),
        ("<summary>All of it</summary><content type='html'>&lt;p>&amp;nbsp;&lt;/p>&lt;br/></content>", "All of it"),
        (
            "<summary>Less</summary><content type='html'>&lt;img src='https://example.org/a.png' alt='Quay'></content>",
            "Quay",
        ),
    ],
)
def test_the_body_of_atom_is_the_fullest_there_is(tmp_path: Path, parts: str, text: str) -> None:
    (item,) = read(tmp_path, ATOM.format(parts)).items

    assert clean_item(item, site=SITE, policy=POLICY).text == text


@pytest.mark.parametrize("prefix", ["feedburner", "pheedo"])
def test_the_link_is_the_items_own_and_not_that_of_a_service_that_counts_clicks(tmp_path: Path, prefix: str) -> None:
    space = f"http://{prefix}.example.net/ns/1.0"
    own = f"<{prefix}:origLink xmlns:{prefix}='{space}'>https://example.org/ferry</{prefix}:origLink></item>"
    counted = RSS.replace("/ferry?fbclid=x", "http://clicks.example.net/~r/f1/").replace("</item>", own)
    (item,) = read(tmp_path, counted).items

    assert item.link == "https://example.org/ferry"


def test_bare_ampersands_stay_what_they_are(tmp_path: Path) -> None:
    (item,) = read(
        tmp_path,
        RSS.replace("Ferry &amp;amp; quay", "D&D and R & D, AT&T; caf&eacute; &#8211; <![CDATA[A&B]]>")
        .replace("/ferry?fbclid=x", "https://example.org/f?id=1&copy=2&sect=3")
        .replace("&lt;p&gt;It sails.", "<![CDATA[<a href='https://example.org/?a=1&b=2'>It</a> sails.]]>"),
    ).items

    assert item.title == "D&D and R & D, AT&T; café – A&B"
    assert item.link == "https://example.org/f?id=1&copy=2&sect=3"
    assert "a=1&amp;b=2" in clean_item(item, site=SITE, policy=POLICY).html


@pytest.mark.parametrize(
    ("written", "html"),
    [
        (
            "&amp;lt;p&amp;gt;It &amp;lt;em&amp;gt;sails&amp;lt;/em&amp;gt;.&amp;lt;/p&amp;gt;",
            "<p>It <em>sails</em>.</p>",
        ),
        ("&amp;lt;p&amp;gt; begins a paragraph.", "&lt;p&gt; begins a paragraph."),
        ("&lt;p&gt;Write &amp;lt;p&amp;gt;x&amp;lt;/p&amp;gt;.&lt;/p&gt;", "<p>Write &lt;p&gt;x&lt;/p&gt;.</p>"),
    ],
)
def test_markup_that_was_escaped_once_too_often_is_markup(tmp_path: Path, written: str, html: str) -> None:
    body = RSS[: RSS.index("&lt;p&gt;")] + written + RSS[RSS.index("</description>") :]
    (item,) = read(tmp_path, body).items

    assert clean_item(item, site=SITE, policy=POLICY).html == html


def test_addresses_in_a_file_are_seen_from_the_site_that_the_feed_names(tmp_path: Path) -> None:
    body = RSS.replace("<language>", "<link>https://example.org/news/</link><language>")
    (item,) = read(tmp_path, body.replace("It sails.", "&lt;a href=&quot;plan&quot;&gt;It&lt;/a&gt; sails.")).items

    assert item.link == "https://example.org/ferry?fbclid=x"
    assert 'href="https://example.org/plan"' in clean_item(item, site=SITE, policy=POLICY).html


def test_addresses_in_a_json_feed_start_at_the_page_that_it_names(tmp_path: Path) -> None:
    item = {"id": "1", "url": "/ferry", "date_published": "2026-03-10", "attachments": [{"url": "plan.pdf"}]}
    page = {"home_page_url": "https://example.org/news/"}
    feed = {"version": "https://jsonfeed.org/version/1.1", **page, "items": [{**item, "content_text": "It sails."}]}

    (ferry,) = read(tmp_path, json.dumps(feed)).items

    assert ferry.link == "https://example.org/ferry"
    assert [each.url for each in ferry.enclosures] == ["https://example.org/news/plan.pdf"]


@pytest.mark.parametrize("html", ["<p></p>", " ", "<!-- wp:paragraph --><p>&nbsp;</p>"])
def test_html_that_shows_nothing_hides_no_text(tmp_path: Path, html: str) -> None:
    item = {"id": "1", "date_published": "2026-03-10", "content_html": html, "content_text": "It sails."}
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [item]}

    (ferry,) = read(tmp_path, json.dumps(feed)).items

    assert (ferry.text, ferry.html) == ("It sails.", "")


def test_a_film_for_flash_is_no_file(tmp_path: Path) -> None:
    film = '<media:content url="https://video.example.org/v/1" type="application/x-shockwave-flash"/>'
    group = f'<media:group xmlns:media="http://search.yahoo.com/mrss/">{film}<media:description>It</media:description>'
    (item,) = read(tmp_path, ATOM.format(f"{group}</media:group>")).items

    assert (item.text, item.enclosures) == ("It", ())


def test_links_start_where_the_feed_says(tmp_path: Path) -> None:
    body = "<content type='html' xml:base='/b/'>&lt;a href='c'>x&lt;/a></content>"
    feed = ATOM.format(f"<link href='a'/>{body}").replace("<feed ", "<feed xml:base='https://example.org/' ")
    (item,) = (clean_item(each, site=SITE, policy=POLICY) for each in read(tmp_path, feed).items)

    assert (item.link, item.html) == ("https://example.org/a", '<a href="https://example.org/b/c">x</a>')


def test_an_entry_of_atom_with_a_file_alone_has_no_link(tmp_path: Path) -> None:
    (item,) = read(
        tmp_path,
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>tag:example.org,2026:1</id><title>Ferry</title>'
        '<updated>2026-03-10T10:00:00Z</updated><link rel="enclosure" href="https://example.org/times.pdf"/>'
        "</entry></feed>",
    ).items

    assert (item.link, [each.url for each in item.enclosures]) == ("", ["https://example.org/times.pdf"])


def test_its_archive_is_followed_back_once(server: Server) -> None:
    def atom(number: int, links: str) -> bytes:
        entry = f"<entry><id>{number}</id><title>{number}</title><updated>2026-03-0{number}T12:00:00Z</updated></entry>"
        return f'<feed xmlns="http://www.w3.org/2005/Atom"><id>f</id>{links}{entry}</feed>'.encode()

    for number, older in ((3, "/2"), (2, "/1"), (1, "/3")):
        server.answers[f"/{number}"] = Answer(body=atom(number, f'<link rel="prev-archive" href="{older}"/>'))
    source = FeedSource(
        "news", server.url("/3"), archives=9, fetcher=Fetcher(replace(FETCHING, private=("127.0.0.1",)), "tests")
    )

    first = source.fetch(validator="", now=NOW)
    assert [item.title for item in first.items] == ["3", "2", "1"]
    assert not first.remarks
    server.asked.clear()
    server.answers["/3"] = Answer(body=atom(4, '<link rel="prev-archive" href="/2"/>'))
    assert [item.title for item in source.fetch(validator=first.validator, now=NOW).items] == ["4"]


def test_a_move_for_ever_is_told(server: Server) -> None:
    server.answers["/old"] = Answer(status=308, headers={"Location": "/new"})
    server.answers["/new"] = Answer(body=RSS.encode())
    source = FeedSource("news", server.url("/old"), fetcher=Fetcher(replace(FETCHING, private=("127.0.0.1",)), "tests"))

    (remark,) = source.fetch(validator="", now=NOW).remarks

    assert remark.what == f"{server.url('/old')} has moved permanently to {server.url('/new')}; write that in `url`"


@pytest.mark.parametrize(
    "body", ["", "plain", "<html><body><p>No feed</p></body></html>", "{", "{}", "[]", '{"version": 1}', "\x00\xff"]
)
def test_a_document_that_is_no_feed_is_an_error(tmp_path: Path, body: str) -> None:
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
    """An entity must not include a file of this machine, a document from its network, or itself many times."""
    hostile = RSS.replace('<?xml version="1.0"?>', f'<?xml version="1.0"?><!DOCTYPE rss [{entity}]>').replace(
        "It sails", "It &x; sails"
    )

    fetch = read(tmp_path, hostile)

    (item,) = fetch.items
    assert "root:" not in item.html
    assert "aaaaaaaaaaaaaaaaaaaa" not in item.html


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE rss SYSTEM "{}">',
        '<!DOCTYPE rss PUBLIC "-//x//y" "{}">',
        '<!DOCTYPE rss [<!ENTITY % x SYSTEM "{}"> %x;]>',
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "{}">]>',
    ],
)
def test_nothing_that_a_feed_names_is_fetched(tmp_path: Path, server: Server, doctype: str) -> None:
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{server.url("/x")}"/>'
    hostile = RSS.replace('<?xml version="1.0"?>', doctype.format(server.url("/x")))

    read(tmp_path, hostile.replace("<item>", f"<item>{include}").replace("It sails", "It &x; sails"))

    assert not server.asked


# --- lifetime --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "lifetime"),
    [
        ("<ttl>90</ttl>", timedelta(minutes=90)),
        ("<ttl>999999</ttl>", timedelta(days=1)),
        (f"<ttl>{'9' * 5000}</ttl>", timedelta(days=1)),
        ("<ttl>soon</ttl>", None),
        ("<ttl>0</ttl>", None),
        ("<sy:updatePeriod>hourly</sy:updatePeriod>", timedelta(hours=1)),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", timedelta(hours=6)),
        (f"<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>{'9' * 5000}</sy:updateFrequency>", None),
        ("<sy:updatePeriod>now and then</sy:updatePeriod>", None),
    ],
)
def test_a_feed_is_left_alone_as_long_as_it_says(server: Server, said: str, lifetime: timedelta | None) -> None:
    """The lifetime also counts after a reading that found the feed unchanged. When it is over, the feed is
    read again.
    """
    declared = '<rss xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
    body = RSS.replace("<ttl>90</ttl>", said).replace("<rss", declared).encode()
    server.answers["/feed"] = Answer(body=body, headers={"ETag": '"1"'})
    source = FeedSource(
        "news", server.url("/feed"), fetcher=Fetcher(replace(FETCHING, private=("127.0.0.1",)), "tests")
    )
    with sqlite_store() as store:
        now = NOW
        for _ in range(2):
            assert collect([source], store=store, rules=RULES, now=now).sources_waiting == 0
            if lifetime is not None:
                just_before = now + lifetime - timedelta(seconds=1)
                assert collect([source], store=store, rules=RULES, now=just_before).sources_waiting == 1
            now += (lifetime or timedelta(0)) + timedelta(minutes=1)

    known = None if lifetime == timedelta(days=1) else '"1"'  # the whole document is requested once a day
    assert [headers.get("if-none-match") for _, headers in server.asked] == [None, known]


def test_a_server_is_left_alone_as_long_as_it_says(server: Server) -> None:
    """Both `max-age` and both forms of `Retry-After` (seconds, a date) count. Failures are counted for each source."""
    fetcher = Fetcher(replace(FETCHING, private=("127.0.0.1",)), "tests")
    sources = [FeedSource(name, server.url(f"/{name}"), fetcher=fetcher) for name in ("fresh", "busy", "later", "gone")]
    server.answers["/fresh"] = Answer(body=RSS.replace("<ttl>90</ttl>", "").encode(), headers=MAX_AGE)
    server.answers["/busy"] = Answer(status=429, headers={"Retry-After": "7200"})
    server.answers["/later"] = Answer(status=503, headers={"Retry-After": "Wed, 11 Mar 2026 12:00:00 GMT"})
    asked: list[list[str]] = []
    with sqlite_store() as store:
        for minutes in (0, 4, 59, 61, 119, 121, 179, 181):
            server.asked.clear()
            collect(sources, store=store, rules=RULES, now=NOW + timedelta(minutes=minutes))
            asked.append(sorted(path for path, _ in server.asked))
        failures = {source.name: store.sources.state(source.name).failures for source in sources}

    assert asked == [
        ["/busy", "/fresh", "/gone", "/later"],
        [],
        ["/gone"],
        ["/fresh"],
        ["/gone"],
        ["/busy", "/fresh"],
        ["/gone"],
        ["/fresh", "/later"],
    ]
    assert failures == {"fresh": 0, "busy": 2, "later": 2, "gone": 4}


# --- malformed feeds -------------------------------------------------------------------------------------------------

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
def test_any_document_gives_items_or_a_source_error(
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
        assert clean_item(item, site=SITE, policy=POLICY).date.year >= 1900


@pytest.mark.parametrize(
    ("said", "codec", "server_says"),
    [
        ("", "utf-8", ""),
        ("<?xml version='1.0'?>", "utf-8", ""),
        ("<?xml version='1.0' encoding='utf-16'?>", "utf-8", ""),
        ("<?xml version='1.0' encoding='utf-8'?>", "utf-8", "; charset=iso-8859-1"),
        ("<?xml version='1.0' encoding='iso-8859-1'?>", "iso-8859-1", ""),
        ("<?xml version='1.0' encoding='utf-8'?>", "iso-8859-1", ""),
    ],
)
@pytest.mark.parametrize("media_type", ["text/xml", "application/rss+xml", "text/plain"])
def test_the_encoding_of_a_feed(server: Server, said: str, codec: str, server_says: str, media_type: str) -> None:
    body = RSS.replace('<?xml version="1.0"?>', said).replace("Ferry", "Größe").encode(codec)
    server.answers["/feed"] = Answer(body=body, headers={"Content-Type": f"{media_type}{server_says}"})
    source = FeedSource(
        "news", server.url("/feed"), fetcher=Fetcher(replace(FETCHING, private=("127.0.0.1",)), "tests")
    )

    (item,) = source.fetch(validator="", now=NOW).items

    assert item.title == "Größe & quay"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-be", "utf-32"])
def test_entities_in_wide_characters_are_not_expanded_either(tmp_path: Path, codec: str) -> None:
    declared = RSS.replace('<?xml version="1.0"?>', '<!DOCTYPE rss [<!ENTITY x "expanded">]>').replace("Ferry", "&x; é")

    (item,) = read(tmp_path, declared.encode(codec)).items

    assert "é" in item.title
    assert "expanded" not in item.title


@pytest.mark.parametrize("change", [{"categories": "keywords"}, {"undated": "skip"}, {"url": "/b"}])
def test_a_feed_that_is_configured_otherwise_is_read_although_it_is_unchanged(
    server: Server, change: dict[str, Any]
) -> None:
    headers = {"ETag": '"1"', "Last-Modified": "Mon, 09 Mar 2026 08:00:00 GMT"}
    server.answers |= {path: Answer(body=RSS.encode(), headers=headers) for path in ("/a", "/b")}
    source = FeedSource("news", url=server.url("/a"), fetcher=Fetcher(FETCHING, "test").allowing(["127.0.0.1"]))
    first = source.fetch(validator="", now=NOW)
    assert source.fetch(validator=first.validator, now=NOW).is_unchanged

    if "url" in change:
        change = {"url": server.url(change["url"])}
    other = replace(source, **change)

    assert not other.fetch(validator=first.validator, now=NOW).is_unchanged
    assert "if-none-match" not in server.asked[-1][1]
