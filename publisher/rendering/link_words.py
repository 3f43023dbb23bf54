"""The text of links: a printed page does not repeat the address of a link whose text is its address, a mail shortens a
long address in a link's text, and a telephone number stays on one line.
"""

import re
from collections.abc import Callable
from html import escape, unescape

from lxml.html import HtmlElement

_LINK = re.compile(r'<a (href="([^"]*)"[^<>]*)>([^<>]*)</a>')
"""A link as the sanitiser writes it, with plain text inside."""
_SCHEME = re.compile(r"^(?:https?://|mailto:)(?:www\.)?", re.IGNORECASE)
NO_BREAK = "\N{NO-BREAK SPACE}"
SHOWN = 60
"""How many characters of a link's address a mail shows: as many as fit into the mail's column in a program that does
not break words.
"""


def mark_bare_links(body: str) -> str:
    """Return the HTML with the class `bare` on each link whose text is its address (a bare link)."""
    return _for_each(body, lambda attributes, words: f'<a class="bare" {attributes}>{words}</a>')


def shorten_bare_links(body: str) -> str:
    """Return the HTML with the text of bare links, whose text is their address, cut to `SHOWN` characters; the links'
    targets stay.
    """
    return _for_each(body, lambda attributes, words: f"<a {attributes}>{_shortened(words)}</a>")


def keep_numbers_whole(root: HtmlElement) -> None:
    """Join the parts of each telephone number by no-break spaces."""
    for link in root.iter("a"):
        if link.get("href", "").startswith("tel:"):
            link.text = (link.text or "").replace(" ", NO_BREAK)


def _for_each(body: str, written: Callable[[str, str], str]) -> str:
    def replace(link: re.Match[str]) -> str:
        attributes, address, words = link.groups()
        return written(attributes, words) if _plain(words) == _plain(address) else link[0]

    return _LINK.sub(replace, body)


def _shortened(words: str) -> str:
    address = unescape(words)
    if len(address) <= SHOWN:
        return words
    return escape(_SCHEME.sub("", address.strip())[: SHOWN - 1], quote=False) + "…"


def _plain(address: str) -> str:
    return _SCHEME.sub("", address.strip()).rstrip("/")
