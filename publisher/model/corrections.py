"""Corrections: what an item said when an audience was last told of it. Pure."""

from dataclasses import dataclass

from publisher.model.items import Item
from publisher.model.titles import sentences_of, shorten, title_of

QUOTE_LENGTH = 240
"""Characters of what an item said before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Formerly:
    """An item as an audience was last told of it, before it was corrected."""

    item: int
    """The item's number."""
    edition: int
    """The number of the edition that told of it."""
    was: Item
    """What the item said there, with the title that the editor gave it."""


def quote_of(was: Item, now: Item) -> str:
    """Return the title that an item had, or else the first sentence of its old text that its new one lacks.

    Empty: nothing was removed; the item has other links or files, or more text.
    """
    title = title_of(was)
    if title != title_of(now):
        return shorten(title, QUOTE_LENGTH)
    kept = set(sentences_of(now.text))
    gone = next((sentence for sentence in sentences_of(was.text) if sentence not in kept), "")
    return shorten(gone, QUOTE_LENGTH)
