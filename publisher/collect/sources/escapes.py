"""Corrects what programs escape too little or too much: bare ampersands in XML, and markup escaped twice; pure.

XML allows `&` only before the name or number of a character. Many programs forget that, and a lenient parser reads the
letters after it as a name: `D&D` becomes `D&D;`, and `&copy=2` in an address becomes a copyright sign.
"""

import re
from html import unescape

_BARE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|&(?!(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)",
    re.DOTALL,
)
"""What `escape_ampersands` looks at: CDATA and comments, which may contain bare ampersands, and ampersands that begin
no character name.
"""
_PAGE = re.compile(
    r"\s*(?:<!--.{0,2000}?-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_TWICE = re.compile(
    r"\s*&lt;(?P<name>article|blockquote|div|h[1-6]|ol|p|section|table|ul)\b[^<]*&lt;/(?:[a-z][a-z0-9]*)&gt;\s*",
    re.IGNORECASE,
)
"""Text without a tag that becomes one whole HTML element when it is unescaped."""
_MARKUP = re.compile(
    r"\s*<(?:article|blockquote|div|h[1-6]|ol|p|section|table|ul)(?:\s[^<>]*)?>.*</[a-z][a-z0-9]*>\s*",
    re.IGNORECASE | re.DOTALL,
)
_BLOCK = re.compile(
    r"</?(?:address|article|aside|blockquote|body|br|center|dd|details|div|dl|dt|figure|footer|form|h[1-6]|header|hr|html"
    r"|iframe|li|main|nav|ol|p|pre|script|section|style|t(?:able|body|d|foot|h|head|r)|textarea|ul)\b",
    re.IGNORECASE,
)
"""A tag of an element that is no part of a line. Where there is one, empty lines may only lie between tags."""
_POINT = re.compile(r"\n(?=[ \t]*[•‣▪◦●■*–-][ \t]+\S)")
"""The line end before a point of a list in a plain text."""
_WHOLE = re.compile(
    r"<(?P<name>blockquote|figure|h[1-6]|ol|ul)\b(?:(?!</?(?P=name)\b).)*</(?P=name)>", re.IGNORECASE | re.DOTALL
)
"""One element that stands between paragraphs."""
_BLANK = re.compile(
    r"(?:\s|\u200b|&(?:nbsp|#160|#xa0);|<!--(?:(?!-->).)*-->|</?(?:b|br|div|em|i|p|section|span|strong)(?:\s[^<>]*)?/?>)*+",
    re.IGNORECASE | re.DOTALL,
)
"""HTML that shows nothing, as web editors leave it in an empty field: `<p>&nbsp;</p>`."""
_DATA = re.compile(r"(?P<begin>\bdata:[\w/+.;=-]{0,100},)[^\s\"'<>()]{2000,}+", re.IGNORECASE)
_CHARACTER = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def page_in_place(document: str) -> str:
    """Return the message about a document that should be a feed and is an HTML page; return an empty string if it is no
    HTML page.
    """
    if not _PAGE.match(document):
        return ""
    return "it is a page of HTML; `publisher check --source` with its address finds its feeds"


def is_markup(text: str) -> bool:
    """Whether a text that should be plain is HTML: an element such as a paragraph begins it, and an element ends it."""
    return _MARKUP.fullmatch(text) is not None


def is_blank(html: str) -> bool:
    """Whether HTML shows nothing: it has neither words nor, say, a picture."""
    return _BLANK.fullmatch(html) is not None


def shorten_data(html: str) -> str:
    """Return HTML with the beginning of each long `data:` address alone: readers get no such picture, and it must not
    take the room of the words below it.
    """
    return _DATA.sub(r"\g<begin>…", html)


def unescape_characters(text: str) -> str:
    """Return a text that should be plain. If it has no `<`, unescape the characters that a program wrote as HTML, as in
    `R&amp;D`; ampersands without a semicolon stay, because addresses have them.
    """
    return text if "<" in text else _CHARACTER.sub(lambda found: unescape(found[0]), text)


def escape_ampersands(document: str) -> str:
    """Return a document with `&amp;` for each ampersand that begins no character name, except in CDATA and comments."""
    return _BARE.sub(lambda found: "&amp;" if found[0] == "&" else found[0], document)


def unescape_name(title: object) -> object:
    """Return a title that should be plain text. If it has no `<`, unescape what a program wrote as HTML: `R&amp;D`."""
    return unescape(title) if isinstance(title, str) and "<" not in title else title


def correct_html(html: str) -> str:
    """Return the HTML of an item with `unescape_markup` and `paragraphs_of` done."""
    return paragraphs_of(unescape_markup(html))


def paragraphs_of(html: str) -> str:
    """Return HTML without any tag, a text that a program took for HTML, with its empty lines as ends of paragraphs, and
    each point of a list on its line.
    """
    if "<" in html:
        return html
    marked = mark_paragraphs(html)
    return _POINT.sub("<br>\n", marked) if len(_POINT.findall(f"\n{html}")) > 1 else marked


def mark_paragraphs(html: str) -> str:
    """Return HTML that marks no paragraph as paragraphs, if it has empty lines: WordPress's classic editor marks only
    other things, such as links and lists.
    """
    pieces = [piece.strip() for piece in re.split(r"\n[ \t]*\n\s*", html) if piece.strip()]
    if len(pieces) < 2 or any(_BLOCK.search(piece) and not _WHOLE.fullmatch(piece) for piece in pieces):  # noqa: PLR2004
        return html
    return "".join(piece if _WHOLE.fullmatch(piece) else f"<p>{piece}</p>" for piece in pieces)


def unescape_markup(html: str) -> str:
    """Unescape HTML once if it was escaped twice (`&lt;p&gt;…`). HTML that has a tag, or is a text about tags, is
    returned unchanged.
    """
    return unescape(html) if _TWICE.fullmatch(html) else html
