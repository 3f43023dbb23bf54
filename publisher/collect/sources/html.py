"""Makes HTML from anywhere safe to show. The only module that imports nh3.

`TAGS` lists what stays: paragraphs, headings, lists, quotations, tables, links, pictures and the usual marks in a text;
`ATTRIBUTES` lists the attributes. Players and frames become links (`html_media`). Scripts, styles and forms go with
their content; every other element goes, but its text stays. Addresses become absolute, with a scheme in
`links.SCHEMES`.

Headings of the first two levels become the third: pages and digests have their own above them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import nh3
from lxml import etree, html

from publisher.collect.sources.html_leftovers import (
    drop_footers,
    drop_repeated,
    show_addresses,
    without_shortcodes,
)
from publisher.collect.sources.html_media import FRAMES, NUMBER, RECORDINGS, MediaFound, show_media
from publisher.collect.sources.links import SCHEMES, absolute, web_address
from publisher.collect.sources.text import fit
from publisher.model.items import Enclosure
from publisher.model.links import without_tracking

_TAGS = (
    "a abbr b blockquote br caption cite code dd del dfn div dl dt em figcaption figure h3 h4 h5 h6 hr i img ins kbd "
    "li mark ol p pre q s samp small span strong sub sup table tbody td tfoot th thead time tr u ul var wbr"
)
TAGS = frozenset(_TAGS.split())
ATTRIBUTES = {
    "*": {"lang", "dir", "title"},
    "a": {"href", "hreflang"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "blockquote": {"cite"},
    "q": {"cite"},
    "del": {"cite", "datetime"},
    "ins": {"cite", "datetime"},
}
MAX_CHARACTERS = 200_000
"""The most characters of one item's HTML; the rest is cut off. Long reports have a quarter of that. Many attributes on
one element take quadratic time: 1 s at this size.
"""

_DROPPED_TAGS = (
    "applet button canvas datalist form frameset head input link map math meta noembed noframes noscript option script "
    "select style svg template textarea title xml"
)
_DROPPED = frozenset({*_DROPPED_TAGS.split(), *FRAMES, *RECORDINGS})
_BLOCKS = (
    *("address", "article", "aside", "center", "details", "dir", "footer", "header", "hgroup", "main", "menu", "nav"),
    *("section", "summary"),
)
"""Elements of an item's HTML that become a `div`: they stand on lines of their own, and their words must not run
together.
"""
_PASSES = 8
_ADDRESSES = frozenset({"href", "src", "cite"})
_NOWHERE = re.compile(r"\s*(?:\Z|#|javascript:|about:|blob:)", re.IGNORECASE)
"""An address that deliberately leads nowhere: within the page, or to a script."""
_NOT_DISPLAYED = re.compile(r"display\s{0,9}:\s{0,9}none", re.IGNORECASE)
_IN_MAILS = re.compile(r"(?:mso-hide\s{0,9}:\s{0,9}all|max-height\s{0,9}:\s{0,9}0)", re.IGNORECASE)
"""The style of hidden words in a mail, which mail programs show beside the subject; such words are removed. Words
hidden in other ways stay, because readers may open them.
"""
_BREAKS = re.compile("[\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
"""Characters that are white space for Python, but are not allowed in XML, or do not end a line there."""


@dataclass(frozen=True, slots=True)
class CleanHtml:
    """Safe HTML, and what was found while cleaning it."""

    html: str
    """Safe, balanced HTML, which cleaning again would not change; empty if it has no content."""
    files: tuple[Enclosure, ...] = ()
    """Recordings that the HTML played, as files of the item."""
    lost: tuple[str, ...] = ()
    """Addresses of removed links, pictures and players: they are no complete web addresses."""


def clean_html(raw: str, *, base: str = "", keep_tracking: bool = False) -> CleanHtml:
    """Return `raw`, HTML from a source, reduced to the elements and attributes in `TAGS` and `ATTRIBUTES`.

    Links are made absolute with `base`; links that stay relative are removed. Tracking pixels and the tracking
    parameters of links are removed, too, unless `keep_tracking`.
    """
    # libxml2 and nh3 repair broken markup differently: what one has repaired the other may change again
    media = MediaFound()
    clean = _cleaned(raw[:MAX_CHARACTERS], base, media, keep_tracking=keep_tracking)
    for _ in range(_PASSES - 1):
        before, clean = clean, _cleaned(clean, base, MediaFound(), keep_tracking=keep_tracking)
        if clean == before:
            break
    return CleanHtml(
        html=clean if _says_something(clean) else "",
        files=tuple(media.files),
        lost=tuple(dict.fromkeys(address for address in media.lost if not _NOWHERE.match(address))),
    )


def safe_html(raw: str, *, base: str = "", keep_tracking: bool = False) -> str:
    """Return HTML from a source, made safe to show. `clean_html` also says what was lost."""
    return clean_html(raw, base=base, keep_tracking=keep_tracking).html


def parse_fragment(text: str) -> html.HtmlElement | None:
    """Return the parsed HTML fragment inside a `div`; return `None` if the text is empty."""
    try:
        # a parser for each call: sources are read in several threads
        parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=False)
        return html.fragment_fromstring(text.encode(), create_parent="div", parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None


# --- the parts -------------------------------------------------------------------------------------------------------


def _cleaned(raw: str, base: str, media: MediaFound, *, keep_tracking: bool) -> str:
    """Return the HTML after cleaning it once: safe already, and rarely changed by cleaning it again."""
    return nh3.clean(
        _prepared(without_shortcodes(_BREAKS.sub(" ", fit(raw))), base, media, keep_tracking=keep_tracking),
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        attribute_filter=_attribute_filter(base, keep_tracking=keep_tracking),
        clean_content_tags=set(_DROPPED),
        url_schemes=set(SCHEMES),
        link_rel=None,
    ).strip()


def _prepared(raw: str, base: str, media: MediaFound, *, keep_tracking: bool) -> str:
    """Return the HTML after the changes that nh3 cannot make: it drops or keeps attributes, but renames nothing.

    nh3 also takes 3 s for 20,000 nested elements, where libxml2 stops at 255 levels. Elements that are dropped with
    their content are removed here, too: libxml2 and nh3 disagree about where a `<style>` in an SVG ends, and so about
    which elements follow it.
    """
    root = parse_fragment(raw)
    if root is None:
        return ""
    for element in list(root.iter(*_DROPPED - {"noscript", *FRAMES, *RECORDINGS})):
        element.drop_tree()
    for element in [each for each in root.iter() if each.tag != "img" and _is_preheader(each.get("style", ""))]:
        element.drop_tree()
    drop_repeated(root)
    drop_footers(root, base)
    show_addresses(root)
    show_media(root, base, media, keep_tracking=keep_tracking)
    for element in root.iter(*_BLOCKS):
        element.tag = "div"
    for element in list(root.iter("a", "h1", "h2")):
        if element.tag != "a":
            element.tag = "h3"
        elif not absolute(element.get("href", ""), base):
            media.lost.append(element.get("href", ""))
    return "".join(
        [escape(root.text or "", quote=False), *(html.tostring(child, encoding="unicode") for child in root)]
    )


def _is_preheader(style: str) -> bool:
    return bool(_NOT_DISPLAYED.search(style) and _IN_MAILS.search(style))


def _attribute_filter(base: str, *, keep_tracking: bool) -> Callable[[str, str, str], str | None]:
    def filtered(_tag: str, attribute: str, value: str) -> str | None:
        if attribute in ("width", "height"):
            number = NUMBER.fullmatch(value)
            return number[1] if number else None
        if attribute not in _ADDRESSES:
            return value
        address = web_address(value, base) if attribute == "src" else absolute(value, base)
        return (address if keep_tracking else without_tracking(address)) or None

    return filtered


def _says_something(clean: str) -> bool:
    return "<img" in clean or bool(re.sub(r"<[^>]*>|&nbsp;|\s", "", clean))
