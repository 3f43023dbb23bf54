"""Finds out whether a source withholds an item, such as a draft, from the words that programs usually write; pure.

In doubt an item is withheld.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from publisher.collect.sources.date_words import fold
from publisher.collect.sources.text import clean_line

KEPT = (
    *("draft", "isdraft", "hidden", "ishidden", "hide", "private", "isprivate", "unlisted", "unpublished"),
    *("archived", "isarchived", "deleted", "isdeleted", "trashed", "disabled", "excludefromcollections"),
    *("eleventyexcludefromcollections", "headless", "password", "postpassword", "brouillon", "masqué", "privé"),
    *("verborgen", "entwurf", "versteckt", "privat", "deletedat", "deletedon", "trashedat", "archivedat", "wip"),
    *("excludefromfeed", "excludefromrss", "hidefromfeed", "hidefromrss", "nofeed", "norss", "disablefeed"),
)
"""Fields that withhold an item unless their value is a clear no; named as `columns.fold_name` returns them."""
SHOWN = (
    *("published", "ispublished", "publish", "public", "ispublic", "visible", "isvisible", "enabled", "active"),
    *("isactive", "listed", "publié", "gepubliceerd", "openbaar", "zichtbaar", "veröffentlicht", "öffentlich"),
    *("sichtbar", "approved", "isapproved", "ready", "readytopublish", "released", "feed", "infeed", "rss", "inrss"),
)
"""Fields that withhold an item if they say no. A value that is neither yes nor no, such as a date, does not count."""
STATES = (
    *("status", "state", "visibility", "statut", "poststatus", "publicationstatus", "publishstatus", "reviewstate"),
    *("reviewstatus", "workflowstate", "workflowstatus", "moderationstate"),
)
"""Fields that withhold an item if their value is in `_DRAFT`, begins with a word for "not" (`_NOT`), or says no."""
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
"""Values of the fields in `STATES` that mean "draft", in four languages, compacted by `_compact`."""
_NOT = frozenset({"not", "non", "no", "niet", "nog", "nicht", "noch", "pas"})
"""Words for "not": an item that is not published, reviewed or ready is withheld."""
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
"""Values of the fields in `STATES` that let an item be published. A value that is in none of these lists is reported as
unknown.
"""
_LONGEST = 60


def why_withheld(values: Mapping[str, object]) -> str:
    """Return the field that withholds an item, and the field's value; return an empty string if no field does."""
    for name in (*KEPT, *SHOWN, *STATES):
        for said in _words(values.get(name)):
            if said and _keeps_back(name, said):
                return f"{name}: set" if "password" in name else f"{name}: {said}"
    return ""


def doubts_about(values: Mapping[str, object]) -> Iterator[str]:
    """Yield each field of `STATES` with a value that is no known word for drafts or for published items."""
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
    if name == "hide":  # may be a list of what a page hides, such as its navigation
        return said in _YES
    if name in KEPT:
        return said not in _NO and not said.startswith("0000-00-00")
    if name in SHOWN:
        return said in _NO
    is_negative = re.match(r"-\d", said) is not None  # Joomla writes -1
    return is_negative or said in _NO or _compact(said) in _DRAFT or re.split("[ _-]", fold(said))[0] in _NOT


def _compact(said: str) -> str:
    """Return a word in the form in which words are compared: without capitals, accents, blanks, hyphens and
    underscores.
    """
    return re.sub(r"[\W_]+", "", fold(said))


def _words(value: object) -> Iterator[str]:
    """Yield the value of a field as words in lower case: one for each text of a list, and nothing if the field says
    nothing.

    Numbers and bits become `1`, `0` or `-1`, because databases write yes and no in that way.
    """
    match value:
        case bool():
            yield str(value).lower()
        case Decimal() if value.is_nan():
            return  # NaN cannot be compared
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
