"""Styles moved into the elements they apply to, as many mail programs drop `<style>`. The only home of premailer.

premailer is asked once for each kind of element. A rule whose selector names nothing but types, classes, ids and what
is around them says the same of any two elements that are alike in these and in all that is around them; so what
premailer made of one of them is right for every other one, in any page with the same rules. A page with a kind that was
not met yet, or with a rule that looks at neighbours (`:first-child`, `p + p`), is premailer's as a whole.
"""

import logging
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from lxml import etree

from publisher.model.errors import TemplateError

if TYPE_CHECKING:
    from lxml.etree import _Element, _ElementTree

KEPT = "data-premailer"
DOCTYPE = "<!DOCTYPE html>"
OUR_BUSINESS = ["align", "valign", "width", "height", "bgcolor"]
"""Attributes premailer would derive from styles: text-align on a table would move the table. Templates set them."""
BY_ITSELF = re.compile(r"[\w\s.#*>,-]*")
"""A selector that looks at an element and what is around it, and neither at its neighbours nor at other attributes."""
MOST_KINDS = 5_000
"""Of elements, over all stylesheets: a site has a hundred; whatever makes more begins anew."""

_one_at_a_time = Lock()
"""premailer and cssutils keep state between calls and are not thread-safe."""

Sheets = tuple[tuple[str | None, ...], ...]
"""What the `<style>` elements of a page say, in their order."""


