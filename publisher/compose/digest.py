"""An edition becomes a digest: one mail's subject, preheader, HTML and text, grouped by theme, each item once.

Items go under the first of their themes that the audience follows. When a mail cannot hold all, it holds the newest:
Gmail hides what lies beyond 102 kB of encoded HTML, and with it the way to unsubscribe.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import accumulate

from publisher.compose.columns import WIDTH, wrap
from publisher.compose.plan import carried_over, language_rank
from publisher.model.editions import Audience, Digest, DigestItem, DigestStyle, Edition, Notice
from publisher.model.items import Item
from publisher.model.records import Record
from publisher.model.schedules import local_day
from publisher.model.site import Mailbox, Site
from publisher.model.themes import Theme
from publisher.model.titles import shorten, summary_of, title_of
from publisher.rendering import quoted_printable
from publisher.rendering.attachments import ShownFile, files_of
from publisher.rendering.languages import dir_of
from publisher.rendering.message import digest_message, message_to_try, notice_message
from publisher.rendering.parts import Joiner
from publisher.rendering.templates import Templates
from publisher.rendering.text import html_of, one_line, scrub
from publisher.rendering.urls import edition_url, editions_url, rest_url, url_of

MAX_HTML_BYTES = 100_000
"""Of quoted-printable HTML."""
FULL_TEXT_CHARS = 700
"""A text up to this long, eight lines of a narrow column, is shown in full; a longer one by its summary."""
SUBJECT_CHARS = 78
"""RFC 5322 section 2.1.1 folds there; the title of the first item takes what room is left."""
LEAST_HINT_CHARS = 20
"""However long an audience's title is."""
PREHEADER_CHARS = 120
KEYWORDS = 12
FILES = 6
"""Of one item; the others are on its page."""
OTHER_THEMES = 6
LABEL_CHARS = 60
"""Of a keyword, or of a theme an item is also in."""
MAX_BODY_BYTES = 40_000
"""Of quoted-printable HTML. A whole text that takes more is summed up too: one item must not fill a mail."""
CORRECTIONS = 20
"""Named one by one; of more it is said how many."""
CONTENTS_FROM_ITEMS = 4
"""Fewer are seen at a glance."""
MOST_SHOWN = 2_000
"""Items that are kept as they are shown."""
MOST_DIGESTS = 16
"""That are kept once they are rendered."""
LEAST_ITEM_BYTES = 400
"""What an item costs beside its words, in the leanest template: only to see in time what cannot fit."""

SENTENCE_END = re.compile(r"[.!?…]*[”’»)\]]*(\s+|\Z)")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownItem:
    """An item as the templates show it, whichever others are shown; all but `html` is plain text."""

    title: str
    url: str
    day: date
    html: str
    text: str
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


