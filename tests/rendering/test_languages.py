import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from babel import Locale
from babel.localedata import locale_identifiers
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from publisher.rendering import languages
from publisher.rendering.template_files import shipped_templates

TRANSLATED = sorted(folder.name for folder in languages.CATALOGUES.iterdir())
PAGES = (
    "404.html",
    "edition.html",
    "editions.html",
    "page.html",
    "parts.html",
    "index.html",
    "month.html",
    "year.html",
    "years.html",
    "keywords.html",
    "theme.html",
    "item.html",
    "moved.html",
    "withdrawn.html",
    *(f"forms/{name}.html" for name in ("confirm", "fresh", "link", "mine", "parts", "sent", "stop", "subscribe")),
    *(f"forms/{name}" for name in ("data.html", "erase.html", "erased.html", "move.html", "move.txt")),
    *("forms/trouble.html", "forms/welcome.html", "forms/consent.txt"),
)

TWICE = r"\b(\w+[-\u2011])\1"
"""A pattern of a word whose first part is written twice, such as E-E-Mail."""
UNTYPICAL = {
    "fr": r"(?<!\u00a0)[;:?!»]|«(?!\u00a0)|[“”]",
    "nl": r"[“”«»„]|(?<![-\u2011])\b[Mm]ails?\b",
    "de": r"[«»]|(?<![-\u2011])\bMails?\b",
}
"""By language, a pattern of the quotation marks, spaces and words that its texts must not have."""


@pytest.mark.parametrize(
    ("language", "day", "month", "direction"),
    [
        ("en", "10 February 2022", "February 2022", "ltr"),
        ("en-US", "February 10, 2022", "February 2022", "ltr"),
        ("fr", "10 février 2022", "février 2022", "ltr"),
        ("fr-BE", "10 février 2022", "février 2022", "ltr"),
        ("nl", "10 februari 2022", "februari 2022", "ltr"),
        ("de", "10. Februar 2022", "Februar 2022", "ltr"),
        ("ar", "10 فبراير 2022", "فبراير 2022", "rtl"),
        ("he-IL", "10 בפברואר 2022", "פברואר 2022", "rtl"),
        ("xx-YY", "10 February 2022", "February 2022", "ltr"),
        ("../../etc", "10 February 2022", "February 2022", "ltr"),
        ("", "10 February 2022", "February 2022", "ltr"),
    ],
)
def test_dates_and_direction(language: str, day: str, month: str, direction: str) -> None:
    assert languages.format_day(date(2022, 2, 10), language) == day
    assert languages.format_month(date(2022, 2, 10), language) == month
    assert languages.dir_of(language) == direction


def test_the_direction_is_that_of_babel_in_every_language_it_knows() -> None:
    known = [Locale.parse(identifier) for identifier in locale_identifiers()]

    assert len(known) > 500
    for locale in {(each.language, each.script): each for each in known}.values():
        direction = "rtl" if locale.character_order == "right-to-left" else "ltr"
        assert (locale, languages.dir_of(str(locale))) == (locale, direction)


@pytest.mark.parametrize(
    ("language", "day"), [("fr-BE", "1er mars 2022"), ("en", "1 March 2022"), ("nl", "1 maart 2022")]
)
def test_the_first_of_a_month_is_an_ordinal_in_french(language: str, day: str) -> None:
    assert languages.format_day(date(2022, 3, 1), language) == day


@pytest.mark.parametrize(
    ("language", "spoken"),
    [("en", "en"), ("en-GB", "en-GB"), ("fr-BE", "fr-BE"), ("DE", "DE"), ("es", "en"), ("../fr", "en"), ("", "en")],
)
def test_fixed_texts_are_in_the_language_or_english(language: str, spoken: str) -> None:
    assert languages.interface_language(language, "pages") == spoken


def test_an_unknown_language_speaks_english() -> None:
    assert languages.translations("es", "pages").gettext("Keywords") == "Keywords"
    assert languages.translations("fr-BE", "pages").gettext("Keywords") == "Mots-clés"


