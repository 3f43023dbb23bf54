"""Plain text as readers get it: scrubbed for XML, or as HTML."""

import re
from html import escape

from publisher.model import Item
from publisher.titles import summary_of, title_of

__all__ = ["html_of", "scrub", "summary_of", "title_of"]

UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(1, 17))
    + "]"
)
"""Controls, non-characters, lone surrogates: XML 1.0 section 2.2 forbids or discourages them; errors in HTML."""

LINE_END = re.compile("\r\n?")
PARAGRAPH_END = re.compile(r"\n\s*\n")
URL = re.compile(r"https?://[^\s<>\"“”«»]+", re.IGNORECASE)
TRAILING = ".,;:!?…'’*_"
CLOSING = {")": "(", "]": "[", "}": "{"}


def scrub(text: str) -> str:
    """`text` without the characters XML cannot carry, its lines ended by a line feed alone.

    One such character would cost the whole feed: XML has no way to escape it.
    """
    return UNFIT.sub("", LINE_END.sub("\n", text))


def html_of(item: Item) -> str:
    """The item's text as HTML: a `p` per paragraph, everything escaped, bare web addresses linked."""
    paragraphs = (paragraph.strip() for paragraph in PARAGRAPH_END.split(scrub(item.text)))
    return "\n".join(f"<p>{_linked(paragraph)}</p>" for paragraph in paragraphs if paragraph)


def _linked(text: str) -> str:
    pieces, end = [], 0
    for match in URL.finditer(text):
        url = _without_trailing(match[0])
        if url.endswith("://"):
            continue
        pieces += [_escaped(text[end : match.start()]), f'<a href="{escape(url)}">{escape(url)}</a>']
        end = match.start() + len(url)
    return "".join([*pieces, _escaped(text[end:])])


def _escaped(text: str) -> str:
    return escape(text, quote=False).replace("\n", "<br>\n")


def _without_trailing(url: str) -> str:
    """The address without the sentence around it: `(see https://example.org/a_(b)).` ends at its own bracket."""
    while url[-1] in TRAILING or (url[-1] in CLOSING and url.count(url[-1]) > url.count(CLOSING[url[-1]])):
        url = url[:-1]
    return url
