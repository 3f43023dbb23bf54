"""What a digest shows of items, as templates get it. Records in, values out.

An item stands under the first of its themes that the audience follows.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import accumulate

from publisher.compose.columns import Block
from publisher.compose.item_html import body_of
from publisher.compose.plain_body import plain_body_of
from publisher.compose.plan import language_rank
from publisher.model.editions import Audience, DigestItem
from publisher.model.items import Item
from publisher.model.records import Record
from publisher.model.schedules import local_day
from publisher.model.site import Site
from publisher.model.themes import Theme
from publisher.model.titles import shorten, summary_of, title_of
from publisher.rendering import quoted_printable
from publisher.rendering.attachments import ShownFile, files_of
from publisher.rendering.headings import Headed, head
from publisher.rendering.languages import dir_of
from publisher.rendering.text import html_of, html_with_images, one_line, scrub
from publisher.rendering.urls import url_of

FULL_TEXT_CHARS = 700
"""A text up to this long, eight lines of a narrow column, is shown in full; a longer one by its summary."""
MAX_BODY_BYTES = 40_000
"""Of quoted-printable HTML. A whole text that takes more is summed up too: one item must not fill a mail."""
KEYWORDS = 12
FILES = 6
"""Of one item; the others are on its page."""
OTHER_THEMES = 6
LABEL_CHARS = 60
"""Of a keyword, or of a theme an item is also in."""

TITLE_LEVEL = 3
"""Of the heading that is an item's title."""
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownItem:
    """An item as the templates show it, whichever others are shown; all but `html` is plain text."""

    title: str
    is_whole_text: bool
    """Whether the title is all that the item says: then it is shown like a text, and nothing below it."""
    url: str
    day: date
    html: str
    text: str
    """Its words alone, without links and lists."""
    blocks: tuple[Block, ...]
    """What the text part shows, for `lay_out`."""
    notes: tuple[str, ...]
    """Web addresses: `[1]` in the blocks is the first of them."""
    lang: str
    dir: str
    also_in: tuple[str, ...]
    """Titles of its other themes."""
    keywords: tuple[str, ...]
    files: tuple[ShownFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """An item of an earlier edition as the templates show that it reads otherwise now; plain text."""

    title: str
    url: str
    day: date
    """Its own."""
    corrected_on: date
    lang: str
    dir: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One theme's part of the digest."""

    theme: Theme
    items: tuple[ShownItem, ...]
    first: int
    """The number of its first item: 1, 2, 3 … through the whole digest."""


def in_order(records: Iterable[Record], *, audience: Audience, site: Site) -> list[Record]:
    """The items in the language the audience likes best first, then the next; in each the newest first."""

    def place(record: Record) -> tuple[int, int, float, int]:
        rank = language_rank(record.item.language or site.language, audience.languages)
        # `number` only decides between values no store gives twice.
        age = (-record.item.date.toordinal(), -record.published.timestamp(), -record.number)
        return len(audience.languages) if rank is None else rank, *age

    return sorted(records, key=place)


def group_by_theme(shown: Sequence[Record], audience: Audience) -> list[tuple[Theme, list[Record]]]:
    """The items by the theme each stands under: in the order the audience names its themes, else by title."""
    groups: dict[Theme, list[Record]] = {}
    for record in shown:
        groups.setdefault(home_of(record, audience), []).append(record)
    place = {slug: index for index, slug in enumerate(audience.themes)}
    last = len(place)
    return sorted(
        groups.items(), key=lambda group: (place.get(group[0].slug, last), group[0].title.casefold(), group[0].slug)
    )


def home_of(record: Record, audience: Audience) -> Theme:
    """The first of its themes that the audience asked for; the first of all when its themes changed since."""
    return next((theme for theme in record.themes if theme.slug in audience.themes), record.themes[0])


def sections_of(
    grouped: Sequence[tuple[Theme, Sequence[Record]]], items: Mapping[int, ShownItem]
) -> tuple[Section, ...]:
    """The sections of a digest; `items` are by the numbers of their records."""
    firsts = accumulate((len(records) for _, records in grouped), initial=1)
    return tuple(
        Section(theme=theme, items=tuple(items[record.number] for record in records), first=first)
        for (theme, records), first in zip(grouped, firsts, strict=False)
    )


def show_item(record: Record, home: Theme, audience: Audience, *, site: Site, width_px: int) -> ShownItem:
    """The item as the templates show it to the audience; `home` is the theme it stands under.

    `width_px` is that of the column.
    """
    item = record.item
    lang = _language_of(item, site)
    headed = head(item)
    rest = _rest_of(headed, audience)
    url = url_of(record, site)
    plain = plain_body_of(html_of(rest), url=url)
    html = html_with_images(rest) if audience.pictures else html_of(rest)
    others = [theme.title for theme in record.themes if theme != home]
    return ShownItem(
        title=_title(record, site),
        is_whole_text=headed.is_whole_text,
        url=url,
        day=item.date,
        html=body_of(html, direction=dir_of(lang), title_level=TITLE_LEVEL, width_px=width_px),
        text=scrub(rest.text),
        blocks=plain.blocks,
        notes=plain.notes,
        lang=lang,
        dir=dir_of(lang),
        also_in=_labels(others[:OTHER_THEMES]),
        keywords=_labels(item.keywords[:KEYWORDS]) if audience.keywords else (),
        files=files_of(item, language=audience.language_at(site))[:FILES],
    )


def show_correction(record: Record, site: Site) -> Correction:
    """A corrected item as the templates show it."""
    lang = _language_of(record.item, site)
    return Correction(
        title=_title(record, site),
        url=url_of(record, site),
        day=record.item.date,
        corrected_on=local_day(record.updated, site.timezone),
        lang=lang,
        dir=dir_of(lang),
    )


def _labels(labels: Iterable[str]) -> tuple[str, ...]:
    # Cut before it is cleaned as well: somebody's label of two megabytes is not worth reading to its end.
    return tuple(shorten(one_line(label[: 10 * LABEL_CHARS]), LABEL_CHARS) for label in labels)


def _language_of(item: Item, site: Site) -> str:
    """The item's language; the site's where it names none, or something that is none."""
    return item.language if LANGUAGE.fullmatch(item.language) else site.language


def name_item(record: Record, site: Site) -> DigestItem:
    """The item as edition.json names it."""
    themes = tuple(theme.slug for theme in record.themes)
    return DigestItem(uid=record.uid, title=_title(record, site), url=url_of(record, site), themes=themes)


def _title(record: Record, site: Site) -> str:
    """Never empty: it is what a reader clicks on."""
    return one_line(title_of(record.item)) or url_of(record, site)


def _rest_of(headed: Headed, audience: Audience) -> Item:
    """What stands below the title: in full while short or asked for, else summed up."""
    most_chars = FULL_TEXT_CHARS if audience.content == "summary" else MAX_BODY_BYTES
    rest = replace(headed.rest, text=scrub(headed.rest.text).strip())
    if len(rest.text) > most_chars or len(quoted_printable.encode(html_of(rest))) > MAX_BODY_BYTES:
        return replace(rest, text=summary_of(rest), html="")
    return rest
