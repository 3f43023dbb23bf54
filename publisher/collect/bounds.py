"""Limits how many themes, keywords and links one item may have, because each of them costs every pass time. Pure."""

import re
from collections.abc import Callable
from dataclasses import replace

from publisher.model.items import Item

MAX_THEMES = 20
MAX_KEYWORDS = 50
MAX_LINKS = 100
_LINK = re.compile(r"<a\b[^>]*>|</a>")


def bound_item(item: Item, *, tell: Callable[[str], None]) -> Item:
    """Return the item with its first themes, keywords and links.

    If some themes, keywords or links are left out, `tell` gets a sentence about each of the three. The item's HTML must
    be clean (`sources.html`). A link beyond the limit is replaced by its text.
    """
    bounded = (
        ("themes", len(item.labels), MAX_THEMES),
        ("keywords", len(item.keywords), MAX_KEYWORDS),
        ("links", item.html.count("</a>"), MAX_LINKS),
    )
    excess = [each for each in bounded if each[1] > each[2]]
    for kind, count, most in excess:
        tell(f"it has {count} {kind}; the first {most} are kept")
    if not excess:
        return item
    return replace(
        item,
        labels=item.labels[:MAX_THEMES],
        keywords=item.keywords[:MAX_KEYWORDS],
        html=_unlink(item.html, keep=MAX_LINKS),
    )


def _unlink(html: str, *, keep: int) -> str:
    """Return clean HTML with only its first `keep` links."""
    begun = 0

    def kept(match: re.Match[str]) -> str:
        nonlocal begun
        begun += not match[0].startswith("</")
        return match[0] if begun <= keep else ""

    return _LINK.sub(kept, html)
