"""Makes text from anywhere fit to keep, so that every later stage can rely on it."""

import re
from unicodedata import normalize

_LINE_END = re.compile("\r\n?")

_UNFIT = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(1, 17))
    + "]"
)
"""Controls that are not white space, lone surrogates, non-characters (Unicode 23.7), stray byte order marks."""


def clean_lines(text: str) -> list[str]:
    """Return the lines of `text`, ended as on any system: NFC, no unfit characters, white space folded to one space.

    A line ends where an editor says so: other breaks (U+2028, form feed) are white space, so line numbers agree.
    """
    fit = normalize("NFC", _UNFIT.sub("", _LINE_END.sub("\n", text)))
    return [" ".join(line.split()) for line in fit.split("\n")]
