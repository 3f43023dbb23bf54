"""The numbered pages of a feed, on which visitors can go back to its first item (pagination).

A feed's first page shows its newest items; pages with older items are numbered, the oldest first. The range of log
numbers of a full page is final. A new item changes the first page; when the first page is split, the last three
numbered pages change too. A numbered page is rewritten when one of its items changes.
"""

from collections.abc import Iterable, Sequence

from publisher.model.feeds import ALL, Feed
from publisher.model.progress import Steps
from publisher.publish import pages
from publisher.publish.files import PublicFiles
from publisher.publish.item_cache import ItemCache
from publisher.publish.page_values import SiteLook
from publisher.publish.plan import PublishPlan, cut
from publisher.rendering import urls
from publisher.store import Store
from publisher.store.feeds import FeedState
from publisher.store.pages import PageRow
from publisher.store.sequences import CHANGING_PAGES, FeedSequence

PAGE_ITEMS = 25
"""How many items a full page has. The first page of a feed shows up to twice as many, so that it never shows only a
few.
"""


class Pagination:
    """Writes the pages of feeds in one publishing pass."""

    def __init__(
        self,
        *,
        store: Store,
        items: ItemCache,
        planned: PublishPlan,
        files: PublicFiles,
        look: SiteLook,
        steps: Steps,
    ) -> None:
        """Prepare to write. The progress display `steps` advances by the number of items of each numbered page that is
        written.
        """
        self._store = store
        self._items = items
        self._planned = planned
        self._files = files
        self._look = look
        self._steps = steps
        self._reworked = {} if planned.is_full else store.log.reworked(planned.after, planned.upto)
        self._full: list[PageRow] = []

    def render(self, state: FeedState, sequence: FeedSequence) -> int:
        """Write the first page of a feed, and the numbered pages that must change; return the number of the last
        numbered page.
        """
        due = _due_pages(sequence)
        full = [*sequence.pages, *due]
        # The newest full page is part of the first page of the feed.
        last = max(full[-1].number - 1, 0) if full else 0
        for row in self._rows(sequence, due, last):
            self._write(state, sequence, row.after, row.upto, number=row.number, last=last)
        start = next((row.upto for row in full if row.number == last), 0)
        self._write(state, sequence, start, self._planned.upto, number=None, last=last)
        self._full += due
        return last

    def render_moved(self, feed: Feed, former: str, *, last: int) -> None:
        """Write pages at the former slug of a feed that redirect to its present pages; `last` is the number of the last
        numbered page.
        """
        numbers = self._store.feeds.pages.last_number(former) if self._planned.is_full else 0
        for number in (None, *range(1, numbers + 1)):
            own = urls.feed_page_file(feed.slug, None if number is None or number > last else number)
            file = urls.feed_page_file(former, number)
            self._files.write(file, pages.moved_page(feed, file, to=own, look=self._look))

    def settle(self) -> None:
        """Record which log numbers each full page covers. Call this once the pages are visible to readers."""
        self._store.feeds.pages.settle(self._full)

    def _write(
        self, state: FeedState, sequence: FeedSequence, after: int, upto: int, *, number: int | None, last: int
    ) -> None:
        feed = state.feed
        records = self._items.added_between(sequence, after, upto)
        page = pages.feed_page(feed, records, items=state.items, look=self._look, number=number, last=last)
        self._files.write(urls.feed_page_file(urls.folder_of(feed), number), page)
        if number is not None:
            self._steps.advance(len(records))

    def _rows(self, sequence: FeedSequence, due: Sequence[PageRow], last: int) -> Iterable[PageRow]:
        """Return the numbered pages to write, oldest first; `last` is the number of the last numbered page."""
        if self._planned.is_full:
            known = sequence.pages
        else:
            # the newest of them was part of the first page until now, and the ones before it did not link to it
            near = {row.number: row for row in sequence.pages[-CHANGING_PAGES:]} if due else {}
            for number in self._store.feeds.pages.numbers(sequence.feed, self._reworked_seqs(sequence.feed)):
                near.setdefault(number, self._page(sequence.feed, number))
            known = [near[number] for number in sorted(near)]
        return [row for row in (*known, *due) if row.number <= last]

    def _reworked_seqs(self, slug: str) -> list[int]:
        """Return the log numbers under which the feed's revised and withdrawn items were added."""
        if slug != ALL:
            return self._reworked.get(slug, [])
        return sorted({seq for seqs in self._reworked.values() for seq in seqs})

    def _page(self, slug: str, number: int) -> PageRow:
        return self._store.feeds.pages.between(slug, first=number, last=number)[0]


def _due_pages(sequence: FeedSequence) -> list[PageRow]:
    """Return the pages of a feed that have become full, so that the other items fill at most one page."""
    number, after = (sequence.pages[-1].number, sequence.pages[-1].upto) if sequence.pages else (0, 0)
    return [
        PageRow(feed=sequence.feed, number=each, after=start, upto=upto)
        for each, (start, upto) in enumerate(cut(sequence.seqs, after=after, size=PAGE_ITEMS), start=number + 1)
    ]
