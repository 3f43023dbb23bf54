"""Removes from HTML what programs add to a text: the line of WordPress below each one, and scrambled mail addresses.

This module changes lxml's elements in place.
"""

import re

from lxml import html

_FOOTER = re.compile(
    r"\s*(?:The post .+ (?:appeared first|first appeared) on|(?:L.|Cet )article .+ est apparu en premier sur"
    r"|Het bericht .+ verscheen eerst op|Der Beitrag .+ erschien zuerst auf) [^.]+(?:\.[^.\s]+)*\.?\s*",
    re.IGNORECASE,
)
"""What WordPress writes below each text of its feeds, in four languages."""
_LONGEST = 1_000
_SCRAMBLED = re.compile(r".*/cdn-cgi/l/email-protection#(?P<code>(?:[0-9a-f]{2})+)", re.IGNORECASE)
_CODE = re.compile(r"(?:[0-9a-f]{2}){4,200}", re.IGNORECASE)
_PROTECTED = re.compile(r"\s*\[email\sprotected\]\s*")


def drop_footers(root: html.HtmlElement) -> None:
    """Remove paragraphs that only say where the text appeared first, with a link."""
    for paragraph in list(root.iter("p")):
        words = str(paragraph.text_content())
        if len(words) < _LONGEST and paragraph.find(".//a") is not None and _FOOTER.fullmatch(words):
            paragraph.drop_tree()


def show_addresses(root: html.HtmlElement) -> None:
    """Show mail addresses that Cloudflare scrambled: only a script on the site itself could read them."""
    for element in list(root.iter("a", "span")):
        link = _SCRAMBLED.fullmatch(element.get("href", ""))
        address = _unscrambled(element.get("data-cfemail", "") or (link["code"] if link else ""))
        if not address:
            continue
        if element.tag == "a":
            element.set("href", f"mailto:{address}")
        if _PROTECTED.fullmatch(str(element.text_content())):
            for child in list(element):
                element.remove(child)
            element.text = address.partition("?")[0]


def _unscrambled(code: str) -> str:
    """Return the address in hexadecimal digits, of which the first two are the key of the others; return an empty
    string if they are no address.
    """
    if not _CODE.fullmatch(code):
        return ""
    key, *letters = bytes.fromhex(code)
    address = bytes(letter ^ key for letter in letters).decode(errors="replace")
    return address if re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", address) else ""
