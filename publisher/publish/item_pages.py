"""Writes the pages of items, each with links to the items before and after it, its keywords, the digests it was in, and
its earlier versions in digests.
"""

from collections.abc import Collection, Mapping, Sequence

from publisher.model.feeds import keyword_feed
from publisher.model.records import Record, State
from publisher.model.themes import wanted_names
from publisher.publish import pages
from publisher.publish.files import PublicFiles
from publisher.publish.item_cache import ItemCache
from publisher.publish.neighbours import neighbours_of
from publisher.publish.page_values import SiteLook
from publisher.publish.publication import Publication
from publisher.publish.withdrawn_pages import Instead
from publisher.rendering import urls
from publisher.store import Store


class ItemPages:
    """Writes pages of items.

    `feeds` are the slugs of the feeds that are written for readers; `shown` gives, by audience, the number of the
    latest edition that has a page.
    """

    def __init__(
        self,
        *,
        store: Store,
        publication: Publication,
        files: PublicFiles,
        look: SiteLook,
        items: ItemCache,
        feeds: Collection[str],
        shown: Mapping[str, int],
    ) -> None:
        self._store = store
        self._themes = publication.theme_map
        self._files = files
        self._look = look
        self._items = items
        self._feeds = feeds
        self._shown = shown
        self._instead = Instead(store, items)

    def write(self, records: Sequence[Record]) -> None:
        """Write the page of each item. A withdrawn item also gets the file that marks its page as gone."""
        names = self._store.names.of(wanted_names([record.item for record in records], self._themes))
        beside = neighbours_of(records, store=self._store, items=self._items)
        sent = self._store.editions.past.holding(
            [record.number for record in records], upto=self._shown, most_items=urls.EDITION_ITEMS
        )
        corrected = [record.number for record in records if record.revision > 1]
        told = self._store.editions.past.told_of(corrected, upto=self._shown)
        for record in records:
            feeds = {keyword: keyword_feed(keyword, names) for keyword in record.item.keywords}
            page = pages.item_page(
                record,
                look=self._look,
                keyword_feeds={keyword: feed for keyword, feed in feeds.items() if feed.slug in self._feeds},
                neighbours=beside.get(record.number),
                sent_in=sent.get(record.number, ()),
                told=told.get(record.number, ()),
                instead=self._instead.of(record) if record.state is State.WITHDRAWN else (),
            )
            file = urls.item_file(record)
            self._files.write(file, page)
            if record.state.is_gone:
                self._files.write(urls.gone_file(file), b"")
            else:
                self._files.remove(urls.gone_file(file))  # the item was withdrawn, and is listed again
