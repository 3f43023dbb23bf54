"""The website's front page. It shows items and digests, so every publishing pass with new items or digests
writes it.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from publisher.model.feeds import ALL
from publisher.model.schedules import local_day
from publisher.publish import pages
from publisher.publish.feeds import newest_items
from publisher.publish.files import PublicFiles
from publisher.publish.item_cache import ItemCache
from publisher.publish.open_feeds import OpenFeeds
from publisher.publish.page_values import FeedCount, Frequency, SiteLook, frequency_of
from publisher.rendering import urls
from publisher.store import Store

LATEST = 10
"""How many items the front page shows."""
LATEST_EDITIONS = 3
"""How many digests the front page shows if there is one audience. If there are several, it shows the latest digest of
each.
"""
PACE_YEAR = 365
"""The number of days for which the front page says how often items come."""


def write_front_page(
    feeds: OpenFeeds,
    counts: Sequence[FeedCount],
    *,
    store: Store,
    files: PublicFiles,
    look: SiteLook,
    items: ItemCache,
    shown: Mapping[str, int],
) -> None:
    """Write the front page of a site with these feeds; `counts` has the feeds to list.

    `shown` gives, by audience, the number of the latest edition that has a page.
    """
    index = pages.index_page(
        counts,
        newest_items(items, store.feeds.end(ALL), limit=LATEST)[:LATEST],
        items=feeds.all_items.items,
        look=look,
        pace=_pace(feeds, store=store, look=look),
        editions={
            audience.name: store.editions.past.latest(
                audience.name, upto=shown.get(audience.name, 0), limit=LATEST_EDITIONS
            )
            for audience in look.audiences
        },
    )
    files.write(urls.INDEX_FILE, index)


def _pace(feeds: OpenFeeds, *, store: Store, look: SiteLook) -> Frequency | None:
    """Return for the front page how often items came in the year before the last change. The clock is not used, so that
    equal item logs give equal pages.
    """
    upto = local_day(feeds.all_items.changed_at, look.site.timezone)
    first = store.calendar.first_day()
    if first is None:
        return None
    days = min((upto - first).days, PACE_YEAR)
    return frequency_of(store.calendar.count(upto - timedelta(days=PACE_YEAR), upto), days=days)
