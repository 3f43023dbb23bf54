"""Renders the web page of an edition (a digest for a mailing list), and the page that lists an audience's editions. In:
values. Out: bytes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from publisher.model.arrangement import TITLE_LEVELS, Placed, arrange, in_order
from publisher.model.corrections import quote_of
from publisher.model.editions import Audience, Formerly
from publisher.model.feeds import Feed
from publisher.model.records import Record
from publisher.model.schedules import local_day
from publisher.model.themes import Theme, ThemeMap
from publisher.publish.mail_offers import mail_offers
from publisher.publish.page_body import count_tables, page_body
from publisher.publish.page_frame import render_page
from publisher.publish.page_values import DOMAIN, FeedLink, ShownItem, SiteLook, show_item, show_place, show_theme
from publisher.rendering import languages, urls
from publisher.rendering.attachments import ShownFile, files_of
from publisher.rendering.excerpt import excerpt_of
from publisher.rendering.introduction import html_of_introduction
from publisher.rendering.pictures import picture_word
from publisher.rendering.text import html_of, one_line, scrub
from publisher.store.past_editions import EditionPlace, PastEdition


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPart:
    """One part of an edition as its web page shows it: the items of a theme, or the lead (the most prominent item)."""

    theme: str
    language: str
    """The language of the theme's title."""
    url: str
    """The address of the theme's page."""
    items: tuple["EditionItem", ...]
    is_lead: bool
    is_more: bool
    """Whether the lead is an item of this theme, so that this part has the other items of the theme."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionItem:
    """An item as the web page of an edition shows it."""

    item: ShownItem
    body: str
    """The HTML below the title, as in the mail, or an empty string if there is none."""
    files: tuple[ShownFile, ...]
    keywords: tuple[tuple[str, str], ...]
    """The item's keywords, each with the address of its page, or an empty string if the keyword has none."""
    reads_on: bool
    """Whether the whole item is longer than `body`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCorrection:
    """An item of an earlier digest that was corrected since, as the web page of an edition shows it."""

    item: ShownItem
    corrected_on: date
    was: str
    """The former title, or a sentence that was removed, as the digest with the number `was_in` had it; empty if nothing
    was removed.
    """
    was_in: int
    """The number of that digest, or 0 if it is unknown."""
    was_at: str
    """The address of that digest's page."""


def edition_page(
    edition: PastEdition,
    audience: Audience,
    *,
    older: EditionPlace | None,
    newer: EditionPlace | None,
    themes: ThemeMap,
    look: SiteLook,
    keyword_feeds: Mapping[str, Feed] = MappingProxyType({}),
) -> bytes:
    """Return the web page of an edition as its audience got it, in the audience's language. The page shows nothing
    about the recipients.

    Items withdrawn since are not on the page. `older` and `newer` are the editions before and after this one;
    `keyword_feeds` has the feeds of the items' keywords, by keyword.
    """
    file = urls.edition_file(audience.name, edition.number)
    return render_page(
        "edition.html",
        file,
        look=look,
        language=audience.language_at(look.site),
        title=scrub(audience.title),
        canonical=f"{look.site.base_url}{file}",
        feeds=(),
        offers=mail_offers(look),
        day=local_day(edition.composed_at, look.site.timezone),
        number=edition.number,
        introduction=html_of_introduction(edition.introduction),
        parts=_parts(edition, audience, themes=themes, look=look, pages=_keyword_pages(keyword_feeds, start=file)),
        items=edition.items,
        left_out=edition.items - len(edition.records),
        corrections=_corrections(edition, audience, start=file, look=look),
        older=older and show_place(older, audience, start=file, look=look),
        newer=newer and show_place(newer, audience, start=file, look=look),
        schedule=audience.schedule,
        is_open=look.has_forms or audience.name in {each.name for each in look.open_to},
        editions=urls.relative(urls.editions_file(audience.name), start=file),
    )


def editions_page(
    audience: Audience, places: Sequence[EditionPlace], *, feeds: Sequence[FeedLink], look: SiteLook
) -> bytes:
    """Return the page that lists the editions of an audience, latest first, in the audience's language. `feeds` has a
    link for each format of their feed.
    """
    file = urls.editions_file(audience.name)
    return render_page(
        "editions.html",
        file,
        look=look,
        language=audience.language_at(look.site),
        title=scrub(audience.title),
        canonical=f"{look.site.base_url}{file.removesuffix(urls.INDEX_FILE)}",
        feeds=feeds,
        offers=mail_offers(look),
        editions=[show_place(place, audience, start=file, look=look) for place in places],
        schedule=audience.schedule,
    )


