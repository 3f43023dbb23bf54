"""A language is guessed only if it is certain."""

from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import pytest

from publisher.collect.sources.html_words import text_of
from publisher.collect.sources.language_guess import guess
from publisher.collect.sources.markdown import MarkdownSource

ALL = ("en", "fr", "nl", "de")
LONG_NAME = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftsversammlungsraum"
HARD = Path(__file__).parents[2] / "fixtures" / "hard_site" / "news"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The port will be closed on Monday because of the storm."),
        ("fr", "Le rapport annuel est paru et peut être consulté en ligne."),
        ("nl", "De haven is maandag gesloten wegens de storm."),
        ("de", "Der Hafen bleibt am Montag wegen des Sturms geschlossen."),
    ],
)
def test_a_sentence_is_known_by_its_words(language: str, text: str) -> None:
    assert guess(text, ALL) == language
    assert guess(text, [each for each in ALL if each != language]) == ""
    assert guess(text, ALL, beside=language) == ""
    assert guess(text, ALL, beside="pt-BR") == ("" if language == "pt" else language)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Annual report 2023",
        "Le port sera fermé lundi à cause de la tempête. The port will be closed on Monday because of the storm.",
        "Statement by Bundesministerium für Wirtschaft und Klimaschutz on the Zukunftsinvestitionsgesetz",
        "El puerto permanecerá cerrado el lunes a causa de la tormenta.",
        "noise --quay 7 --from 06:00 --unit dB /var/lib/harbour/noise.txt https://example.org/a",
    ],
)
def test_short_and_mixed_texts_names_and_other_languages_are_left_open(text: str) -> None:
    assert guess(text, ALL) == ""


@pytest.mark.parametrize("name", ["dredging", "kran", "traversier", "tides"])
def test_long_words_tables_and_code_do_not_lead_astray(name: str) -> None:
    source = MarkdownSource("news", HARD)
    found = source.fetch(validator="", now=datetime(2026, 3, 4, tzinfo=UTC)).items
    (item,) = (each for each in found if each.native_id == name)
    its = item.language or "en"

    for count in (1, 2, 3, 4):
        for among in combinations(ALL, count):
            assert guess(f"{item.title}\n{text_of(item.html)}", among) in ("", its)


def test_the_sentences_decide_not_a_long_name_or_an_address() -> None:
    english = "Dredging of the northern basin begins on Monday, and what is dug up is taken to the old pit."
    address = "https://www.example.org/de/veranstaltungen/hafenrundfahrten-und-besichtigungen/anmeldung"

    assert guess(english, ALL) == "en"
    assert guess(f"{english} {LONG_NAME} {LONG_NAME} {address} {address}", ALL) == "en"


def test_a_few_letters_decide_nothing() -> None:
    assert guess("Der Kran", ALL) == guess(LONG_NAME, ALL) == ""
