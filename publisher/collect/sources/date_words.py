"""The words of dates and times in English, French, Dutch and German. The only module that imports dateutil's parser.

Only dateutil's word lists are used: its parser would guess a missing day, a century or a swapped month.
"""

import re
from difflib import get_close_matches
from enum import Enum
from functools import lru_cache
from typing import Any
from unicodedata import combining, normalize

from dateutil.parser import parserinfo

_MONTHS: list[Any] = [
    ("january", "jan", "janvier", "janv", "januari", "januar", "jänner", "jän"),
    ("february", "feb", "février", "fevrier", "févr", "fevr", "fév", "fev", "februari", "februar", "febr", "feber"),
    ("march", "mar", "mars", "maart", "mrt", "märz", "maerz", "marz", "mär", "mrz"),
    ("april", "apr", "avril", "avr"),
    ("may", "mai", "mei"),
    ("june", "jun", "juin", "juni"),
    ("july", "jul", "juillet", "juil", "juli"),
    ("august", "aug", "août", "aout", "augustus"),
    ("september", "sep", "sept", "septembre"),
    ("october", "oct", "octobre", "oktober", "okt"),
    ("november", "nov", "novembre"),
    ("december", "dec", "décembre", "decembre", "déc", "dezember", "dez"),
]
_WEEKDAYS: list[Any] = [
    ("monday", "mon", "lundi", "lun", "maandag", "maa", "ma", "montag", "mo"),
    ("tuesday", "tue", "tues", "mardi", "mar", "dinsdag", "din", "di", "dienstag"),
    ("wednesday", "wed", "mercredi", "mer", "woensdag", "woe", "wo", "mittwoch", "mi"),
    ("thursday", "thu", "thur", "thurs", "jeudi", "jeu", "donderdag", "don", "do", "donnerstag"),
    ("friday", "fri", "vendredi", "ven", "vrijdag", "vri", "vr", "freitag", "fr"),
    ("saturday", "sat", "samedi", "sam", "zaterdag", "zat", "za", "samstag", "sa", "sonnabend"),
    ("sunday", "sun", "dimanche", "dim", "zondag", "zon", "zo", "sonntag", "so"),
]
"""Names of the weekdays in four languages. The type is `Any` because dateutil's type stubs allow only English names."""
_JUMP = "the on at of le du de à a les op den om um am der dem vom van"
_AMPM: list[Any] = [("am", "a"), ("pm", "p")]
_ZONES = {
    "WET": 0,
    "WEZ": 0,
    "WEST": 1,
    "WESZ": 1,
    "BST": 1,
    "CET": 1,
    "MEZ": 1,
    "MET": 1,
    "HEC": 1,
    "HNEC": 1,
    "CEST": 2,
    "MESZ": 2,
    "MEST": 2,
    "HAEC": 2,
    "EET": 2,
    "OEZ": 2,
    "EEST": 3,
    "OESZ": 3,
    "MSK": 3,
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
}
"""Hours east of Greenwich: Europe's names in our languages, and America's (RFC 822 section 5). IST is left out, because
it means three zones: those of Ireland, Israel and India.
"""
_SECONDS = 3600


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


class Said(Enum):
    """What the words before a date say about the date, for example that it is the date of a change."""

    NOTHING = "nothing"
    DATE = "date"
    """`Date:` alone, which may also be the date of an event."""
    LABEL = "label"
    """A label of a listing, `Publication date:`."""
    PUBLISHED = "published"
    UPDATED = "updated"
    """The date of a change, which may follow the date of publication."""


