"""Lowers the headings of an item's body below the headings of the page or mail that shows the item."""

from lxml import html

_LOWEST = 6


def lower_headings(root: html.HtmlElement, title_level: int) -> None:
    """Lower all headings to levels below the title's level, so that no heading is more than one level below the
    previous heading.
    """
    headings = list(root.iter("h1", "h2", "h3", "h4", "h5", "h6"))
    levels = sorted({heading.tag for heading in headings})
    before = title_level
    for heading in headings:
        level = min(title_level + 1 + levels.index(heading.tag), before + 1, _LOWEST)
        heading.tag, before = f"h{level}", level
