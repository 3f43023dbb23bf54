"""Guesses the language of a text. The only module that imports lingua.

lingua contains its models, so nothing is fetched, and needs no other package. Its small models (groups of three
letters) take about 20 ms and 5 MB a language to load, and 1 ms for a text; two other libraries took 0.3 s and 1.2 s to
load. It takes 100 MB on disk, because it knows 75 languages. Common words are tried first.

A wrong guess puts an item where its readers do not look; without a guess the item keeps its source's language. So a
guess must be certain.
"""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

from lingua import IsoCode639_1, LanguageDetector, LanguageDetectorBuilder

from publisher.collect.sources.common_words import find_language, is_plainly

CONFIDENT = 0.9
SHORTEST = 25
"""The least number of letters of a text whose language is guessed; in a shorter text, names alone would decide."""
_LOOKED_AT = 1_000
_PIECE, _SENTENCE = 40, 20
"""The least number of letters of a piece of a text, and of a whole sentence, that is examined alone."""
_ENDS = ".!?:;"
_AGREEING = 0.75
"""The share of a text's letters that must be in pieces in the guessed language; with a smaller share, the text is
mixed.
"""
_ALSO_KNOWN = frozenset({"DE", "EN", "ES", "FR", "IT", "NL", "PT"})
"""Languages that are always considered: otherwise a text in one of them would pass for a similar language."""
_LONGEST_WORD = 24
"""The most letters of a word; a longer one, a name or a compound, would outweigh the words around it."""
_NO_WORD = re.compile(r"[\d@/\\_=<>{}|]|^-|\.\w|^[^\W\d_]$")
"""Words that say nothing about the language: figures, addresses, code, single letters."""


def guess(text: str, among: Collection[str], *, beside: str = "") -> str:
    """Return which of the languages `among` (BCP 47) a text is in; return an empty string if that is not clear.

    The language is clear if the whole text is certainly in it, and so are the text without names and, examined piece by
    piece, three quarters of the text. The result is also empty for a text in a language that is not in `among`, even if
    a similar language is. A text in the language `beside`, as most texts are, is recognised by its common words alone.
    """
    usual = _code_of(beside)
    wanted = frozenset(map(_code_of, among)) - {usual}
    if not wanted:
        return ""
    words = [word for word in text[:_LOOKED_AT].split() if _is_telling(word)]
    plain = " ".join(words)
    if _count_letters(plain) < SHORTEST:
        return ""
    told = find_language(plain)
    if told and told not in wanted:
        return ""
    detector = _detector(wanted | {usual} | _ALSO_KNOWN)
    code = told or _find_throughout(words, detector)
    return code.lower() if code in wanted and _is_in_pieces(words, code, detector) else ""


def _find_throughout(words: Sequence[str], detector: LanguageDetector) -> str:
    """Return the code of the language that the words are certainly in, both with and without names; return an empty
    string if there is no such language.
    """
    best = detector.compute_language_confidence_values(" ".join(words))[0]
    if best.value < CONFIDENT:
        return ""
    unnamed = " ".join(word for word in words if not word[:1].isupper())
    return best.language.iso_code_639_1.name if detector.detect_language_of(unnamed) == best.language else ""


def _is_in_pieces(words: Sequence[str], code: str, detector: LanguageDetector) -> bool:
    """Whether three quarters of the words are in a language, examined piece by piece until the answer is settled."""
    pieces = _pieces(words)
    unseen = sum(letters for _, letters in pieces)
    missing = _AGREEING * unseen
    for piece, letters in pieces:
        unseen -= letters
        if is_plainly(code, piece) or _detect(piece, detector) == code:
            missing -= letters
        if missing <= 0 or missing > unseen:
            break
    return missing <= 0


def _detect(text: str, detector: LanguageDetector) -> str:
    language = detector.detect_language_of(text)
    return "" if language is None else language.iso_code_639_1.name


def _code_of(tag: str) -> str:
    return tag.partition("-")[0].upper()


def _is_telling(word: str) -> bool:
    if len(word) > _LONGEST_WORD:
        return False
    return len(word) > 1 if word.isalpha() else _NO_WORD.search(word) is None


def _count_letters(text: str) -> int:
    return len(text) if text.isalpha() else sum(map(str.isalpha, text))


def _pieces(words: Sequence[str]) -> list[tuple[str, int]]:
    """Return the words as sentences or pieces with a minimum of letters, each with its number of letters; a short rest
    is added to the last piece.
    """
    pieces = [("", 0)]
    piece, letters = pieces[-1]
    for word in words:
        if letters >= _PIECE or (letters >= _SENTENCE and piece[-1] in _ENDS):
            pieces.append(("", 0))
            piece, letters = "", 0
        piece, letters = f"{piece} {word}", letters + _count_letters(word)
        pieces[-1] = (piece, letters)
    if len(pieces) > 1 and pieces[-1][1] < _SENTENCE:
        last, more = pieces.pop()
        pieces[-1] = (pieces[-1][0] + last, pieces[-1][1] + more)
    return pieces


@lru_cache(maxsize=8)
def _detector(codes: frozenset[str]) -> LanguageDetector:
    known = [code for name in sorted(codes) if (code := getattr(IsoCode639_1, name, None)) is not None]
    return LanguageDetectorBuilder.from_iso_codes_639_1(*known).with_low_accuracy_mode().build()
