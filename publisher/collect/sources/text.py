"""Makes text from anywhere fit to keep, so that every later stage can rely on it."""

import re
from unicodedata import combining, normalize

_LINE_END = re.compile("\r\n?")

_UNFIT = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(1, 17))
    + "]"
)
"""Controls that are not white space, lone surrogates, non-characters (Unicode 23.7), stray byte order marks."""
_MANY_MARKS = 30
"""On one letter; no language has more (UAX 15, section 13), and sorting them takes time by their number squared."""
_MARKS = re.compile(rf"[^\w\s\x00-\x7f]{{{_MANY_MARKS + 1},}}")
"""Where so many may be; a row of dots or dashes is there, too."""


def clean_lines(text: str) -> list[str]:
    """Return the lines of `text`, ended as on any system: NFC, no unfit characters, white space folded to one space.

    A line ends where an editor says so: other breaks (U+2028, form feed) are white space, so line numbers agree.
    """
    return [" ".join(line.split()) for line in fit(text).split("\n")]


def clean_line(text: str) -> str:
    """Return `text` on one line: NFC, no unfit characters, white space folded to one space."""
    return " ".join(fit(text).split())


def clean_paragraphs(text: str) -> str:
    """Return `text` as paragraphs with one empty line between; the lines of a paragraph are joined."""
    paragraphs: list[list[str]] = [[]]
    for line in clean_lines(text):
        if line:
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return "\n\n".join(" ".join(lines) for lines in paragraphs if lines)


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
