"""Cleans items as sources give them: safe HTML, text from it, links without tracking, times in UTC; pure."""

from collections.abc import Sequence
from dataclasses import replace

from publisher.collect.sources.html import safe_html, text_of
from publisher.collect.sources.links import without_tracking
from publisher.model.items import Enclosure, Item
from publisher.model.schedules import instant_of, local_day
from publisher.model.site import Site
from publisher.model.sources import SourcePolicy


def clean_item(item: Item, *, site: Site, policy: SourcePolicy) -> Item:
    """Return the item as the log keeps it. Its text is empty if it has nothing to read."""
    item = _convert_times(item, site.timezone)
    if item.enclosures and not policy.keeps_tracking:
        item = replace(item, enclosures=_clean_addresses(item.enclosures))
    if not (item.html or item.link):
        return item
    html = safe_html(item.html, base=item.link, keeps_tracking=policy.keeps_tracking)
    return replace(
        item,
        html=html,
        text=(text_of(html) if html else item.text) or item.text or item.title,
        link=item.link if policy.keeps_tracking else without_tracking(item.link),
    )


def _convert_times(item: Item, timezone: str) -> Item:
    """Return the item with its times in UTC. A time without a zone is in the site's zone."""
    if not (item.published or item.embargo or item.expires):
        return item
    published, embargo, expires = (
        moment and instant_of(moment, timezone) for moment in (item.published, item.embargo, item.expires)
    )
    day = local_day(published, timezone) if published else item.date
    return replace(item, date=day, published=published, embargo=embargo, expires=expires)


def _clean_addresses(enclosures: Sequence[Enclosure]) -> tuple[Enclosure, ...]:
    return tuple(replace(each, url=without_tracking(each.url)) for each in enclosures)


def add_language(item: Item, site: Site) -> Item:
    """Return the item with its language, if its words show beyond doubt that it is not the site's."""
    if item.language or not site.languages:
        return item
    from publisher.collect.sources.language_guess import guess  # late: 40 ms, for sites with several languages only

    language = guess(f"{item.title}\n{item.text}", (site.language, *site.languages))
    is_other = language and language != site.language.partition("-")[0].lower()
    return replace(item, language=language, is_language_guessed=True) if is_other else item
