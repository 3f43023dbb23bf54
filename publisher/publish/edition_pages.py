"""The page of an edition, and the list of an audience's editions. Values in, bytes out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from publisher.model.arrangement import Placed, arrange, in_order
from publisher.model.editions import Audience
from publisher.model.schedules import local_day
from publisher.model.themes import Theme, ThemeMap
from publisher.publish.page_frame import render_page
from publisher.publish.page_values import (
    FeedLink,
    Look,
    ShownEdition,
    ShownItem,
    list_items,
    mail_offers,
    show_item,
    show_theme,
)
from publisher.rendering import urls
from publisher.rendering.introduction import html_of_introduction
from publisher.rendering.text import scrub
from publisher.store import EditionPlace, PastEdition


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPart:
    """One theme of an edition, or its lead."""

    theme: str
    language: str
    """Of the theme's title."""
    url: str
    """Of the theme's page."""
    items: tuple[ShownItem, ...]
    is_lead: bool
    is_more: bool
    """Whether the lead is of this theme, too."""


def edition_page(
    edition: PastEdition,
    audience: Audience,
    *,
    older: EditionPlace | None,
    newer: EditionPlace | None,
    themes: ThemeMap,
    look: Look,
) -> bytes:
    """An edition as its audience got it, in its language, for everybody: nothing in it is about who got it.

    What was withdrawn since is not on it. `older` and `newer` are the editions beside it.
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
        parts=_parts(edition, audience, themes=themes, look=look),
        items=edition.items,
        left_out=edition.items - len(edition.records),
        corrections=list_items(edition.corrections, start=file, look=look),
        older=older and _show_place(older, audience, start=file, look=look),
        newer=newer and _show_place(newer, audience, start=file, look=look),
        editions=urls.relative(urls.editions_file(audience.name), start=file),
    )


def editions_page(
    audience: Audience, places: Sequence[EditionPlace], *, feeds: Sequence[FeedLink], look: Look
) -> bytes:
    """The editions of an audience, latest first, in its language, and their `feeds`, one a format."""
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
        editions=[_show_place(place, audience, start=file, look=look) for place in places],
    )


def _parts(edition: PastEdition, audience: Audience, *, themes: ThemeMap, look: Look) -> list[ShownPart]:
    ordered = in_order(edition.records, audience=audience, site=look.site)
    arrangement = arrange(ordered, audience=audience, themes=themes, first=edition.first)
    start = urls.edition_file(audience.name, 1)
    lead = arrangement.lead
    leads = [_part(lead.theme, [lead], start=start, look=look, is_lead=True)] if lead else []
    return leads + [
        _part(part.theme, part.items, start=start, look=look, is_more=part.is_more) for part in arrangement.parts
    ]


def _part(
    theme: Theme, placed: Sequence[Placed], *, start: str, look: Look, is_lead: bool = False, is_more: bool = False
) -> ShownPart:
    shown = show_theme(theme, start=start, look=look)
    items = (show_item(each.record, start=start, look=look, theme=theme.slug) for each in placed)
    texts = (item if each.has_text else replace(item, rest="") for item, each in zip(items, placed, strict=True))
    return ShownPart(
        theme=shown.title, language=shown.language, url=shown.url, items=tuple(texts), is_lead=is_lead, is_more=is_more
    )


def _show_place(place: EditionPlace, audience: Audience, *, start: str, look: Look) -> ShownEdition:
    return ShownEdition(
        number=place.number,
        url=urls.relative(urls.edition_file(audience.name, place.number), start=start),
        day=local_day(place.composed_at, look.site.timezone),
        items=place.items,
    )
