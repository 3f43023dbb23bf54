"""Cleans text from any source, so that later stages can rely on its form."""

import re
from collections import Counter
from collections.abc import Sequence
from unicodedata import combining, normalize

from publisher.model.characters import NO_BREAK, even_spaces, without_invisible

_SPACE = re.compile(f"[{NO_BREAK}]")
_OPENING, _CLOSING, _HIGH_MARKS = "«‹„§№", "»›%‰€$£°–—", ":;!?"
_WORD_END = re.compile(r"[\w)\]»”’\"]\Z")
_ABBREVIATION = re.compile(r"(?:^|\W)\w{1,3}\.\Z")
_LOOKED_AT = 8
_LINE_END = re.compile("\r\n?")
_SOFT_BREAK = re.compile("[\x0b\x85\u2028\u2029]")
"""Line ends that spreadsheets, Word and web pages put into a text."""
_BULLETS = "•‣▪◦●■"
_POINT = re.compile(rf"[{_BULLETS}*–-] +\S")

_UNFIT = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(1, 17))
    + "]"
)
"""Control characters that are not white space, lone surrogates, non-characters (Unicode 23.7), stray byte order
marks.
"""
_MANY_MARKS = 30
"""The most combining marks on one letter. No language has more (UAX 15, section 13), and sorting them takes quadratic
time.
"""
_MARKS = re.compile(rf"[^\w\s\x00-\x7f]{{{_MANY_MARKS + 1},}}")
"""Finds places where a letter may have more than `_MANY_MARKS` marks; it also finds rows of dots or dashes."""


def clean_lines(text: str) -> list[str]:
    """Return the lines of `text`, whatever its line ends: in NFC, without unfit characters, with single spaces.

    A line ends only where text editors end lines, so that line numbers agree with theirs: other breaks (U+2028, form
    feed) are white space.
    """
    return [even_spaces(line) for line in fit(text).split("\n")]


def clean_pasted_lines(text: str) -> list[str]:
    """Return the lines of a pasted text: as `clean_lines`, but without no-break spaces that mean nothing.

    Web editors leave such spaces between plain words. No-break spaces beside a digit, a punctuation mark or an
    abbreviation are intended, and stay.
    """
    return [_SPACE.sub(_meant_space, line) for line in clean_lines(text)]


def _meant_space(space: re.Match[str]) -> str:
    before = space.string[max(0, space.start() - _LOOKED_AT) : space.start()]
    after = space.string[space.end() : space.end() + 1]
    is_meant = (
        before[-1:].isdigit()
        or after.isdigit()
        or before[-1:] in _OPENING
        or after in _CLOSING
        or (after in _HIGH_MARKS and _WORD_END.search(before) is not None)
        or _ABBREVIATION.search(before) is not None
    )
    return space[0] if is_meant else " "


def clean_line(text: str) -> str:
    """Return `text` on one line: in NFC, without unfit characters, with single spaces."""
    return even_spaces(fit(text))


def clean_name(text: str) -> str:
    """Return a title, a label or a keyword as one line without invisible characters."""
    return even_spaces(without_invisible(fit(text)))


def join_wrapped(lines: Sequence[str]) -> str:
    """Return the lines of a paragraph joined into one line, except that each point of a list has a line of its own.

    A bullet begins a point. A dash or a star begins a point only if two lines or more begin with one: a single one may
    belong to a wrapped sentence.
    """
    marks = Counter(line[:1] for line in lines if _POINT.match(line))
    begins = [bool(_POINT.match(line)) and (line[0] in _BULLETS or marks[line[0]] > 1) for line in lines]
    return "".join(
        f"\n{line}" if at and is_point else f" {line}" if at else line
        for at, (line, is_point) in enumerate(zip(lines, begins, strict=True))
    )


def clean_paragraphs(text: str) -> str:
    """Return `text` as paragraphs with one empty line between them; line ends inside a paragraph stay."""
    return re.sub("\n{3,}", "\n\n", "\n".join(clean_lines(_SOFT_BREAK.sub("\n", text)))).strip("\n")


def fit(text: str) -> str:
    """Return `text` in NFC and without unfit characters, its lines ended by a line feed alone."""
    return normalize("NFC", _MARKS.sub(_without_surplus, _UNFIT.sub("", _LINE_END.sub("\n", text))))


def _without_surplus(run: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for character in run[0]:
        marks = marks + 1 if combining(character) else 0
        if marks <= _MANY_MARKS:
            kept.append(character)
    return "".join(kept)
