"""What a publishing pass writes for visitors and search engines besides the pages of items: leaves of feeds, sitemap.

Leaves are counted from the oldest on, and what a full one holds is settled for ever: news changes the front of a feed,
and when that has become too long the two leaves before it. A leaf is written again when one of its items changes.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from publisher.model.editions import Audience
from publisher.model.feeds import ALL, Feed
from publisher.model.records import Record
from publisher.publish.plan import Publication, PublishPlan
from publisher.store import FeedState, PageRow, Store

if TYPE_CHECKING:  # what renders is imported when there is something to render: a pass with no news stays light
    from publisher.publish.pages import Look

Write = Callable[[str, bytes], None]
"""Makes some bytes the content of a public file."""

ITEMS_A_LEAF = 25
"""The front of a feed shows up to twice as many, so that it never shows but a few."""
LISTED_EDITIONS = 100
"""Those before lead from one to the next."""
ITEMS_A_SITEMAP = 1_000
"""As many addresses are written again when one item changes."""


class Leaves:
    """The pages on which visitors leaf through feeds, as one pass writes them."""

    def __init__(
        self, store: Store, planned: PublishPlan, write: Write, *, look: "Look", advance: Callable[[int], None]
    ) -> None:
        """`advance` is told of each leaf how many items are on it."""
        self._store = store
        self._planned = planned
        self._advance = advance
        self._write = write
        self._look = look
        self._reworked = {} if planned.is_full else store.log.reworked(planned.after, planned.upto)
        self._full: list[PageRow] = []

    def render(self, feed: Feed, *, items: int) -> int:
        """Write the front of a feed and the leaves that have to change; it has so many `items`.

        Returns the number of its last leaf.
        """
        from publisher.publish import pages
        from publisher.rendering import urls

        slug, folder = feed.slug, urls.folder_of(feed)
        due = self._store.feeds.pages.due(slug, size=ITEMS_A_LEAF)
        before = self._store.feeds.pages.last_number(slug)
        # The newest full leaf is part of the front.
        last = max(before + len(due) - 1, 0)
        for row in self._rows(slug, before, due):
            records = self._store.items.added_between(slug, row.after, row.upto)
            leaf = pages.feed_page(feed, records, items=items, look=self._look, number=row.number, last=last)
            self._write(urls.feed_page_file(folder, row.number), leaf)
            self._advance(len(records))
        front = self._store.items.added_between(slug, self._end_of(slug, last, due), self._planned.upto)
        self._write(urls.feed_page_file(folder), pages.feed_page(feed, front, items=items, look=self._look, last=last))
        self._full += due
        return last

    def settle(self) -> None:
        """Keep what the leaves hold; after readers see them."""
        self._store.feeds.pages.settle(self._full)

    def _rows(self, slug: str, before: int, due: Sequence[PageRow]) -> Iterable[PageRow]:
        """The leaves to write, oldest first."""
        last = before + len(due) - 1
        if self._planned.is_full:
            known = self._store.feeds.pages.between(slug, first=1, last=min(before, last))
        else:
            # Leaf `before` was part of the front, and the one before it led there.
            numbers = set(range(max(before - 1, 1), before + 1)) if due else set()
            numbers |= self._store.feeds.pages.numbers(slug, self._seqs(slug))
            wanted = sorted(number for number in numbers if number <= last)
            known = [
                row for number in wanted for row in self._store.feeds.pages.between(slug, first=number, last=number)
            ]
        return [*known, *due[:-1]]

    def _seqs(self, slug: str) -> list[int]:
        if slug != ALL:
            return self._reworked.get(slug, [])
        return sorted({seq for seqs in self._reworked.values() for seq in seqs})

    def _end_of(self, slug: str, number: int, due: Sequence[PageRow]) -> int:
        """Where the leaf of that number ends."""
        rows = [
            *self._store.feeds.pages.between(slug, first=number, last=number),
            *(row for row in due if row.number == number),
        ]
        return rows[0].upto if number else 0


class Sitemap:
    """The sitemap, of which a pass writes only the files that its items are in."""

    def __init__(self, store: Store, write: Write, *, look: "Look") -> None:
        self._store = store
        self._write = write
        self._look = look
        self._parts: set[int] = set()

    def note(self, records: Iterable[Record]) -> None:
        """These items changed."""
        self._parts.update(_part_of(record.number) for record in records)

    def render(self, states: Sequence[FeedState], *, changed_at: datetime) -> None:
        """Write the files of the items noted, the one of feeds and fronts, and the index."""
        from publisher.publish.sitemap import MOST_ADDRESSES, sitemap, sitemap_index
        from publisher.rendering import urls

        site = self._look.site
        for part in sorted(self._parts):
            self._write(urls.sitemap_file(str(part)), sitemap(self._item_pages(part)))
        fronts = [(urls.feed_page_url(urls.folder_of(state.feed), site), state.changed_at) for state in states]
        fronts = [(site.base_url, changed_at), (urls.feed_page_url(ALL, site), changed_at), *fronts]
        self._write(urls.sitemap_file("feeds"), sitemap(fronts[:MOST_ADDRESSES]))
        parts = ["feeds", *map(str, range(1, _part_of(self._store.items.last_number()) + 1))]
        self._write(urls.SITEMAP_FILE, sitemap_index(site.base_url + urls.sitemap_file(part) for part in parts))

    def _item_pages(self, part: int) -> Iterable[tuple[str, datetime]]:
        """The pages here that are an item's own: one with a link is found there."""
        from publisher.rendering import urls

        after = (part - 1) * ITEMS_A_SITEMAP
        for place in self._store.items.addresses(after, after + ITEMS_A_SITEMAP):
            if not urls.is_web_address(place.link):
                yield f"{self._look.site.base_url}{urls.item_file(place)}", place.updated


def shown_editions(audience: Audience) -> str:
    """The name of the cursor that says up to which number an audience's editions have a page."""
    return f"archive {audience.name}"


class EditionPages:
    """The archive of editions: a page for each, without anything about who got it, and a list for each audience."""

    def __init__(self, store: Store, publication: Publication, write: Callable[[str, bytes], object]) -> None:
        self._store = store
        self._write = write
        self._look = publication.look

    def last(self, audience: Audience) -> int:
        """The number of the latest edition that has a page; 0: none has."""
        return self._store.log.cursor(shown_editions(audience)).seq

    def render(self, audience: Audience, numbers: Sequence[int]) -> None:
        """Write the pages of these editions, and the list of all that have a page.

        It is there before the first edition is, so that the front page may lead to it from the start.
        """
        from publisher.publish import pages
        from publisher.rendering import urls

        for number in numbers:
            edition = self._store.editions.get(audience.name, number)
            if edition is not None:
                page = pages.edition_page(edition, audience, previous=number - 1 or None, look=self._look)
                self._write(urls.edition_file(audience.name, number), page)
        last = max(self.last(audience), *numbers, 0)
        rows = self._store.editions.latest(audience.name, limit=LISTED_EDITIONS)
        listed = [(row.number, row.composed_at, row.items) for row in rows if row.items and row.number <= last]
        self._write(urls.editions_file(audience.name), pages.editions_page(audience, listed, look=self._look))


def _part_of(number: int) -> int:
    """The file that an item of that number is in; 0 for none."""
    return -(-number // ITEMS_A_SITEMAP)
