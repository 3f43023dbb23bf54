"""What visitors get: pages whose links work, in their language, and nothing from other sites."""

import json
import posixpath
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from html import escape
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from publisher.model.editions import Formerly
from publisher.model.feeds import CombinedFeed, Feed, FeedKind, combined_feed
from publisher.model.items import Enclosure
from publisher.model.records import Record, State
from publisher.model.themes import ThemeChoice
from publisher.publish import pages
from publisher.publish.calendar_pages import years_page
from publisher.publish.page_frame import window_title
from publisher.publish.page_values import FeedCount, Frequency, SiteLook, frequency_of
from publisher.rendering import urls
from publisher.rendering.template_files import TemplateFiles, shipped_templates
from publisher.rendering.templates import Templates
from publisher.store.past_editions import EditionPlace
from tests.values import ANY_AUDIENCE, EVERYTHING, FERRIES, PEOPLE, SITE, record

LOOK = SiteLook(site=SITE, templates=Templates(TemplateFiles(shipped_templates())), formats=("rss", "atom"))
ABOUT_FERRIES = Feed.of_theme(FERRIES)
LEDE = "//p[@class='lede quiet']"
LATER = datetime(2022, 2, 12, 23, 30, tzinfo=UTC)

Page: TypeAlias = Any
"""An element of lxml.html, which has no types."""


def in_language(language: str) -> SiteLook:
    return replace(LOOK, site=replace(SITE, language=language))


def parsed(page: bytes) -> Page:
    return html.document_fromstring(page.decode())


def item_page(one: Record, look: SiteLook = LOOK) -> Page:
    return parsed(pages.item_page(one, look=look))


def theme_page(*records: Record, feed: Feed = ABOUT_FERRIES, items: int | None = None) -> Page:
    count = len(records) if items is None else items
    return parsed(pages.feed_page(feed, records, items=count, look=LOOK))


def index_page(*records: Record, look: SiteLook = LOOK) -> Page:
    counts = [FeedCount(feed=Feed.of_theme(theme), items=len(records)) for theme in (PEOPLE, FERRIES)]
    return parsed(pages.index_page(counts, records, items=len(records), look=look))


def words(page: Page, path: str = "//main") -> str:
    return " ".join(" ".join(str(found.text_content()) for found in page.xpath(path)).split())


def whole_site(records: Sequence[Record], look: SiteLook = LOOK) -> dict[str, bytes]:
    counts = [FeedCount(feed=Feed.of_theme(theme), items=len(records)) for theme in (PEOPLE, FERRIES)]
    site = {urls.item_file(one): pages.item_page(one, look=look) for one in records}
    for feed in (ABOUT_FERRIES, Feed.of_theme(PEOPLE), EVERYTHING):
        site[urls.feed_page_file(feed.slug)] = pages.feed_page(feed, records, items=len(records), look=look)
        site |= {urls.feed_file(feed.slug, key): b"" for key in look.formats}
    site[urls.INDEX_FILE] = pages.index_page(counts, records, items=len(records), look=look)
    site[urls.OPML_FILE] = b""
    site[urls.STYLE_FILE] = pages.style_sheet(look=look)
    site[urls.ICON_FILE] = pages.icon(look=look)
    site[urls.YEARS_FILE] = years_page([], look=look)
    return site


RECORDS = [
    record(number=1),
    record("Two themes.", number=2, themes=(FERRIES, PEOPLE), keywords=("ice", "fog")),
    record("Gone again.", number=3, state=State.WITHDRAWN, date=date(2019, 1, 1)),
    record("Elsewhere.", number=4, link="https://elsewhere.example/a?b=1&c=2"),
    record("خبر", number=5, language="ar"),
    record("<script>alert(1)</script> </title> {{ 7 * 7 }}", number=6, title='</script><b>bold & "quoted"</b>'),
]


