"""Styles moved into the elements they apply to, as many mail programs drop `<style>`. The only home of premailer."""

import logging
import os
import re
from collections.abc import Sequence
from threading import Lock

from publisher.errors import TemplateError

STYLE = re.compile(r"<style\b(?P<attributes>[^>]*)>(?P<rules>.*?)</style>", re.IGNORECASE | re.DOTALL)
KEPT = "data-premailer"
DOCTYPE = "<!DOCTYPE html>"
OUR_BUSINESS = ["align", "valign", "width", "height", "bgcolor"]
"""Attributes premailer would derive from styles: text-align on a table would move the table. Templates set them."""

_one_at_a_time = Lock()
"""premailer and cssutils keep state between calls and are not thread-safe."""


def inline(html: str, *, template: str) -> str:
    """The same page with its rules as `style` attributes; `<style data-premailer="ignore">` stays as it is.

    That is where `@media` belongs. Nothing is fetched. `template` is named when the styles are wrong.

    Raises:
        TemplateError: the page has no doctype premailer keeps, an `@import`, or a rule that cannot be inlined.
    """
    if not html.startswith(DOCTYPE):
        raise TemplateError(template, 1, f"must begin with {DOCTYPE}: without it mail programs guess how to lay it out")
    styles = list(STYLE.finditer(html))
    if any("@import" in style["rules"].lower() for style in styles):
        raise TemplateError(template, None, "its style has an @import, which mail programs ignore: write the rules out")
    with _one_at_a_time:
        return _transformed(html, [style["rules"] for style in styles if KEPT not in style["attributes"]], template)


def _transformed(html: str, rules_to_inline: Sequence[str], template: str) -> str:
    # Loaded by the first digest only (0.15 s): a run with no news does without. Its cache has 128 places, fewer than a
    # page with pseudo-classes and widths asks for, and is sized when it is imported.
    os.environ.setdefault("PREMAILER_CACHE_MAXSIZE", "4096")
    from xml.dom import DOMException

    from cssutils import CSSParser
    from premailer import Premailer

    try:
        for rules in rules_to_inline:  # premailer would drop what is wrong without a word
            CSSParser(raiseExceptions=True, validate=False).parseString(rules)
        inlined = Premailer(
            strip_important=False,  # or dark mode and narrow screens lose against the inlined rules
            disable_basic_attributes=OUR_BUSINESS,
            disable_validation=True,  # cssutils knows neither mso-hide nor color-scheme
            align_floating_images=False,
            allow_network=False,
            cssutils_logging_level=logging.CRITICAL,  # what is wrong has been raised above
        ).transform(html, pretty_print=False)
    except (AttributeError, DOMException) as error:  # AttributeError: an @media inside an @media
        raise TemplateError(template, None, f"its style cannot be inlined: {error}") from error
    return str(inlined)
