"""What pages say of an item wherever they show it. An item is on four or five pages: a pass finds it out once."""

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
"""How many values of one kind are remembered: pages of one folder, which share them, follow each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFace:
    """What is the same on every page; all text is plain. `page_values.ShownItem` has what each field means."""

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
    """The item's page, below the base URL."""


class ItemFaces:
    """The faces of one site's items, kept for one pass as long as there is room."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Record, ItemFace]] = {}

    def of(self, record: Record, site: Site) -> ItemFace:
        """The face of the item as the record has it; that of an edition may say something else than the log does."""
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
    """What many pages of a site have in common, made once for a pass."""

    def __init__(self) -> None:
        self._known: dict[_Key, _Value] = {}

    def get(self, key: _Key, make: Callable[[], _Value]) -> _Value:
        """What is known under the key, or is made now; all is forgotten when too much is known."""
        value = self._known.get(key)
        if value is None:
            if len(self._known) >= MOST:
                self._known.clear()
            value = self._known[key] = make()
        return value
