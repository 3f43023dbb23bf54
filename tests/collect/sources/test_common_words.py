"""Common words identify the seven languages that many sites have, and never a similar language."""

import pytest

from publisher.collect.sources.common_words import find_language

ENGLISH = "The port will be closed on Monday because of the storm, and the bridge stays closed as well until it drops."
FRENCH = (
    "Le port sera fermé lundi pour cause de tempête, et le pont est aussi fermé pour les gens qui sont dans les rues."
)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("EN", ENGLISH),
        ("FR", FRENCH),
        (
            "NL",
            "De haven wordt maandag gesloten wegens de storm. Wie daar woont, kan naar het kantoor en moet niet",
        ),
        ("DE", "Der Hafen bleibt am Montag wegen des Sturms geschlossen, und auch die Brücke ist für alle gesperrt."),
        ("ES", "El puerto estará cerrado el lunes por la tormenta, y el puente también está cerrado, pero sin multas."),
        (
            "IT",
            "Il porto resterà chiuso lunedì per la tempesta, e anche il ponte è chiuso: sono le regole della città.",
        ),
        (
            "PT",
            "O porto não abre na segunda por causa do mau tempo, e a ponte também está fechada até ao dia seguinte.",
        ),
    ],
)
def test_a_text_full_of_a_languages_common_words_is_in_it(language: str, text: str) -> None:
    assert find_language(text) == language
    assert find_language(text.upper()) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Annual report 2023",
        "Le port sera fermé lundi.",
        "harbour crane quay noise level survey report annual table figure map index north basin",
        "Die hawe sal Maandag gesluit wees as gevolg van die storm, en die raad het besluit dat die brug ook toe bly.",
        "El port romandrà tancat dilluns a causa de la tempesta, i el pont també estarà tancat fins que el vent minvi.",
        "O porto permanecerá pechado o luns por mor da tormenta, e o concello decidiu que a ponte tamén estea pechada.",
        "Den Hafen bleift um Méindeg zou wéinst dem Stuerm, an d'Bréck bleift och zou, bis de Wand sech leet.",
        "Havnen er lukket mandag på grund af stormen, og broen skal også være lukket, indtil vinden lægger sig.",
        "Portul va rămâne închis luni din cauza furtunii, iar podul va fi și el închis până când vântul se liniștește.",
    ],
    ids=["nothing", "few", "short", "names", "Afrikaans", "Catalan", "Galician", "Luxembourgish", "Danish", "Romanian"],
)
def test_short_texts_names_and_languages_like_these_are_left_open(text: str) -> None:
    assert find_language(text) == ""


def test_a_text_in_two_languages_is_left_open() -> None:
    assert find_language(f"{ENGLISH} {FRENCH}") == find_language(f"{FRENCH} {ENGLISH}") == ""
