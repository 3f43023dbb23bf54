"""An edition becomes a digest: one mail's subject, preheader, HTML and text, grouped by theme, each item once.

Items go under the first of their themes that the audience follows. When a mail cannot hold all, it holds the newest:
Gmail hides what lies beyond 102 kB of encoded HTML, and with it the way to unsubscribe.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import count

from publisher import quoted_printable
from publisher.model import Audience, Digest, DigestItem, Edition, Item, Record, Site, Theme
from publisher.periods import local_day
from publisher.rendering.columns import WIDTH, wrap
from publisher.rendering.inlining import inline
from publisher.rendering.languages import dir_of
from publisher.rendering.templates import Templates
from publisher.rendering.text import html_of, scrub
from publisher.rendering.urls import url_of
from publisher.titles import shortened, summary_of, title_of

MAX_HTML_BYTES = 100_000
"""Of quoted-printable HTML."""
FULL_TEXT_CHARS = 700
"""A text up to this long, eight lines of a narrow column, is shown in full; a longer one by its summary."""
HINT_CHARS = 60
"""Of the first title, in the subject of several."""
PREHEADER_CHARS = 120
KEYWORDS = 12
KEYWORD_CHARS = 60
CONTENTS_FROM_ITEMS = 4
"""Fewer are seen at a glance."""
LEAST_ITEM_BYTES = 400
"""What an item costs beside its words, in the leanest template: only to see in time what cannot fit."""

SENTENCE_END = re.compile(r"[.!?…]*[”’»)\]]*(\s+|\Z)")
OVERRIDES = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
"""Characters that turn the direction of what follows them, and so could make a title lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownItem:
    """An item as the templates show it; all but `html` is plain text."""

    number: int
    """1, 2, 3 … through the whole digest."""
    title: str
    url: str
    day: date
    html: str
    text: str
    foreign: Mapping[str, str]
    """`lang` and `dir` where they differ from the digest's; else empty."""
    also_in: tuple[str, ...]
    """Titles of its other themes."""
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One theme's part of the digest."""

    theme: Theme
    items: tuple[ShownItem, ...]


