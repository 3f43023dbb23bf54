"""Moves styles into the elements they apply to, because many mail programs drop `<style>`. The only module that imports
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
from publisher.rendering.known_styles import KnownStyles

# The size of premailer's cache is fixed when premailer is imported. The default, 128, is less than a page with
# pseudo-classes and widths needs.
os.environ.setdefault("PREMAILER_CACHE_MAXSIZE", "4096")
# premailer imports requests to fetch linked resources, which takes longer than importing premailer itself. Nothing is
# fetched here, so premailer gets an empty module instead; other code gets the real one.
_is_spared = "requests" not in sys.modules
if _is_spared:
    sys.modules["requests"] = ModuleType("requests")
from premailer import Premailer  # noqa: E402  what it imports was prepared above

if _is_spared:
    del sys.modules["requests"]

KEPT = "data-premailer"
DOCTYPE = "<!DOCTYPE html>"
OUR_BUSINESS = ["align", "valign", "width", "height", "bgcolor"]
"""Attributes that premailer must not derive from styles, because text-align on a table would move the table. Templates
set these attributes.
"""
ALONE = re.compile(r"[\w\s.#*>,-]*")
"""A CSS selector that depends only on an element and its ancestors, with their types, ids and classes."""

MOST_PAGES = 16
"""How many inlined pages are kept; a digest has a hundred kilobytes at most."""

UNUSABLE = "its style cannot be inlined: %s"

_one_at_a_time = Lock()
"""premailer and cssutils keep state between calls and are not thread-safe."""

Around = tuple[tuple[str, str | None, str | None], ...]
"""Type, id and class of each element around a position in a page, the innermost first."""


@lru_cache(maxsize=MOST_PAGES)  # nothing in a pass takes as long, and desk and preview show an edition again and again
def inline(html: str, *, template: str) -> str:
    """Return the page with its style rules as `style` attributes; `<style data-premailer="ignore">` stays as it is.

    `@media` rules belong in the `<style>` that stays. Nothing is fetched. Errors name `template`.

    Raises:
        TemplateError: the page has no doctype that premailer keeps, an `@import`, or a rule that cannot be inlined.
    """
    return StyledPage(html, template=template).inlined()


class StyledPage:
    """A page of HTML whose style rules will be inlined."""

    def __init__(self, html: str, *, template: str) -> None:
        """Parse a page; errors name `template`.

        Raises:
            TemplateError: as in `inline`, except for rules that only premailer rejects.
        """
        if not html.startswith(DOCTYPE):
            told = f"must begin with {DOCTYPE}: without it mail programs guess how to lay it out"
            raise TemplateError(template, 1, told)
        self._template = template
        self._tree: _ElementTree = etree.fromstring(html.strip(), etree.HTMLParser()).getroottree()
        self._selectors = _selectors(self._tree, template)

    @property
    def root(self) -> _Element:
        """The page's root element."""
        return self._tree.getroot()

    @property
    def looks_at_neighbours(self) -> bool:
        """Whether a rule of the page depends on the neighbours of an element.

        If no rule does, a piece of HTML gets the same styles in every page in which the elements around it (`places`)
        are the same.
        """
        return _any_looks_at_neighbours(self._selectors)

    def places(self) -> Mapping[str, Around]:
        """Return the elements around each comment of the page, by the comment's text."""
        found: dict[_Element | None, Around] = {}  # most comments are in the same element
        places: dict[str, Around] = {}
        for comment in self._tree.iter(etree.Comment):
            parent = comment.getparent()
            if parent not in found:
                found[parent] = tuple(map(_look, comment.iterancestors()))
            places[comment.text or ""] = found[parent]
        return places

    def inlined(self, known: KnownStyles | None = None) -> str:
        """Return the page with its styles inlined, as `inline` describes. This changes the page, so call it last.

        With `known` styles, premailer is used only for pages with elements that are not known yet; the styles of these
        elements are then added to `known`.

        Raises:
            TemplateError: as in `inline`.
        """
        try:
            with _one_at_a_time:
                if known is None or self.looks_at_neighbours:
                    _premailer.transform(self.root)
                else:
                    known.dress(self.root, _premailer.transform)
        except (AttributeError, DOMException) as error:
            raise TemplateError(self._template, None, UNUSABLE % error) from error
        return etree.tostring(self._tree, method="html", encoding="utf-8").decode()


def _look(element: _Element) -> tuple[str, str | None, str | None]:
    return str(element.tag), element.get("id"), element.get("class")


@lru_cache
def _any_looks_at_neighbours(selectors: tuple[str, ...]) -> bool:
    return not all(map(ALONE.fullmatch, selectors))


def _selectors(page: _ElementTree, template: str) -> tuple[str, ...]:
    """Return the selectors of the rules that are inlined, one string per rule.

    The rules are parsed here before premailer gets them, because premailer would drop invalid rules silently.
    """
    styles = list(page.iter("style"))
    if any(_imports(style.text or "") for style in styles):
        raise TemplateError(template, None, "its style has an @import, which mail programs ignore: write the rules out")
    texts = [style.text or "" for style in styles if style.get(KEPT) is None]
    try:
        with _one_at_a_time:
            return tuple(selector for text in texts for selector in _selectors_of(text))
    except (AttributeError, DOMException) as error:  # AttributeError: an @media inside an @media
        raise TemplateError(template, None, UNUSABLE % error) from error


@lru_cache  # as below
def _imports(sheet: str) -> bool:
    return "@import" in sheet.lower()


@lru_cache  # pages of one template have the same few sheets
def _selectors_of(sheet: str) -> tuple[str, ...]:
    return tuple(rule.selectorText for rule in _rules_of(sheet) if rule.type == rule.STYLE_RULE)


@lru_cache
def _rules_of(sheet: str) -> CSSStyleSheet:
    return CSSParser(raiseExceptions=True, validate=False).parseString(sheet)


class _Premailer(Premailer):  # type: ignore[misc]  # it ships no types
    def __init__(self) -> None:
        super().__init__(
            strip_important=False,  # otherwise inlined rules would override dark mode and narrow screens
            disable_basic_attributes=OUR_BUSINESS,
            disable_validation=True,  # cssutils knows neither mso-hide nor color-scheme
            align_floating_images=False,
            allow_network=False,
            cssutils_logging_level=logging.CRITICAL,  # errors have been raised already
        )
        # Without a cache premailer would serialise each rule again for each page, which is four fifths of its time.
        self._parse_style_rules = lru_cache(super()._parse_style_rules)

    def _parse_css_string(self, css_body: str, **_: object) -> CSSStyleSheet:
        """Return the style rules that `_selectors` has parsed already, because premailer would parse them again."""
        return _rules_of(css_body)


_premailer = _Premailer()
