"""Links whose words are their own address: pages print it once, and mails show the beginning of a long one."""

import re
from collections.abc import Callable
from html import escape, unescape

_LINK = re.compile(r'<a (href="([^"]*)"[^<>]*)>([^<>]*)</a>')
"""A link as the sanitiser writes it, whose words are plain."""
_SCHEME = re.compile(r"^(?:https?://|mailto:)(?:www\.)?", re.IGNORECASE)
SHOWN = 60
"""Characters of an address that a mail shows: no longer than its column, in a program that breaks no words."""


def mark_bare_links(body: str) -> str:
    """The HTML with the class `bare` on each such link."""
    return _for_each(body, lambda attributes, words: f'<a class="bare" {attributes}>{words}</a>')


def shorten_bare_links(body: str) -> str:
    """The HTML with the words of each such link cut to `SHOWN` characters; it leads where it led."""
    return _for_each(body, lambda attributes, words: f"<a {attributes}>{_shortened(words)}</a>")


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
