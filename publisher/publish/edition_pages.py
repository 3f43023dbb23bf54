"""The page of an edition, and the list of an audience's editions. Values in, bytes out."""

from collections.abc import Iterable
from datetime import datetime

from publisher.model.editions import Audience, Edition
from publisher.model.schedules import local_day
from publisher.publish.page_frame import render_page
from publisher.publish.page_values import Look, ShownEdition, group_by_theme, list_items, mail_offers
from publisher.rendering import urls
from publisher.rendering.introduction import html_of_introduction
from publisher.rendering.text import scrub


def edition_page(edition: Edition, audience: Audience, *, previous: int | None, look: Look) -> bytes:
    """An edition as its audience got it, for everybody: nothing in it is about who got it.

    What was withdrawn since is not on it. `previous` is the number of the edition before.
    """
    file = urls.edition_file(edition.audience, edition.number)
    shown = list_items(edition.records, start=file, look=look)
    return render_page(
        "edition.html",
        file,
        look=look,
        title=scrub(audience.title),
        canonical=f"{look.site.base_url}{file}",
        feeds=(),
        day=local_day(edition.composed_at, look.site.timezone),
        introduction=html_of_introduction(edition.introduction),
        sections=group_by_theme(shown[: urls.EDITION_ITEMS]),
        items=len(shown),
        left_out=max(len(shown) - urls.EDITION_ITEMS, 0),
        corrections=list_items(edition.corrections, start=file, look=look)[: urls.EDITION_ITEMS],
        offers=mail_offers(look),
        previous=urls.relative(urls.edition_file(edition.audience, previous), start=file) if previous else "",
        editions=urls.relative(urls.editions_file(edition.audience), start=file),
    )


def editions_page(audience: Audience, rows: Iterable[tuple[int, datetime, int]], *, look: Look) -> bytes:
    """The editions of an audience, latest first; each as (number, when it was composed, how many items)."""
    file = urls.editions_file(audience.name)
    return render_page(
        "editions.html",
        file,
        look=look,
        title=scrub(audience.title),
        canonical=f"{look.site.base_url}{file.removesuffix(urls.INDEX_FILE)}",
        feeds=(),
        offers=mail_offers(look),
        editions=[
            ShownEdition(
                url=urls.relative(urls.edition_file(audience.name, number), start=file),
                day=local_day(composed_at, look.site.timezone),
                items=items,
            )
            for number, composed_at, items in rows
        ],
    )
