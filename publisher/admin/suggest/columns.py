"""Suggests which columns of a table are the date, the title and so on, by their names and contents. Pure."""

from collections.abc import Mapping, Sequence

from publisher.collect.sources.columns import fold_name
from publisher.collect.sources.date_words import fold
from publisher.collect.sources.dates import is_moment

_WORDS = {
    "date": (
        "date datum day tag dag jour created createdat createdon published publishedat publishedon pubdate time "
        "datepublication publicatiedatum veroffentlichungsdatum erstellt"
    ),
    "title": (
        "title titel titre subject betreff sujet onderwerp headline heading uberschrift kop name nom naam intitule"
    ),
    "text": (
        "text texte tekst body content inhalt contenu inhoud description beschreibung beschrijving message nachricht "
        "bericht news meldung"
    ),
    "html": "html bodyhtml contenthtml",
    "link": "link lien url address adresse adres permalink website",
    "themes": (
        "themes theme thema themen thematique categories category kategorie kategorien categorie rubrik department "
        "departments abteilung"
    ),
    "keywords": "keywords keyword tags tag trefwoorden schlagworte motscles",
    "id": "id nid guid uid key number nummer",
}
"""Words for each field in the headings of columns, in four languages, without capitals and accents, the likeliest
first.
"""
_MOSTLY = 0.8


def suggest_columns(rows: Sequence[Mapping[str, object]]) -> dict[str, str]:
    """Return the likeliest column of each field that has no column with its own name. Fields without a likely column
    are missing.
    """
    names = list(dict.fromkeys(name for row in rows for name in row if name))
    folded = {name: fold(fold_name(name)) for name in names}
    found: dict[str, str] = {}
    for field, words in _WORDS.items():
        if field in folded.values():
            continue
        free = [name for name in names if name not in found.values() and folded[name] not in _WORDS]
        alike = (name for word in words.split() for name in free if folded[name] == word)
        if name := next((name for name in alike if field != "date" or _holds_dates(rows, name)), ""):
            found[field] = name
    if "date" not in found and "date" not in folded.values():
        dated = (name for name in names if name not in found.values() and _holds_dates(rows, name))
        if name := next(dated, ""):
            found["date"] = name
    return found


def _holds_dates(rows: Sequence[Mapping[str, object]], name: str) -> bool:
    texts = [text for row in rows if (text := str(row.get(name) or "").strip())]
    return bool(texts) and sum(map(is_moment, texts)) >= _MOSTLY * len(texts)
