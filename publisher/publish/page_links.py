"""The links between the numbered pages of a feed."""

from dataclasses import dataclass
from typing import Any

from publisher.rendering import urls

NEAR = 2
"""How many pages on each side a numbered page links to."""
FIRST = 1
"""The number of the oldest page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLink:
    """A link from one numbered page of a feed to another."""

    number: int | None
    """The number of the page. It is `None` for the newest page, which has no number."""
    url: str
    """The page's address, or an empty string for the page that has the link."""
    is_after_gap: bool
    """Whether pages between the page and the one of the previous link are left out."""


def page_links(folder: str, number: int | None, last: int) -> dict[str, Any]:
    """Return the links from a page of a feed to its other pages, newest first: to the newest page, to `NEAR` pages on
    each side, and to the oldest.

    So a page does not change when new items make more pages far after it. For the same reason, no gap is marked after
    the link to the newest page (which has no number).
    """
    if not last:
        return {"links": (), "newer": "", "older": ""}
    at, newest = last + 1 if number is None else number, last + 1
    nearest = at - NEAR if at - NEAR > FIRST + 2 else FIRST  # a gap takes as much room as a single page in it
    shown = sorted({newest, FIRST, *range(nearest, min(at + NEAR, newest) + 1)}, reverse=True)
    start = urls.feed_page_file(folder, number)
    urls_of = {
        there: urls.relative(urls.feed_page_file(folder, None if there == newest else there), start=start)
        for there in (*shown, at - 1, at + 1)
    }
    links = [
        PageLink(
            number=None if there == newest else there,
            url="" if there == at else urls_of[there],
            is_after_gap=before - there > 1 and before != newest,
        )
        for before, there in zip((shown[0] + 1, *shown), shown, strict=False)
    ]
    return {
        "links": links,
        "newer": urls_of[at + 1] if at < newest else "",
        "older": urls_of[at - 1] if at > FIRST else "",
    }
