"""The items of a digest as templates get them. In: records of items from the store. Out: values for templates.

`publisher/model/arrangement.py` decides the place of each item.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from publisher.compose.item_html import body_of
from publisher.compose.plain_body import plain_body_of
from publisher.model.arrangement import TITLE_LEVELS, Arrangement, Look, Placed
from publisher.model.corrections import quote_of
from publisher.model.digests import DigestItem
from publisher.model.editions import Audience, Formerly
from publisher.model.items import Item
from publisher.model.lateness import late_day_of
from publisher.model.records import Record
from publisher.model.schedules import local_day
from publisher.model.site import Site
from publisher.model.themes import Theme
from publisher.model.titles import shorten, title_of
from publisher.rendering.attachments import ShownFile, files_of
from publisher.rendering.columns import Block
from publisher.rendering.excerpt import Excerpt, excerpt_of
from publisher.rendering.headings import head
from publisher.rendering.languages import dir_of
from publisher.rendering.pictures import picture_word
from publisher.rendering.text import html_of, html_with_images, one_line, scrub
from publisher.rendering.urls import url_of

KEYWORDS = 12
FILES = 6
"""How many files of an item a digest shows; the other files are on the item's page."""
OTHER_THEMES = 6
LABEL_CHARS = 60
"""The most characters of a keyword, or of the title of another theme."""
NO_TEXT = Excerpt(rest=Item(date=date.min, text=""), reads_on=False, host="")
"""The excerpt of an item that is shown by its title only."""

LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MailItem:
    """An item as templates show it; all text except `html` is plain.

    A `MailItem` equals only itself, so that values cached for it are found quickly.
    """

    title: str
    url: str
    day: date
    has_year: bool
    """Whether the item's date shows its year, because it is not the year of the edition."""
    added_on: date | None
    """The day on which the site first saw the item, if it is dated long before that day; otherwise `None`."""
    look: Look
    theme: Theme
    """The theme under which the item stands."""
    is_last: bool
    """Whether the item is the last one under the heading of its theme."""
    is_whole_text: bool
    """Whether the item consists of its title alone. The title is then set as text, with nothing below it."""
    html: str
    text: str
    """The item's text without links and lists."""
    blocks: tuple[Block, ...]
    """The blocks of the item's plain text, for `lay_out`."""
    notes: tuple[str, ...]
    """The web addresses in the item's notes, in order: note `[1]` is the first."""
    reads_on: bool
    """Whether the whole item at `url` is longer than what is shown."""
    host: str
    """The host name of the item's own link; empty if the item has no link but its page on this site."""
    lang: str
    dir: str
    also_in: tuple[str, ...]
    """Titles of the item's other themes."""
    keywords: tuple[str, ...]
    files: tuple[ShownFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """An item of an earlier edition that was corrected since, as templates show it. All text is plain."""

    title: str
    url: str
    day: date
    """The item's own day."""
    has_year: bool
    """Whether the item's date shows its year, because it is not the year of the edition."""
    corrected_on: date
    was: str
    """The passage of the edition `was_in` that was corrected; empty if nothing was removed, or if the passage is
    unknown.
    """
    was_in: int
    """The number of the last edition that contained the item, or 0 if that is unknown."""
    lang: str
    dir: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """An item with its number and its indent in the text part."""

    item: MailItem
    number: int
    indent: int
    """By how many columns the item's text is indented."""
    is_lead: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section of a digest: the lead (its first, most prominent item), or the items of one theme."""

    theme: Theme
    items: tuple[MailItem, ...]
    is_lead: bool = False
    is_more: bool = False
    """Whether the lead (the first item of the mail) has this theme too, so that the section has the theme's other
    items.
    """

    @property
    def is_single(self) -> bool:
        """Whether the section has only one item; then the line above the item's title names the theme."""
        return len(self.items) == 1

    @property
    def total(self) -> int:
        """How many items of the theme the digest has, the lead included."""
        return len(self.items) + self.is_more

    @property
    def anchor(self) -> str:
        """The anchor of the section within the mail. The lead's anchor contains an underscore; the anchors of themes
        are slugs, which contain none, so all anchors differ.
        """
        return f"lead_{self.theme.slug}" if self.is_lead else self.theme.slug


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedSection(Section):
    """A section of a digest's plain text, where the items of all sections are numbered 1, 2, 3 …"""

    first: int
    """The number of the section's first item."""
    indent: int
    """By how many columns the text of the section's items is indented."""

    @property
    def numbered(self) -> tuple[Numbered, ...]:
        """The items of the section with their numbers."""
        return tuple(
            Numbered(item=item, number=number, indent=self.indent, is_lead=self.is_lead)
            for number, item in enumerate(self.items, start=self.first)
        )


def sections_of(arrangement: Arrangement, items: Sequence[MailItem]) -> tuple[Section, ...]:
    """Return the sections of a digest; `items` are the items of the arrangement, in its order."""
    sections: list[Section] = []
    place = 0
    if arrangement.lead:
        sections.append(Section(theme=arrangement.lead.theme, items=tuple(items[:1]), is_lead=True))
        place = 1
    for part in arrangement.parts:
        shown = tuple(items[place : place + len(part.items)])
        sections.append(Section(theme=part.theme, items=shown, is_more=part.is_more))
        place += len(part.items)
    return tuple(sections)


def number_sections(sections: Iterable[Section], *, indent: int) -> tuple[NumberedSection, ...]:
    """Return all sections of a digest with numbered items; the text of the items is indented by `indent` columns."""
    numbered: list[NumberedSection] = []
    first = 1
    for each in sections:
        numbered.append(
            NumberedSection(
                theme=each.theme,
                items=each.items,
                is_lead=each.is_lead,
                is_more=each.is_more,
                first=first,
                indent=indent,
            )
        )
        first += len(each.items)
    return tuple(numbered)


def show_item(placed: Placed, audience: Audience, *, year: int, is_last: bool, site: Site, width_px: int) -> MailItem:
    """Return the values of an item for templates. `year` is the year of the edition, and `width_px` is the width of the
    mail's text column.
    """
    record, item = placed.record, placed.record.item
    lang = _language_of(item, site)
    shown = _excerpt(item, audience, lang) if placed.has_text else NO_TEXT
    rest = shown.rest
    url = url_of(record, site)
    plain = plain_body_of(html_of(rest, picture=picture_word(lang)), url=url)
    html = html_with_images(rest) if audience.pictures else html_of(rest, picture=picture_word(lang))
    others = [theme.title for theme in record.themes if theme != placed.theme]
    files = files_of(item, language=audience.language_at(site)) if placed.has_text else ()
    return MailItem(
        title=_title(record, site),
        url=url,
        day=item.date,
        has_year=item.date.year != year,
        added_on=late_day_of(record, timezone=site.timezone),
        look=placed.look,
        theme=placed.theme,
        is_last=is_last,
        is_whole_text=head(item).is_whole_text,
        html=body_of(html, direction=dir_of(lang), title_level=TITLE_LEVELS[placed.look], width_px=width_px),
        text=scrub(rest.text),
        blocks=plain.blocks,
        notes=plain.notes,
        reads_on=shown.reads_on,
        host=shown.host,
        lang=lang,
        dir=dir_of(lang),
        also_in=_labels(others[:OTHER_THEMES]) if placed.has_text else (),
        keywords=_labels(item.keywords[:KEYWORDS]) if audience.keywords and placed.has_text else (),
        files=files[:FILES],
    )


def show_correction(record: Record, formerly: Formerly | None, *, year: int, site: Site) -> Correction:
    """Return the values of a corrected item for templates. `year` is the year of the edition; `formerly` is the version
    that the audience got last.
    """
    lang = _language_of(record.item, site)
    return Correction(
        title=_title(record, site),
        url=url_of(record, site),
        day=record.item.date,
        has_year=record.item.date.year != year,
        corrected_on=local_day(record.updated, site.timezone),
        was=one_line(quote_of(formerly.was, record.item)) if formerly else "",
        was_in=formerly.edition if formerly else 0,
        lang=lang,
        dir=dir_of(lang),
    )


def _labels(labels: Iterable[str]) -> tuple[str, ...]:
    # cut before it is cleaned, because a hostile label may have two megabytes
    return tuple(shorten(one_line(label[: 10 * LABEL_CHARS]), LABEL_CHARS) for label in labels)


def _language_of(item: Item, site: Site) -> str:
    """Return the item's language, or the site's if the item names none or an invalid one."""
    return item.language if LANGUAGE.fullmatch(item.language) else site.language


def name_item(record: Record, site: Site, shown: MailItem | None = None) -> DigestItem:
    """Return the entry for an item in edition.json. `shown` is how the digest shows the item, or `None` if the digest
    does not.
    """
    themes = tuple(theme.slug for theme in record.themes)
    title, url = (shown.title, shown.url) if shown else (_title(record, site), url_of(record, site))
    return DigestItem(uid=record.uid, title=title, url=url, themes=themes)


def _title(record: Record, site: Site) -> str:
    """Return the item's title, or a substitute if it has none, because readers click on the title."""
    return one_line(title_of(record.item)) or url_of(record, site)


def _excerpt(item: Item, audience: Audience, language: str) -> Excerpt:
    return excerpt_of(item, is_full=audience.content == "full", language=language)
