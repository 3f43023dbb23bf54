"""Computes the colours of a mail's texts, in light and in dark mode, from its HTML as mail programs read it. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from lxml import html as lxml_html
from lxml.cssselect import CSSSelector
from lxml.etree import LxmlError

from publisher.config.colours import PAGE

LARGE_PX, LARGE_BOLD_PX = 24.0, 18.66
"""The least sizes in pixels of large text, normal and bold (WCAG 2.2, success criterion 1.4.3)."""
BODY_PX = 16.0
BLACK = "#000000"
DARK_RULES = re.compile(r"@media[^{]*prefers-color-scheme:\s*dark[^{]*\{((?:[^{}]*\{[^{}]*\})*)\s*\}")
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
SHORT_COLOUR = re.compile(r"#([0-9a-f])([0-9a-f])([0-9a-f])")
COLOUR = re.compile(r"#[0-9a-f]{6}")

Styles = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaintedText:
    """A visible text with its colours."""

    words: str
    """The beginning of the text."""
    colour: str
    ground: str
    """The colour of the text's background."""
    is_large: bool


def texts_in_the_light(page: lxml_html.HtmlElement) -> Iterator[PaintedText]:
    """Yield each visible text with its colours in light mode."""
    return _texts_in(page, _inlined_styles(page), _Paint())


def texts_in_the_dark(page: lxml_html.HtmlElement) -> Iterator[PaintedText]:
    """Yield each visible text with its colours in dark mode."""
    turned = _dark_styles(page)
    styles = {element: {**own, **turned.get(element, {})} for element, own in _inlined_styles(page).items()}
    return _texts_in(page, styles, _Paint())


@dataclass(frozen=True, slots=True)
class _Paint:
    """The colours of text in an element. An element inherits the colours that it does not set."""

    colour: str = BLACK
    ground: str = PAGE
    size_px: float = BODY_PX
    is_bold: bool = False

    def inside(self, tag: str, styles: Styles) -> "_Paint":
        return _Paint(
            _colour(styles.get("color", "")) or self.colour,
            _colour(styles.get("background-color", styles.get("background", ""))) or self.ground,
            _pixels(styles.get("font-size", "")) or self.size_px,
            styles.get("font-weight", "bold" if tag in ("b", "strong", "th") or self.is_bold else "")
            in ("bold", "700"),
        )

    @property
    def is_large(self) -> bool:
        return self.size_px >= LARGE_PX or (self.is_bold and self.size_px >= LARGE_BOLD_PX)


def _texts_in(
    element: lxml_html.HtmlElement, styles: Mapping[lxml_html.HtmlElement, Styles], around: _Paint
) -> Iterator[PaintedText]:
    own = styles.get(element, {})
    if element.tag in ("head", "script", "style") or own.get("display") == "none":
        return
    paint = around.inside(element.tag, own)
    texts = [element.text, *(child.tail for child in element)]
    for text in texts:
        if text and (words := " ".join(text.split())):
            yield PaintedText(words=words[:40], colour=paint.colour, ground=paint.ground, is_large=paint.is_large)
    for child in element:
        if isinstance(child.tag, str):
            yield from _texts_in(child, styles, paint)


def _inlined_styles(page: lxml_html.HtmlElement) -> dict[lxml_html.HtmlElement, Styles]:
    """Return the inline styles of each element."""
    return {
        element: {
            **({"background-color": element.get("bgcolor")} if element.get("bgcolor") else {}),
            **_declarations(element.get("style", "")),
        }
        for element in page.iter()
        if isinstance(element.tag, str)
    }


def _dark_styles(page: lxml_html.HtmlElement) -> dict[lxml_html.HtmlElement, Styles]:
    """Return the CSS properties that dark-mode rules set for each element. If several rules match an element, the last
    one wins.
    """
    found: dict[lxml_html.HtmlElement, dict[str, str]] = {}
    for sheet in page.iter("style"):
        for block in DARK_RULES.findall(sheet.text or ""):
            for selectors, body in RULE.findall(block):
                for element in _elements_for(page, selectors.strip()):
                    found.setdefault(element, {}).update(_declarations(body))
    return dict(found)


def _elements_for(page: lxml_html.HtmlElement, selectors: str) -> list[lxml_html.HtmlElement]:
    matched = _compile(selectors)
    found = matched(page) if matched else []
    return [each for each in found if isinstance(each, lxml_html.HtmlElement)] if isinstance(found, list) else []


@lru_cache(maxsize=256)  # a template has about ten, and translating a selector takes longer than all its uses
def _compile(selectors: str) -> CSSSelector | None:
    try:
        return CSSSelector(selectors, translator="html")
    except (LxmlError, SyntaxError):  # a selector that only some mail programs support
        return None


def _declarations(style: str) -> dict[str, str]:
    pairs = (declaration.partition(":") for declaration in style.lower().split(";") if ":" in declaration)
    return {name.strip(): value.replace("!important", "").strip() for name, _, value in pairs}


def _colour(value: str) -> str:
    """Return a CSS colour as `#rrggbb`. For a notation that is not understood, return an empty string; the texts with
    it are not checked.
    """
    if short := SHORT_COLOUR.fullmatch(value):
        return "#" + "".join(part * 2 for part in short.groups())
    named = {"white": PAGE, "black": BLACK}.get(value, value)
    return named if COLOUR.fullmatch(named) else ""


def _pixels(value: str) -> float:
    number = re.fullmatch(r"(\d+(?:\.\d+)?)px", value)
    return float(number[1]) if number else 0.0