class Renderer:
    """Renders the digests and mails of one site. What several have in common, their items above all, is made once."""

    def __init__(self, *, site: Site, templates: Templates, style: DigestStyle) -> None:
        self.site = site
        self.templates = templates
        self.fixed: dict[str, object] = {
            "site": site,
            "style": style,
            "fonts": _css_fonts(style.fonts),
            "heading_fonts": _css_fonts(style.heading_fonts),
            "logo_url": f"{site.base_url}{style.logo}" if style.logo else "",
        }
        """What every page shows alike."""
        self.joiner = Joiner(templates, "digest.html", "item", domain="digest", fixed=self.fixed)
        self._shown: dict[tuple[Record, Theme, str, bool, str], ShownItem] = {}
        self._digests: dict[tuple[Edition, Audience, int], Digest] = {}

    def render(self, edition: Edition, audience: Audience) -> Digest:
        """The edition as its recipients read it, in their language; its work is bounded however long the edition.

        Raises:
            TemplateError: digest.html, digest.txt or digest-subject.txt cannot be used.
        """
        # An edition is rendered to see that it can be, then for the outbox, then for its editor.
        key = (edition, audience, self.templates.generation)
        if key not in self._digests:
            if len(self._digests) >= MOST_DIGESTS:
                self._digests.clear()
            self._digests[key] = self._rendered(edition, audience)
        return self._digests[key]

    def fit(self, edition: Edition, audience: Audience) -> tuple[Edition, Digest]:
        """The edition with its digest; without what its mail has no room for, where that waits for the next one.

        Raises:
            TemplateError: as `render`.
        """
        digest = self.render(edition, audience)
        while digest.left_out and audience.overflow == "next":
            edition = carried_over(edition, keep=len(digest.shown))
            digest = self.render(edition, audience)
        return edition, digest

    def mail(self, digest: Digest, edition: Edition, audience: Audience) -> bytes:
        """The digest as a whole mail."""
        return digest_message(digest, edition, audience=audience, site=self.site)

    def mail_to_try(self, digest: Digest, edition: Edition, audience: Audience, *, to: Mailbox) -> bytes:
        """The same mail for one reader before all others get it."""
        return message_to_try(digest, edition, audience=audience, site=self.site, to=to)

    def notice_mail(self, notice: Notice) -> bytes:
        """A notice as a whole mail."""
        return notice_message(notice, site=self.site)

    def _rendered(self, edition: Edition, audience: Audience) -> Digest:
        site = self.site
        ordered = in_order(edition.records, audience=audience, site=site)
        shown = ordered[: self._fitting_at_most(ordered, audience)]
        while True:
            page = Page(self, edition=edition, audience=audience, shown=shown)
            html = page.html()
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
            corrected=tuple(_named(record, site) for record in edition.corrections),
            left_out=tuple(_named(record, site) for record in ordered[len(shown) :]),
            archive_url=editions_url(audience, site) if audience.is_public else "",
        )

    def shown_item(self, record: Record, audience: Audience) -> ShownItem:
        """The item as the templates show it to the audience, under its first theme of theirs."""
        language = audience.language_at(self.site)
        key = (record, _home_of(record, audience), audience.content, audience.shows_keywords, language)
        if len(self._shown) > MOST_SHOWN:
            self._shown.clear()
        if key not in self._shown:
            self._shown[key] = _shown(record, key[1], audience, self.site)
        return self._shown[key]

    def _fitting_at_most(self, ordered: Sequence[Record], audience: Audience) -> int:
        """How many of the items could fit at best, told without rendering a page."""
        room_bytes = MAX_HTML_BYTES
        for fitting, record in enumerate(ordered):
            room_bytes -= LEAST_ITEM_BYTES + len(self.shown_item(record, audience).html)
            if room_bytes < 0:
                return max(fitting, 1)
        return len(ordered)


class Page:
    """What the templates of one digest are filled with, for a given choice of items."""

    def __init__(self, renderer: Renderer, *, edition: Edition, audience: Audience, shown: Sequence[Record]) -> None:
        site = renderer.site
        self._renderer = renderer
        self._language = audience.language_at(site)
        self.grouped = _grouped(shown, audience)
        items = {record.number: renderer.shown_item(record, audience) for record in shown}
        titles = [item.title for item in items.values()]
        common = {"audience": audience, "site": site, "total": len(edition.records)}
        sections = _sections(self.grouped, items)
        self.subject = self._subject(titles, common)
        others = titles[1:] or [item.text for section in sections for item in section.items]
        self.preheader = shorten(one_line(" · ".join(others)), PREHEADER_CHARS)
        self._values: dict[str, object] = {
            **common,
            "preheader": self.preheader,
            "composed_on": local_day(edition.composed_at, site.timezone),
            "introduction": edition.introduction,
            "introduction_html": _html_of_introduction(edition),
            "lang": self._language,
            "shown": len(shown),
            "left_out": len(edition.records) - len(shown),
            "web_url": edition_url(audience, edition.number, site),
            "rest_url": rest_url(audience, edition.number, site, items=len(edition.records)),
            "sections": sections,
            "corrections": tuple(_correction(record, site) for record in edition.corrections[:CORRECTIONS]),
            "more_corrections": max(len(edition.corrections) - CORRECTIONS, 0),
            "has_contents": len(sections) > 1 and len(shown) >= CONTENTS_FROM_ITEMS,
            "list_name": _list_name(audience.to),
            "stop_address": audience.unsubscribe_mailto or audience.sender.address,
            "wrap": wrap,
            "width": WIDTH,
        }

    def html(self) -> str:
        """The mail's HTML: `digest.html` with everything in it, its styles inlined."""
        return self._renderer.joiner.page(self._values, language=self._language)

    def fill(self, template: str) -> str:
        """The template with everything in it; `digest.html` still as it was written, with its `<style>`."""
        return self._filled(template, **{**self._renderer.fixed, **self._values})

    def _subject(self, titles: Sequence[str], common: dict[str, object]) -> str:
        """With the first title, shortened so that the line is shown whole: the mail itself has all of it."""
        # All its items may have been withdrawn since it was recorded: then there is no first one to hint at.
        first = "".join(titles[:1])
        subject = one_line(self._filled("digest-subject.txt", first=first, **common))
        excess = len(subject) - SUBJECT_CHARS
        if excess <= 0:
            return subject
        hint = shorten(first, max(len(first) - excess, LEAST_HINT_CHARS))
        return one_line(self._filled("digest-subject.txt", first=hint, **common))

    def _filled(self, template: str, **values: object) -> str:
        # Scrubbed as a whole: the HTML parser behind premailer stops at a control character, wherever it came from.
        return scrub(self._renderer.templates.render(template, language=self._language, domain="digest", **values))


