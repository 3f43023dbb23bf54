"""Writes one feed: all formats, the documents of its archive, its pages, and the files at its former addresses.

A closed document of an archive never changes (RFC 5005 section 4). Such a document is rewritten only if its file is
missing, if the site's address changed, if an editor hid one of its items or showed it again, or if a pass renders all
files on request.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from publisher.model.decisions import DecisionLog
from publisher.model.feeds import ALL, Feed
from publisher.model.progress import Steps
from publisher.model.records import Record
from publisher.publish.document import FeedDocument, FeedLook, archive_document, feed_document
from publisher.publish.entries import Entries
from publisher.publish.feed_items import FeedItems
from publisher.publish.files import PublicFiles
from publisher.publish.item_cache import ItemCache
from publisher.publish.jsonfeed import json_feed
from publisher.publish.pagination import Pagination
from publisher.publish.plan import STRETCH, PublishPlan, cut, start_of_cut_pass
from publisher.publish.publication import Publication
from publisher.publish.rss_atom import atom, rss
from publisher.rendering import urls
from publisher.store import Store
from publisher.store.archives import Archive
from publisher.store.feeds import FeedState
from publisher.store.sequences import FeedSequence

logger = DecisionLog("publish")

ANNOUNCED = 20
"""How many of the last revised and how many of the last withdrawn items a feed announces, whatever their age."""
WRITERS: Mapping[str, Callable[[FeedDocument, Entries], bytes]] = {"rss": rss, "atom": atom, "json": json_feed}
"""Functions that write a feed, by the format's key in config.toml."""


def newest_items(items: ItemCache, sequence: FeedSequence, *, limit: int) -> list[Record]:
    """Return the items that a feed shows, those published last first. They are the `limit` items that were added last,
    and all items added in the same pass as the earliest of these.

    At most `STRETCH` times `limit` items are shown.
    """
    newest = items.added_last(sequence, limit=limit)
    start = start_of_cut_pass(newest, limit=limit)
    if start is not None:
        newest = items.added_last(sequence, limit=STRETCH * limit, after=start)
    return sorted(newest, key=lambda record: (record.published, record.added_seq), reverse=True)


