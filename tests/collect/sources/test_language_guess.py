"""The language of a text that does not name it."""

from publisher.collect.sources.language_guess import guess

AMONG = ("en", "fr", "nl", "de")
ENGLISH = "Dredging of the northern basin begins on Monday, and what is dug up is taken to the old pit."
LONG_NAME = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftsversammlungsraum"


def test_the_sentences_decide_not_a_long_name_or_an_address() -> None:
    address = "https://www.example.org/de/veranstaltungen/hafenrundfahrten-und-besichtigungen/anmeldung"

    assert "en" == guess(ENGLISH, AMONG)
    assert "en" == guess(f"{ENGLISH} {LONG_NAME} {LONG_NAME} {address} {address}", AMONG)


def test_a_few_letters_decide_nothing() -> None:
    assert "" == guess("Der Kran", AMONG)
    assert "" == guess(LONG_NAME, AMONG)
