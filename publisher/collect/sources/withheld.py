"""Finds what a source itself keeps back: drafts, in every usual word; pure. In doubt an item does not go out."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from publisher.collect.sources.date_words import fold
from publisher.collect.sources.text import clean_line

KEPT = (
    *("draft", "isdraft", "hidden", "ishidden", "hide", "private", "isprivate", "unlisted", "unpublished"),
    *("archived", "isarchived", "deleted", "isdeleted", "trashed", "disabled", "excludefromcollections"),
    *("eleventyexcludefromcollections", "headless", "password", "postpassword", "brouillon", "masqué", "privé"),
    *("verborgen", "entwurf", "versteckt", "privat"),
)
"""Fields that keep an item back unless their value is a clear no; named as `columns.fold_name` returns them."""
SHOWN = (
    *("published", "ispublished", "publish", "public", "ispublic", "visible", "isvisible", "enabled", "active"),
    *("isactive", "listed", "publié", "gepubliceerd", "openbaar", "zichtbaar", "veröffentlicht", "öffentlich"),
    *("sichtbar", "approved", "isapproved", "ready", "readytopublish", "released"),
)
"""Fields that keep it back when they say no. What is neither yes nor no, such as a date, says something else."""
STATES = (
    *("status", "state", "visibility", "statut", "poststatus", "publicationstatus", "publishstatus", "reviewstate"),
    *("reviewstatus", "workflowstate", "workflowstatus", "moderationstate"),
)
"""Fields that keep it back when they have one of `_DRAFT`, begin with a "not", or say no."""
_SIGNS = frozenset("-–—☐✗✘✕×❌")
_YES = frozenset({"true", "t", "yes", "y", "on", "1", "vrai", "oui", "waar", "ja", "wahr", "checked"}) | {*"x✓✔☑✅"}
_NO = (
    frozenset(
        {
            "false",
            "f",
            "no",
            "n",
            "off",
            "0",
            "none",
            "null",
            "non",
            "faux",
            "nee",
            "onwaar",
            "nein",
            "falsch",
            "unchecked",
        }
    )
    | _SIGNS
)
_DRAFTS = (
    "draft drafts drafted autodraft hidden private pending pendingreview unpublished unlisted review inreview "
    "needsreview toreview underreview readyforreview awaitingreview awaitingapproval internal skip wip "
    "workinprogress inprogress notstarted todo tbd offline inactive disabled deleted trash trashed archived archive "
    "scheduled future planned queued spam rejected withdrawn retracted expired embargoed embargo password "
    "passwordprotected protected members membersonly paid subscribers restricted confidential secret proposed "
    "submitted onhold hold paused blocked inherit never brouillon prive cache masque depublie enattente arelire "
    "enrelecture encours encoursderedaction supprime corbeille planifie programme horsligne inactif desactive "
    "interne confidentiel avalider concept klad verborgen ongepubliceerd inbehandeling inbewerking inafwachting "
    "tergoedkeuring tebeoordelen gearchiveerd verwijderd prullenbak gepland ingepland inactief uitgeschakeld intern "
    "prive vertrouwelijk entwurf versteckt verborgen privat unveroffentlicht inbearbeitung inarbeit inprufung "
    "zurprufung ausstehend archiviert geloscht papierkorb geplant inaktiv deaktiviert gesperrt intern vertraulich"
)
_DRAFT = frozenset(_DRAFTS.split())
"""Words of `STATES` in four languages, as `_compact` leaves them."""
_NOT = frozenset({"not", "non", "no", "niet", "nog", "nicht", "noch", "pas"})
"""What is not published, reviewed or ready does not go out."""
_OUT = frozenset(
    (
        *("published", "publish", "public", "live", "active", "online", "visible", "open", "closed", "final", "done"),
        *(
            "released",
            "approved",
            "current",
            "listed",
            "ok",
            "new",
            "updated",
            "everyone",
            "all",
            "enabled",
            "complete",
        ),
        *("completed", "publie", "publiee", "enligne", "actif", "visible", "gepubliceerd", "zichtbaar", "actief"),
        *("veroffentlicht", "offentlich", "sichtbar", "aktiv", "publiziert", "openbaar", "freigegeben", "approuve"),
    )
)
"""Words that let an item go out. Words that are in no list are reported as unknown."""
_LONGEST = 60


def why_withheld(values: Mapping[str, object]) -> str:
    """Return the field that keeps an item back, and its value; empty: there is none."""
    for name in (*KEPT, *SHOWN, *STATES):
        for said in _words(values.get(name)):
            if said and _keeps_back(name, said):
                return f"{name}: set" if "password" in name else f"{name}: {said}"
    return ""


def doubts_about(values: Mapping[str, object]) -> Iterator[str]:
    """Yield each field of `STATES` whose word is known neither as a draft's nor as a published item's."""
    for name in STATES:
        for said in _words(values.get(name)):
            if said and said not in _YES | _NO and _compact(said) not in _OUT and not _keeps_back(name, said):
                yield f"{name}: {said}"


def is_flag(value: object) -> bool:
    """Whether a value says yes or no and nothing else."""
    if isinstance(value, int):
        return value in (0, 1)
    return isinstance(value, str) and clean_line(value).casefold() in _YES | _NO


def says_yes(value: object) -> bool:
    """Whether a value is a clear yes."""
    return is_flag(value) and not says_no(value)


def says_no(value: object) -> bool:
    """Whether a value is a clear no."""
    return not isinstance(value, list | tuple | dict) and any(said in _NO for said in _words(value))


def _keeps_back(name: str, said: str) -> bool:
    if name == "hide":  # may be a list of what a page does not show, such as its navigation
        return said in _YES
    if name in KEPT:
        return said not in _NO
    if name in SHOWN:
        return said in _NO
    is_negative = re.match(r"-\d", said) is not None  # as Joomla has it
    return is_negative or said in _NO or _compact(said) in _DRAFT or re.split("[ _-]", fold(said))[0] in _NOT


def _compact(said: str) -> str:
    """Return a word without capitals, accents, blanks, hyphens and underscores, to compare it."""
    return re.sub(r"[\W_]+", "", fold(said))


def _words(value: object) -> Iterator[str]:
    """Yield what a field says, in small letters, each text of a list by itself; nothing: it says nothing.

    Databases say yes and no by numbers, or by a bit.
    """
    match value:
        case bool():
            yield str(value).lower()
        case Decimal() if value.is_nan():
            return  # it cannot be compared
        case int() | float() | Decimal():
            yield "-1" if value < 0 else "1" if value else "0"
        case bytes():
            yield "1" if value.strip(b"\0") else "0"
        case str():
            yield clean_line(value[:_LONGEST]).casefold()
        case list() | tuple():
            for each in value:
                yield from _words(each)
        case _ if value:
            yield f"a {type(value).__name__}"
        case _:
            pass
