"""Makes HTML from anywhere safe to show. The only module that knows nh3.

What stays is listed in `TAGS`: paragraphs, headings, lists, quotations, tables, links, pictures and the usual marks in
a text; of attributes, those in `ATTRIBUTES`. All else goes: scripts, styles, forms, frames and embedded documents with
what is inside them, every other element but not its text. Addresses are absolute, of the schemes in `links.SCHEMES`.

Headings of the first two levels become the third: a page and a digest have their own above them.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from html import escape

import nh3
from lxml import etree, html

from publisher.collect.sources.links import SCHEMES, absolute, without_tracking
from publisher.collect.sources.text import clean_line, clean_paragraphs, fit

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
"""Of one body; what is beyond is cut off. Long reports have a quarter of it. An element with ever more attributes takes
time by the square of their number: 1 s with so many."""

_DROPPED_TAGS = (
    "applet audio button canvas datalist embed form frame frameset head iframe input link map math meta noembed "
    "noframes noscript object option script select style svg template textarea title video xml"
)
_DROPPED = frozenset(_DROPPED_TAGS.split())
_PASSES = 8
_ADDRESSES = frozenset({"href", "src", "cite"})
_BLOCKS = "blockquote caption dd div dl dt figcaption figure h3 h4 h5 h6 hr li ol p pre table ul"
_EDGES = {"br": "\n", "tr": "\n", "td": " ", "th": " "}
_LINE_END = re.compile("[\t\n\x0c\r]+")
_BREAKS = re.compile("[\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
"""White space to Python, and no character of XML or none that a line may end with."""
_PIXEL_SIZE = 3
_HIDDEN = re.compile(r"display\s*:\s*none|(?<![-\w])(?:width|height)\s*:\s*[0-2](?:px)?\s*(?:;|$)", re.IGNORECASE)
_NUMBER = re.compile(r"\s*(\d{1,5})(?:\.\d*)?(?:px)?\s*")


def safe_html(raw: str, *, base: str = "", keeps_tracking: bool = False) -> str:
    """Return `raw` with nothing in it but what this module's docstring names; balanced, and the same when done again.

    Links are made absolute by `base`; those that stay relative go, and so do pixels and tracking parameters.
    """
    # libxml2 and nh3 mend broken markup by rules twenty years apart: what the one made the other may move once more.
    clean = raw[:MAX_CHARACTERS]
    for _ in range(_PASSES):
        before, clean = clean, _cleaned(clean, base, keeps_tracking=keeps_tracking)
        if clean == before:
            break
    return clean if _says_something(clean) else ""


def text_of(clean: str) -> str:
    """Return the words of HTML that `safe_html` gave, paragraphs separated by one empty line."""
    root = _parsed(clean)
    return "" if root is None else clean_paragraphs("".join(_words(root)))


def line_of(raw: str) -> str:
    """Return the words of any HTML, as titles may be, on one line."""
    if "<" not in raw and "&" not in raw:
        return clean_line(raw)
    return clean_line(text_of(safe_html(raw)))


# --- the parts -------------------------------------------------------------------------------------------------------


def _cleaned(raw: str, base: str, *, keeps_tracking: bool) -> str:
    """Return the HTML after one pass: safe already, and nearly always what a further pass would give."""
    return nh3.clean(
        _prepared(_BREAKS.sub(" ", fit(raw)), base, keeps_tracking=keeps_tracking),
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        attribute_filter=_attribute_filter(base, keeps_tracking=keeps_tracking),
        clean_content_tags=set(_DROPPED),
        url_schemes=set(SCHEMES),
        link_rel=None,
    ).strip()


def _prepared(raw: str, base: str, *, keeps_tracking: bool) -> str:
    """Return the HTML with what nh3 cannot do done: it drops or keeps an attribute, but renames and weighs nothing.

    And it takes 3 s for 20,000 elements one within the other, where libxml2 stops at 255 levels. What is dropped with
    its content goes here already: the two do not agree where a `<style>` in a drawing ends, and so what is a picture.
    """
    root = _parsed(raw)
    if root is None:
        return ""
    for element in list(root.iter("h1", "h2", "img", *_DROPPED)):
        if element.tag in _DROPPED:
            element.drop_tree()
        elif element.tag != "img":
            element.tag = "h3"
        elif not _show_source(element, base) or not (keeps_tracking or _is_seen(element)):
            element.drop_tree()
    return "".join(
        [escape(root.text or "", quote=False), *(html.tostring(child, encoding="unicode") for child in root)]
    )


def _parsed(text: str) -> html.HtmlElement | None:
    """Return the fragment within a `div`; None when nothing is in it."""
    try:
        # A parser of its own each time: sources are read in several threads.
        parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=False)
        return html.fragment_fromstring(text.encode(), create_parent="div", parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None


def _show_source(image: html.HtmlElement, base: str) -> bool:
    """Put the address that scripts would load later where it is loaded at once; return whether there is any."""
    sources = [image.get(name, "") for name in ("src", "data-src", "data-original")]
    shown = [
        source for source in sources if source.strip() and absolute(source, base).startswith(("http://", "https://"))
    ]
    if shown:
        image.set("src", shown[0])
    if image.get("alt") is None:
        image.set("alt", "")
    return bool(shown)


def _is_seen(image: html.HtmlElement) -> bool:
    """Whether a picture is more than a pixel that reports who looks."""
    sizes = [match for name in ("width", "height") if (match := _NUMBER.fullmatch(image.get(name, "")))]
    return not any(int(size[1]) < _PIXEL_SIZE for size in sizes) and not _HIDDEN.search(image.get("style", ""))


def _attribute_filter(base: str, *, keeps_tracking: bool) -> Callable[[str, str, str], str | None]:
    def filtered(_tag: str, attribute: str, value: str) -> str | None:
        if attribute in ("width", "height"):
            number = _NUMBER.fullmatch(value)
            return number[1] if number else None
        if attribute not in _ADDRESSES:
            return value
        address = absolute(value, base)
        if attribute == "src" and not address.startswith(("http://", "https://")):
            return None
        return (address if keeps_tracking else without_tracking(address)) or None

    return filtered


def _says_something(clean: str) -> bool:
    return "<img" in clean or bool(re.sub(r"<[^>]*>|&nbsp;|\s", "", clean))


def _words(element: html.HtmlElement) -> Iterable[str]:
    """Yield the text of an element: blocks set off by an empty line, cells by a space; a line ends where one does."""
    # A stack of our own: HTML may be nested deeper than Python calls.
    stack: list[Iterator[str | html.HtmlElement]] = [_pieces(element)]
    while stack:
        piece = next(stack[-1], None)
        if piece is None:
            stack.pop()
        elif isinstance(piece, str):
            yield piece
        else:
            stack.append(_pieces(piece))


def _pieces(element: html.HtmlElement) -> Iterator[str | html.HtmlElement]:
    edge = "\n\n" if element.tag in _BLOCKS.split() else _EDGES.get(element.tag, "")
    yield "" if element.tag == "tr" else edge
    yield (element.text or "") if element.tag == "pre" else _spaced(element.text)
    if element.tag == "img":
        yield f" {element.get('alt', '')} "
    for child in element:
        yield child
        yield _spaced(child.tail)
    yield "" if element.tag == "br" else edge


def _spaced(text: str | None) -> str:
    """Return the words of a text node; its line ends are only spaces."""
    return _LINE_END.sub(" ", text) if text else ""
