"""Fixed texts, dates and text direction of a language.

English is the language of the templates. Every other language is a folder `locale/<language>/` with a gettext catalogue
per domain: `pages.po` for the public pages, `feeds.po` for feeds and fixed texts inside items, `digest.po` for the
mail, `notices.po` for notices to operator and editors, `letters.po` for letters to subscribers, `desk.po` for the
editors' desk. To add a language, add its folder.
"""

import re
from datetime import date
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal

from publisher.model.errors import FilesError
from publisher.rendering import mail_languages

CATALOGUES = mail_languages.CATALOGUES
SOURCE_LANGUAGE = mail_languages.SOURCE_LANGUAGE
DATED_LIKE = {"en": "en-GB"}
"""Languages whose dates are written as in another one: English without a country gets British dates, `10 February
2022`.
"""
RIGHT_TO_LEFT = frozenset(["Adlm", "Arab", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi"])
"""Scripts that are written from right to left (ISO 15924)."""
_UNITS = (("G", 1_000_000_000), ("M", 1_000_000), ("k", 1_000))
_BYTE = {"fr": "o"}
"""The symbol for a byte by language, where it is not B. Babel's own units are not used: in some languages they are
words.
"""
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_FEW = 10
"""File sizes below this number of their unit are written with one decimal: 1.2 MB."""
_DAYS = 10_000
"""How many formatted days are cached: the items of a list often share days."""


@lru_cache  # a site has few languages, and asks for each mail
def interface_language(language: str, domain: str) -> str:
    """Return the language of the fixed texts of a domain: `language` itself if it or its base (fr for fr-CA) has a
    catalogue, or else English.
    """
    base = _base(language)
    return language if base == SOURCE_LANGUAGE or _catalogue(base, domain).is_file() else SOURCE_LANGUAGE


@lru_cache(_DAYS)
def format_day(day: date, language: str) -> str:
    """Return the date in words: `10 February 2022`, `10 février 2022`; in English if the language is unknown."""
    return _with_ordinal(format_date(day, "long", locale=_locale(language)), day, language)


@lru_cache(_DAYS)
def format_day_of_year(day: date, language: str) -> str:
    """Return the date in words without its year: `10 February`, `10 février`."""
    return _with_ordinal(format_skeleton("MMMMd", day, locale=_locale(language)), day, language)


@lru_cache(_DAYS)
def format_weekday(day: date, language: str) -> str:
    """Return the date in words with its weekday: `Thursday 10 February 2022`, `jeudi 10 février 2022`."""
    text = format_date(day, "full", locale=_locale(language))
    text = text.replace(",", "") if _locale(language).language == SOURCE_LANGUAGE else text
    return _with_ordinal(text, day, language)


def _with_ordinal(text: str, day: date, language: str) -> str:
    """Return `text`, the date in words, with the ordinal that French uses for the first of a month (`1er`) and that
    CLDR lacks.
    """
    if day.day != 1 or _locale(language).language != "fr":
        return text
    return re.sub(r"\b1\b", "1er", text, count=1)


def name_of_weekday(place: int, language: str) -> str:
    """Return the name of a weekday, 0 for Monday: `Monday`, `lundi`."""
    name: str = _locale(language).days["format"]["wide"][place]
    return name


def format_month(day: date, language: str) -> str:
    """Return the month of a day in words: `February 2022`, `février 2022`; in English if the language is unknown."""
    return format_skeleton("yMMMM", day, locale=_locale(language))


def format_size(size_bytes: int, language: str) -> str:
    """Return a file size: `1.2 MB`, `1,2 Mo`; with one decimal below ten, and at least one kilobyte."""
    # rounded, so that 999,999 bytes are one megabyte and not a thousand kilobytes
    unit, unit_bytes = next((each for each in _UNITS if round(size_bytes / each[1], 2) >= 1), _UNITS[-1])
    size = max(size_bytes / unit_bytes, 1)
    amount = format_decimal(round(size, 1 if size < _FEW else None), locale=_locale(language))
    return f"{amount}\N{NO-BREAK SPACE}{unit}{_BYTE.get(_base(language), 'B')}"


def own_name(language: str) -> str:
    """Return the language's name for itself, as a heading: `Français`; return its tag if the language is unknown."""
    name = _locale(language).get_language_name(_base(language)) if _is_known(language) else None
    return name[0].upper() + name[1:] if name else language


@cache
def dir_of(language: str) -> Literal["ltr", "rtl"]:
    """Return the direction in which the language is written; left to right if the language is unknown."""
    # Babel knows the direction, too (`character_order`), but first loads all data of the language, which takes 10 ms
    return "rtl" if _script(_locale(language)) in RIGHT_TO_LEFT else "ltr"


@cache
def translations(language: str, domain: str) -> NullTranslations:
    """Return the fixed texts of one domain in a language; a text without a translation stays English.

    Raises:
        FilesError: the catalogue cannot be read.
    """
    base = _base(language)
    catalogue = _catalogue(base, domain)
    if base == SOURCE_LANGUAGE or not catalogue.is_file():
        return NullTranslations()
    try:
        with catalogue.open("rb") as file:
            messages = read_po(file, locale=base, domain=domain, abort_invalid=True)
    except (OSError, PoFileError, UnicodeDecodeError) as error:
        raise FilesError(f"{catalogue}: not a gettext catalogue ({error}); install publisher again") from error
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return GNUTranslations(compiled)


def gettext_noop(text: str) -> str:
    """Return a text unchanged. It marks a text in a table for translators; the text is translated where it is used."""
    return text


@cache
def is_known(language: str) -> bool:
    """Whether a text is a language tag (BCP 47) that has a name, as validators of feeds require."""
    return _TAG.fullmatch(language) is not None and _base(language) in _locale(SOURCE_LANGUAGE).languages


def _base(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()


def _catalogue(base: str, domain: str) -> Path:
    # the code comes from a source and becomes a folder name: letters only
    return CATALOGUES / (base if base.isascii() and base.isalpha() else SOURCE_LANGUAGE) / f"{domain}.po"


def _script(locale: Locale) -> str:
    """Return the script of a language: the locale's own, or else the likely script from CLDR; return an empty string if
    neither is known.
    """
    likely = get_global("likely_subtags")
    tags = (f"{locale.language}_{locale.territory}", locale.language)
    return locale.script or next((likely[tag].split("_")[1] for tag in tags if tag in likely), "")


def _is_known(language: str) -> bool:
    return _locale(language).language == _base(language)


@cache
def _locale(language: str) -> Locale:
    tag = DATED_LIKE.get(language.lower(), language).replace("_", "-")
    for candidate in (tag, _base(tag)):
        try:
            return Locale.parse(candidate, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse("en-GB", sep="-")