class FeedWriter:
    """Writes the feeds of one publishing pass."""

    def __init__(
        self,
        *,
        store: Store,
        items: ItemCache,
        publication: Publication,
        planned: PublishPlan,
        files: PublicFiles,
        look: FeedLook,
        pagination: Pagination,
        steps: Steps,
    ) -> None:
        """Prepare to write. The progress display `steps` advances by the number of items of each archive document that
        is written.
        """
        self._store = store
        self._items = items
        self._settings = publication.settings
        self._theme_map = publication.theme_map
        self._planned = planned
        self._files = files
        self._look = look
        self._pagination = pagination
        self._steps = steps
        self._prepared = FeedItems(publication.site)
        self._entries: dict[str, Entries] = {key: Entries() for key in publication.settings.formats}
        self._withdrawn = store.items.withdrawn_feeds() if planned.is_full else None
        """The slugs of the feeds that had items which were withdrawn. It is `None` if only a few feeds are written;
        then each of them is queried.
        """
        self._closed: list[Archive] = []
        self._veiled = store.log.veiled(planned.cursor.seq, planned.upto)
        """Items hidden or shown again. Unlike other changes, these also change closed documents."""

    def write(self, state: FeedState) -> None:
        """Write all files of a feed. Each file is written before those that link to it."""
        feed = state.feed
        sequence = self._store.feeds.whole(feed.slug) if self._planned.is_full else self._store.feeds.end(feed.slug)
        records = newest_items(self._items, sequence, limit=self._settings.limit)
        last_page = self._pagination.render(state, sequence)
        last_archive = self._write_archive(feed, sequence)
        document = feed_document(
            feed,
            self._add_revised(records, feed.slug) if last_archive else records,
            look=self._look,
            changed_at=state.changed_at,
            withdrawn=self._store.items.withdrawn_last(feed.slug, limit=ANNOUNCED) if self._may_announce(feed) else (),
            last_archive=last_archive,
            prepared=self._prepared,
        )
        self._write_document(document, urls.folder_of(feed))
        for former in self._theme_map.former(feed.slug):
            self._write_document(document, former)
            self._pagination.render_moved(feed, former, last=last_page)

    def settle(self) -> None:
        """Record which log numbers each closed archive document and each full page covers. Call this once their files
        are visible to readers.
        """
        self._store.feeds.archives.close(self._closed)
        self._pagination.settle()

    def _may_announce(self, feed: Feed) -> bool:
        """Whether the feed may have withdrawn items to announce."""
        return self._withdrawn is None or feed.slug in self._withdrawn

    def _add_revised(self, records: Sequence[Record], slug: str) -> Sequence[Record]:
        """Return the feed's items, and with them archived items that were revised since they were archived, because RFC
        5005 section 4 wants the feed to announce these.
        """
        revised = self._store.items.revised_last(slug, limit=ANNOUNCED)
        return list({record.number: record for record in (*records, *revised)}.values())

    def _write_archive(self, feed: Feed, sequence: FeedSequence) -> int | None:
        """Write and close archive documents with the items that no longer fit into the feed.

        Returns the number of the last document of the archive, or `None` if there is none.
        """
        due = _due_archives(sequence, size=self._settings.limit)
        closed = [(archive, self._files_of(feed, archive)) for archive in due]
        for archive, files in (*self._archives_to_repeat(feed, sequence), *closed):
            records = self._items.added_between(sequence, archive.after, archive.upto)
            gone = (
                self._store.items.withdrawn_between(feed.slug, archive.after, archive.upto)
                if self._may_announce(feed)
                else ()
            )
            document = archive_document(
                feed, archive.number, records, look=self._look, withdrawn=gone, prepared=self._prepared
            )
            for file, key in files.items():
                self._files.write(file, WRITERS[key](document, self._entries[key]))
            self._steps.advance(len(records))
        self._closed += due
        last = max((archive.number for archive in (*sequence.archives, *due)), default=0)
        if self._planned.repeats_archives:
            self._empty_former(feed, last)
        return last or None

    def _empty_former(self, feed: Feed, last: int) -> None:
        """Empty archive documents at a renamed theme's former addresses whose numbers are no longer used."""
        for former in self._theme_map.former(feed.slug):
            ended = self._store.feeds.archives.last(former)
            for number in range(last + 1, (ended.number if ended else 0) + 1):
                empty = archive_document(feed, number, (), look=self._look)
                self._write_document(empty, former, archive=number)

    def _archives_to_repeat(self, feed: Feed, sequence: FeedSequence) -> Iterator[tuple[Archive, Mapping[str, str]]]:
        """Yield closed documents to write again, with the files of each.

        These are documents with items that an editor hid or showed again, documents whose files are missing, or all
        documents if requested.
        """
        veiled = self._store.feeds.archives.holding(feed.slug, self._veiled_seqs(feed.slug))
        for archive in veiled if not self._planned.repeats_archives else ():
            logger.debug("archive is rendered", because="an item in it was hidden or shown", feed=feed.slug)
            yield archive, self._files_of(feed, archive)
        for archive in sequence.archives if self._planned.is_full else ():
            if archive in veiled and not self._planned.repeats_archives:
                continue
            files = self._files_of(feed, archive)
            for file in files:
                self._files.remove_copies(file)
            if self._planned.repeats_archives:
                because = "the pass repeats archives"
            else:
                files = {file: key for file, key in files.items() if not self._files.has(file)}
                because = f"there is no {next(iter(files), '')}"
            if files:
                logger.debug("archive is rendered", because=because, feed=feed.slug, number=archive.number)
                yield archive, files

    def _veiled_seqs(self, slug: str) -> Collection[int]:
        return {seq for seqs in self._veiled.values() for seq in seqs} if slug == ALL else self._veiled.get(slug, ())

    def _files_of(self, feed: Feed, archive: Archive) -> dict[str, str]:
        """Return the paths of the files of an archive document, including those at former addresses, each with its
        format.
        """
        return {
            urls.feed_file(place, key, archive=archive.number): key
            for place in (urls.folder_of(feed), *self._former_places(feed, archive))
            for key in self._settings.formats
        }

    def _former_places(self, feed: Feed, archive: Archive) -> Iterator[str]:
        """Yield the former folders of a renamed theme that had an archive document with this number."""
        for former in self._theme_map.former(feed.slug):
            last = self._store.feeds.archives.last(former)
            if last is not None and archive.number <= last.number:
                yield former

    def _write_document(self, document: FeedDocument, folder: str, *, archive: int | None = None) -> None:
        for key in self._settings.formats:
            self._files.write(urls.feed_file(folder, key, archive=archive), WRITERS[key](document, self._entries[key]))


def _due_archives(sequence: FeedSequence, *, size: int) -> list[Archive]:
    """Return the archive documents to close, each of `size` items, so that fewer than `size` of the older items are in
    no document.
    """
    number, after = (sequence.archives[-1].number, sequence.archives[-1].upto) if sequence.archives else (0, 0)
    return [
        Archive(feed=sequence.feed, number=each, after=start, upto=upto)
        for each, (start, upto) in enumerate(cut(sequence.seqs, after=after, size=size), start=number + 1)
    ]
