"""Moves styles into the elements they apply to, because many mail programs drop `<style>`. The only module that knows
premailer.
"""

import logging
import os
import re
import sys
from collections.abc import Mapping
from functools import lru_cache
from threading import Lock
from types import ModuleType
from xml.dom import DOMException

from cssutils import CSSParser
from cssutils.css import CSSStyleSheet
from lxml import etree
from lxml.etree import _Element, _ElementTree

from publisher.model.errors import TemplateError

# Its cache has 128 places, fewer than a page with pseudo-classes and widths asks for, and is sized when it is imported.
os.environ.setdefault("PREMAILER_CACHE_MAXSIZE", "4096")
# premailer imports requests to fetch what a page links to, which takes longer than importing premailer itself. Nothing
# is fetched here, so premailer gets an empty module in its place; everybody else gets the real one.
_is_spared = "requests" not in sys.modules
if _is_spared:
    sys.modules["requests"] = ModuleType("requests")
from premailer import Premailer  # noqa: E402  what it imports was prepared above

if _is_spared:
    del sys.modules["requests"]

KEPT = "data-premailer"
DOCTYPE = "<!DOCTYPE html>"
OUR_BUSINESS = ["align", "valign", "width", "height", "bgcolor"]
"""Attributes premailer would derive from styles: text-align on a table would move the table. Templates set them."""
ALONE = re.compile(r"[\w\s.#*>,-]*")
"""A selector that looks at an element and what is around it, and neither at its neighbours nor at other attributes."""

UNUSABLE = "its style cannot be inlined: %s"

_one_at_a_time = Lock()
"""premailer and cssutils keep state between calls and are not thread-safe."""

Around = tuple[tuple[str, str | None, str | None], ...]
"""Type, id and class of the elements around a place, the innermost first."""


def inline(html: str, *, template: str) -> str:
    """The same page with its rules as `style` attributes; `<style data-premailer="ignore">` stays as it is.

    That is where `@media` belongs. Nothing is fetched. `template` is named when the styles are wrong.

    Raises:
        TemplateError: the page has no doctype premailer keeps, an `@import`, or a rule that cannot be inlined.
    """
    page = _read(html, template)
    _selectors(page, template)
    try:
        with _one_at_a_time:
            _premailer.transform(page.getroot())
    except (AttributeError, DOMException) as error:
        raise TemplateError(template, None, UNUSABLE % error) from error
    return etree.tostring(page, method="html", encoding="utf-8").decode()


def looks_at_neighbours(html: str, *, template: str) -> bool:
    """Whether a rule of the page depends on the neighbours of an element.

    If none does, the content of equal elements (`places_in`) gets the same styles in every page with these rules.

    Raises:
        TemplateError: as `inline`.
    """
    return not all(map(ALONE.fullmatch, _selectors(_read(html, template), template)))


def places_in(html: str, *, template: str) -> Mapping[str, Around]:
    """Return the elements around each comment of the page, by the comment's text.

    Raises:
        TemplateError: the page has no doctype.
    """
    found: dict[_Element | None, Around] = {}  # most comments stand in the same element
    places: dict[str, Around] = {}
    for comment in _read(html, template).iter(etree.Comment):
        parent = comment.getparent()
        if parent not in found:
            found[parent] = tuple(map(_look, comment.iterancestors()))
        places[comment.text or ""] = found[parent]
    return places


def _look(element: _Element) -> tuple[str, str | None, str | None]:
    return str(element.tag), element.get("id"), element.get("class")


def _read(html: str, template: str) -> _ElementTree:
    if not html.startswith(DOCTYPE):
        raise TemplateError(template, 1, f"must begin with {DOCTYPE}: without it mail programs guess how to lay it out")
    return etree.fromstring(html.strip(), etree.HTMLParser()).getroottree()


def _selectors(page: _ElementTree, template: str) -> list[str]:
    """The selectors of the rules that are inlined, one string a rule.

    Read before premailer does, which would drop what is wrong without a word.
    """
    styles = list(page.iter("style"))
    if any("@import" in (style.text or "").lower() for style in styles):
        raise TemplateError(template, None, "its style has an @import, which mail programs ignore: write the rules out")
    texts = [style.text or "" for style in styles if style.get(KEPT) is None]
    try:
        with _one_at_a_time:
            return [selector for text in texts for selector in _selectors_of(text)]
    except (AttributeError, DOMException) as error:  # AttributeError: an @media inside an @media
        raise TemplateError(template, None, UNUSABLE % error) from error


@lru_cache  # pages of one template have the same few sheets
def _selectors_of(sheet: str) -> tuple[str, ...]:
    return tuple(rule.selectorText for rule in _rules_of(sheet) if rule.type == rule.STYLE_RULE)


@lru_cache
def _rules_of(sheet: str) -> CSSStyleSheet:
    return CSSParser(raiseExceptions=True, validate=False).parseString(sheet)


class _Premailer(Premailer):  # type: ignore[misc]  # it ships no types
    def __init__(self) -> None:
        super().__init__(
            strip_important=False,  # or dark mode and narrow screens lose against the inlined rules
            disable_basic_attributes=OUR_BUSINESS,
            disable_validation=True,  # cssutils knows neither mso-hide nor color-scheme
            align_floating_images=False,
            allow_network=False,
            cssutils_logging_level=logging.CRITICAL,  # what is wrong has been raised already
        )
        # It writes out each rule of a sheet anew for each page, which is four fifths of its time.
        self._parse_style_rules = lru_cache(super()._parse_style_rules)

    def _parse_css_string(self, css_body: str, **_: object) -> CSSStyleSheet:
        """Return the rules that `_selectors` has parsed: premailer would parse them again."""
        return _rules_of(css_body)


_premailer = _Premailer()