@pytest.mark.parametrize(("number", "text"), [(0, "actualité"), (1, "actualité"), (2, "actualités")])
def test_plurals_follow_the_language(number: int, text: str) -> None:
    spoken = languages.translations("fr", "pages").ngettext("%(num)s item", "%(num)s items", number)

    assert spoken == f"%(num)s {text}"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_of_the_pages_is_translated(language: str) -> None:
    folder = shipped_templates()
    wanted = _texts(folder, dict.fromkeys(PAGES, "jinja2.ext:babel_extract"))
    wanted |= _texts(Path(languages.__file__).parent, {"schedule_words.py": "python"})
    with (languages.CATALOGUES / language / "pages.po").open("rb") as file:
        catalogue = read_po(file, locale=language)

    assert {message.id for message in catalogue if message.id} == wanted, "none missing, none left over"
    assert [message.id for message in catalogue if not all(_strings(message.string))] == []
    assert [error for message in catalogue for error in message.check(catalogue)] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_of_the_feeds_is_translated(language: str) -> None:
    methods = {"document.py": "python", "feed_items.py": "python"}
    package = Path(languages.__file__).parents[1]
    wanted = _texts(package / "publish", methods) | _texts(package / "rendering", {"pictures.py": "python"})
    with (languages.CATALOGUES / language / "feeds.po").open("rb") as file:
        catalogue = read_po(file, locale=language)

    assert {message.id for message in catalogue if message.id} == wanted, "none missing, none left over"
    assert [message.id for message in catalogue if not all(_strings(message.string))] == []
    assert [error for message in catalogue for error in message.check(catalogue)] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_of_the_notices_is_translated(language: str) -> None:
    wanted = _texts(Path(languages.__file__).parent, {"notices.py": "python", "mail_notices.py": "python"})
    with (languages.CATALOGUES / language / "notices.po").open("rb") as file:
        catalogue = read_po(file, locale=language)

    assert {message.id for message in catalogue if message.id} == wanted, "none missing, none left over"
    assert [message.id for message in catalogue if not all(_strings(message.string))] == []
    assert [error for message in catalogue for error in message.check(catalogue)] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_of_the_letters_is_translated(language: str) -> None:
    modules = ("letters.py", "desk_letter.py", "pace_words.py")
    wanted = _texts(Path(languages.__file__).parent, dict.fromkeys(modules, "python"))
    wanted |= _texts(shipped_templates(), {"letter.*": "jinja2.ext:babel_extract"})
    with (languages.CATALOGUES / language / "letters.po").open("rb") as file:
        catalogue = read_po(file, locale=language)

    assert {message.id for message in catalogue if message.id} == wanted, "none missing, none left over"
    assert [message.id for message in catalogue if not all(_strings(message.string))] == []
    assert [error for message in catalogue for error in message.check(catalogue)] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_of_the_desk_is_translated(language: str) -> None:
    wanted = _texts(shipped_templates() / "desk", {"*.html": "jinja2.ext:babel_extract"})
    wanted |= _texts(Path(languages.__file__).parents[1] / "serve" / "desk", {"*.py": "python"})
    with (languages.CATALOGUES / language / "desk.po").open("rb") as file:
        catalogue = read_po(file, locale=language)

    assert {message.id for message in catalogue if message.id} == wanted, "none missing, none left over"
    assert [message.id for message in catalogue if not all(_strings(message.string))] == []
    assert [error for message in catalogue for error in message.check(catalogue)] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_texts_keep_to_the_typography_of_their_language(language: str) -> None:
    """French has no-break spaces within « » and before ; : ! ?, Dutch has ‘ ’, German „ “. All have curved
    apostrophes, and one word for an email.
    """
    texts = dict(_translated(language))

    assert {} == {text: name for text, name in texts.items() if re.search(r"\w'\w", text)}
    assert {} == {text: name for text, name in texts.items() if re.search(TWICE, text)}
    assert {} == {text: name for text, name in texts.items() if re.search(UNTYPICAL.get(language, r"(?!)"), text)}


def _translated(language: str) -> Iterator[tuple[str, str]]:
    """Yield each translated text of a language, and the name of its catalogue. In the text, `x` stands for
    placeholders, addresses and HTML entities.
    """
    for path in sorted((languages.CATALOGUES / language).glob("*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language)
        for message in catalogue:
            for text in _strings(message.string) if message.id else ():
                yield re.sub(r"%\(\w+\)s|https?:\S*|&\w+;", "x", str(text)), path.name


def _texts(folder: Path, methods: dict[str, str]) -> frozenset[object]:
    return _texts_found(folder, *methods.items())


@cache  # the same for each language
def _texts_found(folder: Path, *methods: tuple[str, str]) -> frozenset[object]:
    words = {"_": None, "gettext": None, "gettext_noop": None, "ngettext": (1, 2)}
    found = extract_from_dir(folder, methods, keywords=words)
    return frozenset(text for _file, _line, text, _comments, _context in found)


def _strings(text: object) -> tuple[object, ...]:
    return text if isinstance(text, tuple) else (text,)
