"""Values of any type, as sources give them, read as texts and lists of texts."""

import re
from collections.abc import Mapping
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
"""What can be taken as a text; databases and front matter have more types than one expects."""
_SHOWN = 60
_MOST_CUTS = 8
"""The most separators in a name that is known."""


class FieldError(ValueError):
    """The values make no item; the message says why."""

    unread = Unread()
    """What is known of the item although it cannot be read."""


class Withheld(Exception):  # noqa: N818 - it is no error
    """Raised when the values make an item that its source keeps back; the message names the words that say so."""

    def __init__(self, why: str, item: Item) -> None:
        super().__init__(why)
        self.item = item
        """What is known of the item, by which it is recognised if readers have it."""


def text_in(values: Mapping[str, object], name: str) -> str:
    """Return the text of a value; empty: there is none.

    Raises:
        FieldError: the value cannot be taken as text.
    """
    value = values.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, _WRITTEN):
        raise FieldError(f"its {name} is no text: {shorten(value)}")
    try:
        return str(value)[: MAX_CHARACTERS + 1]  # one more, so that what is cut off is told when the item is cleaned
    except ValueError as error:  # an int of more digits than Python writes
        raise FieldError(f"its {name} is no text: {error}") from error


def names_in(
    values: Mapping[str, object], name: str, separator: str, known: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """Return the names in a value, a list or one text with `separator` between them; `known` as in `cut`.

    Raises:
        FieldError: one of them cannot be taken as a text.
    """
    value = values.get(name)
    pieces = value if isinstance(value, list | tuple) else cut(text_in(values, name), (separator,), known)
    words = (clean_name(text_in({name: piece}, name)) for piece in pieces)
    return tuple(dict.fromkeys(word for word in words if word))


def cut(text: str, separators: tuple[str, ...], known: frozenset[str] = frozenset()) -> list[str]:
    """Return the pieces between separators; a name that is `known` is one piece, though it holds some.

    Known names are as `slugs.fold_label` leaves them.
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
    """Return how a message shows a value that came from outside: its beginning, on one line."""
    is_short = isinstance(value, str | float) or (isinstance(value, int) and value.bit_length() < 4 * _SHOWN)
    shown = clean_line(repr(value) if is_short else f"a {type(value).__name__}")
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
