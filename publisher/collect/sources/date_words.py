"""The words of dates and times in English, French, Dutch and German. The only module that knows dateutil.

dateutil knows the words here, not the order: its parser would guess a missing day, a century or a swapped month.
"""

from typing import Any

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
"""Any: the type stubs of dateutil allow English alone, with two or three names a month."""
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
"""Hours east of Greenwich: Europe's names in our languages, and America's (RFC 822 section 5). IST is not among them:
it is said in Ireland, Israel and India."""
_SECONDS = 3600


class _FourLanguages(parserinfo):
    """What may stand in a date, by all its names."""

    MONTHS = _MONTHS
    WEEKDAYS = _WEEKDAYS
    JUMP = _JUMP.split()
    AMPM = _AMPM
    UTCZONE = ["UTC", "UT", "GMT", "Z", "TU"]  # noqa: RUF012 - as dateutil has it
    TZOFFSET = {name: hours * _SECONDS for name, hours in _ZONES.items()}  # noqa: RUF012


_INFO = _FourLanguages()


def month_of(word: str) -> int | None:
    """Return the number of a month, 1 to 12; None when it is no month."""
    return _INFO.month(word)


def weekday_of(word: str) -> int | None:
    """Return the number of a day of the week, Monday is 0; None when it is none."""
    return _INFO.weekday(word)


def is_connector(word: str) -> bool:
    """Whether a word may stand before a date or between it and its time, and says nothing."""
    return _INFO.jump(word)


def offset_of(zone: str) -> int | None:
    """Return the seconds by which clocks of a zone are ahead of UTC; None when its name is not known."""
    return 0 if _INFO.utczone(zone) else _INFO.TZOFFSET.get(zone.upper())