class TestSite:
    def test_every_link_inside_it_leads_to_a_file(self) -> None:
        site = whole_site(RECORDS)

        for file, data in site.items():
            if file.endswith(".html"):
                for element in parsed(data).xpath("//*[@href]"):
                    href = element.get("href").partition("#")[0]
                    if href and not re.match(r"https://|mailto:", href):
                        assert posixpath.normpath(posixpath.join(posixpath.dirname(file), href)) in site, (file, href)

    def test_nothing_comes_from_elsewhere(self) -> None:
        site = whole_site(RECORDS)

        for data in (data for file, data in site.items() if file.endswith(".html")):
            page = parsed(data)
            assert page.xpath("//@src | //@srcset | //iframe | //object | //form | //@style | //style") == []
            assert page.xpath("//*[@*[starts-with(name(), 'on')]]") == []
            assert set(page.xpath("//script/@type")) <= {"application/ld+json"}
            assert [href for href in page.xpath("//link[@rel='stylesheet']/@href") if ":" in href] == []
        assert not re.search(rb"url\(|@import|https?:", site[urls.STYLE_FILE])

    def test_every_page_has_one_heading_a_language_and_a_way_past_the_menu(self) -> None:
        for file, data in whole_site(RECORDS).items():
            if file.endswith(".html"):
                page = parsed(data)
                assert len(page.xpath("//h1")) == len(page.xpath("//main[@id='content']")) == 1
                assert (page.get("lang"), page.get("dir")) == ("en", "ltr")
                assert page.xpath("//body/a[1]/@href") == ["#content"]
                assert words(page, "//title").endswith("Harbour news")
                assert data.startswith(b"<!DOCTYPE html>\n")
                assert len(page.xpath("//link[@rel='canonical'][starts-with(@href, 'https://')]")) == 1

    def test_same_input_same_bytes(self) -> None:
        fresh = replace(LOOK, templates=Templates(TemplateFiles(shipped_templates())))

        assert whole_site(RECORDS) == whole_site(RECORDS[::-1], fresh)

    @pytest.mark.parametrize("language", ["fr", "nl", "de"])
    def test_it_speaks_the_sites_language(self, language: str) -> None:
        english, spoken = whole_site(RECORDS), whole_site(RECORDS, in_language(language))

        for file in (name for name in english if name.endswith(".html")):
            page = parsed(spoken[file])
            assert page.get("lang") == language
            for phrase in ("Skip to content", "All news", "Published by", "Themes", "withdrawn", "Follow", "Latest"):
                assert phrase not in words(page, "//body"), (file, phrase)

    def test_in_a_language_without_translation_the_items_keep_theirs(self) -> None:
        page = item_page(record("Una noticia. Nada más."), in_language("es"))

        assert page.get("lang") == "en"
        assert page.xpath("//h1/@lang | //div[@class='text']/@lang") == ["es", "es"]


