"""Past digests on the web: in the language of their audience, and told apart."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from lxml import html

from publisher.publish.edition_pages import edition_page, editions_page
from publisher.publish.page_values import Look
from publisher.rendering.template_files import TemplateFiles, shipped_templates
from publisher.rendering.templates import Templates
from publisher.store import EditionPlace, PastEdition
from tests.values import ANY_AUDIENCE, FERRIES, PEOPLE, SITE, THEMES, record

LOOK = Look(site=SITE, templates=Templates(TemplateFiles(shipped_templates())), formats=("atom",))
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