_PUBLISHED = _set(
    "published posted publication released issued uploaded created added submitted filed dated online "
    "publie publiee publies publiees poste postee paru parue parution mis mise mises ligne diffuse diffusee ajoute "
    "ajoutee cree creee publication sent envoye envoyee verzonden gesendet "
    "gepubliceerd geplaatst gepost verschenen toegevoegd aangemaakt publicatie publicatiedatum "
    "veroffentlicht veroffentlichung veroffentlichungsdatum publiziert gepostet erstellt erschienen eingestellt "
    "erscheinungsdatum"
)
_UPDATED = _set(
    "updated update modified changed edited revised reviewed modification revision actualise actualisee modifie "
    "modifiee jour bijgewerkt gewijzigd aangepast wijziging aktualisiert aktualisierung geandert anderung stand"
)
_DATE = frozenset({"date", "datum"})
_SAYING = _PUBLISHED | _UPDATED | _DATE
_BESIDE = _set("last first latest en la de of since and time derniere dernier laatst laatste sinds zuletzt letzte seit")
"""Words that may stand next to a date and mean nothing of their own."""
_MOST_WORDS = 7

# --- times of the day ------------------------------------------------------------------------------------------------


class TimeOfDay(Enum):
    """A time of the day as a word."""

    NOON = 12
    MIDNIGHT = 0
    MORNING = 1
    AFTERNOON = 2
    NIGHT = 3


_PARTS = {
    TimeOfDay.NOON: "noon midday midi mittag",
    TimeOfDay.MIDNIGHT: "midnight minuit middernacht mitternacht mitternachts",
    TimeOfDay.MORNING: (
        "morning matin matinee ochtend ochtends morgens morgen voormiddag vormittag vormittags fruh forenoon"
    ),
    TimeOfDay.AFTERNOON: (
        "afternoon evening apres-midi soir soiree namiddag namiddags middag middags avond avonds nachmittag "
        "nachmittags abend abends mittags"
    ),
    TimeOfDay.NIGHT: "night nuit nacht nachts",
}
_PART_OF = {word: part for part, words in _PARTS.items() for word in words.split()}

# --- words of unreadable dates
# ------------------------------------------------------------------------------------------

_AMONG = _set(
    "to until till through thru and from between au aux et entre jusqu jusque tot en met tussen bis und von zwischen"
)
"""Words between the days of a period, such as `until`."""
_ORDINALS = _set(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth premier deuxieme "
    "eerste tweede "
    "derde erster ersten zweiter zweiten dritter dritten i ii iii iv v vi vii viii ix x xi xii"
)
"""Days as ordinal words, months as Roman numerals."""
_RELATIVE = _set(
    "today yesterday tomorrow aujourd'hui hier demain vandaag gisteren eergisteren morgen heute gestern vorgestern "
    "avant-hier now maintenant nu jetzt"
)
_AGO = _set("ago geleden")
_BEFORE_AGO = (("vor",), ("il", "y", "a"))
_SPANS = _set(
    "second seconds minute minutes hour hours day days week weeks month months year years seconde secondes heure "
    "heures jour jours semaine semaines mois an ans seconden minuut minuten uur uren dag dagen weken maand maanden "
    "jaar jaren sekunde sekunden stunde stunden tag tage tagen woche wochen monat monate monaten jahr jahre jahren"
)
_PERIODS = _set(
    "week semaine woche kw quarter trimestre kwartaal quartal q spring summer autumn fall winter printemps ete "
    "automne hiver lente zomer herfst fruhling fruhjahr sommer herbst"
)
_SIMILAR = 0.8
_SHORTEST = 5
"""The least number of letters of a word that may be a misspelt month."""


class _FourLanguages(parserinfo):
    """The words of dates in all four languages, as dateutil asks for them."""

    MONTHS = _MONTHS
    WEEKDAYS = _WEEKDAYS
    JUMP = _JUMP.split()
    AMPM = _AMPM
    UTCZONE = ["UTC", "UT", "GMT", "Z", "TU"]  # noqa: RUF012 - as dateutil has it
    TZOFFSET = {name: hours * _SECONDS for name, hours in _ZONES.items()}  # noqa: RUF012


_INFO = _FourLanguages()


def month_of(word: str) -> int | None:
    """Return the number of a month, 1 to 12; return `None` if the word names no month."""
    return _INFO.month(word)


