"""Corrections: what an item said when an audience last got it, beside what it says now. Pure."""

from publisher.model.items import Item
from publisher.model.titles import sentences_of, shorten, title_of

QUOTE_LENGTH = 240
"""The most characters that are quoted of an item's earlier text."""


def quote_of(was: Item, now: Item) -> str:
    """Return the item's former title, if it changed, or else the first sentence of its old text that the new text
    lacks. Return an empty string if nothing was removed: only links or files differ, or text was added.
    """
    title = title_of(was)
    if title != title_of(now):
        return shorten(title, QUOTE_LENGTH)
    kept = set(sentences_of(now.text))
    gone = next((sentence for sentence in sentences_of(was.text) if sentence not in kept), "")
    return shorten(gone, QUOTE_LENGTH)
