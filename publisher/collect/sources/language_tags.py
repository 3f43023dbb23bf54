"""Reads the language of an item as programs and people write it: a tag, a locale, a code of three letters, or a name in
one of our four languages; pure.
"""

import re

from publisher.collect.sources.date_words import fold

_TAG = re.compile(r"(?!(?:und|zxx|mul|mis)\b)(?P<language>[a-z]{2,3})(?P<rest>(?:-[a-z0-9]{2,8})*)", re.IGNORECASE)
"""A tag of BCP 47; not those that say undetermined, none or several, which Drupal writes for texts in any language."""
_ENCODING = re.compile(r"[.@][\w-]+\Z")
"""The end of a locale such as `fr_BE.UTF-8`."""
_NAMES = {
    "en": "english anglais engels englisch eng",
    "fr": "french francais frans franzosisch fra fre",
    "nl": "dutch neerlandais nederlands niederlandisch nld dut",
    "de": "german allemand duits deutsch deu ger",
}
_LANGUAGE_OF = {name: code for code, names in _NAMES.items() for name in names.split()}
_CODE_PAIRS = (
    "bul=bg ces=cs cze=cs dan=da ell=el gre=el est=et fin=fi gle=ga hrv=hr hun=hu ita=it lav=lv lit=lt mlt=mt pol=pl "
    "por=pt ron=ro rum=ro slk=sk slo=sk slv=sl spa=es swe=sv"
)
_CODES = dict(pair.split("=") for pair in _CODE_PAIRS.split())
"""Codes of three letters (ISO 639-2) of Europe's languages. BCP 47 uses the shorter code."""


def language_tag(text: str) -> str:
    """Return the tag of the language that a text names; return an empty string if it names none, or several."""
    said = _ENCODING.sub("", text.strip()).replace("_", "-")
    if name := _LANGUAGE_OF.get(fold(said), ""):
        return name
    tag = _TAG.fullmatch(said)
    if not tag:
        return ""
    language = tag["language"].lower()
    return f"{_CODES.get(language, language)}{tag['rest']}"