def _list_name(to: Mailbox) -> str:
    """What readers know the list by: its name, if it has one, and its address."""
    return f"{to.name} ({to.address})" if to.name else to.address


def _html_of_introduction(edition: Edition) -> str:
    return html_of(Item(date=edition.composed_at.date(), text=edition.introduction))


def in_order(records: Iterable[Record], *, audience: Audience, site: Site) -> list[Record]:
    """The items in the language the audience likes best first, then the next; in each the newest first."""

    def place(record: Record) -> tuple[int, int, float, int]:
        rank = language_rank(record.item.language or site.language, audience.languages)
        # `number` only decides between values no store gives twice.
        age = (-record.item.date.toordinal(), -record.published.timestamp(), -record.number)
        return len(audience.languages) if rank is None else rank, *age

    return sorted(records, key=place)


def _grouped(shown: Sequence[Record], audience: Audience) -> list[tuple[Theme, list[Record]]]:
    """The items by the theme each stands under: in the order the audience names its themes, else by title."""
    groups: dict[Theme, list[Record]] = {}
    for record in shown:
        groups.setdefault(_home_of(record, audience), []).append(record)
    place = {slug: index for index, slug in enumerate(audience.themes)}
    last = len(place)
    return sorted(
        groups.items(), key=lambda group: (place.get(group[0].slug, last), group[0].title.casefold(), group[0].slug)
    )


def _home_of(record: Record, audience: Audience) -> Theme:
    """The first of its themes that the audience asked for; the first of all when its themes changed since."""
    return next((theme for theme in record.themes if theme.slug in audience.themes), record.themes[0])


def _sections(grouped: Sequence[tuple[Theme, Sequence[Record]]], items: Mapping[int, ShownItem]) -> tuple[Section, ...]:
    """`items` by the numbers of their records."""
    firsts = accumulate((len(records) for _, records in grouped), initial=1)
    return tuple(
        Section(theme=theme, items=tuple(items[record.number] for record in records), first=first)
        for (theme, records), first in zip(grouped, firsts, strict=False)
    )


def _shown(record: Record, home: Theme, audience: Audience, site: Site) -> ShownItem:
    item = record.item
    lang = _language_of(item, site)
    rest = _rest_of(item, audience)
    others = [theme.title for theme in record.themes if theme != home]
    return ShownItem(
        title=_title(record, site),
        url=url_of(record, site),
        day=item.date,
        html=html_of(rest),
        text=scrub(rest.text),
        lang=lang,
        dir=dir_of(lang),
        also_in=_labels(others[:OTHER_THEMES]),
        keywords=_labels(item.keywords[:KEYWORDS]) if audience.shows_keywords else (),
        files=files_of(item, language=audience.language_at(site))[:FILES],
    )


def _correction(record: Record, site: Site) -> Correction:
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


def _css_fonts(fonts: Iterable[str]) -> str:
    """Font names as CSS wants them; configuration lets nothing else than names through."""
    return ", ".join(f'"{font}"' if " " in font else font for font in fonts)


def _named(record: Record, site: Site) -> DigestItem:
    themes = tuple(theme.slug for theme in record.themes)
    return DigestItem(uid=record.uid, title=_title(record, site), url=url_of(record, site), themes=themes)


def _title(record: Record, site: Site) -> str:
    """Never empty: it is what a reader clicks on."""
    return one_line(title_of(record.item)) or url_of(record, site)


def _rest_of(item: Item, audience: Audience) -> Item:
    """What stands below the title: in full while short or asked for, else summed up."""
    most_chars = FULL_TEXT_CHARS if audience.content == "summary" else MAX_BODY_BYTES
    rest = replace(item, text=_after(one_line(title_of(item)), scrub(item.text).strip()))
    if len(rest.text) > most_chars or len(quoted_printable.encode(html_of(rest))) > MAX_BODY_BYTES:
        return replace(rest, text=summary_of(rest))
    return rest


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
