"""Finds what a source itself keeps back: drafts, in every usual word; pure. In doubt an item does not go out."""

from collections.abc import Mapping
from decimal import Decimal

from publisher.collect.sources.text import clean_line

KEPT = ("draft", "hidden", "private", "unlisted")
"""Fields that keep an item back when they say yes, or anything that is no clear no."""
SHOWN = ("published", "public")
"""Fields that keep it back when they say no. What is neither yes nor no, such as a date, says something else."""
STATES = ("status", "visibility")
"""Fields that keep it back when they have one of `_DRAFT`, or say no."""

_YES = frozenset({"true", "yes", "y", "on", "1", "vrai", "oui", "waar", "ja", "wahr"})
_NO = frozenset({"false", "no", "n", "off", "0", "none", "null", "non", "faux", "nee", "onwaar", "nein", "falsch"})
_DRAFTS = (
    "draft drafts drafted hidden private pending unpublished unlisted review internal skip wip offline inactive",
    "deleted trash trashed brouillon privé caché concept verborgen entwurf privat versteckt",
)
_DRAFT = frozenset(" ".join(_DRAFTS).split()) | {"in review", "needs review", "to review", "not published"}
_LONGEST = 60


def why_withheld(values: Mapping[str, object]) -> str:
    """Return the field, and what it says, that keeps an item back; empty: none does."""
    for name in (*KEPT, *SHOWN, *STATES):
        said = _words(values.get(name))
        if said and _keeps_back(name, said):
            return f"{name}: {said}"
    return ""


def is_flag(value: object) -> bool:
    """Whether a value says yes or no and nothing else."""
    return isinstance(value, bool) or (isinstance(value, str) and clean_line(value).casefold() in _YES | _NO)


def says_no(value: object) -> bool:
    """Whether a value is a clear no."""
    return not isinstance(value, list | tuple | dict) and _words(value) in _NO


def _keeps_back(name: str, said: str) -> bool:
    if name in KEPT:
        return said not in _NO
    return said in _NO or (name in STATES and said in _DRAFT)


def _words(value: object) -> str:
    """Return what a field says, in lower case; empty: nothing. Databases say yes and no by numbers, or by a bit."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float() | Decimal():
            return "1" if value else "0"
        case bytes():
            return "1" if value.strip(b"\0") else "0"
        case str():
            return clean_line(value[:_LONGEST]).casefold().replace("_", " ")
        case _:
            return f"a {type(value).__name__}" if value else ""
