"""The items of a feed: whole or as a summary, with files and a language, and limited in size."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from publisher.model.feeds import CombinedFeed, Content, Feed, combined_feed, language_feed
from publisher.model.items import Enclosure
from publisher.model.records import Record, State
from publisher.model.themes import ThemeChoice
from publisher.publish.document import FeedDocument, FeedLook, archive_document, feed_document
from publisher.publish.feed_items import FeedItem, FeedItems, feed_item
from publisher.publish.jsonfeed import json_feed
from publisher.publish.rss_atom import atom, rss
from tests.values import EVERYTHING, FERRIES, PEOPLE, SITE, record

REPORT = Enclosure(url="https://news.example.org/r.pdf?a=1&b=2", size_bytes=2_100_000, title="Annual <report>")
TALK = Enclosure(url="https://news.example.org/talk.mp3")
LINK = '<a href="https://news.example.org/r.pdf?a=1&amp;b=2">Annual &lt;report&gt; (PDF, 2.1\xa0MB)</a>'
LOOK = FeedLook(site=SITE, authority="news.example.org,2022", formats=("rss", "atom", "json"))
LONG = "The first ferry sailed. It was full. " + "And it was late. " * 40
SUMMARY = "The first ferry sailed. It was full."


def document(*records: Record, feed: Feed = EVERYTHING, look: FeedLook = LOOK) -> FeedDocument:
    return feed_document(feed, records, look=look, changed_at=records[0].published)


def html_of(**item: Any) -> str:
    return feed_item(record(**item), site=SITE).html


class TestFiles:
    """Few feed readers show an enclosure that is not audio."""

    def test_they_are_listed_below_the_text(self) -> None:
        assert html_of(enclosures=(REPORT,)).endswith(f"It was full.</p>\n<p>File: {LINK}</p>")
        two = html_of(enclosures=(REPORT, TALK))
        assert two.endswith(f'\n<p>Files: {LINK}, <a href="https://news.example.org/talk.mp3">talk.mp3 (MP3)</a></p>')

    @pytest.mark.parametrize(
        ("language", "words"),
        [
            ("fr", "<p>Fichier\xa0: <a href"),
            ("nl-BE", "<p>Bestand: <a href"),
            ("de", "<p>Datei: <a href"),
            ("es", '<p lang="en">File: <a lang="es" href'),
            ("ar", '</div>\n<p lang="en" dir="ltr">File: <a lang="ar" dir="rtl" href'),
        ],
    )
    def test_in_the_items_language_or_the_sites(self, language: str, words: str) -> None:
        assert words in html_of(language=language, enclosures=(REPORT,))

    def test_one_to_which_the_text_links_is_not_listed_again(self) -> None:
        """Otherwise another site that reuses our feed would list its files twice."""
        html = f"<p>Read {LINK}.</p>"

        assert html_of(html=html, enclosures=(REPORT,)) == html
        assert html_of(html=html, enclosures=(REPORT, TALK)).count("r.pdf") == 1


class TestContent:
    def test_a_summary_has_a_link_and_the_files(self) -> None:
        (item,) = document(record(LONG, enclosures=(REPORT,)), look=replace(LOOK, content="summary")).items

        assert item.html == f'<p>{SUMMARY}</p>\n<p><a href="{item.url}">Read on</a></p>\n<p>File: {LINK}</p>'
        assert item.summary == SUMMARY

    def test_a_text_as_short_as_its_summary_stays(self) -> None:
        (item,) = document(record(), look=replace(LOOK, content="summary")).items

        assert item.html == f"<p>{SUMMARY}</p>"

    @pytest.mark.parametrize(("language", "words"), [("fr", ">Lire la suite<"), ("ar", 'lang="en" dir="ltr"><a')])
    def test_it_speaks_the_items_language(self, language: str, words: str) -> None:
        (item,) = document(record(LONG, language=language), look=replace(LOOK, content="summary")).items

        assert words in item.html

    def test_a_feed_may_differ_from_the_site(self) -> None:
        contents: tuple[tuple[str, Content], ...] = (("ferries", "summary"), ("people", "full"))
        look = replace(LOOK, contents=contents)

        def is_whole(feed: Feed, look: FeedLook) -> bool:
            (item,) = document(record(LONG), feed=feed, look=look).items
            return "late" in item.html

        assert is_whole(EVERYTHING, look)
        assert not is_whole(Feed.of_theme(FERRIES), look)
        assert is_whole(Feed.of_theme(PEOPLE), replace(look, content="summary"))

    def test_an_archive_has_what_its_feed_has(self) -> None:
        archive = archive_document(EVERYTHING, 1, [record(LONG)], look=replace(LOOK, content="summary"))

        assert "Read on" in archive.items[0].html


class TestSize:
    """Feed readers give up on a feed of more than 5 MB."""

    def test_the_longest_are_summed_up_first(self) -> None:
        sizes = [2_000_000, 1_000, 1_500_000, 3_000_000]
        items = document(*(record(LONG + "x" * size, number=number) for number, size in enumerate(sizes))).items

        assert ["Read on" in item.html for item in items] == [True, False, False, False]

    def test_one_that_fits_is_left_alone(self) -> None:
        items = document(*(record(LONG + "x" * 900_000, number=number) for number in range(5))).items

        assert not any("Read on" in item.html for item in items)

    @pytest.mark.parametrize("write", [rss, atom, json_feed])
    @pytest.mark.parametrize(
        "text",
        [LONG, '<b class="a">&amp;</b>\\"\t' * 40, "移" * 800, "&" * 900, "“quoted”\n" * 90],
        ids=["words", "markup", "wide", "ampersands", "lines"],
    )
    def test_a_weight_is_no_less_than_what_is_written(self, write: Callable[[FeedDocument], bytes], text: str) -> None:
        one = record(text, title=text[:300], summary=text, keywords=(text, text[1:]), enclosures=(REPORT, TALK))
        (item,) = document(one).items
        empty = document(record(state=State.WITHDRAWN))

        assert len(write(replace(empty, items=(item,)))) - len(write(empty)) <= item.most_bytes < 40_000

    def test_if_even_summaries_are_too_many_the_newest_stay(self) -> None:
        keywords = tuple(f"{number}" + "k" * 190 for number in range(40))
        records = [record("w" * 1_000, number=number, keywords=keywords) for number in range(400)]

        items = document(*records).items

        assert 100 < len(items) < 400
        assert [item.id for item in items] == [one.uid for one in records[: -len(items) - 1 : -1]]


class TestLanguage:
    """The language of a feed is that of its items, if all have the same."""

    FRENCH = CombinedFeed(name="quais", title="Les quais", themes=ThemeChoice.of("ferries"), languages=("fr",))
    MIXED = replace(FRENCH, name="both", languages=("fr", "nl"))

    @pytest.mark.parametrize(
        ("feed", "language", "title", "description"),
        [
            (
                language_feed("fr-BE", fallback="en"),
                "fr",
                "Français – Harbour news",
                "Français\xa0: les actualités de Harbour news dans cette langue.",
            ),
            (
                combined_feed(FRENCH),
                "fr",
                "Les quais – Harbour news",
                "Les quais\xa0: un choix des actualités de Harbour news.",
            ),
            (
                combined_feed(MIXED),
                "en",
                "Les quais – Harbour news",
                "Les quais: a choice of the news of Harbour news.",
            ),
            (
                Feed.of_theme(FERRIES),
                "en",
                "Ferries & Quays – Harbour news",
                "Ferries & Quays: the news of Harbour news on this theme.",
            ),
        ],
    )
    def test_its_texts_and_its_tag(self, feed: Feed, language: str, title: str, description: str) -> None:
        made = document(record(language="fr"), feed=feed, look=replace(LOOK, combined=(self.FRENCH, self.MIXED)))

        assert (made.language, made.title, made.description) == (language, title, description)
        assert f"<language>{language}</language>".encode() in rss(made)
        assert f'xml:lang="{language}"'.encode() in atom(made).partition(b"<entry")[0]
        assert json.loads(json_feed(made))["language"] == language


def test_items_edited_in_one_pass_share_no_instant() -> None:
    """RFC 4287 section 3.3 asks for that, and validators warn otherwise."""
    later = record().published + timedelta(days=1)
    items = [feed_item(record(number=number, revision=2, updated=later), site=SITE) for number in (1, 2, 2_000_001)]

    instants = [item.updated_alone for item in items]
    assert len({*instants[:2]}) == 2
    assert {instant.replace(microsecond=0) for instant in instants} == {item.updated for item in items} == {later}


def test_an_item_is_prepared_once_for_each_content() -> None:
    items, one = FeedItems(SITE), record(LONG)

    def prepared(content: Content) -> FeedItem:
        return items.of(one, content)

    assert prepared("full") is prepared("full")
    assert prepared("summary") is prepared("summary")
    assert prepared("full") is not prepared("summary")
