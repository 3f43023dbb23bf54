"""Reads values of any type, as sources give them, as texts and lists of texts."""

import ast
import csv
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, time
from decimal import Decimal
from uuid import UUID

from publisher.collect.sources.text import clean_line, clean_name
from publisher.collect.sources.unread import Unread
from publisher.model.items import Item
from publisher.model.slugs import fold_label

MAX_CHARACTERS = 500_000
"""The most characters of a text; the rest is cut off."""
_WRITTEN = (str, int, float, Decimal, UUID, date, time)
"""Types of values that can be read as a text; databases and front matter give all of these."""
_SHOWN = 60
_NAMING = ("name", "title", "label", "display_name", "displayName")
"""The keys under which a label's name may stand, if the label is a table with further values such as an address."""
_LIST = re.compile(r"\s*\[(?:\s*[\"'][^\n]{0,2000}[\"']\s*)?\]\s*")
_ARRAY = re.compile(r"\s*\{(?P<inner>[^{}\n]{0,2000})\}\s*")
_NO_NAME = re.compile(r"[-‐‑‒–—−./?]{1,9}|n/a|null|\\N|nan|none|undefined|aucune?|geen|keine?s?", re.IGNORECASE)
_HASHTAGS = re.compile(r"(?:#[^\W_][\w-]*\s*){1,50}")
_QUOTED = re.compile("[“„‘«]\\s?([^“”„‘’«»]+?)\\s?[”“’‘»]")
_MOST_CUTS = 8
"""The most separators in a name (`known`) that `cut` keeps whole."""


class FieldError(ValueError):
    """The values do not make an item; the message says why."""

    unread = Unread()
    """What is known of the item although its values do not make an item."""


class Withheld(Exception):  # noqa: N818 - it is no error
    """Raised for an item that its source withholds; the message names the words that say so."""

    def __init__(self, why: str, item: Item) -> None:
        super().__init__(why)
        self.item = item
        """What is known of the withheld item: enough to find it among the items that readers have."""


def text_in(values: Mapping[str, object], name: str) -> str:
    """Return the value with this name as text; return an empty string if there is no such value.

    Raises:
        FieldError: the value cannot be read as text.
    """
    value = values.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, _WRITTEN):
        raise FieldError(f"its {name} is no text: {shorten(value)}")
    try:
        return str(value)[: MAX_CHARACTERS + 1]  # one more, so that the cut is reported when the item is cleaned
    except ValueError as error:  # an int with more digits than Python converts
        raise FieldError(f"its {name} is no text: {error}") from error


def names_in(
    values: Mapping[str, object], name: str, separator: str, known: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """Return the names in the value `name`: a list, also as JSON, or one text with `separator` or line ends between
    names; `known` as in `cut`. Beside a comma, a semicolon and the blanks between `#these #names` separate as well.

    Raises:
        FieldError: one of the names cannot be read as text.
    """
    value = values.get(name)
    value = _list_in(value) if isinstance(value, str) else value
    separators = (separator, "\n", *(";" if separator == "," else ""))
    pieces = (
        [*_each(value)] if isinstance(value, list | tuple | dict) else cut(text_in(values, name), separators, known)
    )
    words = (_bare(clean_name(text_in({name: piece}, name))) for piece in pieces)
    return tuple(dict.fromkeys(word for word in words if word and not is_no_name(word)))


def is_no_name(text: str) -> bool:
    """Whether a text stands in place of a name that is missing, such as a dash in the column of themes."""
    return _NO_NAME.fullmatch(text) is not None


def _list_in(text: str) -> object:
    """Return the list that a text is: one of JSON or Python, an array of PostgreSQL, or `#these #names`, as Obsidian
    has them; return other texts unchanged.
    """
    if _HASHTAGS.fullmatch(text):
        return text.split()
    if array := _ARRAY.fullmatch(text):
        return next(csv.reader([array["inner"]], escapechar="\\"), [])
    for read in (json.loads, ast.literal_eval) if _LIST.fullmatch(text) else ():
        with suppress(ValueError, SyntaxError, RecursionError, MemoryError):
            return read(text)
    return text


def _bare(name: str) -> str:
    """Return a name without curly quotes around it, and without the sign of a hashtag."""
    quoted = _QUOTED.fullmatch(name)
    return quoted[1] if quoted else name[1:] if _HASHTAGS.fullmatch(name) else name


def _each(value: object) -> Iterator[object]:
    """Yield the names in a list, in lists inside the list, and in tables that name a label: programs write labels in
    all these forms.
    """
    if isinstance(value, Mapping):
        name = next((value[key] for key in _NAMING if value.get(key) is not None), value)
        yield from _each(name) if name is not value else [value]
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _each(each)
    else:
        yield value


def cut(text: str, separators: tuple[str, ...], known: frozenset[str] = frozenset()) -> list[str]:
    """Return the pieces between separators; a `known` name is one piece, even if it contains separators.

    Known names are folded by `slugs.fold_label`.
    """
    cuts = [match.span() for match in re.finditer("|".join(map(re.escape, separators)), text)]
    starts, ends = [0, *(end for _, end in cuts)], [*(start for start, _ in cuts), len(text)]
    pieces: list[str] = []
    place = 0
    while place < len(starts):
        longest = range(min(len(ends) - 1, place + _MOST_CUTS), place, -1) if known else ()
        end = next((last for last in longest if fold_label(text[starts[place] : ends[last]]) in known), place)
        pieces.append(text[starts[place] : ends[end]].strip())
        place = end + 1
    return pieces


def shorten(value: object) -> str:
    """Return the beginning of a value from outside, on one line, for a message."""
    is_short = isinstance(value, str | float) or (isinstance(value, int) and value.bit_length() < 4 * _SHOWN)
    shown = clean_line(repr(value) if is_short else f"a {type(value).__name__}")
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
