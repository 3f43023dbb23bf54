"""Makes what any source gives fit to keep: safe HTML, a text for it, clean links, the day in the site's time zone."""

from collections.abc import Sequence
from dataclasses import replace

from publisher.collect.sources.html import safe_html, text_of
from publisher.collect.sources.links import without_tracking
from publisher.model.items import Enclosure, Item
from publisher.model.schedules import instant_of, local_day
from publisher.model.site import Site
from publisher.model.sources import SourcePolicy


def clean_item(item: Item, *, site: Site, policy: SourcePolicy) -> Item:
    """Return the item as the log keeps it; without text when there is nothing in it to read."""
    item = _at_the_site(item, site.timezone)
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


def _at_the_site(item: Item, timezone: str) -> Item:
    """Return the item with its moments in UTC; those without a zone are the site's."""
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
    """Return the item with its language when its words leave no doubt that it is another than the site's."""
    if item.language or not site.languages:
        return item
    from publisher.collect.sources.language_guess import guess  # late: 40 ms, for sites with several languages only

    language = guess(f"{item.title}\n{item.text}", (site.language, *site.languages))
    is_other = language and language != site.language.partition("-")[0].lower()
    return replace(item, language=language, is_language_guessed=True) if is_other else item
