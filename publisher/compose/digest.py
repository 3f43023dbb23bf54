"""Renders an edition as a digest: subject, preheader, HTML and text of one mail, grouped by theme, each item once.

If a mail cannot hold all items, it has the newest ones: at most 100 kB of encoded HTML, because Gmail hides everything
beyond 102 kB, including the link to unsubscribe.
"""

from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from publisher.compose.digest_values import (
    MailItem,
    Section,
    name_item,
    number_sections,
    sections_of,
    show_correction,
    show_item,
)
from publisher.compose.plain_body import plain_body_of
from publisher.compose.plan import carried_over
from publisher.model.arrangement import Placed, arrange, in_order, newest_first
from publisher.model.deliveries import FailedMail, Outage
from publisher.model.digests import Digest
from publisher.model.editions import Audience, DigestStyle, Edition, Notice
from publisher.model.records import Record
from publisher.model.reports import ConditionChange
from publisher.model.schedules import local_day
from publisher.model.site import Mailbox, Site
from publisher.model.themes import ThemeMap
from publisher.model.titles import shorten
from publisher.rendering import quoted_printable
from publisher.rendering.columns import WIDTH, columns_of, lay_out, wrap
from publisher.rendering.introduction import html_of_introduction, introduction_of
from publisher.rendering.mail_notices import bounced_notice, outage_notice, refused_notice
from publisher.rendering.message import digest_message, notice_message
from publisher.rendering.notices import gone_notice, review_notice, site_notice, source_notice
from publisher.rendering.parts import Joined, Joiner, TextJoiner
from publisher.rendering.templates import Templates
from publisher.rendering.text import one_line, scrub
from publisher.rendering.urls import desk_edition_url, edition_url, editions_url, rest_url

MAX_HTML_BYTES = 100_000
"""The most bytes of a mail's HTML, in quoted-printable."""
SUBJECT_CHARS = 78
"""The most characters of a subject: RFC 5322 section 2.1.1 folds longer lines. The title of the lead (the first, most
prominent item) is shortened to fit.
"""
SUBJECT_TITLE_CHARS = 60
"""The most characters of the lead's title in a subject: phones show about forty, mail programs about seventy."""
LEAST_TITLE_CHARS = 20
"""The lead's title is never cut below this length, however much else a template puts into the subject."""
PREHEADER_CHARS = 120
CORRECTIONS = 20
"""The most corrections that a digest lists; of the others it gives only the number."""
CONTENTS_FROM_THEMES = 3
"""From this number of themes on, a digest with two items or more has a table of contents."""
MOST_SHOWN = 2_000
"""How many items are cached in the form in which digests show them."""
MOST_DIGESTS = 16
"""How many rendered digests are cached."""
LEAST_ITEM_BYTES = 400
"""The fewest bytes that an item takes besides its text, in the smallest template. With this, a first estimate leaves
out what cannot fit.
"""

LAYING_OUT = {"wrap": wrap, "lay_out": lay_out, "columns_of": columns_of, "width": WIDTH}
"""The functions and the width with which the template digest.txt lays out its lines."""


