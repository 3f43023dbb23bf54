"""The editions on the website: a page for each edition, without anything about its recipients, and a list for each
audience.

In: the numbers of editions that `plan_editions` found without a page. Out: the pages of these editions, and the lists.
A crash leaves whole pages and an unmoved cursor, so the next pass writes the pages again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from publisher.model.editions import Audience
from publisher.model.feeds import Feed, keyword_feed
from publisher.model.themes import wanted_names
from publisher.publish.document import FeedLook
from publisher.publish.edition_feed import FEED_EDITIONS, TITLES, edition_feed
from publisher.publish.edition_pages import edition_page, editions_page
from publisher.publish.entries import Entries
from publisher.publish.feeds import WRITERS
from publisher.publish.files import Files, PublicFiles
from publisher.publish.front_page import write_front_page
from publisher.publish.item_cache import ItemCache
from publisher.publish.item_pages import ItemPages
from publisher.publish.open_feeds import OpenFeeds, listed_feeds, open_feeds
from publisher.publish.page_values import FeedCount, SiteLook, edition_feeds
from publisher.publish.plan import CONSUMER, PublishPlan, edition_cursor, last_shown
from publisher.publish.publication import Publication
from publisher.rendering import urls
from publisher.store import Store
from publisher.store.past_editions import PastEdition

LISTED_EDITIONS = 100
"""How many editions the list shows. Each edition links to the one before it, so older editions can be reached."""


def publish_editions(
    numbers_of: Mapping[Audience, Sequence[int]],
    *,
    store: Store,
    publication: Publication,
    files: Files,
    look: SiteLook,
    authority: str,
) -> None:
    """Write the pages of these editions, and then move the cursors that say up to which edition there are pages. If a
    crash comes before the cursors move, both are done again.

    The pages exist before the mails that link to them are sent. `authority` is the authority in the site's `tag:` ids.

    Raises:
        FilesError: a file could not be written.
        TemplateError: a template cannot be used.
    """
    public = PublicFiles(files, removes_copies=True)
    before = {audience.name: last_shown(store, audience) for audience in publication.audiences}
    shown = before | {
        audience.name: max(before[audience.name], numbers[-1]) for audience, numbers in numbers_of.items()
    }
    feeds = open_feeds(store, publication)
    archive = _Archive(
        store=store, publication=publication, files=public, look=look, authority=authority, feeds=feeds.by_slug
    )
    wanted = set[int]()
    for audience, numbers in numbers_of.items():
        former, _ = store.editions.past.beside(audience.name, numbers[0], upto=numbers[-1])
        beside = [former.number] if former else []
        written = archive.render(audience, [*beside, *numbers], last=shown[audience.name])
        wanted.update(item for number in numbers for item in written[number])
    _lead_to_editions(wanted, shown, store=store, publication=publication, files=public, look=look, feeds=feeds)
    public.commit()
    for audience, numbers in numbers_of.items():
        if numbers[-1] > (last := before[audience.name]):
            store.log.move_cursor(edition_cursor(audience), expected=last, seq=numbers[-1], settings={})


def _lead_to_editions(
    wanted: Collection[int],
    shown: Mapping[str, int],
    *,
    store: Store,
    publication: Publication,
    files: PublicFiles,
    look: SiteLook,
    feeds: OpenFeeds,
) -> None:
    """Rewrite the front page and the pages of the items `wanted`, which are in new editions: the page of an item names
    the editions that it was in.

    If feeds and pages are not up to date with the item log, nothing is rewritten, because a page might link to one that
    does not exist yet.
    """
    if store.log.cursor(CONSUMER).seq != store.log.end():
        return
    items = ItemCache(store)
    item_pages = ItemPages(
        store=store,
        publication=publication,
        files=files,
        look=look,
        items=items,
        feeds=feeds.by_slug,
        shown=shown,
    )
    item_pages.write([record for record in items.get(sorted(wanted)) if record.state.is_live])
    counts = [FeedCount(feed=state.feed, items=state.items) for state in listed_feeds(feeds, publication)]
    write_front_page(feeds, counts, store=store, files=files, look=look, items=items, shown=shown)


def render_touched(
    planned: PublishPlan,
    *,
    store: Store,
    publication: Publication,
    files: PublicFiles,
    look: SiteLook,
    authority: str,
    feeds: Collection[str],
    shown: Mapping[str, int],
    new_keywords_of: Sequence[int],
) -> None:
    """Rewrite the pages of editions with items that were revised or withdrawn; in a full pass, rewrite the pages of all
    editions.

    `feeds` are the slugs of the feeds that readers can get. Items with the numbers `new_keywords_of` have a keyword
    whose feed is new, so the pages of their editions now link to that feed.
    """
    touched = set[tuple[str, int]]()
    if not planned.is_full:
        touched.update(store.editions.touched(planned.after, planned.upto))
        telling = {audience.name: shown[audience.name] for audience in publication.audiences if audience.keywords}
        for places in store.editions.past.holding(new_keywords_of, upto=telling).values():
            touched.update((name, place.number) for name, place in places)
    archive = _Archive(store=store, publication=publication, files=files, look=look, authority=authority, feeds=feeds)
    for audience in publication.audiences:
        upto = shown[audience.name]
        numbers = sorted(number for name, number in touched if name == audience.name and number <= upto)
        archive.render(audience, list(range(1, upto + 1)) if planned.is_full else numbers, last=upto)


class _Archive:
    """Writes the pages and lists of editions in one publishing pass."""

    def __init__(
        self,
        *,
        store: Store,
        publication: Publication,
        files: PublicFiles,
        look: SiteLook,
        authority: str,
        feeds: Collection[str],
    ) -> None:
        self._store = store
        self._themes = publication.theme_map
        self._files = files
        self._look = look
        self._feeds = feeds
        # the hub is told only of feeds of items
        self._feed_look = replace(FeedLook.of(publication, authority), hub="")

    def render(self, audience: Audience, numbers: Sequence[int], *, last: int) -> dict[int, list[int]]:
        """Write the pages of these editions of an audience, and the list and the feed of all its editions that have a
        page; `last` is the number of the latest of them. Return the numbers of the items on each page written, by the
        edition's number.

        The list is written even if there is no edition yet, so that the front page can link to it.
        """
        written = {number: self._write_page(audience, number, last) for number in numbers}
        places = self._store.editions.past.latest(audience.name, upto=last, limit=LISTED_EDITIONS)
        if numbers and places:
            self._write_feed(audience, [place.number for place in places[:FEED_EDITIONS]])
        feeds = edition_feeds(audience, look=self._look) if places else []
        self._files.write(
            urls.editions_file(audience.name), editions_page(audience, places, feeds=feeds, look=self._look)
        )
        return written

    def _write_page(self, audience: Audience, number: int, last: int) -> list[int]:
        past = self._store.editions.past
        edition = past.get(audience.name, number, newest=urls.EDITION_ITEMS)
        if edition is None:
            return []
        older, newer = past.beside(audience.name, number, upto=last)
        page = edition_page(
            edition,
            audience,
            older=older,
            newer=newer,
            themes=self._themes,
            look=self._look,
            keyword_feeds=self._keyword_feeds(edition) if audience.keywords else {},
        )
        self._files.write(urls.edition_file(audience.name, number), page)
        return [record.number for record in edition.records]

    def _keyword_feeds(self, edition: PastEdition) -> dict[str, Feed]:
        """Return the feeds of the keywords of an edition's items, by keyword; a keyword without a feed is missing."""
        its = [record.item for record in edition.records]
        names = self._store.names.of(wanted_names(its, self._themes))
        found = {keyword: keyword_feed(keyword, names) for item in its for keyword in item.keywords}
        return {keyword: feed for keyword, feed in found.items() if feed.slug in self._feeds}

    def _write_feed(self, audience: Audience, numbers: Sequence[int]) -> None:
        found = self._store.editions.past.heads(audience.name, numbers, newest=TITLES)
        document = edition_feed(audience, found, look=self._feed_look)
        for key in self._feed_look.formats:
            file = urls.feed_file(urls.editions_folder(audience.name), key)
            self._files.write(file, WRITERS[key](document, Entries()))
