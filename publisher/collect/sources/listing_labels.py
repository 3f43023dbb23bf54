"""The labels of a listing in four languages: their words, and the values they allow; pure."""

import re
from collections.abc import Callable
from functools import lru_cache
from unicodedata import combining, normalize

from publisher.collect.sources.language_tags import language_tag
from publisher.collect.sources.links import web_address
from publisher.collect.sources.values import cut, is_no_name
from publisher.collect.sources.withheld import is_flag, why_withheld

WORDS = {
    "date": (
        ("publication date", "date of publication"),
        ("date de publication",),
        ("publicatiedatum", "datum van publicatie"),
        ("veroffentlichungsdatum", "datum der veroffentlichung", "erscheinungsdatum"),
    ),
    "themes": (
        ("main theme", "main themes", "theme", "themes", "category", "categories", "topic", "topics"),
        ("theme principal", "themes principaux", "thematique", "thematiques", "categorie", "categories"),
        ("hoofdthema", "hoofdthema's", "thema", "thema's", "categorie", "categorieen"),
        ("hauptthema", "hauptthemen", "themen", "kategorie", "kategorien"),
    ),
    "keywords": (
        ("keyword", "keywords", "key word", "key words", "tag", "tags"),
        ("mot cle", "mots cles", "mot clef", "mots clefs"),
        ("trefwoord", "trefwoorden", "kernwoord", "kernwoorden", "sleutelwoord", "sleutelwoorden"),
        ("schlagwort", "schlagworte", "schlagworter", "stichwort", "stichworte", "stichworter", "schlusselworter"),
    ),
    "title": (("title",), ("titre",), ("titel",), ("uberschrift",)),
    "link": (("link",), ("lien",), ("koppeling",), ("url",)),
    "enclosures": (
        ("attachment", "attachments", "enclosure", "enclosures", "file", "files"),
        ("piece jointe", "pieces jointes", "fichier", "fichiers"),
        ("bijlage", "bijlagen", "bestand", "bestanden"),
        ("anhang", "anhange", "anlage", "anlagen", "datei", "dateien"),
    ),
    "language": (("language",), ("langue",), ("taal",), ("sprache",)),
    "embargo": (
        ("embargo", "embargo until", "embargoed until", "publish on"),
        ("embargo jusqu'au", "sous embargo jusqu'au", "publier le"),
        ("embargo tot", "onder embargo tot", "publiceren op"),
        ("sperrfrist", "sperrfrist bis", "gesperrt bis"),
    ),
    "expires": (
        ("expires", "expires on", "expiry date", "expiration date"),
        ("expire le", "date d'expiration"),
        ("verloopt op", "vervaldatum"),
        ("lauft ab am", "ablaufdatum"),
    ),
    "edit": (("edit",), ("modification",), ("wijziging",), ("anderung",)),
    "status": (("status", "visibility"), ("statut", "visibilite"), ("zichtbaarheid",), ("sichtbarkeit",)),
    "shown": (
        ("published", "public", "visible"),
        ("publie",),
        ("gepubliceerd", "openbaar"),
        ("veroffentlicht", "offentlich"),
    ),
    "draft": (("draft", "hidden"), ("brouillon",), ("concept", "verborgen"), ("entwurf", "versteckt")),
}
"""The words of labels by meaning, in English, French, Dutch and German, folded by `fold_word`. `Date:` alone is left
out: texts announce events in that way.
"""

_MEANING = {word: meaning for meaning, languages in WORDS.items() for words in languages for word in words}
SINGLE = ("title", "link", "language", "embargo", "expires")
"""Fields of which an item has only one value; a second line for such a field stays in the item's text."""
LONGEST_WORD = 40
_LONGEST_THEME = 100
"""The most characters of a theme. A longer text after `Theme:` is a sentence of the item, because a text may begin with
`Theme:`. Keywords have no such limit, because no text begins with `Keywords:`.
"""
_LONGEST_TITLE = 200
"""The most characters of the name before a file's address; a longer text is a sentence."""
_LONGEST_FILES = 10_000
"""The most characters of addresses on one line."""

_MINOR = frozenset({"minor", "mineure", "klein", "geringfugig"})
_PLURAL = re.compile(r"\((?:s|n|en|s?e)\)\Z")
"""The plural ending in brackets, as in `Theme(s)`, `Thema(s)`, `Thema(en)`."""
_ADDRESS = re.compile(r"(?:https?:)?//[^\s<>\"]+", re.IGNORECASE)
_FILE = re.compile(r"(?P<title>[^<>\"]*?)(?P<url>(?:https?:)?//[^\s<>\"]+?)(?:[,;]?\s+|[,;]?$)", re.IGNORECASE)
"""An address, with the file's name before it."""


