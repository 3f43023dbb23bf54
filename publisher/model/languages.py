"""Languages that an audience wants."""

from collections.abc import Sequence


def language_rank(language: str, wanted: Sequence[str]) -> int | None:
    """Return the place of a language among the wanted languages, 0 for the preferred one; return `None` if the language
    is not wanted.

    In `wanted`, `fr` also means fr-BE (RFC 4647 section 3.3.1), and `*` means all languages that no other entry
    matches.
    """
    tag = language.lower()
    for place, each in enumerate(wanted):
        if tag == each.lower() or tag.startswith(f"{each.lower()}-"):
            return place
    return wanted.index("*") if "*" in wanted else None