class TestItemPage:
    def test_it_says_everything_once(self) -> None:
        page = item_page(record("The first ferry sailed. It was full.\n\nReally full.", keywords=("ice", "fog")))

        assert words(page, "//article/header") == "10 February 2022 The first ferry sailed"
        assert words(page, "//div[@class='text']") == "It was full. Really full."
        assert words(page, "//dl") == "Theme Ferries & Quays Keywords ice, fog"

    def test_sharing_the_page_shares_its_first_picture(self) -> None:
        png, pdf = (Enclosure(url=f"https://example.org/a.{ending}") for ending in ("png", "pdf"))
        dot, sea = (
            '<img src="https://example.org/dot.gif" width="1" height="1">',
            '<img src="https://example.org/s?a=1&amp;b">',
        )
        shared = "//meta[@property='og:image']/@content"

        assert item_page(record("A.", enclosures=(pdf, png), html=sea)).xpath(shared) == ["https://example.org/a.png"]
        assert item_page(record("A.", enclosures=(pdf,), html=dot + sea)).xpath(shared) == [
            "https://example.org/s?a=1&b"
        ]
        assert item_page(record("A.", html=dot)).xpath(shared) == []
        assert item_page(record("A."), replace(LOOK, logo="logo.png")).xpath(shared) == [f"{SITE.base_url}logo.png"]

    def test_a_title_that_is_cut_or_given_takes_nothing_from_the_text(self) -> None:
        for one in (record("long " * 60), record("A title. And more.", title="A title")):
            assert words(item_page(one), "//div[@class='text']") == one.item.text.strip()

    def test_without_a_readable_title_the_day_is_one(self) -> None:
        assert words(item_page(record("\x1b\r\x08")), "//h1") == "10 February 2022"

    def test_the_windows_title_fits(self) -> None:
        page = item_page(record("A sentence that goes on and on and on until nobody remembers how it began."))

        assert words(page, "//title") == "A sentence that goes on and on and on until nobody… – Harbour news"
        assert words(page, "//h1") == "A sentence that goes on and on and on until nobody remembers how it began"

    def test_a_correction_is_dated_in_the_sites_time_zone(self) -> None:
        assert (
            words(item_page(record(revision=2, updated=LATER)), "//article/header/p")
            == "10 February 2022, corrected on 13 February 2022"
        )
        assert words(item_page(record()), "//article/header/p") == "10 February 2022"

    def test_a_correction_is_quoted_from_the_latest_digest_that_read_otherwise(self) -> None:
        now = record("Three boats. They sail.", revision=3)
        told = [
            ("weekly", Formerly(item=1, edition=7, was=now.item)),
            ("gone", Formerly(item=1, edition=9, was=replace(now.item, text="Nine boats."))),
            ("weekly", Formerly(item=1, edition=5, was=replace(now.item, text="Two boats. They sail."))),
        ]
        look = replace(LOOK, audiences=(replace(ANY_AUDIENCE, name="weekly"),))

        [fact] = parsed(pages.item_page(now, look=look, told=told)).xpath("//dl/div[dt='Corrected']")

        assert "In No.\xa05 it read: “Two boats”" == fact.xpath("string(dd[2])")
        assert ["../../archive/weekly/5.html"] == fact.xpath("dd/a/@href")

    def test_a_withdrawn_item_says_so_and_nothing_else_of_itself(self) -> None:
        page = item_page(record("Secret sentence. More secret.", state=State.WITHDRAWN, updated=LATER, title="Hidden"))

        everything = html.tostring(page, encoding="unicode")
        assert "ecret" not in everything
        assert "Hidden" not in everything
        assert words(page, "//h1") == "This item was withdrawn"
        assert "13 February 2022" in words(page)
        assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]

    def test_another_language_and_direction_are_marked(self) -> None:
        page = item_page(record("خبر", language="ar", keywords=("لجوء",)))

        assert page.xpath("//h1/@lang | //h1/@dir") == ["ar", "rtl"]
        assert page.xpath("//dd/span[text()='لجوء']/@dir") == ["rtl"]

    def test_other_programs_read_what_it_is(self) -> None:
        page = item_page(RECORDS[5])
        (data,) = page.xpath("//script/text()")
        article = json.loads(data)

        assert article["@type"] == "NewsArticle"
        assert article["headline"] == RECORDS[5].item.title
        assert article["datePublished"] == RECORDS[5].published.isoformat()
        assert page.xpath("//meta[@property='og:title']/@content") == [RECORDS[5].item.title]

    def test_its_files_are_named_with_what_they_are(self) -> None:
        report = Enclosure(url="https://news.example.org/r.pdf", size_bytes=1_200_000, title='"Report" <1>')
        page = item_page(record(enclosures=(report, Enclosure(url="https://news.example.org/talk.mp3"))))

        assert words(page, "//dl/div[1]/dt") == "Files"
        assert [(link.get("href"), link.get("type"), link.text) for link in page.xpath("//dl/div[1]/dd/a")] == [
            (report.url, "application/pdf", '"Report" <1> (PDF, 1.2\xa0MB)'),
            ("https://news.example.org/talk.mp3", "audio/mpeg", "talk.mp3 (MP3)"),
        ]
        assert json.loads(page.xpath("string(//script)"))["associatedMedia"] == [
            {
                "@type": "MediaObject",
                "name": '"Report" <1>',
                "contentUrl": report.url,
                "encodingFormat": "application/pdf",
                "contentSize": "1200000 B",
            },
            {
                "@type": "MediaObject",
                "name": "talk.mp3",
                "contentUrl": "https://news.example.org/talk.mp3",
                "encodingFormat": "audio/mpeg",
            },
        ]
        assert "associatedMedia" not in item_page(record()).xpath("string(//script)")

    def test_an_item_with_a_link_sends_its_reader_there(self) -> None:
        page = item_page(RECORDS[3])

        assert page.xpath("//p[@class='more']/a/@href") == ["https://elsewhere.example/a?b=1&c=2"]
        assert words(page, "//p[@class='more']") == "Read on at elsewhere.example"
        assert page.xpath("//link[@rel='canonical']/@href") == ["https://elsewhere.example/a?b=1&c=2"]

    @given(text=st.text(st.characters(exclude_categories=())), title=st.text("<>&;/\"'{}%# ab\n"))
    def test_any_text_makes_a_harmless_page(self, text: str, title: str) -> None:
        page = item_page(record(text, title=title, keywords=(title,)))

        assert len(page.xpath("//h1")) == len(page.xpath("//script")) == len(page.xpath("//main")) == 1
        assert words(page, "//h1")