class Renderer:
    """Renders the digests and mails of one site. The parts above the items, which all mails share, are
    rendered once.
    """

    def __init__(
        self, *, site: Site, templates: Templates, style: DigestStyle, themes: ThemeMap, has_desk: bool = False
    ) -> None:
        self.site = site
        self.has_desk = has_desk
        """Whether notices (mails to editors) link to the desk, the website where editors decide."""
        self.themes = themes
        self.templates = templates
        self.fixed: dict[str, object] = {
            "site": site,
            "style": style,
            "fonts": _css_fonts(style.fonts),
            "heading_fonts": _css_fonts(style.heading_fonts),
            "logo_url": f"{site.base_url}{style.logo}" if style.logo else "",
        }
        """The values that every template gets."""
        self._width_px = style.width
        in_html, in_text = ("section", "item"), ("section", "numbered")
        self.pages = Joiner(templates, "digest.html", in_html, domain="digest", fixed=self.fixed)
        self.texts = TextJoiner(templates, "digest.txt", in_text, domain="digest", fixed=self.fixed | LAYING_OUT)
        self._shown: dict[tuple[Hashable, ...], MailItem] = {}
        self._digests: dict[tuple[Edition, Audience, int], Digest] = {}

    def render(self, edition: Edition, audience: Audience) -> Digest:
        """Return the digest of an edition, in the language of its audience. The work has an upper bound for any number
        of items.

        Raises:
            TemplateError: digest.html, digest.txt or digest-subject.txt cannot be used.
        """
        # an edition is rendered as a check before it is recorded, then for the outbox, then for its editor
        key = (edition, audience, self.templates.generation)
        digest = self._digests.get(key)
        if digest is None:
            digest = self._render(edition, audience)
            if len(self._digests) >= MOST_DIGESTS:
                self._digests.clear()
            self._digests[key] = digest
        return digest

    def fit(self, edition: Edition, audience: Audience) -> tuple[Edition, Digest]:
        """Return the edition and its digest. Items that do not fit into the mail, and may wait for the next edition,
        are removed from this one.

        Raises:
            TemplateError: see `render`.
        """
        digest = self.render(edition, audience)
        while digest.left_out and audience.overflow == "next":
            edition = carried_over(edition, keep=len(digest.shown))
            digest = self.render(edition, audience)
        return edition, digest

    def mail(self, digest: Digest, edition: Edition, audience: Audience) -> bytes:
        """Return the digest of an edition as the bytes of a whole mail."""
        return digest_message(digest, edition, audience=audience, site=self.site)

    def notice_mail(self, notice: Notice) -> bytes:
        """Return a notice (a mail that tells the operator or an editor something) as the bytes of a whole mail."""
        return notice_message(notice, site=self.site)

    def review_notice(self, edition: Edition, audience: Audience, *, folder: Path, config: Path) -> tuple[str, str]:
        """Return subject and text of the mail that tells an editor that an edition waits for approval. The edition can
        be viewed in `folder`.
        """
        titles = [item.title for item in self.render(edition, audience).shown]
        desk_url = desk_edition_url(self.site, audience.name) if self.has_desk else ""
        return review_notice(
            edition,
            titles=titles,
            audience=audience,
            site=self.site,
            folder=folder,
            config=config,
            desk_url=desk_url,
        )

    def gone_notice(self, edition: Edition, audience: Audience) -> tuple[str, str]:
        """Return subject and text of the mail that tells an editor that the last item of an edition that waited for him
        was withdrawn.
        """
        return gone_notice(edition, audience=audience, site=self.site)

    def source_notice(self, change: ConditionChange, *, config: Path) -> tuple[str, str]:
        """Return subject and text of a mail to the operator that a source fails, or works again."""
        return source_notice(change, site=self.site, config=config)

    def site_notice(self, problems: Sequence[str], *, config: Path) -> tuple[str, str]:
        """Return subject and text of a mail to the operator about problems of the site; if `problems` is empty, it says
        that all is well again.
        """
        return site_notice(problems, site=self.site, config=config)

    def outage_notice(self, outage: Outage, *, until: datetime) -> tuple[str, str]:
        """Return subject and text of a mail to the operator that the mail server can be used again."""
        return outage_notice(outage, until=until, site=self.site)

    def refused_notice(self, failed: FailedMail, *, config: Path) -> tuple[str, str]:
        """Return subject and text of a mail to the operator that the mail server permanently refused the mail of an
        edition.
        """
        return refused_notice(failed, site=self.site, config=config)

    def bounced_notice(self, failed: FailedMail, *, config: Path) -> tuple[str, str]:
        """Return subject and text of a mail to the operator that the mail of an edition bounced."""
        return bounced_notice(failed, site=self.site, config=config)

    def _render(self, edition: Edition, audience: Audience) -> Digest:
        site = self.site
        by_worth = newest_first(edition.records, audience=audience, site=site)
        by_worth.sort(key=lambda record: record.number not in edition.first)
        page, html = self._cut_to_size(edition, audience, by_worth)
        text = page.text()
        shown = [placed.record for placed in page.arrangement.items]
        return Digest(
            subject=page.subject,
            preheader=page.preheader,
            html=html.text,
            html_parts=html.parts,
            text=text.text,
            text_parts=text.parts,
            shown=tuple(name_item(record, site, item) for record, item in zip(shown, page.items, strict=True)),
            corrected=tuple(name_item(record, site) for record in edition.corrections),
            left_out=tuple(name_item(record, site) for record in by_worth[len(shown) :]),
            archive_url=editions_url(audience, site) if audience.archive else "",
        )

    def _cut_to_size(
        self, edition: Edition, audience: Audience, by_worth: Sequence[Record]
    ) -> "tuple[DigestPage, Joined]":
        """Return a page with the first items in `by_worth` (most important first), as many as a mail of
        `MAX_HTML_BYTES` can hold, and the HTML of that page.
        """
        shown = by_worth
        while True:
            page = DigestPage(self, edition=edition, audience=audience, shown=shown)
            if (most := page.fitting_at_most()) < len(shown):
                shown = shown[:most]
                continue
            html = page.html()
            size_bytes = sum(map(len, quoted_printable.encode_parts(html.parts)))
            if size_bytes <= MAX_HTML_BYTES or len(shown) <= 1:
                return page, html
            # the estimate treats the page's frame like items, so it removes too few rather than too many; the next turn
            # removes the rest
            shown = shown[: min(len(shown) - 1, len(shown) * MAX_HTML_BYTES // size_bytes)]

    def shown_item(self, placed: Placed, audience: Audience, *, year: int, is_last: bool) -> MailItem:
        """Return the values of an item for templates. `year` is the year of the edition; `is_last` says that the item
        is the last under its heading.
        """
        language = audience.language_at(self.site)
        key = (placed, year, is_last, audience.content, audience.keywords, audience.pictures, language)
        if len(self._shown) > MOST_SHOWN:
            self._shown.clear()
        if key not in self._shown:
            self._shown[key] = show_item(
                placed, audience, year=year, is_last=is_last, site=self.site, width_px=self._width_px
            )
        return self._shown[key]


class DigestPage:
    """The values for the templates of one digest that shows a given choice of the edition's items."""

    def __init__(self, renderer: Renderer, *, edition: Edition, audience: Audience, shown: Sequence[Record]) -> None:
        site = renderer.site
        self._renderer = renderer
        self._language = audience.language_at(site)
        ordered = in_order(shown, audience=audience, site=site)
        composed_on = local_day(edition.composed_at, site.timezone)
        self.arrangement = arrange(ordered, audience=audience, themes=renderer.themes, first=edition.first)
        self.items = self._show_items(audience, composed_on.year)
        sections = sections_of(self.arrangement, self.items)
        common = {
            "audience": audience,
            "site": site,
            "composed_on": composed_on,
            "number": edition.number,
            "total": len(edition.records),
        }
        formerly = {each.item: each for each in edition.formerly}
        self.subject = one_line(edition.subject) or self._subject(common)
        others = [item.title for item in self.items[1:]] or [item.text for item in self.items]
        self.preheader = shorten(one_line(" · ".join(others)), PREHEADER_CHARS)
        self._values: dict[str, object] = {
            **common,
            **_introduction_values(introduction_of(edition, audience)),
            "preheader": self.preheader,
            "lang": self._language,
            "shown": len(shown),
            "left_out": len(edition.records) - len(shown),
            "edition_url": partial(edition_url, audience, site=site) if audience.archive else None,
            "web_url": edition_url(audience, edition.number, site),
            "rest_url": rest_url(audience, edition.number, site, items=len(edition.records)),
            "sections": sections,
            "numbered_sections": number_sections(sections, indent=len(str(len(shown))) + 2),
            "contents": _contents_of(sections),
            "corrections": tuple(
                show_correction(record, formerly.get(record.number), year=composed_on.year, site=site)
                for record in edition.corrections[:CORRECTIONS]
            ),
            "more_corrections": max(len(edition.corrections) - CORRECTIONS, 0),
            "list_name": _list_name(audience.to),
            "stop_address": audience.unsubscribe_mailto or audience.from_.address,
        }

    def fitting_at_most(self) -> int:
        """Return an upper bound for the number of the page's items that fit into a mail, without rendering the page."""
        room_bytes = MAX_HTML_BYTES
        for fitting, item in enumerate(self.items):
            room_bytes -= LEAST_ITEM_BYTES + len(item.html)
            if room_bytes < 0:
                return max(fitting, 1)
        return len(self.items)

    def _show_items(self, audience: Audience, year: int) -> list[MailItem]:
        last = {part.items[-1].record.number for part in self.arrangement.parts}
        return [
            self._renderer.shown_item(placed, audience, year=year, is_last=placed.record.number in last)
            for placed in self.arrangement.items
        ]

    def html(self) -> Joined:
        """Return the mail's HTML: `digest.html` rendered, with inlined styles."""
        return self._renderer.pages.page(self._values, language=self._language)

    def text(self) -> Joined:
        """Return the mail's text: `digest.txt` rendered."""
        return self._renderer.texts.text(self._values, language=self._language)

    def fill(self, template: str) -> str:
        """Return the rendered template; `digest.html` still has its `<style>`, which is inlined later."""
        return self._fill(template, **{**self._renderer.fixed, **LAYING_OUT, **self._values})

    def _subject(self, common: dict[str, object]) -> str:
        """Return a subject with the title of the lead (the first, most prominent item), shortened to one line; the mail
        shows the whole title.
        """
        # all items may have been withdrawn since the edition was recorded
        title = self.items[0].title if self.items else ""
        first = shorten(title, SUBJECT_TITLE_CHARS)
        subject = one_line(self._fill("digest-subject.txt", first=first, **common))
        excess = len(subject) - SUBJECT_CHARS
        if excess <= 0 or common["total"] == 1:
            return subject
        first = shorten(title, max(len(first) - excess, LEAST_TITLE_CHARS))
        return one_line(self._fill("digest-subject.txt", first=first, **common))

    def _fill(self, template: str, **values: object) -> str:
        # scrubbed as a whole: the HTML parser behind premailer stops at a control character, whatever its origin
        return scrub(self._renderer.templates.render(template, language=self._language, domain="digest", **values))


def _introduction_values(introduction: str) -> dict[str, object]:
    """Return the introduction for the templates: as written, as HTML, and as blocks of text with their notes."""
    html = html_of_introduction(introduction)
    plain = plain_body_of(html, url="")
    return {
        "introduction": introduction,
        "introduction_html": html,
        "introduction_blocks": plain.blocks,
        "introduction_notes": plain.notes,
    }


def _contents_of(sections: Sequence[Section]) -> tuple[Section, ...]:
    """Return a section for each theme of the table of contents, or none if the digest is so short that it needs no
    table of contents.

    The lead counts for its theme if the digest has no other items of that theme.
    """
    has_more = any(section.is_more for section in sections)
    themes = tuple(section for section in sections if not (section.is_lead and has_more))
    return themes if sum(not section.is_single for section in themes) >= CONTENTS_FROM_THEMES else ()


def _list_name(to: Mailbox) -> str:
    """Return how a digest names the mailing list `to`: its name, if it has one, and its address."""
    return f"{to.name} ({to.address})" if to.name else to.address


def _css_fonts(fonts: Iterable[str]) -> str:
    """Return font names as CSS. The configuration allows only names here, so they need no escaping."""
    return ", ".join(f'"{font}"' if " " in font else font for font in fonts)
