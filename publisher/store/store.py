"""The one door to what the site remembers."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from types import TracebackType
from typing import Self

from publisher.model.editions import Edition, Notice
from publisher.model.feeds import Feed, FeedKind
from publisher.model.items import Item
from publisher.model.labels import Names, Wanted
from publisher.model.progress import Progress, quiet
from publisher.model.records import Record
from publisher.model.themes import nothing_wanted
from publisher.store import (
    archives,
    authority,
    cursors,
    editions,
    feeds,
    names,
    notices,
    numbering,
    pages,
    records,
    reviewing,
    runs,
    sources,
)
from publisher.store.archives import Archive
from publisher.store.collecting import Collecting
from publisher.store.cursors import Cursor
from publisher.store.editions import AudienceState, EditionRow
from publisher.store.engine import BATCH, Database
from publisher.store.feeds import AlsoIn, Assign, FeedState, nowhere_else
from publisher.store.locks import Locks
from publisher.store.pages import PageRow
from publisher.store.records import PageAddress
from publisher.store.runs import RunRow
from publisher.store.sources import SourceState
from publisher.store.upgrade import ensure_head


class Store:
    """What a site remembers: the log, its cursors, editions and runs.

    Every method is one transaction (those that yield: one for each page or pass) and may be called by several
    processes and threads at once. What cannot be done raises `StoreError`, and nothing of it is recorded.
    """

    def __init__(self, database: Database, locks: Locks) -> None:
        self._database = database
        self._locks = locks

    @classmethod
    def open(cls, url: str) -> Self:
        """The store at an SQLAlchemy URL; its tables are made, or brought up to date, when they are not.

        Raises:
            StoreError: it cannot be opened, or a newer publisher has changed it.
        """
        database = Database(url)
        locks = Locks(database)
        try:
            ensure_head(database, locks)
        except BaseException:
            database.close()
            raise
        return cls(database, locks)

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def exclusive(self, purpose: str, *, wait_s: float) -> AbstractContextManager[None]:
        """Keep every other process, and every other caller in this one, from `purpose` meanwhile.

        A holder that dies frees it. `purpose` is letters, digits and hyphens.

        Raises:
            BusyError: another one held it for all of `wait_s`.
        """
        return self._locks.hold(purpose, wait_s=wait_s)

    @contextmanager
    def rehearsal(self) -> Iterator[Self]:
        """A store that begins as this one and whose changes are forgotten at the end; only it sees them meanwhile.

        From its first change on, other writers wait for it.
        """
        with self._database.rehearsing() as database:
            yield type(self)(database, self._locks)

    def authority(self, proposed: str) -> str:
        """What the site's ids are named after (RFC 4151): what was proposed the first time, whatever is now."""
        with self._database.reading() as connection:
            kept = authority.authority(connection)
        if kept is not None:
            return kept
        with self._database.writing() as connection:
            return authority.keep_authority(connection, proposed)

    # --- sources and collecting --------------------------------------------------------------------------------------

    def source_state(self, source: str) -> SourceState:
        """How a source fared when it was last read; all empty when it never was."""
        with self._database.reading() as connection:
            return sources.source_state(connection, source)

    def source_states(self) -> dict[str, SourceState]:
        """How each source fared that was ever read, by name."""
        with self._database.reading() as connection:
            return sources.source_states(connection)

    def source_failed(self, source: str, problem: str, *, now: datetime, next_try: datetime | None = None) -> None:
        """Count a reading that failed; the source is left alone until `next_try`."""
        with self._database.writing() as connection:
            before = sources.source_state(connection, source)
            sources.write_state(
                connection, source, sources.failed(before, problem, now=now, next_try=next_try), before=before
            )

    def source_unchanged(self, source: str, validator: str = "", *, next_try: datetime | None = None) -> None:
        """Note a reading that found nothing changed: its failures are over. Nothing is written when it had none."""
        with self._database.writing() as connection:
            before = sources.source_state(connection, source)
            sources.write_state(
                connection, source, sources.recovered(before, validator, next_try=next_try), before=before
            )

    @contextmanager
    def collecting(self, source: str, *, also_in: AlsoIn = nowhere_else) -> Iterator[Collecting]:
        """One pass over the log for a source; committed when the block ends, forgotten when it raises.

        `also_in` says in which feeds an item is besides those of its themes.
        """
        with self._database.writing() as connection:
            collecting = Collecting(connection, source, also_in=also_in)
            yield collecting
            collecting.write_counters()

    # --- the log and its readers -------------------------------------------------------------------------------------

    def log_end(self) -> int:
        """The number of the latest change: every change up to it can be read, and none will ever join them."""
        with self._database.reading() as connection:
            return numbering.log_end(connection)

    def cursor(self, consumer: str) -> Cursor:
        """Where a consumer stands; at the log's beginning when it never moved."""
        with self._database.reading() as connection:
            return cursors.cursor(connection, consumer)

    def move_cursor(self, consumer: str, *, expected: int, seq: int, settings: str) -> None:
        """Move a consumer on from `expected`; nothing is written when it stands there already.

        Raises:
            StoreError: another process moved it meanwhile.
        """
        with self._database.writing() as connection:
            cursors.move_cursor(connection, consumer, expected=expected, to=Cursor(seq=seq, settings=settings))

    def touched_feeds(self, after: int, upto: int) -> set[str]:
        """Slugs of the feeds that the changes in (after, upto] touch, the ones left and the ones joined."""
        with self._database.reading() as connection:
            return records.touched_feeds(connection, after, upto)

    def changed_records(self, after: int, upto: int, *, batch: int = BATCH) -> Iterator[list[Record]]:
        """Every item changed in (after, upto] once, as it is now, withdrawn ones too; by their last change in there."""
        while after < upto:
            with self._database.reading() as connection:
                page = records.changed_page(connection, after, upto, limit=batch)
            if not page:
                return
            yield [record for _, record in page]
            after = page[-1][0]

    def feed_records(self, feed: str, *, limit: int) -> list[Record]:
        """The live items of a feed that were added last, newest published first.

        `limit` of them, or all that came with the newest one in one pass, up to four times `limit`; the first pass of
        a source, its whole archive, is not held together like that.
        """
        with self._database.reading() as connection:
            return records.feed_records(connection, feed, limit=limit)

    def revised_records(self, feed: str, *, limit: int) -> list[Record]:
        """The live items of a feed that were revised last, latest first."""
        with self._database.reading() as connection:
            return records.revised_records(connection, feed, limit=limit)

    def withdrawn_records(self, feed: str, *, limit: int) -> list[Record]:
        """The items that were withdrawn last while they were in a feed, latest first."""
        with self._database.reading() as connection:
            return records.withdrawn_records(connection, feed, limit=limit)

    def records_between(self, feed: str, after: int, upto: int) -> list[Record]:
        """The live items of a feed that were added in (after, upto], in that order."""
        with self._database.reading() as connection:
            return records.records_between(connection, feed, after, upto)

    def names(self, wanted: Wanted) -> Names:
        """The slugs of those of the labels and keywords that have one."""
        with self._database.reading() as connection:
            return names.names_of(connection, wanted)

    def unchanged_records(self, feed: str, *, upto: int, limit: int) -> list[Record]:
        """Some `limit` live items of a feed that did not change after `upto`; all when there are fewer."""
        with self._database.reading() as connection:
            return records.unchanged_records(connection, feed, upto=upto, limit=limit)

    def withdrawn_between(self, feed: str, after: int, upto: int) -> list[Record]:
        """The items that were added in (after, upto] and withdrawn while they were in a feed."""
        with self._database.reading() as connection:
            return records.withdrawn_between(connection, feed, after, upto)

    # --- feeds -------------------------------------------------------------------------------------------------------

    def feeds(self, kind: FeedKind) -> list[FeedState]:
        """Every feed of that kind there ever was, by slug."""
        with self._database.reading() as connection:
            return feeds.states_of_kind(connection, kind)

    def open_feeds(self) -> list[FeedState]:
        """Every feed that is written for readers, by slug."""
        with self._database.reading() as connection:
            return feeds.open_states(connection)

    def feed_states(self, slugs: Collection[str]) -> dict[str, FeedState]:
        """Those of these feeds that are there, by slug."""
        with self._database.reading() as connection:
            return feeds.feed_states(connection, slugs)

    def ensure_feeds(self, wanted: Sequence[Feed], *, now: datetime) -> None:
        """Make sure that every feed is there under its title; nothing is written when all are."""
        with self._database.writing() as connection:
            feeds.ensure_feeds(connection, wanted, now=now)

    def follow_on(self, slug: str, former: Sequence[str]) -> None:
        """Let a feed that readers never had go on as the one they had under one of its former slugs.

        It keeps that one's id, archive, pages, and what was withdrawn from it.
        """
        with self._database.writing() as connection:
            feeds.follow_on(connection, slug, former)

    def mark_open(self, slugs: Collection[str], *, now: datetime) -> None:
        """Note that these feeds are written for readers from now on; the first time counts."""
        with self._database.writing() as connection:
            feeds.open_feeds(connection, slugs, now=now)

    def archives(self, feed: str) -> list[Archive]:
        """The documents of a feed's archive that are closed, oldest first."""
        with self._database.reading() as connection:
            return archives.archives_of(connection, feed)

    def last_archive(self, feed: str) -> Archive | None:
        """The newest document of a feed's archive; None: it has none."""
        with self._database.reading() as connection:
            return archives.last_archive(connection, feed)

    def due_archives(self, feed: str, *, size: int) -> list[Archive]:
        """The documents to close so that fewer items than go into the feed itself, `size`, are in none."""
        with self._database.reading() as connection:
            return archives.due_archives(connection, feed, size=size)

    def close_archives(self, closed: Sequence[Archive]) -> None:
        """Settle for ever what these documents hold."""
        with self._database.writing() as connection:
            archives.close_archives(connection, closed)

    def pages(self, feed: str, *, first: int, last: int) -> list[PageRow]:
        """The full pages of a feed from number `first` to `last`, oldest first."""
        with self._database.reading() as connection:
            return pages.pages_of(connection, feed, first=first, last=last)

    def due_pages(self, feed: str, *, size: int) -> list[PageRow]:
        """The pages of `size` items that became full, so that at most that many live items are on none."""
        with self._database.reading() as connection:
            return pages.due_pages(connection, feed, size=size)

    def last_page(self, feed: str) -> int:
        """The number of a feed's newest full page; 0: it has none."""
        with self._database.reading() as connection:
            return pages.last_number(connection, feed)

    def page_numbers(self, feed: str, seqs: Sequence[int]) -> set[int]:
        """The full pages of a feed that hold, or held, the items added under these log numbers."""
        with self._database.reading() as connection:
            return pages.page_numbers(connection, feed, seqs)

    def settle_pages(self, full: Sequence[PageRow]) -> None:
        """Settle for ever what these pages hold."""
        with self._database.writing() as connection:
            pages.settle_pages(connection, full)

    def reworked(self, after: int, upto: int) -> dict[str, list[int]]:
        """By feed, the log numbers under which the items were added that were revised or withdrawn in (after, upto]."""
        with self._database.reading() as connection:
            return pages.reworked(connection, after, upto)

    def page_addresses(self, after: int, upto: int) -> list[PageAddress]:
        """Where the live items with numbers in (after, upto] are found, in that order."""
        with self._database.reading() as connection:
            return records.page_addresses(connection, after, upto)

    def last_item(self) -> int:
        """The highest number of an item; none is missing below it."""
        with self._database.reading() as connection:
            return numbering.last_item(connection)

    def item_count(self) -> int:
        """How many live items there are."""
        with self._database.reading() as connection:
            return numbering.item_count(connection)

    def retheme(
        self,
        assign: Assign,
        *,
        also_in: AlsoIn = nowhere_else,
        wanted: Callable[[Iterable[Item]], Wanted] = nothing_wanted,
        now: datetime,
        progress: Progress = quiet,
    ) -> None:
        """Give every item its themes and feeds anew, page by page; one that is cut short can simply be repeated.

        `wanted` says which labels and keywords of some items need a name.

        The log does not grow: the organisation changed nothing, so nobody shall be told.
        """
        with self._database.reading() as connection:
            last_item = numbering.last_item(connection)
        after: int | None = 0
        while after is not None:
            progress("themes", min(after, last_item), last_item)
            with self._database.writing() as connection:
                after = feeds.retheme_page(connection, assign, also_in, wanted, after=after, now=now)

    # --- audiences and editions --------------------------------------------------------------------------------------

    def audience_state(self, name: str) -> AudienceState | None:
        """How far an audience has come; None: it never had an edition nor passed one over."""
        with self._database.reading() as connection:
            return editions.audience_state(connection, name)

    def due_records(
        self, audience: str, *, themes: Sequence[str] | None, after: int, upto: int, start: int
    ) -> list[Record]:
        """The live items an audience has not had, in the order they were added.

        Changed in (after, upto], added beyond `start`, in one of `themes` (None: in any), in none of its editions.
        """
        with self._database.reading() as connection:
            return records.due_records(connection, audience, themes=themes, after=after, upto=upto, start=start)

    def latest_records(self, themes: Sequence[str] | None, *, limit: int) -> list[Record]:
        """The `limit` live items of any of the themes (None: of all) that were added last, in the order they were."""
        with self._database.reading() as connection:
            return records.latest_records(connection, themes, limit=limit)

    def corrected_records(self, audience: str, *, upto: int) -> list[Record]:
        """The live items of an audience's editions that read otherwise now than when it was last told of them.

        Those that changed after its latest edition and up to `upto`, in the order of those changes.
        """
        with self._database.reading() as connection:
            return records.corrected_records(connection, audience, upto=upto)

    def record_edition(self, edition: Edition, *, start: int, tick: datetime | None) -> None:
        """Record an edition, its items and the audience's new cursor at once; `start` counts the first time only.

        Raises:
            StoreError: the audience's cursor is no longer `edition.after`: another process composed for it.
        """
        with self._database.writing() as connection:
            editions.record_edition(connection, edition, start=start, tick=tick)

    def pass_over(self, audience: str, state: AudienceState) -> None:
        """Move an audience on to `state` without an edition; nothing is written when it stands there already.

        Raises:
            StoreError: it got an edition, or came further, since `state` was made.
        """
        with self._database.writing() as connection:
            editions.pass_over(connection, audience, state)

    def unwritten_editions(self) -> list[Edition]:
        """The editions not yet in the outbox, oldest first, as they were composed, less what was withdrawn since."""
        with self._database.reading() as connection:
            return editions.unwritten_editions(connection)

    def drop_withdrawn(self, audience: str, number: int) -> Edition | None:
        """Take what was withdrawn since out of an edition that is not in the outbox yet, and return what is left of it.

        None: it is in the outbox, or there is none. Should an item come back, it is due again.
        """
        with self._database.writing() as connection:
            return editions.drop_withdrawn(connection, audience, number)

    def mark_written(self, audience: str, number: int, *, at: datetime) -> None:
        """Note that an edition is in the outbox; the first time counts."""
        with self._database.writing() as connection:
            editions.mark_written(connection, audience, number, at=at)

    def edition(self, audience: str, number: int) -> Edition | None:
        """An edition as it was composed, less what was withdrawn since; None: there is none."""
        with self._database.reading() as connection:
            return editions.edition(connection, audience, number)

    def released_numbers(self, audience: str, *, after: int) -> list[int]:
        """The editions beyond number `after` that are in the outbox or on their way, up to the first that is held."""
        with self._database.reading() as connection:
            return editions.released_numbers(connection, audience, after=after)

    def editions_touched(self, after: int, upto: int) -> list[tuple[str, int]]:
        """The editions, as (audience, number), that hold an item which was revised or withdrawn in (after, upto]."""
        with self._database.reading() as connection:
            return editions.editions_touched(connection, after, upto)

    def editions(self, audience: str | None = None, *, limit: int) -> list[EditionRow]:
        """The editions composed last, latest first, of one audience or of all."""
        with self._database.reading() as connection:
            return editions.edition_rows(connection, audience, limit=limit)

    # --- held editions: each decision says whether it came in time ---------------------------------------------------

    def is_held(self, audience: str) -> bool:
        """Whether an edition of the audience waits for the editor."""
        with self._database.reading() as connection:
            return reviewing.is_held(connection, audience)

    def is_shown(self, audience: str, number: int) -> bool:
        """Whether the folder that the editor sees is what is recorded, and nothing in it was withdrawn since."""
        with self._database.reading() as connection:
            return reviewing.is_shown(connection, audience, number)

    def mark_shown(self, audience: str, number: int, *, at: datetime) -> None:
        """Note that the folder that the editor sees is what is recorded."""
        with self._database.writing() as connection:
            reviewing.mark_shown(connection, audience, number, at=at)

    def release(self, audience: str, number: int, *, at: datetime) -> bool:
        """Let a held edition go out, with `at` for its date."""
        with self._database.writing() as connection:
            return reviewing.release(connection, audience, number, at=at)

    def postpone(self, audience: str, number: int, *, until: datetime) -> bool:
        """Hold a held edition until then."""
        with self._database.writing() as connection:
            return reviewing.postpone(connection, audience, number, until=until)

    def introduce(self, audience: str, number: int, text: str) -> bool:
        """Put a text above the items of a held edition, instead of the one before."""
        with self._database.writing() as connection:
            return reviewing.introduce(connection, audience, number, text)

    def drop(self, audience: str, number: int, item: int) -> bool:
        """Take an item out of a held edition for good: this audience never gets it."""
        with self._database.writing() as connection:
            return reviewing.drop(connection, audience, number, item)

    def put_off(self, audience: str, number: int, item: int) -> bool:
        """Take an item out of a held edition, so that it is due for the next one."""
        with self._database.writing() as connection:
            return reviewing.put_off(connection, audience, number, item)

    def discard(self, audience: str, number: int) -> bool:
        """Take all items out of an edition for good, held or not, unless it is in the outbox already.

        It never goes out, and its number is not given again.
        """
        with self._database.writing() as connection:
            return reviewing.discard(connection, audience, number)

    # --- notices -----------------------------------------------------------------------------------------------------

    def record_notices(self, new: Sequence[Notice], *, told: Mapping[str, str]) -> list[Notice]:
        """Number notices and keep them, together with the condition that was told of each source; as they are kept."""
        with self._database.writing() as connection:
            return notices.record_notices(connection, new, told=told)

    def unwritten_notices(self) -> list[Notice]:
        """Those that are not in the outbox yet, in their order."""
        with self._database.reading() as connection:
            return notices.unwritten_notices(connection)

    def mark_notice_written(self, number: int, *, at: datetime) -> None:
        """Note that a notice is in the outbox."""
        with self._database.writing() as connection:
            notices.mark_notice_written(connection, number, at=at)

    def was_noticed(self, about: str, kind: str) -> bool:
        """Whether there ever was a notice of that kind about that thing."""
        with self._database.reading() as connection:
            return notices.was_noticed(connection, about, kind)

    # --- runs --------------------------------------------------------------------------------------------------------

    def record_run(self, verb: str, *, started: datetime, finished: datetime, exit_code: int, report: str) -> None:
        """Keep what is to be kept of a pass of a verb, as JSON."""
        run = RunRow(verb=verb, started=started, finished=finished, exit_code=exit_code, report=report)
        with self._database.writing() as connection:
            runs.record_run(connection, run)

    def runs(self, *, limit: int) -> list[RunRow]:
        """The runs recorded last, latest first."""
        with self._database.reading() as connection:
            return runs.latest_runs(connection, limit=limit)
