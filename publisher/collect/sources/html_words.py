"""Extracts the words of HTML: of an item's cleaned HTML, and of a title that may be HTML or plain text."""

import re
from collections.abc import Iterable, Iterator

from lxml import html

from publisher.collect.sources.html import parse_fragment, safe_html
from publisher.collect.sources.text import clean_line, clean_paragraphs

_BLOCKS = frozenset(
    "blockquote caption dd div dl dt figcaption figure h3 h4 h5 h6 hr li ol p pre table ul".split()  # noqa: SIM905
)
_EDGES = {"br": "\n", "tr": "\n", "td": " ", "th": " "}
_LINE_END = re.compile("[\t\n\x0c\r]+")
_CUT_OFF = re.compile(r"\s*(?:\[?(?:…|\.\.\.)\]?)\s*(?:\S+(?:\s+\S+){0,5})?\s*\Z")
"""The end of a text that a blog cut off: `[…]`, optionally followed by a link such as `Read more`."""
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*)(?P<rest>[^<>]*)>")
_IN_TITLES = frozenset(
    "a abbr b bdi bdo big cite code del dfn div em font h1 h2 h3 h4 i ins kbd mark p q s samp small span strike strong "  # noqa: SIM905
    "sub sup tt u var".split()
)
_ALONE = frozenset({"br", "img", "wbr"})


def text_of(clean: str) -> str:
    """Return the words of HTML that `safe_html` gave, paragraphs separated by one empty line."""
    root = parse_fragment(clean)
    return "" if root is None else clean_paragraphs("".join(_words(root)))


def words_of(raw: str) -> str:
    """Return the words of any HTML, as `text_of` gives them."""
    return text_of(safe_html(raw)) if "<" in raw or "&" in raw else clean_paragraphs(raw)


def teaser_of(summary: str, text: str) -> str:
    """Return the summary; return an empty string if the summary is the text itself or a cut version of the text."""
    cut = _CUT_OFF.search(summary)
    said, whole = (" ".join(words.split()) for words in (summary[: cut.start()] if cut else summary, text))
    return "" if said == whole or (cut and whole.startswith(said)) else summary


def line_of(raw: str) -> str:
    """Return the words of a title that may be HTML, on one line.

    Only elements that titles have, properly closed, count as HTML: `<details>` is a word.
    """
    if "<" not in raw and "&" not in raw:
        return clean_line(raw)
    ends = {match["name"].lower() for match in _TAG.finditer(raw) if match["end"]}
    begins = {match["name"].lower() for match in _TAG.finditer(raw) if not match["end"]}
    marks = _ALONE | (_IN_TITLES & ends & begins)
    marked = _TAG.sub(lambda tag: tag[0] if tag["name"].lower() in marks else f"&lt;{tag[0][1:-1]}&gt;", raw)
    return clean_line(text_of(safe_html(marked)))


def _words(element: html.HtmlElement) -> Iterable[str]:
    """Yield the text of an element: an empty line separates blocks, a space separates cells, and `br` ends a line."""
    # an explicit stack: HTML may be nested deeper than Python's calls
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
    edge = "\n\n" if element.tag in _BLOCKS else _EDGES.get(element.tag, "")
    yield "" if element.tag == "tr" else edge
    yield (element.text or "") if element.tag == "pre" else _spaced(element.text)
    if element.tag == "img":
        yield f" {element.get('alt', '')} "
    for child in element:
        yield child
        yield _spaced(child.tail)
    yield "" if element.tag == "br" else edge


def _spaced(text: str | None) -> str:
    """Return the text of a text node, with its line ends replaced by spaces."""
    return _LINE_END.sub(" ", text) if text else ""
