"""The numbered pages of a feed, which lead visitors back to its first item.

A feed's first page shows its newest items; the pages with older ones are numbered from the oldest on. What a full page
holds is settled for good: news changes the first page, and when that has become too long the two pages before it. A
numbered page is written again when one of its items changes.
"""

from collections.abc import Iterable, Sequence

from publisher.model.feeds import ALL, Feed
from publisher.model.progress import Steps
from publisher.publish import pages
from publisher.publish.files import PublicFiles
from publisher.publish.page_values import Look
from publisher.publish.plan import PublishPlan
from publisher.rendering import urls
from publisher.store import FeedState, PageRow, Store

PAGE_ITEMS = 25
"""The first page of a feed shows up to twice as many, so that it never shows only a few."""


class Pagination:
    """The pages of feeds, as one pass writes them."""

    def __init__(self, *, store: Store, planned: PublishPlan, files: PublicFiles, look: Look, steps: Steps) -> None:
        """`steps` is told of each numbered page how many items are on it."""
        self._store = store
        self._planned = planned
        self._files = files
        self._look = look
        self._steps = steps
        self._reworked = {} if planned.is_full else store.log.reworked(planned.after, planned.upto)
        self._full: list[PageRow] = []

    def render(self, state: FeedState) -> int:
        """Write the first page of a feed and the numbered ones that have to change; the number of the last of these."""
        slug = state.feed.slug
        due = self._store.feeds.pages.due(slug, size=PAGE_ITEMS)
        before = self._store.feeds.pages.last_number(slug)
        # The newest full page is part of the first page of the feed.
        last = max(before + len(due) - 1, 0)
        for row in self._rows(slug, before, due):
            self._write(state, row.after, row.upto, number=row.number, last=last)
        self._write(state, self._end_of(slug, last, due), self._planned.upto, number=None, last=last)
        self._full += due
        return last

    def render_moved(self, feed: Feed, former: str, *, last: int) -> None:
        """Write at a former slug of the feed pages that lead to its own; `last` is the number of its last one."""
        numbers = self._store.feeds.pages.last_number(former) if self._planned.is_full else 0
        for number in (None, *range(1, numbers + 1)):
            own = urls.feed_page_file(feed.slug, None if number is None or number > last else number)
            file = urls.feed_page_file(former, number)
            self._files.write(file, pages.moved_page(feed, file, to=own, look=self._look))

    def settle(self) -> None:
        """Keep what full pages hold; after readers see them."""
        self._store.feeds.pages.settle(self._full)

    def _write(self, state: FeedState, after: int, upto: int, *, number: int | None, last: int) -> None:
        feed = state.feed
        records = self._store.items.added_between(feed.slug, after, upto)
        page = pages.feed_page(feed, records, items=state.items, look=self._look, number=number, last=last)
        self._files.write(urls.feed_page_file(urls.folder_of(feed), number), page)
        if number is not None:
            self._steps.advance(len(records))

    def _rows(self, slug: str, before: int, due: Sequence[PageRow]) -> Iterable[PageRow]:
        """The numbered pages to write, oldest first."""
        last = before + len(due) - 1
        if self._planned.is_full:
            known = self._store.feeds.pages.between(slug, first=1, last=min(before, last))
        else:
            # Page `before` was part of the first page until now, and the one before it led there.
            numbers = set(range(max(before - 1, 1), before + 1)) if due else set()
            numbers |= self._store.feeds.pages.numbers(slug, self._seqs(slug))
            known = [row for number in sorted(numbers) if number <= last for row in self._row(slug, number)]
        return [*known, *due[:-1]]

    def _seqs(self, slug: str) -> list[int]:
        if slug != ALL:
            return self._reworked.get(slug, [])
        return sorted({seq for seqs in self._reworked.values() for seq in seqs})

    def _end_of(self, slug: str, number: int, due: Sequence[PageRow]) -> int:
        """Where the page of that number ends."""
        rows = [*self._row(slug, number), *(row for row in due if row.number == number)]
        return rows[0].upto if number else 0

    def _row(self, slug: str, number: int) -> list[PageRow]:
        return self._store.feeds.pages.between(slug, first=number, last=number)