def weekday_of(word: str) -> int | None:
    """Return the number of a weekday, 0 for Monday; return `None` if the word names no weekday."""
    return _INFO.weekday(word)


def is_connector(word: str) -> bool:
    """Whether a word may come before a date, or between a date and its time, without changing the date's meaning."""
    return _INFO.jump(word)


def offset_of(zone: str) -> int | None:
    """Return by how many seconds a zone's clocks are ahead of UTC; return `None` if the zone is unknown."""
    return 0 if _INFO.utczone(zone) else _INFO.TZOFFSET.get(zone.upper())


@lru_cache(maxsize=16_384)
def fold(word: str) -> str:
    """Return a word in small letters without accents, which are often left out."""
    return "".join(letter for letter in normalize("NFD", word.casefold()) if not combining(letter))


@lru_cache(maxsize=4_096)
def split_said(text: str) -> tuple[Said, str]:
    """Return what leading words such as `Published on` or `Date:` say about the rest of the text, and the rest."""
    words = text.split(" ")
    saying: set[str] = set()
    count = 0
    for word in words[:_MOST_WORDS]:
        bare = {*re.split("/", fold(word.strip(":,.()")))} - {""}
        saying |= bare & _SAYING
        if not all(each in _SAYING or is_beside(each) for each in bare):
            break
        count += 1
    if not saying or count == len(words):
        return Said.NOTHING, text
    said = Said.UPDATED if saying & _UPDATED else Said.DATE if saying <= _DATE else Said.PUBLISHED
    return said, " ".join(words[count:])


def is_beside(word: str) -> bool:
    """Whether a word may stand next to a date and means nothing of its own."""
    return fold(word) in _BESIDE or is_connector(word)


def is_saying(text: str) -> bool:
    """Whether a line only announces a date that is on the next line, such as `Date:` or `Publié le :`."""
    words = [fold(word) for word in re.findall(r"[^\W\d_]+", text)]
    known = all(word in _SAYING or is_beside(word) for word in words)
    return text.endswith(":") and known and any(word in _DATE | _PUBLISHED for word in words)


def said_of_change(text: str) -> str:
    """Return the word that says that something changed, as in `10 February 2022 (updated)`; return an empty string if
    the text has no such word.
    """
    return next((word for word in re.findall(r"[^\W\d_]+", text) if fold(word) in _UPDATED), "")


def part_of(word: str) -> TimeOfDay | None:
    """Return the time of day that a word means, such as noon; return `None` if the word means no time of day."""
    return _PART_OF.get(fold(word))


def is_among_dates(word: str) -> bool:
    """Whether a word may stand between the days of a period."""
    return fold(word) in _AMONG


def is_ordinal(word: str) -> bool:
    """Whether a word or a Roman numeral may stand for the number of a day or a month."""
    return fold(word) in _ORDINALS


def is_relative(words: list[str]) -> bool:
    """Whether words, taken without their numbers, give a time relative to today, such as `yesterday` or `two
    days ago`.
    """
    folded = tuple(map(fold, words))
    if len(folded) <= 1:
        return bool(folded) and folded[0] in _RELATIVE
    beginnings = (len(some) for some in _BEFORE_AGO if folded[: len(some)] == some)
    begin, end = next(beginnings, 0), len(folded) - (folded[-1] in _AGO)
    spans = folded[begin:end]
    return len(spans) < len(folded) and bool(spans) and _SPANS.issuperset(spans)


def is_period(word: str) -> bool:
    """Whether a word names a part of a year, such as a week or a season."""
    return fold(word) in _PERIODS


@lru_cache(maxsize=4_096)
def is_like_month(word: str) -> bool:
    """Whether a word is a month except for a typing error."""
    names = [name for month in _MONTHS for name in month if len(name) >= _SHORTEST]
    return len(word) >= _SHORTEST and bool(get_close_matches(word.casefold(), names, n=1, cutoff=_SIMILAR))
