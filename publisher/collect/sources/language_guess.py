"""Tells the language of a text. The only module that knows lingua.

lingua carries its models along, so nothing is ever fetched, and needs no other package. Its small models (groups of
three letters) take 40 ms and 20 MB to load for four languages, and some 0.05 ms for a text; two others that were tried
take 0.3 s and 1.2 s to load. It weighs 100 MB on the disk, because it knows 75 languages.
"""

from collections.abc import Collection
from functools import lru_cache

from lingua import IsoCode639_1, LanguageDetector, LanguageDetectorBuilder

CONFIDENT = 0.9
SHORTEST = 25
"""Letters; below, names alone decide."""
LONGEST_WORD = 40
"""Letters; a longer one is a name, an address or a joke, and would outweigh the words of a sentence."""
_LOOKED_AT = 1_000


def guess(text: str, among: Collection[str]) -> str:
    """Return which of the languages `among` (BCP 47) a text is in; empty when that is not clear."""
    looked_at = " ".join(word for word in text[:_LOOKED_AT].split() if len(word) <= LONGEST_WORD)
    detector = _detector(frozenset(tag.partition("-")[0].upper() for tag in among))
    if detector is None or sum(map(str.isalpha, looked_at)) < SHORTEST:
        return ""
    best = detector.compute_language_confidence_values(looked_at)[0]
    return best.language.iso_code_639_1.name.lower() if best.value >= CONFIDENT else ""


@lru_cache(maxsize=8)
def _detector(codes: frozenset[str]) -> LanguageDetector | None:
    known = [code for name in sorted(codes) if (code := getattr(IsoCode639_1, name, None)) is not None]
    if len(known) < 2:  # noqa: PLR2004 - nothing to choose from
        return None
    return LanguageDetectorBuilder.from_iso_codes_639_1(*known).with_low_accuracy_mode().build()
