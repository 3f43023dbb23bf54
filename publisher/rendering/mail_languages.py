"""The languages of the fixed texts in mails: the site's languages, and languages that have a catalogue."""

import re
from functools import cache
from pathlib import Path

from publisher.model.errors import UsageError
from publisher.model.site import Site

CATALOGUES = Path(__file__).parent / "locale"
SOURCE_LANGUAGE = "en"
"""The language of the templates, which needs no catalogue."""
_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")


class UnspokenError(UsageError):
    """Somebody asked for a language in which the site has no mails."""


def checked_language(tag: str, site: Site) -> str:
    """Return the language of the mails for a person who asks for the language `tag`, written as the site writes the
    language.

    A variant of a language without fixed texts of its own gets the texts of its base: fr for fr-CA.

    Raises:
        UnspokenError: the site has no mails in this language.
        UsageError: `tag` is no language tag.
    """
    if not _TAG.fullmatch(tag):
        raise UsageError(f"expected the tag of a language such as en or fr-BE, got {tag!r}")
    wanted = tag.replace("_", "-").lower()
    spoken = tuple(dict.fromkeys((site.language, *site.languages, *_translated())))
    exact = (language for language in spoken if language.lower() == wanted)
    alike = (language for language in spoken if _base(language) == _base(wanted))
    if (found := next(exact, next(alike, None))) is None:
        raise UnspokenError(f"no mails are in the language {tag!r}; there is: {', '.join(spoken)}")
    return found


@cache
def _translated() -> tuple[str, ...]:
    return SOURCE_LANGUAGE, *sorted(folder.name for folder in CATALOGUES.iterdir() if (folder / "digest.po").is_file())


def _base(tag: str) -> str:
    return tag.partition("-")[0].lower()
