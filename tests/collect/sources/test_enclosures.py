"""Enclosures from every kind of source; addresses that are not on the web are left out."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.collect.clean import clean_item
from publisher.collect.sources.base import Source
from publisher.collect.sources.database import DatabaseSource
from publisher.collect.sources.enclosures import LARGEST_BYTES, MAX_ENCLOSURES, enclosures_of
from publisher.collect.sources.feed import FeedSource
from publisher.collect.sources.listing_grammar import parse
from publisher.collect.sources.markdown import MarkdownSource
from publisher.collect.sources.page import PageSource
from publisher.collect.sources.table import TableSource
from publisher.collect.sources.values import FieldError
from publisher.model.items import Enclosure, Item
from publisher.rendering.attachments import enclosures_of as shown_enclosures_of
from publisher.rendering.attachments import files_of
from tests.values import DAY, POLICY, SITE

NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
REPORT = Enclosure(
    url="https://example.org/report.pdf", media_type="application/pdf", size_bytes=1_234_567, title="The report"
)
TALK = Enclosure(url="https://example.org/talk.mp3")
GIVEN = {"url": REPORT.url, "type": REPORT.media_type, "length": REPORT.size_bytes, "title": REPORT.title}


def items_of(source: Source) -> list[Item]:
    fetch = source.fetch(validator="", now=NOW)
    assert not fetch.problems
    return [clean_item(item, site=SITE, policy=POLICY) for item in fetch.items]


def feed_of(folder: Path, body: str) -> Item:
    path = folder / "feed"
    path.write_text(body, "utf-8")
    (item,) = items_of(FeedSource("news", path=path))
    return item


# --- forms of enclosures ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, ()),
        ("", ()),
        (TALK.url, (TALK,)),
        (f"{TALK.url}, {REPORT.url},", (TALK, Enclosure(url=REPORT.url))),
        ("https://example.org/a,b.pdf https://example.org/c", None),
        ([TALK.url, GIVEN, TALK.url], (TALK, REPORT)),
        (GIVEN, (REPORT,)),
        ({**GIVEN, "type": "Application/PDF; name=x", "length": "1234567"}, (REPORT,)),
        ("/talk.mp3", (TALK,)),
        ([{"url": " https://example.org/talk.mp3\n"}], (TALK,)),
    ],
)
def test_addresses_tables_and_lists_are_understood(value: object, found: tuple[Enclosure, ...] | None) -> None:
    if found is None:
        assert [each.url for each in enclosures_of(value)] == str(value).split()
    else:
        assert enclosures_of(value, base="https://example.org/news/1") == found


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "java\nscript:x",
        "data:text/html,x",
        "file:///etc/passwd",
        "mailto:a@example.org",
        "/x.pdf",
        "http://[",
        "ftp://example.org/x",
        "https://e.org/" + "x" * 2000,
    ],
)
def test_enclosures_without_a_web_address_are_left_out_and_reported(address: str) -> None:
    told: list[str] = []
    item = clean_item(
        with_files(*enclosures_of([{"url": address}, TALK.url])), site=SITE, policy=POLICY, tell=told.append
    )

    assert item.enclosures == (TALK,)
    (sentence,) = told
    assert sentence.startswith("files were left out: no whole address of the web: ")


@pytest.mark.parametrize("length", ["0", "-5", "many", "1e9", "12.5", "٣", str(LARGEST_BYTES + 1), "9" * 5_000, None])
def test_a_length_that_says_nothing_is_unknown(length: object) -> None:
    assert enclosures_of({"url": TALK.url, "length": length}) == (TALK,)


@pytest.mark.parametrize("media_type", ["pdf", "a/b/c", "text/<b>", "\x00", " ", "x" * 300 + "/y"])
def test_a_type_that_is_none_is_unknown(media_type: str) -> None:
    assert enclosures_of({"url": TALK.url, "type": media_type}) == (TALK,)


def test_too_many_enclosures_are_cut_and_that_is_reported() -> None:
    told: list[str] = []
    files = enclosures_of([f"https://example.org/{number}" for number in range(1_000)])
    item = clean_item(with_files(*files), site=SITE, policy=POLICY, tell=told.append)

    assert len(item.enclosures) == MAX_ENCLOSURES
    assert told == [f"it has 1000 files; the first {MAX_ENCLOSURES} are kept"]


def test_an_enclosure_whose_address_is_no_text_is_an_error() -> None:
    with pytest.raises(FieldError, match="its enclosure's url is no text: a list"):
        enclosures_of([{"url": ["https://example.org/"]}])


ANYTHING = st.recursive(
    st.none() | st.integers() | st.text() | st.sampled_from(["https://example.org/a", ",", " "]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["url", "type", "length", "title"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(ANYTHING, st.sampled_from([",", ";", "|"]))
def test_any_value_gives_enclosures_or_a_problem(value: object, separator: str) -> None:
    try:
        found = enclosures_of(value, separator=separator)
    except FieldError:
        return
    for each in clean_item(with_files(*found), site=SITE, policy=POLICY).enclosures:
        assert each.url.lower().startswith(("http://", "https://"))
        assert each.url.isprintable()
        assert each.size_bytes is None or 0 < each.size_bytes <= LARGEST_BYTES


# --- every kind ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (f"Attachment: {TALK.url}", (TALK,)),
        (
            f"Pièces jointes : {TALK.url}, The report: {REPORT.url}",
            (TALK, Enclosure(url=REPORT.url, title="The report")),
        ),
        (f"Bijlagen: {TALK.url} {REPORT.url}", (TALK, Enclosure(url=REPORT.url))),
        (f"Anhänge: {TALK.url}\nDatei: {TALK.url}", (TALK,)),
    ],
)
def test_a_listing_names_them_on_a_line_of_its_own(lines: str, found: tuple[Enclosure, ...]) -> None:
    listing = parse(f"10 February 2022\n\nThe ferry sails.\n{lines}\n", "news.txt")
    (item,), problems = listing.items, listing.problems

    assert (item.text, item.enclosures, problems) == ("The ferry sails.", found, ())


@pytest.mark.parametrize(
    "line", ["File: see the desk.", f"File: {TALK.url} is gone.", "Files: /report.pdf", "File: " + "x" * 20_000]
)
def test_a_line_of_a_listing_with_other_words_is_text(line: str) -> None:
    (item,) = parse(f"10 February 2022\n\nThe ferry sails.\n{line}\n", "news.txt").items

    assert (item.text, item.enclosures) == (f"The ferry sails. {line}", ())


@pytest.mark.parametrize(
    "front",
    [
        (
            f'+++\ndate = 2026-03-10\nenclosures = ["{TALK.url}", {{ url = "{REPORT.url}", type = "application/pdf", '
            'length = 1234567, title = "The report" }]\n+++\n'
        ),
        (
            f"---\ndate: 2026-03-10\nenclosures:\n- {TALK.url}\n- url: {REPORT.url}\n  type: application/pdf\n"
            "  length: 1234567\n  title: The report\n---\n"
        ),
    ],
    ids=["toml", "yaml"],
)
def test_front_matter_lists_them(tmp_path: Path, front: str) -> None:
    (tmp_path / "a.md").write_text(f"{front}The ferry sails.\n", "utf-8")

    (item,) = items_of(MarkdownSource("news", tmp_path))

    assert item.enclosures == (TALK, REPORT)


def test_a_column_holds_them(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"date;title;Files\n2026-03-10;Ferry;{TALK.url} https://example.org/b\n", "utf-8")
    (tmp_path / "a.jsonl").write_text(json.dumps({"date": "2026-03-10", "title": "Ferry", "Files": [GIVEN]}), "utf-8")
    columns = {"enclosures": "Files"}

    (of_csv,) = items_of(TableSource("news", tmp_path / "a.csv", columns, ";"))
    (of_json,) = items_of(TableSource("news", tmp_path / "a.jsonl", columns))

    assert of_csv.enclosures == (TALK, Enclosure(url="https://example.org/b"))
    assert of_json.enclosures == (REPORT,)


def test_a_query_gives_them(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection, connection:
        connection.execute("CREATE TABLE news (date, title, file)")
        connection.execute(
            "INSERT INTO news VALUES ('2026-03-10', 'Ferry', ?), ('2026-03-09', 'Crane', NULL)", [TALK.url]
        )
    query = "SELECT date, title, file AS enclosures FROM news"

    ferry, crane = items_of(DatabaseSource("news", f"sqlite:///{tmp_path / 'a.db'}", query))

    assert (ferry.enclosures, crane.enclosures) == ((TALK,), ())


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        (
            ".files",
            [("https://example.org/r.pdf", "application/pdf", "The report"), ("https://example.org/t.mp3", "", "")],
        ),
        (".files a", [("https://example.org/r.pdf", "application/pdf", "The report")]),
        (".files audio@src", [("https://example.org/t.mp3", "", "")]),
        (".none", []),
    ],
)
def test_a_selector_finds_them(tmp_path: Path, selector: str, found: list[tuple[str, str, str]]) -> None:
    files = (
        '<a href="/r.pdf" type="application/pdf">The  report</a><a href="javascript:x">x</a><audio src="t.mp3"></audio>'
    )
    words = f"<time>2026-03-10</time><h2>Ferry</h2><p class=files>{files}"
    page = f"<base href=https://example.org/><article>{words}</article>"
    (tmp_path / "a.html").write_text(page, "utf-8")

    (item,) = items_of(PageSource("news", "article", "time", path=tmp_path / "a.html", title="h2", enclosures=selector))

    assert [(each.url, each.media_type, each.title) for each in item.enclosures] == found


# --- feeds -----------------------------------------------------------------------------------------------------------

SPACES = " ".join(
    f'xmlns:{name}="{address}"'
    for name, address in {
        "media": "http://search.yahoo.com/mrss/",
        "dc": "http://purl.org/dc/elements/1.1/",
        "dcterms": "http://purl.org/dc/terms/",
        "content": "http://purl.org/rss/1.0/modules/content/",
        "atom": "http://www.w3.org/2005/Atom",
    }.items()
)
DATED = "<pubDate>Tue, 10 Mar 2026 12:00:00 GMT</pubDate>"


def rss(inside: str, dated: str = DATED) -> str:
    item = f"<item><title>T</title>{dated}{inside}</item>"
    return f'<rss version="2.0" {SPACES}><channel><title>N</title>{item}</channel></rss>'


def test_rss_has_enclosures(tmp_path: Path) -> None:
    first = f'<enclosure url="{REPORT.url}" length="1234567" type="application/pdf"/>'
    second = f'<enclosure url="{TALK.url}" length="0"/>'

    item = feed_of(tmp_path, rss(f"<link>https://example.org/1?utm_source=x</link>{first}{second}"))

    assert item.enclosures == (Enclosure(url=REPORT.url, media_type="application/pdf", size_bytes=1_234_567), TALK)
    assert item.link == "https://example.org/1", "no file takes its place"


def test_atom_links_to_them(tmp_path: Path) -> None:
    link = f'<link rel="enclosure" href="{REPORT.url}" length="1234567" type="application/pdf" title="The report"/>'
    entry = f"<entry><id>1</id><title>T</title><updated>2026-03-10T12:00:00Z</updated>{link}</entry>"

    assert feed_of(tmp_path, f'<feed xmlns="http://www.w3.org/2005/Atom">{entry}</feed>').enclosures == (REPORT,)


def test_json_feed_has_attachments(tmp_path: Path) -> None:
    attached: list[Any] = [
        {"url": REPORT.url, "mime_type": "application/pdf", "size_in_bytes": 1_234_567, "title": "The report"},
        {"url": TALK.url, "mime_type": True, "size_in_bytes": "?", "title": ["x"]},
        {"url": ["x"]},
        "x",
    ]
    item = {"id": "1", "title": "T", "date_published": "2026-03-10T12:00:00Z", "attachments": attached}
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "N", "items": [item]}

    assert feed_of(tmp_path, json.dumps(feed)).enclosures == (REPORT, TALK)


@pytest.mark.parametrize(
    ("inside", "urls"),
    [
        ('<media:content url="https://e.org/a.mp4" type="video/mp4"/>', ["https://e.org/a.mp4"]),
        ('<media:content url="https://e.org/a.jpg" medium="image"/>', ["https://e.org/a.jpg"]),
        ('<media:content url="https://secure.gravatar.com/avatar/5" medium="image"/>', []),
        (
            (
                '<media:group><media:content url="https://e.org/a.webm"/>'
                '<media:content url="https://e.org/a.mp4" isDefault="true"/></media:group>'
            ),
            ["https://e.org/a.mp4"],
        ),
        (
            '<media:thumbnail url="https://e.org/s.jpg"/><media:thumbnail url="https://e.org/t.jpg"/>',
            ["https://e.org/s.jpg"],
        ),
        ('<media:thumbnail url="https://e.org/avatars/ada.png"/>', []),
        (
            (
                '<media:thumbnail url="https://e.org/s.jpg"/><media:content url="https://e.org/a.jpg" medium="image"/>'
                '<description>&lt;img src="https://e.org/a.jpg"&gt; It sails.</description>'
            ),
            [],
        ),
        (
            '<enclosure url="https://e.org/a.mp3"/><media:content url="https://e.org/a.jpg"/>',
            ["https://e.org/a.mp3"],
        ),
    ],
)
def test_media_rss_counts_where_it_is_the_items_own(tmp_path: Path, inside: str, urls: list[str]) -> None:
    assert [each.url for each in feed_of(tmp_path, rss(inside)).enclosures] == urls


@pytest.mark.parametrize(
    "words", ["{media}<description>It sails.</description>", "<description>It sails.</description>{media}"]
)
def test_the_words_below_a_picture_are_not_the_item(tmp_path: Path, words: str) -> None:
    below = "<media:title>M</media:title><media:description>Below.</media:description>"
    media = f"<media:content url='https://e.org/a.mp4'>{below}</media:content>"

    item = feed_of(tmp_path, rss(words.format(media=media)))

    assert (item.title, item.text) == ("T", "It sails.")
    assert feed_of(tmp_path, rss(media)).text == "Below.", "unless nothing else is said"


@pytest.mark.parametrize(
    ("inside", "field", "value"),
    [
        ("<dc:subject>Ferries</dc:subject>", "labels", ("Ferries",)),
        ("<dc:language>fr</dc:language><description>x</description>", "language", "fr"),
        (
            "<description>Short.</description><content:encoded>&lt;p&gt;All of it.&lt;/p&gt;</content:encoded>",
            "text",
            "All of it.",
        ),
    ],
)
def test_other_vocabularies_say_what_an_item_has_a_place_for(
    tmp_path: Path, inside: str, field: str, value: object
) -> None:
    assert getattr(feed_of(tmp_path, rss(inside)), field) == value


@pytest.mark.parametrize("name", ["dc:date", "dcterms:issued", "dcterms:created"])
def test_other_vocabularies_say_when_it_was(tmp_path: Path, name: str) -> None:
    item = feed_of(tmp_path, rss("", dated=f"<{name}>2026-03-10T12:00:00Z</{name}>"))

    assert item.published == datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_an_item_may_say_its_language_itself(tmp_path: Path) -> None:
    titled = rss("").replace("<item>", '<item xml:lang="de">')

    assert feed_of(tmp_path, titled).language == "de"


# --- what readers get ------------------------------------------------------------------------------------------------


def with_files(*enclosures: Enclosure) -> Item:
    return Item(date=DAY, text="Text.", enclosures=enclosures)


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("report.PDF?download=1", "application/pdf"),
        ("talk.mp3", "audio/mpeg"),
        ("table.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("all.tar.gz", "application/gzip"),
        ("get.php", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_a_type_nobody_gave_is_read_off_the_address(path: str, media_type: str) -> None:
    (found,) = shown_enclosures_of(with_files(Enclosure(url=f"https://example.org/{path}")))

    assert found.media_type == media_type


@pytest.mark.parametrize(
    ("enclosure", "language", "label"),
    [
        (REPORT, "en", "The report (PDF, 1.2\xa0MB)"),
        (REPORT, "fr", "The report (PDF, 1,2\xa0Mo)"),
        (Enclosure(url="https://example.org/files/Rapport%20annuel.pdf"), "en", "Rapport annuel.pdf (PDF)"),
        (Enclosure(url="https://example.org/?id=5", size_bytes=999_999), "de", "example.org (1\xa0MB)"),
        (
            Enclosure(url="https://example.org/get.php", media_type="image/jpeg", size_bytes=5),
            "nl",
            "get.php (JPG, 1\xa0kB)",
        ),
        (Enclosure(url="https://example.org/a%E2%80%AEfdp.exe"), "en", "afdp.exe"),
        (Enclosure(url="https://example.org/a.mp3", title="\u202eA\x00\nB"), "en", "A B (MP3)"),
    ],
)
def test_people_read_what_a_file_is_and_how_large(enclosure: Enclosure, language: str, label: str) -> None:
    (file,) = files_of(with_files(enclosure), language=language)

    assert file.label == label


def test_what_a_kind_of_somebodys_own_lets_through_ends_here() -> None:
    assert (
        shown_enclosures_of(with_files(Enclosure(url="javascript:alert(1)"), Enclosure(url="https://e.org/<b>"))) == ()
    )


def test_parts_that_tell_readers_apart_go() -> None:
    item = with_files(Enclosure(url="https://example.org/talk.mp3?utm_source=feed"))

    assert clean_item(item, site=SITE, policy=POLICY).enclosures == (TALK,)
    assert clean_item(item, site=SITE, policy=replace(POLICY, keep_tracking=True)) == item