@pytest.mark.parametrize(
    ("heading", "site", "title"),
    [
        ("Ferries", "Harbour news", "Ferries – Harbour news"),
        ("word " * 30, "Harbour news", "word word word word word word word word word word word… – Harbour news"),
        ("Ferries", "news " * 30, "Ferries – news news news news news news news news news news news news…"),
        ("a & b " * 20, "c & d", "a & b a & b a & b a & b a & b a… – c & d"),
    ],
)
def test_a_windows_title_has_seventy_characters_as_they_are_written(heading: str, site: str, title: str) -> None:
    assert title == window_title(heading, site)
    assert len(escape(title)) <= 70


class TestThemePage:
    def test_newest_first_without_the_withdrawn(self) -> None:
        page = theme_page(*RECORDS[:4])

        assert [words(page, f"(//h3)[{n}]") for n in (1, 2, 3)] == ["Elsewhere", "Two themes", "The first ferry sailed"]
        assert len(page.xpath("//h3")) == 3
        assert page.xpath("//h3/a/@href")[::2] == ["../items/2022/item-4.html", "../items/2022/item-1.html"]

    def test_an_item_that_lives_elsewhere_is_reached_there_and_here(self) -> None:
        page = theme_page(RECORDS[3])

        assert page.xpath("//h3/a/@href") == ["../items/2022/item-4.html"]
        assert page.xpath("//ul[@class='tags']//a/@href") == ["https://elsewhere.example/a?b=1&c=2"]
        assert words(page, "//ul[@class='tags']") == "Read on at elsewhere.example"

    def test_it_offers_its_feeds_to_people_and_programs(self) -> None:
        page = theme_page()

        assert page.xpath("//link[@rel='alternate']/@href") == ["rss.xml", "atom.xml"]
        assert page.xpath("//section[@class='follow']//p/a/@href") == ["rss.xml", "atom.xml", "../feeds.opml"]
        assert page.xpath("//section[@class='follow']//input/@value") == ["https://news.example.org/ferries/rss.xml"]
        assert page.xpath("//link[@rel='alternate']/@title") == ["Ferries & Quays (RSS)", "Ferries & Quays (Atom)"]

    def test_other_themes_of_an_item_are_named(self) -> None:
        assert words(theme_page(RECORDS[1]), "//ul[@class='tags']") == "People"
        assert theme_page(RECORDS[0]).xpath("//ul[@class='tags']") == []

    def test_it_says_how_much_it_shows(self) -> None:
        assert words(theme_page(*RECORDS[:2], items=40), LEDE) == "The latest 2 of 40 items"
        assert words(theme_page(RECORDS[0]), LEDE) == "1 item"

    def test_an_empty_theme_is_worth_following(self) -> None:
        assert "There is no news here at present." in words(theme_page())