def split_label(line: str) -> tuple[str, str]:
    """Return the word before a line's colon and the text after it, both without marks such as the stars in `**Theme:**
    Ferries`. If the word is empty, the line is no label.
    """
    head, colon, text = line.partition(":" if ":" in line else "：")
    word = head.strip("*_[ ")
    if not colon or not word or len(word) > LONGEST_WORD:
        return "", ""
    if word == head:
        return word, text.strip()
    return word, text.strip("*_ ").removesuffix("]" if head.startswith("[") else "").strip("*_ ")


@lru_cache(maxsize=4_096)
def meaning_of(word: str) -> str | None:
    """Return the key of `WORDS` that a word before a colon stands for; return `None` if the word is no label."""
    return _MEANING.get(fold_word(word))


def fold_word(word: str) -> str:
    """Return a label's word in the form in which it is compared: without capitals, accents and hyphens, and with one
    kind of apostrophe.
    """
    bare = _PLURAL.sub("", _without_accents(word).replace("’", "'"))
    return " ".join(re.sub("[-‐‑–]", " ", bare).split())


def _without_accents(word: str) -> str:
    """Return a word without capitals and accents, which are often left out."""
    return "".join(letter for letter in normalize("NFD", word.casefold()) if not combining(letter))


def values_of(meaning: str, text: str, known: frozenset[str] = frozenset()) -> tuple[str, ...] | None:
    """Return the values on a label line, perhaps an empty tuple; return `None` if they make no sense for the label, so
    that the line is text.

    A theme in `known` is one value even if it contains commas (`values.cut`).
    """
    if not text:
        return ()
    return _themes(text, known) if meaning == "themes" else _VALUES[meaning](text)


def _one(text: str) -> tuple[str, ...]:
    return (text,)


def _address(text: str) -> tuple[str, ...] | None:
    return (text,) if _ADDRESS.fullmatch(text) and web_address(text) else None


def _status(text: str) -> tuple[str, ...] | None:
    """Return a tuple with the word after `Status:` if it marks a draft. Return `None` for any other word: the line is
    then text.
    """
    return (text,) if why_withheld({"status": text}) else None


def _draft(text: str) -> tuple[str, ...] | None:
    """Return a tuple with the word after `Draft:` if it is a yes or a no. Return `None` for any other word: the line is
    then text.
    """
    return (text,) if is_flag(text) else None


def _edit(text: str) -> tuple[str, ...] | None:
    """Return a tuple with the word after `Edit:` if it marks a minor edit. Return `None` for any other word: the line
    is then text.
    """
    return (text,) if _without_accents(text) in _MINOR else None


def _keywords(text: str) -> tuple[str, ...]:
    return tuple(piece for piece in cut(text, (",", ";")) if piece and not is_no_name(piece))


def _themes(text: str, known: frozenset[str]) -> tuple[str, ...] | None:
    pieces = tuple(piece for piece in cut(text, (",", ";"), known) if piece and not is_no_name(piece))
    return None if any(len(piece) > _LONGEST_THEME for piece in pieces) else pieces


def _files(text: str) -> tuple[str, ...] | None:
    """Return the addresses of files, each with the name before it; return `None` if there are other words."""
    found, end = [], 0
    if len(text) > _LONGEST_FILES:
        return None
    while match := _FILE.match(text, end):
        title = match["title"].strip(" ,;:–—-")
        if len(title) > _LONGEST_TITLE:
            return None
        found.append(f"{title} {match['url']}".strip())
        end = match.end()
    return tuple(found) if end == len(text) else None


def _language(text: str) -> tuple[str, ...] | None:
    """Return the BCP 47 tag of a language, given by its name or tag; return `None` if the text is neither."""
    return (tag,) if (tag := language_tag(text)) else None


_VALUES: dict[str, Callable[[str], tuple[str, ...] | None]] = {
    "title": _one,
    "embargo": _one,
    "expires": _one,
    "edit": _edit,
    "status": _status,
    "draft": _draft,
    "shown": _draft,
    "link": _address,
    "enclosures": _files,
    "language": _language,
    "keywords": _keywords,
}
