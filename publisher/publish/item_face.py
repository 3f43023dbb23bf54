"""The values of an item that are the same on each of the four or five pages that show it, computed once per pass."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from publisher.model.lateness import late_day_of
from publisher.model.records import Record
from publisher.model.site import Site
from publisher.model.titles import summary_below
from publisher.publish.feed_items import KEPT
from publisher.rendering import languages, urls
from publisher.rendering.excerpt import is_teaser
from publisher.rendering.headings import head_line
from publisher.rendering.text import scrub

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")

MOST = 4_000
"""How many values for pages are cached in one cache. The pages of one folder, which share values, are written one after
the other.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFace:
    """The values of an item that are the same on every page. All text is plain. `page_values.ShownItem` explains the
    fields.
    """

    title: str
    is_whole_text: bool
    link: str
    host: str
    language: str
    rest: str
    keywords: tuple[str, ...]
    reads_on: bool
    added_on: date | None
    file: str
    """The path of the item's page, below the base URL."""


class ItemFaces:
    """The `ItemFace` values of one site's items, cached for one pass while there is room."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Record, ItemFace]] = {}

    def of(self, record: Record, site: Site) -> ItemFace:
        """Return the values for the item in this record, which may be an earlier version of the item that an edition
        had.
        """
        kept = self._kept.get(record.number)
        if kept is not None and (kept[0] is record or kept[0] == record):
            return kept[1]
        face = _face(record, site)
        if kept is not None or len(self._kept) < KEPT:
            self._kept[record.number] = (record, face)
        return face


def _face(record: Record, site: Site) -> ItemFace:
    item = record.item
    link = item.link if urls.is_web_address(item.link) else ""
    title, is_whole_text = head_line(item)
    return ItemFace(
        title=scrub(title).strip() or languages.format_day(item.date, site.language),
        is_whole_text=is_whole_text,
        link=link,
        host=urls.host_of(link),
        language=item.language or site.language,
        rest=scrub(summary_below(item)),
        keywords=tuple(scrub(keyword) for keyword in item.keywords),
        reads_on=bool(link) and is_teaser(item),
        added_on=late_day_of(record, timezone=site.timezone),
        file=urls.item_file(record),
    )


class Memo(Generic[_Key, _Value]):
    """A cache of values that many pages of a site share, for one pass."""

    def __init__(self) -> None:
        self._known: dict[_Key, _Value] = {}

    def get(self, key: _Key, make: Callable[[], _Value]) -> _Value:
        """Return the cached value for a key, or call `make` for the value and cache it. When the cache is full, it is
        emptied completely.
        """
        value = self._known.get(key)
        if value is None:
            if len(self._known) >= MOST:
                self._known.clear()
            value = self._known[key] = make()
        return value