def _keyword_pages(feeds: Mapping[str, Feed], *, start: str) -> Mapping[str, str]:
    """Return the addresses of the pages of these keywords' feeds, by keyword, relative to the page `start`."""
    files = {keyword: urls.feed_page_file(urls.folder_of(feed)) for keyword, feed in feeds.items()}
    return {keyword: urls.relative(file, start=start) for keyword, file in files.items()}


def _parts(
    edition: PastEdition, audience: Audience, *, themes: ThemeMap, look: SiteLook, pages: Mapping[str, str]
) -> list[ShownPart]:
    ordered = in_order(edition.records, audience=audience, site=look.site)
    arrangement = arrange(ordered, audience=audience, themes=themes, first=edition.first)
    start = urls.edition_file(audience.name, 1)
    shown = _show_items(arrangement.items, audience, start=start, look=look, pages=pages)
    lead = arrangement.lead
    parts = [_part(lead.theme, shown[:1], start=start, look=look, is_lead=True)] if lead else []
    place = len(parts)
    for part in arrangement.parts:
        its = shown[place : place + len(part.items)]
        parts.append(_part(part.theme, its, start=start, look=look, is_more=part.is_more))
        place += len(its)
    return parts


def _part(
    theme: Theme,
    items: Sequence[EditionItem],
    *,
    start: str,
    look: SiteLook,
    is_lead: bool = False,
    is_more: bool = False,
) -> ShownPart:
    shown = show_theme(theme, start=start, look=look)
    return ShownPart(
        theme=shown.title, language=shown.language, url=shown.url, items=tuple(items), is_lead=is_lead, is_more=is_more
    )


def _show_items(
    placed: Iterable[Placed], audience: Audience, *, start: str, look: SiteLook, pages: Mapping[str, str]
) -> list[EditionItem]:
    """Return the items of an edition as its page shows them, in the order of the mail. Tables get names that are unique
    on the page.
    """
    shown: list[EditionItem] = []
    tables = 0
    for each in placed:
        item = _show_item(each, audience, tables_before=tables, start=start, look=look, pages=pages)
        tables += count_tables(item.body)
        shown.append(item)
    return shown


def _show_item(
    placed: Placed, audience: Audience, *, tables_before: int, start: str, look: SiteLook, pages: Mapping[str, str]
) -> EditionItem:
    item = show_item(placed.record, start=start, look=look, theme=placed.theme.slug)
    if not placed.has_text:
        return EditionItem(item=item, body="", files=(), keywords=(), reads_on=False)
    language = audience.language_at(look.site)
    excerpt = excerpt_of(placed.record.item, is_full=audience.content == "full", language=item.language)
    body = page_body(
        html_of(excerpt.rest, picture=picture_word(item.language)),
        table_word=languages.translations(language, DOMAIN).gettext("Table"),
        title_level=TITLE_LEVELS[placed.look],
        tables_before=tables_before,
    )
    return EditionItem(
        item=item,
        body=body,
        files=files_of(placed.record.item, language=language),
        keywords=tuple(
            (scrub(keyword), pages.get(keyword, "")) for keyword in placed.record.item.keywords if audience.keywords
        ),
        reads_on=excerpt.reads_on,
    )


def _corrections(edition: PastEdition, audience: Audience, *, start: str, look: SiteLook) -> list[ShownCorrection]:
    formerly = {each.item: each for each in edition.formerly}
    return [
        _correction(each, formerly.get(each.number), audience, start=start, look=look) for each in edition.corrections
    ]


def _correction(
    record: Record, formerly: Formerly | None, audience: Audience, *, start: str, look: SiteLook
) -> ShownCorrection:
    was_in = urls.relative(urls.edition_file(audience.name, formerly.edition), start=start) if formerly else ""
    return ShownCorrection(
        item=show_item(record, start=start, look=look),
        corrected_on=local_day(record.updated, look.site.timezone),
        was=one_line(quote_of(formerly.was, record.item)) if formerly else "",
        was_in=formerly.edition if formerly else 0,
        was_at=was_in,
    )
