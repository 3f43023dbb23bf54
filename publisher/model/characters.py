"""Spaces and invisible characters: which of them carry meaning; pure."""

import re
from unicodedata import category

_USUAL, _FIGURE, _NARROW = "\u00a0", "\u2007", "\u202f"
NO_BREAK = _USUAL + _FIGURE + _NARROW
"""No-break spaces: the usual one, one as wide as a digit, and a narrow one."""
_UNEVEN = re.compile(rf"\s{{2,}}|[^\S {NO_BREAK}]")
"""Spaces that `even_spaces` changes: several in a row, and one that is neither a usual nor a no-break space."""

STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that control a terminal or its text direction, end a line, or are half of a surrogate pair."""

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Default_Ignorable_Code_Point (Unicode 16, DerivedCoreProperties): characters that no font shows."""
_JOINERS = "\u200c\u200d"
_EMOJI_STYLE = "\ufe0e\ufe0f"
_JOINING_SCRIPTS = (
    (0x0600, 0x08FF),  # Arabic, Syriac, Thaana, N'Ko, Mandaic
    (0x0900, 0x0DFF),  # Devanagari to Sinhala
    (0x0F00, 0x109F),  # Tibetan, Myanmar
    (0x1780, 0x18AF),  # Khmer, Mongolian
    (0xFB50, 0xFEFC),  # Arabic presentation forms
    (0x11000, 0x11FFF),  # Brahmi and its kin
)
"""Ranges of scripts in which a joiner or non-joiner changes the word."""


def even_spaces(text: str) -> str:
    """Return `text` on one line with single spaces. A run of no-break spaces becomes one no-break space."""
    if not (_USUAL in text or _FIGURE in text or _NARROW in text):
        return " ".join(text.split())
    return _UNEVEN.sub(lambda run: " " if run[0].strip(NO_BREAK) else run[0][0], text.strip())


def as_line(text: str) -> str:
    """Return `text` as one line for a terminal or a log: control characters and line ends are written as escapes."""
    return STEERING.sub(lambda found: ascii(found[0])[1:-1], text)


def without_invisible(text: str) -> str:
    """Return `text` without invisible characters, except characters that change the characters beside them.

    The exceptions are joiners inside words of `_JOINING_SCRIPTS`, and characters that join or colour emoji.
    """
    if not _INVISIBLE.search(text):
        return text
    return "".join(
        character
        for place, character in enumerate(text)
        if not _INVISIBLE.match(character)
        or _changes_its_neighbours(character, text[max(0, place - 2) : place], text[place + 1 : place + 2])
    )


def _changes_its_neighbours(character: str, before: str, after: str) -> bool:
    if character in _EMOJI_STYLE:
        return bool(before) and (_is_picture(before[-1]) or before[-1] in "0123456789#*")
    if character not in _JOINERS or not before or not after:
        return False
    if _is_of_joining_script(before[-1]) and _is_of_joining_script(after):
        return True
    return character == "\u200d" and _is_picture(before.rstrip(_EMOJI_STYLE)[-1:]) and _is_picture(after)


def _is_of_joining_script(letter: str) -> bool:
    return any(first <= ord(letter) <= last for first, last in _JOINING_SCRIPTS) and category(letter)[0] in "LM"


def _is_picture(character: str) -> bool:
    """Whether a character is an emoji or another symbol, or a skin tone."""
    return bool(character) and category(character) in ("So", "Sk", "Sm", "Po")
