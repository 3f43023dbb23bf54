"""Decides which labels and keywords are the same, and gives each a slug for addresses and folders; pure.

A label or keyword gets its slug when it is first seen, and keeps the slug. Two labels are the same if `fold_label`
makes them equal. Different labels may lead to the same slug, such as "C++" and "C#": the first label in the log gets
the slug, and a later label gets the slug with digits added, which depend on that label alone. Labels in config.toml
come before all others.
"""

import hashlib
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import lru_cache
from unicodedata import combining, normalize

from publisher.model.characters import without_invisible

RESERVED_SLUGS = frozenset({"all", "archive", "assets", "health", "items", "keywords", "languages"})
"""Names of folders below feeds/ that no theme may have as its slug."""


SLUG_LENGTH = 60


_DIGITS = 8
_QUOTES = "\"'«»“”„‘’‚‹›"
_BEHIND = f"{_QUOTES}.,;:"


_SAME_MARKS = str.maketrans(dict.fromkeys("’‘ʼ‛′`´＇", "'") | dict.fromkeys("‐‑‒–—−", "-"))
"""Apostrophes and dashes that word processors put in place of those on the keyboard."""


_NOT_IN_SLUGS = re.compile("[^a-z0-9]+")


_NO_DECOMPOSITION = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"})


@lru_cache(2_000)  # the same themes and keywords come with many items
def fold_label(label: str) -> str:
    """Return `label` without differences of capitals, spaces, apostrophes, dashes, Unicode encoding and invisible
    characters, and without surrounding quotes and marks at the end.

    Everywhere in Publisher, two labels or two keywords are the same if and only if this function makes them equal.
    """
    plain = normalize("NFKC", without_invisible(label).translate(_SAME_MARKS)).casefold()
    folded = " ".join(normalize("NFKC", plain).split())
    return folded.lstrip(_QUOTES + " ").rstrip(_BEHIND + " ") or folded


def slug_of(text: str) -> str:
    """Return the slug of a text: lower-case ASCII letters, digits and single hyphens, never empty, at most
    `SLUG_LENGTH` characters, cut at a word.

    A text without any ASCII form, such as Greek or Chinese, gets some digits of its hash.
    """
    slug, is_lossy = _ascii(text)
    slug = _cut(slug, SLUG_LENGTH - _DIGITS - 1 if is_lossy else SLUG_LENGTH)
    return f"{slug}-{_digest(text)}".lstrip("-") if is_lossy else slug


def theme_slug_of(label: str) -> str:
    """Return a slug, none of the reserved ones, for a label; long labels that differ only at the end get different
    slugs.
    """
    slug = keyword_slug_of(label)
    return f"{slug}-theme" if slug in RESERVED_SLUGS else slug


def keyword_slug_of(keyword: str) -> str:
    """Return a slug for a keyword; long keywords that differ only at the end get different slugs."""
    slug, _ = _ascii(keyword)
    if len(slug) > SLUG_LENGTH:
        return f"{_cut(slug, SLUG_LENGTH - _DIGITS - 1)}-{_digest(keyword)}"
    return slug_of(keyword)


def nth_slug(slug: str, label: str, number: int) -> str:
    """Return the `number`th slug to try for a label whose own slug is `slug`: first `slug`, then `slug` with digits."""
    if number == 1:
        return slug
    digits = _digest(" ".join([label] * (number - 1)))
    return f"{_cut(slug, SLUG_LENGTH - _DIGITS - 1)}-{digits}"


def _digest(text: str) -> str:
    return hashlib.sha256(fold_label(text).encode("utf-8", "replace")).hexdigest()[:_DIGITS]


def _ascii(text: str) -> tuple[str, bool]:
    """Return the words of `text` in ASCII, joined by hyphens, and whether a letter was lost or no word remains."""
    letters = text.casefold()
    if not letters.isascii():
        letters = normalize("NFKD", letters).translate(_NO_DECOMPOSITION)
        letters = "".join(letter for letter in letters if not combining(letter))
    slug = _NOT_IN_SLUGS.sub("-", letters).strip("-")
    is_lossy = not letters.isascii() and any(letter.isalnum() and not letter.isascii() for letter in letters)
    return slug, is_lossy or not slug


def _cut(slug: str, length: int) -> str:
    if len(slug) <= length:
        return slug
    whole, hyphen, _ = slug[: length + 1].rpartition("-")
    return whole if hyphen else slug[:length]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The slugs of labels and keywords that the store knows; keys are folded by `fold_label`."""

    labels: Mapping[str, str] = field(default_factory=dict)
    keywords: Mapping[str, str] = field(default_factory=dict)

    def theme_slug(self, label: str) -> str:
        """Return the slug of a label; for an unknown label, the slug made from its own words."""
        return self.labels.get(fold_label(label)) or theme_slug_of(label)

    def keyword_slug(self, keyword: str) -> str:
        """Return the slug of a keyword; for an unknown keyword, the slug made from its own words."""
        return self.keywords.get(fold_label(keyword)) or keyword_slug_of(keyword)


NO_NAMES = Names()


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedNames:
    """Labels and keywords that need a slug: folded, in log order, each with the slug made from its first spelling."""

    labels: Mapping[str, str]
    keywords: Mapping[str, str]
    taken: AbstractSet[str]
    """Slugs of labels in config.toml, which no other label may get."""


def candidate_slugs(wanted: Mapping[str, str], number: int) -> dict[str, str]:
    """Return the `number`th slug to try for each folded label of `wanted`."""
    return {label: nth_slug(slug, label, number) for label, slug in wanted.items()}


def give_slugs(candidates: Mapping[str, str], taken: AbstractSet[str]) -> dict[str, str]:
    """Return the candidate slugs that are free, each with the label that gets it: the first label that tries it."""
    given: dict[str, str] = {}
    used = {*taken}
    for label, slug in candidates.items():
        if slug not in used:
            given[label] = slug
            used.add(slug)
    return given