class TestLanguages:
    FRENCH = Feed(kind=FeedKind.LANGUAGE, slug="languages/fr", title="fr")

    def test_the_page_of_a_language_speaks_it(self) -> None:
        page = theme_page(record("Une chose.", language="fr"), feed=self.FRENCH)

        assert (page.get("lang"), words(page, "//h1")) == ("fr", "Français")
        assert page.xpath("//h1/@lang") == ["fr"]
        assert words(page, "//h2[@id='latest']") == "Dernières actualités"
        assert page.xpath("//p[@class='name']/a/@lang") == page.xpath("//ul[@class='tags']//a/@lang") == ["en"]

    def test_a_combined_feed_of_one_language_speaks_it(self) -> None:
        quays = CombinedFeed(name="quais", title="Quais", languages=("fr",))
        look = replace(LOOK, combined=(quays,))

        page = parsed(pages.feed_page(combined_feed(quays), (), items=0, look=look))

        assert page.get("lang") == "fr"
        assert "Il n’y a pas d’actualité ici pour le moment." in words(page)

    @pytest.mark.parametrize(("languages", "marked"), [(["ar", "ar"], ("ar", "rtl")), (["ar", "fr"], (None, "auto"))])
    def test_a_keyword_is_in_the_language_of_its_items(
        self, languages: list[str], marked: tuple[str | None, str]
    ) -> None:
        keyword = Feed(kind=FeedKind.KEYWORD, slug="keywords/x", title="عبّارة")
        items = [record("خبر", number=n, language=language) for n, language in enumerate(languages, start=1)]

        [heading] = theme_page(*items, feed=keyword).xpath("//h1")

        assert (heading.get("lang"), heading.get("dir")) == marked


class TestIndexPage:
    def test_it_lists_every_theme_with_one_way_to_follow_it(self) -> None:
        page = index_page(*RECORDS)

        themes = page.xpath("//section[@aria-labelledby='themes']//li")
        assert [li.xpath(".//a[@class='name']/bdi/text()")[0] for li in themes] == ["Ferries & Quays", "People"]
        assert [li.xpath(".//a[@class='follows']/@href") for li in themes] == [
            ["ferries/index.html#follow"],
            ["people/index.html#follow"],
        ]
        assert page.xpath("//link[@rel='alternate']/@href") == ["all/rss.xml", "all/atom.xml"]

    def test_it_says_how_often_to_expect_something(self) -> None:
        pace = Frequency(items=2, period="month")

        assert "Expect about 2 items a month." in words(
            parsed(pages.index_page([], RECORDS, items=6, look=LOOK, pace=pace))
        )
        assert "Expect" not in words(index_page(*RECORDS))

    def test_it_leads_to_the_latest_digests_and_to_all_of_them(self) -> None:
        places = {"weekly": [EditionPlace(number=n, composed_at=LATER, items=n) for n in (7, 6)]}
        look = replace(LOOK, audiences=(replace(ANY_AUDIENCE, name="weekly"),))

        page = parsed(pages.index_page([], RECORDS, items=6, look=look, editions=places))

        rows = page.xpath("//section[@aria-labelledby='digests']//li")
        assert [" ".join(row.text_content().split()) for row in rows] == [
            "13 February 2022 No. 7 · 7 items",
            "13 February 2022 No. 6 · 6 items",
            "All digests",
        ]
        assert [row.xpath("a/@href") for row in rows] == [
            ["archive/weekly/7.html"],
            ["archive/weekly/6.html"],
            ["archive/weekly/index.html"],
        ]

    def test_of_several_digests_it_leads_to_the_latest_of_each(self) -> None:
        weekly, daily = (replace(ANY_AUDIENCE, name=name, title=name.title()) for name in ("weekly", "daily"))
        places = {"daily": [EditionPlace(number=7, composed_at=LATER, items=2)]}

        page = parsed(pages.index_page([], (), items=0, look=replace(LOOK, audiences=(weekly, daily)), editions=places))

        rows = page.xpath("//section[@aria-labelledby='digests']//li")
        assert [row.xpath("a/@href") for row in rows] == [
            ["archive/weekly/index.html"],
            ["archive/daily/index.html", "archive/daily/7.html"],
        ]

    def test_an_empty_site_is_worth_following(self) -> None:
        assert "No news yet." in words(index_page())

    def test_the_front_page_leads_to_the_other_languages_that_pages_speak(self) -> None:
        kinds = {"fr": 2, "en": 9, "ar": 1, "de": 0}
        feeds = {tag: Feed(kind=FeedKind.LANGUAGE, slug=f"languages/{tag}", title=tag) for tag in kinds}
        counts = [FeedCount(feed=feed, items=kinds[tag]) for tag, feed in feeds.items()]

        page = parsed(pages.index_page(counts, RECORDS, items=9, look=LOOK))
        french = theme_page(record("Une chose.", language="fr"), feed=feeds["fr"])

        choice = "//nav[@aria-label='{}']//li/*"
        assert [("English", None), ("Français", "languages/fr/index.html")] == [
            (each.text, each.get("href")) for each in page.xpath(choice.format("Language"))
        ]
        assert [("English", "../../index.html"), ("Français", None)] == [
            (each.text, each.get("href")) for each in french.xpath(choice.format("Langue"))
        ]
        assert not index_page(*RECORDS).xpath(choice.format("Language"))


