"""Past digests on the web: in their audience's language, and with different names."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from lxml import html

from publisher.model.editions import Formerly
from publisher.model.schedules import Schedule
from publisher.publish.edition_pages import edition_page, editions_page
from publisher.publish.page_values import SiteLook
from publisher.rendering.template_files import TemplateFiles, shipped_templates
from publisher.rendering.templates import Templates
from publisher.store.past_editions import EditionPlace, PastEdition
from tests.values import ANY_AUDIENCE, FERRIES, PEOPLE, SITE, THEMES, record

LOOK = SiteLook(site=SITE, templates=Templates(TemplateFiles(shipped_templates())), formats=("atom",))
FRENCH = replace(ANY_AUDIENCE, language="fr")
THEN = datetime(2022, 2, 14, 7, tzinfo=UTC)
PLACES = [EditionPlace(number=number, composed_at=THEN, items=1) for number in (3, 2)]
RECORDS = tuple(record(f"News {n}.", number=n, themes=((FERRIES, PEOPLE)[n % 2],)) for n in range(6, 0, -1))
EDITION = PastEdition(number=2, composed_at=THEN, items=6, records=RECORDS, corrections=(), introduction="")


def parsed(page: bytes) -> Any:
    return html.document_fromstring(page.decode())


def test_two_of_one_day_are_told_apart_by_their_numbers() -> None:
    page = parsed(editions_page(ANY_AUDIENCE, PLACES, feeds=(), look=LOOK))

    counts = page.xpath("//main//ul[@class='rows']//span[@class='count']")
    assert ["No.\xa03 · 1 item", "No.\xa02 · 1 item"] == [count.text_content() for count in counts]


def test_the_list_speaks_the_language_of_its_audience() -> None:
    page = parsed(editions_page(FRENCH, PLACES, feeds=(), look=LOOK))

    assert "fr" == page.get("lang")
    assert "N°\xa03 · 1 actualité" == page.xpath("string(//main//ul[@class='rows']//span[@class='count'])")


def test_a_digest_speaks_the_language_of_its_audience_and_names_themes_in_the_site_s() -> None:
    data = edition_page(EDITION, FRENCH, older=None, newer=PLACES[0], themes=THEMES, look=LOOK)
    page = parsed(data)

    assert "fr" == page.get("lang")
    assert {"en"} == {name.get("lang") for name in page.xpath("//nav[@class='contents']//a")}
    assert ["en", "en"] == page.xpath("//main//section/h2/a/span/@lang")
    assert "14 février 2022 · N°\xa03 · 1 actualité" == page.xpath("string(//nav[@class='neighbours']//span)")


RICH = (
    "<p>Two boats sail.</p><ul><li>Monday</li><li>Friday</li></ul><blockquote><p>They sail.</p></blockquote>"
    "<table><tr><th>Day</th></tr><tr><td>Monday</td></tr></table>"
)


def test_an_item_is_shown_as_in_the_mail_with_lists_links_and_tables() -> None:
    rich = [replace(each, item=replace(each.item, html=RICH)) for each in RECORDS[:2]]
    long = replace(RECORDS[2], item=replace(RECORDS[2].item, text="A long text. " * 100))

    data = edition_page(
        replace(EDITION, records=(*rich, long)), ANY_AUDIENCE, older=None, newer=None, themes=THEMES, look=LOOK
    )

    page = parsed(data)
    assert 2 == len(page.xpath("//main//div[@class='text']/ul[li='Friday']"))
    assert ["Table 1", "Table 2"] == page.xpath("//section[@class='wide']/@aria-label")
    assert ["Read on: A long text"] == [link.text_content() for link in page.xpath("//ul[@class='tags']//a[span]")]


def test_a_correction_quotes_the_former_text() -> None:
    now = replace(RECORDS[0], number=9, item=replace(RECORDS[0].item, text="Three boats. They sail."))
    was = replace(now.item, text="Two boats. They sail.")
    edition = replace(EDITION, corrections=(now,), formerly=(Formerly(item=9, edition=1, was=was),))

    page = parsed(edition_page(edition, ANY_AUDIENCE, older=None, newer=None, themes=THEMES, look=LOOK))

    [words] = page.xpath("//section[@aria-labelledby='corrections']//div/p")
    assert "In No.\xa01 it read: “Two boats”" == words.text_content()
    assert ["1.html"] == words.xpath("a/@href")


def test_windows_of_two_of_one_day_are_told_apart() -> None:
    pages = [
        parsed(
            edition_page(
                replace(EDITION, number=number), ANY_AUDIENCE, older=None, newer=None, themes=THEMES, look=LOOK
            )
        )
        for number in (2, 3)
    ]

    assert 2 == len({page.findtext(".//title") for page in pages})
    assert ["Digest No.\xa02, Monday 14 February 2022", "Digest No.\xa03, Monday 14 February 2022"] == [
        page.findtext(".//h1") for page in pages
    ]


def test_where_nothing_was_sent_or_nothing_later_it_says_when_digests_go_out() -> None:
    weekly = replace(ANY_AUDIENCE, schedule=Schedule.parse("0 8 * * MON", SITE.timezone))
    when = "Digests go out every Monday at 8:00 when there is news."

    none_yet = parsed(editions_page(weekly, (), feeds=(), look=LOOK))
    latest, earlier = (
        parsed(edition_page(EDITION, weekly, older=None, newer=newer, themes=THEMES, look=LOOK))
        for newer in (None, PLACES[0])
    )

    assert f"No digest has been sent yet. {when}" in none_yet.text_content()
    assert when in latest.text_content()
    assert when not in earlier.text_content()


def test_a_digest_that_everybody_may_get_offers_the_next_one() -> None:
    is_open = replace(LOOK, open_to=(replace(ANY_AUDIENCE, subscribe_url="https://lists.example.org/news"),))
    other = replace(LOOK, open_to=(replace(is_open.open_to[0], name="other"),))

    offered = [
        parsed(edition_page(EDITION, ANY_AUDIENCE, older=None, newer=None, themes=THEMES, look=look)).xpath(
            "string(//h2[@id='mail'])"
        )
        for look in (is_open, other)
    ]

    assert ["Get the next one by mail", "Get it by mail"] == offered
