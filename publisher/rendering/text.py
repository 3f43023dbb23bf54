"""Prepares plain text for readers: scrubbed for XML, or as HTML."""

import re
from html import escape

from publisher.model.characters import even_spaces, without_invisible
from publisher.model.items import Item
from publisher.model.titles import summary_of, title_of

__all__ = [
    "html_of",
    "html_of_text",
    "html_with_images",
    "one_line",
    "scrub",
    "stripped",
    "summary_of",
    "title_of",
]

UNFIT = re.compile(
    "[^\t\n\r -~\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd"
    + "".join(f"{chr(plane << 16)}-{chr(plane << 16 | 0xFFFD)}" for plane in range(1, 17))
    + "]"
)
"""Control characters, non-characters and lone surrogates, which XML 1.0 section 2.2 forbids or discourages, and which
are errors in HTML.

The pattern excludes the characters that are fit, which is ten times quicker for usual text than listing the unfit
characters.
"""

OVERRIDES = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
"""Characters that change the direction of the text after them, and so could make a title misleading."""
CHANGES = re.compile("[\u202a-\u202e\u2066-\u2069]")
ISOLATES = "\u2066\u2067\u2068"
END_OF_EMBEDDING, END_OF_ISOLATE = "\u202c", "\u2069"
"""Characters that end a change of text direction (Unicode Standard Annex 9, section 2): an embedding, and an isolate.
An embedding opened inside an isolate ends with the isolate.
"""
PARAGRAPH_END = re.compile(r"\n\s*\n")
URL = re.compile(r"https?://[^\s<>\"“”«»]+", re.IGNORECASE)
_SIDE_BY_SIDE = re.compile(r"<img\b[^<>]*>(?=<img\b)")
IMAGE = re.compile(r"<img\b[^>]*>")
SOURCE = re.compile(r'\ssrc="([^"]*)"')
ALT = re.compile(r'\salt="([^"]*)"')
"""A picture's alternative text as the HTML sanitiser (nh3) writes it: in double quotes, with no `>` inside."""
TRAILING = ".,;:!?…'’*_"
CLOSING = {")": "(", "]": "[", "}": "{"}


def scrub(text: str) -> str:
    """Return `text` without characters that XML cannot contain, its lines ended by a line feed alone.

    One such character would break the whole feed, because XML has no escape for these characters.
    """
    return UNFIT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """Return text fit for a heading or a header: one line, no control characters, no change of direction."""
    return even_spaces(scrub(text).translate(OVERRIDES))


def stripped(text: str) -> str:
    """Return the text without surrounding space; return an empty string if it has no visible characters."""
    return text.strip() if without_invisible(text).strip() else ""


def without_open_directions(text: str) -> str:
    """Return the text with every open change of direction closed, so that the text after it is not affected."""
    open_ends: list[str] = []
    for change in CHANGES.findall(text):
        if change == END_OF_ISOLATE and END_OF_ISOLATE in open_ends:
            while open_ends.pop() != END_OF_ISOLATE:
                pass
        elif change == END_OF_EMBEDDING and open_ends[-1:] == [END_OF_EMBEDDING]:
            open_ends.pop()
        elif change not in (END_OF_ISOLATE, END_OF_EMBEDDING):
            open_ends.append(END_OF_ISOLATE if change in ISOLATES else END_OF_EMBEDDING)
    return text + "".join(reversed(open_ends))


def html_of(item: Item, *, picture: str) -> str:
    """Return the item's body as HTML that loads nothing: a picture becomes a link, with the text `picture` if the
    picture has no name.

    If the body is plain text, each paragraph becomes a `p`, everything is escaped, and web addresses become links.
    """
    # pictures side by side need no space between them, but words do
    apart = _SIDE_BY_SIDE.sub(r"\g<0> ", html_with_images(item))
    return IMAGE.sub(lambda image: _link_to_image(image, picture), apart)


def html_with_images(item: Item) -> str:
    """Return the item's HTML with its pictures, for feed readers, whose owners decide which pictures to load."""
    return scrub(item.html) if item.html else html_of_text(item.text)


def html_of_text(text: str) -> str:
    """Return plain text as HTML, a `p` per paragraph."""
    paragraphs = (paragraph.strip() for paragraph in PARAGRAPH_END.split(scrub(text)))
    return "\n".join(f"<p>{_linked(paragraph)}</p>" for paragraph in paragraphs if paragraph)


def _link_to_image(match: re.Match[str], picture: str) -> str:
    source, alt = SOURCE.search(match[0]), ALT.search(match[0])
    name = alt[1] if alt and alt[1].strip() else picture
    return f'<a href="{source[1]}">{name}</a>' if source else name


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
    """Return the address without punctuation at its end that belongs to the sentence around it: `(see
    https://example.org/a_(b)).` ends at its own bracket.
    """
    while url[-1] in TRAILING or (url[-1] in CLOSING and url.count(url[-1]) > url.count(CLOSING[url[-1]])):
        url = url[:-1]
    return url
