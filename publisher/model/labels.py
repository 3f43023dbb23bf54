"""Labels and keywords: when two are one, and the slug each gets, safe in addresses and file systems; pure.

A slug is given when a label is first seen and kept for ever. What makes two labels one is said by `fold_label`:
capitals, spaces, and ways to encode a letter. Of two others that make one slug, such as "C++" and "C#", the first in
the log has it, and the later one has it with digits behind that come of that label alone. A label that configuration
names counts as seen before all others.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from unicodedata import combining, normalize

RESERVED_SLUGS = frozenset({"all", "archive", "assets", "items", "keywords", "languages"})
"""Folders under feeds/ that are no theme's."""


SLUG_LENGTH = 60


_DIGITS = 8


_NOT_IN_SLUGS = re.compile("[^a-z0-9]+")


_NO_DECOMPOSITION = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"})


def fold_label(label: str) -> str:
    """Return `label` so that capitals, spaces and ways to encode a letter make no difference.

    This is the rule of the whole program: labels, or keywords, are one when this makes them equal, and only then.
    """
    return " ".join(normalize("NFKC", normalize("NFKC", label).casefold()).split())


def slug_of(text: str) -> str:
    """Return lower-case ASCII letters, digits and single hyphens; never empty, at most `SLUG_LENGTH`, cut at a word.

    Letters that ASCII has no like for (Greek, Chinese) are told apart by a few digits of a digest.
    """
    slug, is_lossy = _ascii(text)
    slug = _cut(slug, SLUG_LENGTH - _DIGITS - 1 if is_lossy else SLUG_LENGTH)
    return f"{slug}-{_digest(text)}".lstrip("-") if is_lossy else slug


def theme_slug_of(label: str) -> str:
    """Return a slug that is no reserved one, and that differs for long labels which differ only at their end."""
    slug = keyword_slug_of(label)
    return f"{slug}-theme" if slug in RESERVED_SLUGS else slug


def keyword_slug_of(keyword: str) -> str:
    """Return a slug that differs for long keywords which differ only at their end."""
    slug, _ = _ascii(keyword)
    if len(slug) > SLUG_LENGTH:
        return f"{_cut(slug, SLUG_LENGTH - _DIGITS - 1)}-{_digest(keyword)}"
    return slug_of(keyword)


def nth_slug(slug: str, label: str, number: int) -> str:
    """Return the slug to try as the `number`th for a label that makes `slug`: itself, then with digits of the label."""
    if number == 1:
        return slug
    digits = _digest(" ".join([label] * (number - 1)))
    return f"{_cut(slug, SLUG_LENGTH - _DIGITS - 1)}-{digits}"


def _digest(text: str) -> str:
    return hashlib.sha256(fold_label(text).encode("utf-8", "replace")).hexdigest()[:_DIGITS]


def _ascii(text: str) -> tuple[str, bool]:
    """Return the words of `text` in ASCII with hyphens between, and whether a letter was lost or nothing is left."""
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
    """The slugs that labels and keywords have in a store, by what `fold_label` makes of them."""

    labels: Mapping[str, str] = field(default_factory=dict)
    keywords: Mapping[str, str] = field(default_factory=dict)

    def theme_slug(self, label: str) -> str:
        """That of a label; of one never seen, what it makes by itself."""
        return self.labels.get(fold_label(label)) or theme_slug_of(label)

    def keyword_slug(self, keyword: str) -> str:
        """That of a keyword; of one never seen, what it makes by itself."""
        return self.keywords.get(fold_label(keyword)) or keyword_slug_of(keyword)


NO_NAMES = Names()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What some items ask a store to name: each folded label with the slug that its first spelling makes, in order."""

    labels: Mapping[str, str]
    keywords: Mapping[str, str]
    taken: AbstractSet[str]
    """Slugs that labels in configuration make, and no other label can have."""


def free_slugs(wanted: Mapping[str, str], taken: Callable[[Collection[str]], AbstractSet[str]]) -> dict[str, str]:
    """Return a slug of its own for each folded label that wants one: that one, or the same with digits behind.

    `taken` says which of some slugs other labels have.
    """
    found: dict[str, str] = {}
    waiting, used, number = dict(wanted), set[str](), 1
    while waiting:
        candidates = {label: nth_slug(slug, label, number) for label, slug in waiting.items()}
        used |= taken(set(candidates.values()))
        for label, slug in candidates.items():
            if slug not in used:
                found[label] = slug
                used.add(slug)
                del waiting[label]
        number += 1
    return found
