"""Chooses how much of an item a digest shows below the item's title, in the mail and on the edition's page."""

import re
from dataclasses import dataclass, replace

from publisher.model.items import Item
from publisher.model.titles import OWN_SUMMARY_LENGTH, summary_of
from publisher.rendering import quoted_printable
from publisher.rendering.headings import head
from publisher.rendering.pictures import picture_word
from publisher.rendering.text import html_of, scrub
from publisher.rendering.urls import host_of, is_web_address

FULL_TEXT_CHARS = 700
"""A text of up to this many characters, eight lines of a narrow column, is shown in full; of a longer text the summary
is shown.
"""
MAX_BODY_BYTES = 40_000
"""The most bytes, in quoted-printable, of a whole text in HTML. A longer text is replaced by the item's summary: one
item must not fill a mail.
"""
_STRUCTURE = re.compile(r"<(?:[ou]l|table|pre|blockquote|h[1-6]|img)\b")
_OPEN_END = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """The part of an item that a digest shows below its title."""

    rest: Item
    """The item reduced to the `text` and `html` that are shown."""
    reads_on: bool
    """Whether the whole item, at its link or on its page on this site, is longer than the excerpt."""
    host: str
    """The host name of the item's link, such as `example.org`; empty if the item has no link, only its page on this
    site.
    """


def excerpt_of(item: Item, *, is_full: bool, language: str) -> Excerpt:
    """Return the text below the item's title: whole if it is short or `is_full`, or else its summary."""
    rest = head(item).rest
    rest = replace(rest, text=scrub(rest.text).strip())
    host = host_of(item.link) if is_web_address(item.link) else ""
    most_chars = MAX_BODY_BYTES if is_full else FULL_TEXT_CHARS
    body = html_of(rest, picture=picture_word(language))
    if len(rest.text) > most_chars or len(quoted_printable.encode(body)) > MAX_BODY_BYTES:
        return Excerpt(rest=replace(rest, text=summary_of(rest), html=""), reads_on=True, host=host)
    return Excerpt(rest=rest, reads_on=bool(host) and is_teaser(item), host=host)


def is_teaser(item: Item) -> bool:
    """Whether the item's text seems to be only the beginning, or a summary, of the page at its link.

    No source says whether a text is whole, so this is a guess: a whole text has more than a few sentences, or a list, a
    table or the like.
    """
    is_short = len(item.text) <= OWN_SUMMARY_LENGTH and not _STRUCTURE.search(item.html)
    return is_short or bool(_OPEN_END.search(item.text))
