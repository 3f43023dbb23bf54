"""Measures how alike texts are; pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import pairwise

ALIKE = 0.3
"""The least likeness, as `find_alike` measures it, at which two texts of one day count as one edited text.

Measured on a listing of an organisation's news: different items of one day reach 0.13, and of two days 0.17, unless one
was written from the other (0.57 and 0.68, months apart). A text in which one whole sentence was replaced keeps 0.33 or
more, in most cases 0.45.
"""

VERY_ALIKE = 0.6
"""The least likeness, of 0 to 1, at which two texts with different ids, but the same instant, count as one
edited text.
"""
_COMMON = 16
"""The most texts that may contain a pair of words: a pair in more texts distinguishes nothing, and would slow the
comparison of many texts of one day.
"""
_WORD = re.compile(r"\w+")
_WORDS = 1_000
"""How many words of a text are compared."""


def find_alike(old: Mapping[int, str], new: Mapping[int, str], *, least: float = ALIKE) -> list[tuple[int, int]]:
    """Return the (old, new) keys of texts whose likeness is `least` or more, the most alike first.

    The likeness of two texts is the share of pairs of neighbouring words that they have in common (Dice's coefficient).
    A typo changes two pairs, wherever it is; different texts on one subject share few pairs. Pairs that are equally
    alike keep the order of the mappings.
    """
    old_pairs = {key: _word_pairs(text) for key, text in old.items()}
    spread = Counter(pair for pairs in old_pairs.values() for pair in pairs)
    common = {pair for pair, count in spread.items() if count > _COMMON}
    having: dict[tuple[str, str], list[tuple[int, int, int]]] = defaultdict(list)
    for rank, (key, pairs) in enumerate(old_pairs.items()):
        telling = pairs - common
        for pair in telling:
            having[pair].append((rank, key, len(telling)))
    found: list[tuple[float, int, int, int, int]] = []
    for place, (new_key, text) in enumerate(new.items()):
        telling = _word_pairs(text) - common
        shared = Counter(each for pair in telling for each in having.get(pair, ()))
        for (rank, key, size), count in shared.items():
            likeness = 2 * count / (size + len(telling))
            if likeness >= least:
                found.append((-likeness, rank, place, key, new_key))
    return [(key, new_key) for *_, key, new_key in sorted(found)]


def _word_pairs(text: str) -> set[tuple[str, str]]:
    words = ["", *_WORD.findall(text.casefold())[:_WORDS], ""]
    return set(pairwise(words))