def render(edition: Edition, *, audience: Audience, site: Site, templates: Templates) -> Digest:
    """The edition as its recipients read it, in the site's language; its work is bounded however long the edition.

    Raises:
        TemplateError: digest.html, digest.txt or digest-subject.txt cannot be used.
    """
    newest = sorted(edition.records, key=_age)
    shown = newest[: _fitting_at_most(newest)]
    while True:
        page = Page(edition=edition, audience=audience, site=site, templates=templates, newest=shown)
        html = inline(page.fill("digest.html"), template="digest.html")
        size_bytes = len(quoted_printable.encode(html))
        if size_bytes <= MAX_HTML_BYTES or len(shown) <= 1:
            break
        # Taking the frame of the page for items too drops rather too few; the next look drops the rest.
        shown = shown[: min(len(shown) - 1, len(shown) * MAX_HTML_BYTES // size_bytes)]
    return Digest(
        subject=page.subject,
        preheader=page.preheader,
        html=html,
        text=page.fill("digest.txt"),
        shown=tuple(_named(record, site) for _, records in page.grouped for record in records),
        left_out=tuple(_named(record, site) for record in newest[len(shown) :]),
    )


class Page:
    """What the templates of one digest are filled with, for a given choice of items."""

    def __init__(
        self, *, edition: Edition, audience: Audience, site: Site, templates: Templates, newest: Sequence[Record]
    ) -> None:
        self._site = site
        self._templates = templates
        self.grouped = _grouped(newest, audience)
        titles = [_title(record, site) for record in newest]
        common = {"audience": audience, "site": site, "total": len(edition.records)}
        sections = _sections(self.grouped, site)
        # All its items may have been withdrawn since it was recorded: then there is no first one to hint at.
        hint = "".join(titles[:1]) if len(titles) <= 1 else shortened(titles[0], HINT_CHARS)
        self.subject = one_line(self._filled("digest-subject.txt", first=hint, **common))
        others = titles[1:] or [item.text for section in sections for item in section.items]
        self.preheader = shortened(one_line(" · ".join(others)), PREHEADER_CHARS)
        self._values: dict[str, object] = {
            **common,
            "preheader": self.preheader,
            "composed_on": local_day(edition.composed_at, site.timezone),
            "shown": len(newest),
            "left_out": len(edition.records) - len(newest),
            "sections": sections,
            "has_contents": len(sections) > 1 and len(newest) >= CONTENTS_FROM_ITEMS,
            "stop_address": audience.unsubscribe_mailto or audience.sender.address,
            "wrap": wrap,
            "width": WIDTH,
        }

    def fill(self, template: str) -> str:
        """The template with everything in it; `digest.html` still as it was written, with its `<style>`."""
        return self._filled(template, **self._values)

    def _filled(self, template: str, **values: object) -> str:
        # Scrubbed as a whole: the HTML parser behind premailer stops at a control character, wherever it came from.
        return scrub(self._templates.render(template, language=self._site.language, domain="digest", **values))


def one_line(text: str) -> str:
    """Text fit for a heading or a header: one line, no control characters, no change of direction that outlasts it."""
    return " ".join(scrub(text).translate(OVERRIDES).split())


def _age(record: Record) -> tuple[int, float, int]:
    """Sorts the newest first; `number` only decides between values no store gives twice."""
    return -record.item.date.toordinal(), -record.published.timestamp(), -record.number


def _fitting_at_most(newest: Sequence[Record]) -> int:
    """How many of the items could fit at best, told without rendering any."""
    room_bytes = MAX_HTML_BYTES
    for fitting, record in enumerate(newest):
        room_bytes -= LEAST_ITEM_BYTES + (chars if (chars := len(record.item.text)) <= FULL_TEXT_CHARS else 0)
        if room_bytes < 0:
            return max(fitting, 1)
    return len(newest)


def _grouped(newest: Sequence[Record], audience: Audience) -> list[tuple[Theme, list[Record]]]:
    """The items by the theme each stands under: in the order the audience names its themes, else by title."""
    groups: dict[Theme, list[Record]] = {}
    for record in newest:
        groups.setdefault(_home_of(record, audience), []).append(record)
    place = {slug: index for index, slug in enumerate(audience.themes)}
    last = len(place)
    return sorted(
        groups.items(), key=lambda group: (place.get(group[0].slug, last), group[0].title.casefold(), group[0].slug)
    )


def _home_of(record: Record, audience: Audience) -> Theme:
    """The first of its themes that the audience asked for; the first of all when its themes changed since."""
    return next((theme for theme in record.themes if theme.slug in audience.themes), record.themes[0])


def _sections(grouped: Sequence[tuple[Theme, Sequence[Record]]], site: Site) -> tuple[Section, ...]:
    numbers = count(1)
    return tuple(
        Section(theme=theme, items=tuple(_shown(record, next(numbers), theme, site) for record in records))
        for theme, records in grouped
    )


def _shown(record: Record, number: int, home: Theme, site: Site) -> ShownItem:
    item = record.item
    language = item.language or site.language
    rest = _rest_of(item)
    return ShownItem(
        number=number,
        title=_title(record, site),
        url=url_of(record, site),
        day=item.date,
        html=html_of(rest),
        text=scrub(rest.text),
        foreign={"lang": language, "dir": dir_of(language)} if language != site.language else {},
        also_in=tuple(one_line(theme.title) for theme in record.themes if theme != home),
        keywords=tuple(shortened(one_line(keyword), KEYWORD_CHARS) for keyword in item.keywords[:KEYWORDS]),
    )


def _named(record: Record, site: Site) -> DigestItem:
    themes = tuple(theme.slug for theme in record.themes)
    return DigestItem(uid=record.uid, title=_title(record, site), url=url_of(record, site), themes=themes)


def _title(record: Record, site: Site) -> str:
    """Never empty: it is what a reader clicks on."""
    return one_line(title_of(record.item)) or url_of(record, site)


def _rest_of(item: Item) -> Item:
    """What stands below the title: in full while short, else summed up."""
    rest = _after(one_line(title_of(item)), scrub(item.text).strip())
    if len(rest) > FULL_TEXT_CHARS:
        rest = summary_of(replace(item, text=rest))
    return replace(item, text=rest)


def _after(title: str, text: str) -> str:
    """The text without its beginning where the title is just that: nobody reads a sentence twice."""
    words = title.removesuffix("…").split()
    repeated = re.match(r"\s+".join(map(re.escape, words)), text)
    if not words or repeated is None:
        return text
    rest = text[repeated.end() :]
    if title.endswith("…"):
        return "…" + rest.lstrip(" ,;:–—-")
    ended = SENTENCE_END.match(rest)
    return rest[ended.end() :] if ended else text