class TestByMail:
    LIST = replace(ANY_AUDIENCE, title="Harbour mail", subscribe_url="https://lists.example.org/harbour")
    PEOPLE_ONLY = replace(
        ANY_AUDIENCE, title="People", themes=ThemeChoice.of("people"), subscribe_mailto="join@lists.example.org"
    )

    def test_every_page_offers_the_one_list(self) -> None:
        for file, data in whole_site(RECORDS, replace(LOOK, open_to=(self.LIST,))).items():
            if file.endswith(".html"):
                menu = parsed(data).xpath("//header//li[@class='get']/a/@href")
                assert ["https://lists.example.org/harbour"] == menu, file

    def test_of_several_lists_a_theme_names_those_that_send_it(self) -> None:
        look = replace(LOOK, open_to=(self.LIST, self.PEOPLE_ONLY))
        buttons = {
            name: [(a.text, a.get("href")) for a in page.xpath("//a[@class='button']")]
            for name, page in {
                "ferries": parsed(pages.feed_page(ABOUT_FERRIES, (), items=0, look=look)),
                "people": parsed(pages.feed_page(Feed.of_theme(PEOPLE), (), items=0, look=look)),
            }.items()
        }

        assert buttons["ferries"] == [("Subscribe", "https://lists.example.org/harbour")]
        assert buttons["people"] == [
            ("Harbour mail", "https://lists.example.org/harbour"),
            ("People", "mailto:join@lists.example.org"),
        ]
        assert index_page(look=look).xpath("//li[@class='get']/a/@href") == ["index.html#mail"]

    def test_a_theme_has_its_name_in_the_offer_where_nothing_else_would_come(self) -> None:
        """The theme's own page and the pages of its items offer mails about the theme by name. If a list with all
        themes is offered, too, no theme is named.
        """
        offered = {
            "form": replace(LOOK, has_forms=True),
            "own list": replace(LOOK, open_to=(self.PEOPLE_ONLY,)),
            "list of all": replace(LOOK, open_to=(self.LIST,)),
            "form and list": replace(LOOK, has_forms=True, open_to=(self.LIST,)),
        }
        headings = {
            name: [
                words(page, "//h2[@id='mail']")
                for page in (
                    parsed(pages.feed_page(Feed.of_theme(PEOPLE), (), items=0, look=look)),
                    item_page(record(themes=(PEOPLE,)), look),
                    item_page(record(themes=(PEOPLE,), state=State.WITHDRAWN), look),
                    index_page(look=look),
                )
            ]
            for name, look in offered.items()
        }

        own = ["Get People by mail"] * 3 + ["Get it by mail"]
        assert headings == {
            "form": own,
            "own list": own,
            "list of all": ["Get it by mail"] * 4,
            "form and list": ["Get it by mail"] * 4,
        }

    @pytest.mark.parametrize("state", [State.WITHDRAWN, State.HIDDEN])
    def test_the_page_of_an_item_that_is_gone_offers_what_is_to_come(self, state: State) -> None:
        page = item_page(record(state=state), replace(LOOK, open_to=(self.LIST,)))

        assert ["https://lists.example.org/harbour"] == page.xpath("//main//a[@class='button']/@href")

    def test_one_list_with_some_themes_does_not_promise_all(self) -> None:
        promises = [
            words(index_page(look=replace(LOOK, open_to=lists)), "//section[@aria-labelledby='mail']//p[1]")
            for lists in ((self.LIST,), (self.PEOPLE_ONLY,), (self.LIST, self.PEOPLE_ONLY))
        ]

        assert ["all that is new" in promise for promise in promises] == [True, False, False]

    def test_lists_without_a_title_of_their_own_are_told_apart(self) -> None:
        weekly, daily = (replace(self.LIST, name=name, title=SITE.title) for name in ("weekly", "daily"))
        page = index_page(look=replace(LOOK, open_to=(weekly, daily), audiences=(weekly, daily)))

        assert page.xpath("//a[@class='button']/text()") == ["weekly", "daily"]
        assert page.xpath("//section[@aria-labelledby='digests']//a/text()") == ["weekly", "daily"]

    def test_without_a_list_one_follows_in_a_feed_reader(self) -> None:
        page = index_page(*RECORDS)

        assert words(page, "//header//li[@class='get']") == "Follow"
        assert page.xpath("//a[@class='button']/@href") == ["#follow"]


