"""Styles moved into the elements they apply to, as many mail programs drop `<style>`. The only home of premailer."""

import logging
import os
import re
from threading import Lock

from publisher.errors import TemplateError

STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>", re.IGNORECASE | re.DOTALL)
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
    if any("@import" in style.lower() for style in STYLE.findall(html)):
        raise TemplateError(template, None, "its style has an @import, which mail programs ignore: write the rules out")
    with _one_at_a_time:
        return _transformed(html, template)


def _transformed(html: str, template: str) -> str:
    # Loaded by the first digest only (0.15 s): a run with no news does without. Its cache has 128 places, fewer than a
    # page with pseudo-classes and widths asks for, and is sized when it is imported.
    os.environ.setdefault("PREMAILER_CACHE_MAXSIZE", "4096")
    from xml.dom import DOMException

    from cssselect import SelectorError
    from premailer import Premailer  # type: ignore[import-untyped]  # ships no types

    try:
        inlined = Premailer(
            strip_important=False,  # or dark mode and narrow screens lose against the inlined rules
            disable_basic_attributes=OUR_BUSINESS,
            disable_validation=True,  # cssutils knows neither mso-hide nor color-scheme
            align_floating_images=False,
            allow_network=False,
            cssutils_logging_level=logging.CRITICAL,  # what is wrong enough to matter is raised
        ).transform(html, pretty_print=False)
    except (AttributeError, DOMException, SelectorError) as error:  # AttributeError: an @media inside an @media
        raise TemplateError(template, None, f"its style cannot be inlined: {error}") from error
    return str(inlined)