@dataclass(slots=True, eq=False)
class Kind:
    """Elements that no rule tells apart."""

    style: str | None = None
    """What premailer made of them; None: nothing."""
    is_known: bool = False
    inside: "dict[tuple[str | None, ...], Kind]" = field(default_factory=dict)
    """The kinds of what stands in such an element, by type, id, class and own style."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inlined:
    """A page with its styles in its elements."""

    html: str
    places: dict[str, Kind]
    """The kind of element that each comment stands in. What stands in the same kind comes out the same, wherever that
    is; empty when it does not, because a rule looks at neighbours."""


def inline(html: str, *, template: str) -> str:
    """The same page with its rules as `style` attributes; `<style data-premailer="ignore">` stays as it is.

    That is where `@media` belongs. Nothing is fetched. `template` is named when the styles are wrong.

    Raises:
        TemplateError: the page has no doctype premailer keeps, an `@import`, or a rule that cannot be inlined.
    """
    return inline_with_places(html, template=template).html


def inline_with_places(html: str, *, template: str) -> Inlined:
    """The same, and where its comments stand.

    Raises:
        TemplateError: as `inline`.
    """
    if not html.startswith(DOCTYPE):
        raise TemplateError(template, 1, f"must begin with {DOCTYPE}: without it mail programs guess how to lay it out")
    page = etree.fromstring(html.strip(), etree.HTMLParser()).getroottree()
    sheets: Sheets = tuple((style.get(KEPT), style.get("media"), style.text) for style in page.iter("style"))
    with _one_at_a_time:
        if _kinds_met() > MOST_KINDS:
            stylesheets.clear()
        stylesheet = stylesheets.get(sheets)
        if stylesheet is None:
            stylesheet = stylesheets[sheets] = Stylesheet(sheets, template)
        places = stylesheet.apply(page, template)
    return Inlined(html=etree.tostring(page, method="html", encoding="utf-8").decode(), places=places)


class Stylesheet:
    """The rules of a page, and what they were found to make of each kind of element.

    Raises:
        TemplateError: they have an `@import`, or cannot be read.
    """

    def __init__(self, sheets: Sheets, template: str) -> None:
        if any("@import" in (text or "").lower() for _, _, text in sheets):
            raise TemplateError(
                template, None, "its style has an @import, which mail programs ignore: write the rules out"
            )
        selectors = _selectors([text or "" for kept, _, text in sheets if kept is None], template)
        self._is_by_itself = all(map(BY_ITSELF.fullmatch, selectors))
        self._names = ("id", "class", "style") if any("#" in each for each in selectors) else ("class", "style")
        self._root = Kind()
        self._left_over: list[str | None] | None = None
        self.kinds = 0

    def apply(self, page: "_ElementTree", template: str) -> dict[str, Kind]:
        """Inline into the page as it is; return where its comments stand."""
        kinds = self._kinds_in(page) if self._is_by_itself else {}
        places = dict(_places(page, kinds)) if kinds else {}
        if kinds and self._left_over is not None and all(kind.is_known for kind in kinds.values()):
            for element, kind in kinds.items():
                if kind.style is not None:
                    element.set("style", kind.style)
            _leave(list(page.iter("style")), self._left_over)
            return places
        styles = list(page.iter("style"))
        _premail(page, template)
        for element, kind in kinds.items():
            kind.style, kind.is_known = element.get("style"), True
        self._left_over = [None if style.getparent() is None else style.text for style in styles]
        return places

    def _kinds_in(self, page: "_ElementTree") -> "dict[_Element, Kind]":
        found: dict[_Element, Kind] = {}
        for element in page.iter("*"):
            around = element.getparent()
            siblings = (self._root if around is None else found[around]).inside
            looks = (element.tag, *map(element.get, self._names))
            kind = siblings.get(looks)
            if kind is None:
                kind = siblings[looks] = Kind()
                self.kinds += 1
            found[element] = kind
        return found


stylesheets: dict[Sheets, Stylesheet] = {}


def _kinds_met() -> int:
    return sum(stylesheet.kinds for stylesheet in stylesheets.values())


def _places(page: "_ElementTree", kinds: "dict[_Element, Kind]") -> Iterator[tuple[str, Kind]]:
    for comment in page.iter(etree.Comment):
        around = comment.getparent()
        if around is not None and comment.text:
            yield comment.text, kinds[around]


def _leave(styles: "Sequence[_Element]", left_over: Sequence[str | None]) -> None:
    """Make of the `<style>` elements what premailer made of them: nothing, or what cannot be inlined."""
    for style, text in zip(styles, left_over, strict=True):
        around = style.getparent()
        if text is None and around is not None:
            around.remove(style)
        else:
            style.text = text
            style.attrib.pop(KEPT, "")


def _selectors(rules: Sequence[str], template: str) -> list[str]:
    """Of the rules that are inlined. Read before premailer does, which would drop what is wrong without a word."""
    from xml.dom import DOMException

    from cssutils import CSSParser

    parser = CSSParser(raiseExceptions=True, validate=False)
    try:
        sheets: list[Any] = [parser.parseString(text) for text in rules]
    except (AttributeError, DOMException) as error:  # AttributeError: an @media inside an @media
        raise TemplateError(template, None, f"its style cannot be inlined: {error}") from error
    return [rule.selectorText for sheet in sheets for rule in sheet if rule.type == rule.STYLE_RULE]


def _premail(page: "_ElementTree", template: str) -> None:
    # Loaded by the first digest only (0.15 s): a run with no news does without. Its cache has 128 places, fewer than a
    # page with pseudo-classes and widths asks for, and is sized when it is imported.
    os.environ.setdefault("PREMAILER_CACHE_MAXSIZE", "4096")
    from xml.dom import DOMException

    from premailer import Premailer

    premailer = Premailer(
        strip_important=False,  # or dark mode and narrow screens lose against the inlined rules
        disable_basic_attributes=OUR_BUSINESS,
        disable_validation=True,  # cssutils knows neither mso-hide nor color-scheme
        align_floating_images=False,
        allow_network=False,
        cssutils_logging_level=logging.CRITICAL,  # what is wrong has been raised already
    )
    try:
        premailer.transform(page.getroot())
    except (AttributeError, DOMException) as error:
        raise TemplateError(template, None, f"its style cannot be inlined: {error}") from error