@pytest.mark.parametrize(
    ("items", "days", "pace"),
    [
        (0, 365, None),
        (4, 365, None),
        (200, 90, None),
        (5, 91, Frequency(items=2, period="month")),
        (5, 365, Frequency(items=5, period="year")),
        (11, 365, Frequency(items=11, period="year")),
        (13, 365, Frequency(items=1, period="month")),
        (365, 365, Frequency(items=30, period="month")),
    ],
)
def test_the_frequency_of_news_is_counted_per_month_or_year(items: int, days: int, pace: Frequency | None) -> None:
    assert frequency_of(items, days=days) == pace


@pytest.mark.parametrize(
    ("path", "start", "link"),
    [
        ("style.css", "index.html", "style.css"),
        ("style.css", "items/2022/x.html", "../../style.css"),
        ("items/2022/y.html", "items/2022/x.html", "y.html"),
        ("items/2021/y.html", "items/2022/x.html", "../2021/y.html"),
        ("all/rss.xml", "all/index.html", "rss.xml"),
        ("index.html", "all/index.html", "../index.html"),
    ],
)
def test_links_are_relative(path: str, start: str, link: str) -> None:
    assert urls.relative(path, start=start) == link


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_the_paper(scheme: int) -> None:
    """WCAG 2.2, success criterion 1.4.3: a contrast of at least 4.5 to 1."""
    sheet = pages.style_sheet(look=LOOK).decode()
    light, dark, _print = (
        dict(re.findall(r"--([\w-]+): (#\w{6})", root)) for root in re.findall(r":root \{[^}]+\}", sheet)
    )
    colours = (light, {**light, **dark})[scheme]

    assert [
        (name, page)
        for name in ("ink", "quiet", "accent")
        for page in ("paper", "wash")
        if contrast(colours[name], colours[page]) < 4.5
    ] == []
    assert contrast(colours["on-accent"], colours["accent"]) >= 4.5
    assert contrast(colours["edge"], colours["paper"]) >= 3
    assert contrast(colours["focus-ink"], colours["focus"]) >= 4.5


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("file", "to", "link"),
    [("old/index.html", "ferries/index.html", ""), ("old/pages/3.html", "ferries/pages/3.html", "pages/3.html")],
)
def test_a_page_at_a_former_address_leads_to_the_one_of_now(file: str, to: str, link: str) -> None:
    page = parsed(pages.moved_page(Feed.of_theme(FERRIES), file, to=to, look=LOOK))

    [place] = page.xpath("//main/div[@class='text']//a/@href")
    assert to == posixpath.normpath(posixpath.join(posixpath.dirname(file), place))
    assert [f"0; url={place}"] == page.xpath("//meta[@http-equiv='refresh']/@content")
    assert [f"{SITE.base_url}ferries/{link}"] == page.xpath("//link[@rel='canonical']/@href")
