"""Publish: changes beyond the feeds' cursor go in, the feeds and pages they touch come out.

The cursor moves only after every file of the pass is in place, so a crash repeats the pass: files already there are
found equal and left alone, the others follow, and readers only ever see whole files. An item's page is in place before
any feed that links to it. What is settled by a pass (which feeds readers have, what closed archives and leaves hold) is
noted after the files and before the cursor: the repeated pass finds it noted, or notes the same.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from publisher.model.editions import Audience
from publisher.model.errors import EXIT_USAGE
from publisher.model.feeds import ALL, Feed, FeedKind, keyword_feed
from publisher.model.problems import Problem
from publisher.model.progress import Progress, quiet
from publisher.model.records import Record, State
from publisher.model.reports import PublishReport
from publisher.model.themes import wanted_names
from publisher.publish.files import COPIES, Files, remove_copies
from publisher.publish.pagination import EditionPages, Leaves, Sitemap, shown_editions
from publisher.publish.plan import CONSUMER, Extent, Publication, PublishPlan, plan, worth_a_feed
from publisher.publish.regather import regather
from publisher.store import Archive, FeedState, Store

if TYPE_CHECKING:  # what renders is imported when there is something to render: a pass with no news stays light
    from publisher.publish.document import FeedDocument

LATEST = 10
"""How many items the front page shows."""
ANNOUNCED = 20
"""How many of the items revised last, and of those withdrawn last, a feed tells of however old they are."""


def publish(
    store: Store,
    publication: Publication,
    open_files: Callable[[], Files],
    *,
    extent: Extent,
    authority: str,
    now: datetime,
    progress: Progress = quiet,
) -> PublishReport:
    """Bring the public files up to the end of the log; does not even open them when they are.

    `authority` names whoever gives out the ids of feeds (RFC 4151): `news.example.org,2026`.

    Raises:
        FilesError: a file could not be written; the next pass does all of this one again.
        TemplateError: a template cannot be used; nothing of the pass is visible, or some files that are whole.
    """
    planned = plan(store, publication, extent)
    if planned.is_empty:
        return PublishReport()
    if planned.is_full:
        planned = _settle_feeds(store, publication, planned, extent, now=now, progress=progress)
    report = _Pass(store, publication, open_files(), planned, authority=authority, progress=progress).render()
    # Not before they are there: a language is planned only while it is not.
    store.feeds.mark_open(planned.slugs, now=now)
    store.log.move_cursor(CONSUMER, expected=planned.cursor.seq, seq=planned.upto, settings=planned.digests)
    return report


def publish_editions(store: Store, publication: Publication, open_files: Callable[[], Files]) -> None:
    """Write the pages of editions that go out now, or that have none yet; opens no file when there are none.

    A mail leads to its edition's page, so the page is there first.

    Raises:
        FilesError: a file could not be written.
        TemplateError: a template cannot be used.
    """
    last = {audience: store.log.cursor(shown_editions(audience)).seq for audience in publication.audiences}
    new = {audience: store.editions.released_numbers(audience.name, after=after) for audience, after in last.items()}
    if new := {audience: numbers for audience, numbers in new.items() if numbers}:
        _show(store, publication, open_files, new)


def _show(
    store: Store,
    publication: Publication,
    open_files: Callable[[], Files],
    numbers_of: Mapping[Audience, Sequence[int]],
) -> None:
    """Write the pages of these editions and then note that they are there: a crash in between repeats it."""
    files = open_files()

    def write(path: str, data: bytes) -> None:
        remove_copies(files, path)
        files.write(path, data)

    writer = EditionPages(store, publication, write)
    for audience, numbers in numbers_of.items():
        writer.render(audience, numbers)
    files.commit()
    for audience, numbers in numbers_of.items():
        if numbers[-1] > (last := writer.last(audience)):
            store.log.move_cursor(shown_editions(audience), expected=last, seq=numbers[-1], settings={})


def _settle_feeds(
    store: Store, publication: Publication, planned: PublishPlan, extent: Extent, *, now: datetime, progress: Progress
) -> PublishPlan:
    """Give every item the themes and feeds that configuration now says; the plan with the feeds there are then."""
    if planned.is_regathered:
        regather(store, publication.gathering, now=now, progress=progress)
    store.feeds.ensure(publication.known_feeds, now=now)
    for theme in (publication.theme_map.default, *publication.theme_map.themes):
        if former := publication.theme_map.former(theme.slug):
            store.feeds.follow_on(theme.slug, former)
    return plan(store, publication, Extent.ALL if extent is Extent.NEWS else extent)


def _written(store: Store, planned: PublishPlan) -> list[FeedState]:
    """The feeds that readers have once this pass is over, by slug."""
    states = {state.feed.slug: state for state in store.feeds.all_open()}
    states |= store.feeds.states([slug for slug in planned.slugs if slug not in states])
    return [states[slug] for slug in sorted(states)]


class _Pass:
    """One rendering pass; it exists to say once what every file of it needs."""

    def __init__(
        self,
        store: Store,
        publication: Publication,
        files: Files,
        planned: PublishPlan,
        *,
        authority: str,
        progress: Progress,
    ) -> None:
        from publisher.publish.document import FeedLook
        from publisher.rendering import urls

        self._store = store
        self._publication = publication
        self._planned = planned
        self._authority = authority
        self._progress = progress
        self._files = files
        # The first pass of a new version renders everything, so it meets every file that has copies. Whether there are
        # any is asked once: two looks for each file would cost the rebuild of a large site a tenth of its time.
        self._has_copies = planned.is_full and files.has_any(COPIES)
        self._look = publication.look
        self._feed_look = FeedLook(
            site=publication.site,
            authority=authority,
            formats=publication.settings.formats,
            icon=self._address(publication.settings.icon),
            logo=self._address(publication.settings.logo),
            hub=publication.settings.hub,
        )
        self._states = {
            state.feed.slug: state
            for state in worth_a_feed(store, publication.settings, _written(store, planned))
            if publication.theme_map.current(state.feed.slug) == state.feed.slug
        }
        self._folders = Counter(urls.folder_of(state.feed) for state in self._states.values())
        self._leaves = Leaves(store, planned, self._write, look=self._look, advance=self._advance)
        self._sitemap = Sitemap(store, self._write, look=self._look)
        self._closed: list[Archive] = []
        self._steps_done = self._steps = 0
        """Of rendering feeds: one for each item on a page to leaf through, and one for each in an archive."""
        self._written = 0
        self._unchanged = 0

    def render(self) -> PublishReport:
        """Write every file the plan names, those that are linked to before those that link."""
        from publisher.publish import pages
        from publisher.rendering import urls

        if self._planned.is_full:
            self._write(urls.STYLE_FILE, pages.style_sheet(look=self._look))
            self._write(urls.NOT_FOUND_FILE, pages.not_found_page(look=self._look))
        self._render_items()
        states = [self._states[slug] for slug in self._planned.slugs]
        changed = self._render_feeds(
            [*(state for state in states if not self._is_hidden(state.feed)), self._all_items()]
        )
        self._render_lists()
        self._render_editions()
        self._files.commit()
        self._store.feeds.archives.close(self._closed)
        self._leaves.settle()
        return PublishReport(
            feeds=tuple(changed),
            files_written=self._written,
            files_unchanged=self._unchanged,
            problems=tuple(self._problems()),
        )

    def _render_items(self) -> None:
        done, total = 0, self._planned.upto - self._planned.after
        for records in self._store.log.changed_records(self._planned.after, self._planned.upto):
            self._progress("item pages", done, total)
            self._write_items(records)
            self._sitemap.note(records)
            done += len(records)
        if not self._planned.is_full:
            self._write_items(self._with_new_keyword_feed())
        self._progress("item pages", total, total)

    def _write_items(self, records: Sequence[Record]) -> None:
        from publisher.publish import pages
        from publisher.rendering import urls

        names = self._store.names.of(wanted_names([record.item for record in records], self._publication.theme_map))
        for record in records:
            wanted = {keyword: keyword_feed(keyword, names) for keyword in record.item.keywords}
            open_feeds = {keyword: feed for keyword, feed in wanted.items() if feed.slug in self._states}
            file = urls.item_file(record)
            self._write(file, pages.item_page(record, look=self._look, keyword_feeds=open_feeds))
            if record.state is State.WITHDRAWN:
                self._write(urls.gone_file(file), b"")
            else:
                self._files.remove(urls.gone_file(file))  # of an item that was withdrawn and is listed again

    def _with_new_keyword_feed(self) -> list[Record]:
        """Items that did not change and that a keyword leads further from now on, because it has got a feed.

        Which feeds are new is told by nothing that a crash could take back: had a keyword got its feed in an earlier
        pass, then as many of its items as make a feed would be there unchanged. So there are never many of them.
        """
        enough, found = self._publication.settings.keywords_from, dict[int, Record]()
        for slug in self._planned.slugs:
            if self._states[slug].feed.kind is FeedKind.KEYWORD:
                unchanged = self._store.items.unchanged(slug, upto=self._planned.after, limit=enough)
                found |= {record.number: record for record in unchanged if len(unchanged) < enough}
        return [found[number] for number in sorted(found)]

    def _render_feeds(self, states: Sequence[FeedState]) -> list[str]:
        """The folders of those of which a file changed."""
        from publisher.rendering import urls

        self._steps, end, changed = 2 * sum(state.items for state in states), 0, []
        self._advance(0)
        for state in states:
            before = self._written
            self._render_feed(state)
            if self._written > before:
                changed.append(urls.folder_of(state.feed))
            end += 2 * state.items
            self._advance(max(end - self._steps_done, 0))  # what had not to be rendered again
        return changed

    def _advance(self, steps: int) -> None:
        self._steps_done = min(self._steps_done + steps, self._steps)
        self._progress("feeds", self._steps_done, self._steps)

    def _render_feed(self, state: FeedState) -> None:
        """The feed in every format with what its archive lacks, and its pages."""
        from publisher.publish import document as documents
        from publisher.rendering import urls

        feed = state.feed
        records = self._store.items.added_last(feed.slug, limit=self._publication.settings.limit)
        last_leaf = self._leaves.render(feed, items=state.items)
        last_archive = self._render_archive(feed)
        document = documents.feed_document(
            feed,
            self._with_revised(records, feed.slug) if last_archive else records,
            look=self._feed_look,
            changed_at=state.changed_at,
            withdrawn=self._store.items.withdrawn_last(feed.slug, limit=ANNOUNCED),
            last_archive=last_archive,
        )
        self._write_document(document, urls.folder_of(feed))
        self._render_former(feed, document, last_leaf)

    def _render_former(self, feed: Feed, document: "FeedDocument", last_leaf: int) -> None:
        """What a theme that was renamed has at its former addresses: the very feed, and pages that lead to its own."""
        from publisher.publish import pages
        from publisher.rendering import urls

        for former in self._publication.theme_map.former(feed.slug):
            self._write_document(document, former)
            leaves = self._store.feeds.pages.last_number(former) if self._planned.is_full else 0
            for number in (None, *range(1, leaves + 1)):
                own = urls.feed_page_file(feed.slug, None if number is None or number > last_leaf else number)
                file = urls.feed_page_file(former, number)
                self._write(file, pages.moved_page(feed, file, to=own, look=self._look))

    def _with_revised(self, records: Sequence[Record], slug: str) -> Sequence[Record]:
        """And those that read otherwise in an archive, which never changes: RFC 5005 section 4 has the feed say it."""
        revised = self._store.items.revised_last(slug, limit=ANNOUNCED)
        return list({record.number: record for record in (*records, *revised)}.values())

    def _render_archive(self, feed: Feed) -> int | None:
        """Close what the feed has become too long for; the number of the last document, None: there is none.

        A closed one is written again only when it has vanished, all its addresses have changed, or that was asked for.
        """
        from publisher.publish import document as documents
        from publisher.rendering import urls

        slug, folder = feed.slug, urls.folder_of(feed)
        due = self._store.feeds.archives.due(slug, size=self._publication.settings.limit)
        for archive in (*self._archives_to_repeat(feed), *due):
            records = self._store.items.added_between(slug, archive.after, archive.upto)
            gone = self._store.items.withdrawn_between(slug, archive.after, archive.upto)
            document = documents.archive_document(feed, archive.number, records, look=self._feed_look, withdrawn=gone)
            for place in (folder, *self._former_places(feed, archive)):
                self._write_document(document, place, archive=archive.number)
            self._advance(len(records))
        self._closed += due
        found = due[-1] if due else self._store.feeds.archives.last(slug)
        last = found.number if found else 0
        if self._planned.repeats_archives:
            self._empty_former(feed, last)
        return last or None

    def _empty_former(self, feed: Feed, last: int) -> None:
        """Leave nothing in what a renamed theme had archived beyond the documents that it has now."""
        from publisher.publish import document as documents

        for former in self._publication.theme_map.former(feed.slug):
            ended = self._store.feeds.archives.last(former)
            for number in range(last + 1, (ended.number if ended else 0) + 1):
                empty = documents.archive_document(feed, number, (), look=self._feed_look)
                self._write_document(empty, former, archive=number)

    def _archives_to_repeat(self, feed: Feed) -> Iterator[Archive]:
        from publisher.rendering import urls

        if self._planned.is_full:
            for archive in self._store.feeds.archives.of(feed.slug):
                places = (urls.folder_of(feed), *self._former_places(feed, archive))
                files = [
                    urls.feed_file(place, key, archive=archive.number) for place in places for key in self._look.formats
                ]
                for file in files:
                    self._remove_copies(file)
                if self._planned.repeats_archives or not all(map(self._files.has, files)):
                    yield archive

    def _former_places(self, feed: Feed, archive: Archive) -> Iterator[str]:
        """The former folders of a renamed theme that had a document of this number."""
        for former in self._publication.theme_map.former(feed.slug):
            last = self._store.feeds.archives.last(former)
            if last is not None and archive.number <= last.number:
                yield former

    def _write_document(self, document: "FeedDocument", folder: str, *, archive: int | None = None) -> None:
        from publisher.publish import rss_atom as feeds
        from publisher.rendering import urls

        for key in self._look.formats:
            self._write(urls.feed_file(folder, key, archive=archive), feeds.WRITERS[key](document))

    def _render_lists(self) -> None:
        """What shows all feeds: front page, keywords, OPML, sitemap. Each is as long as there are feeds."""
        from publisher.publish import opml, pages
        from publisher.rendering import urls

        known = {feed.slug for feed in self._publication.known_feeds} - {self._publication.theme_map.default.slug}
        shown = [state for state in self._states.values() if not self._is_hidden(state.feed)]
        listed = [state for state in shown if state.items or state.feed.slug in known]
        counts = [pages.FeedCount(feed=state.feed, items=state.items) for state in listed]
        if keywords := [count for count in counts if count.feed.kind is FeedKind.KEYWORD]:
            self._write(urls.KEYWORDS_FILE, pages.keywords_page(keywords, look=self._look))
        outlines = opml.outlines(
            [count.feed for count in counts], site=self._look.site, formats=self._publication.settings.formats
        )
        self._write(urls.OPML_FILE, opml.opml(outlines, site=self._look.site))
        latest = self._store.items.added_last(ALL, limit=LATEST)[:LATEST]
        index = pages.index_page(
            counts,
            latest,
            items=self._store.items.count(),
            look=self._look,
            audiences=self._publication.audiences,
        )
        self._write(urls.INDEX_FILE, index)
        self._sitemap.render(listed, changed_at=self._last_change())

    def _render_editions(self) -> None:
        """The pages of editions that items were revised or withdrawn on; when everything is rendered, of all."""
        writer = EditionPages(self._store, self._publication, self._write)
        if self._planned.is_full:
            for audience in self._publication.audiences:
                writer.render(audience, range(1, writer.last(audience) + 1))
            return
        for audience in self._publication.audiences:
            touched = self._store.editions.touched(self._planned.after, self._planned.upto)
            numbers = [number for name, number in touched if name == audience.name]
            writer.render(audience, [number for number in numbers if number <= writer.last(audience)])

    def _address(self, picture: str) -> str:
        return picture and self._publication.site.base_url + picture

    def _all_items(self) -> FeedState:
        feed = Feed.of_all(self._publication.site)
        return FeedState(feed=feed, items=self._store.items.count(), changed_at=self._last_change(), is_open=True)

    def _last_change(self) -> datetime:
        return max(state.changed_at for state in self._states.values() if state.feed.kind is FeedKind.THEME)

    def _is_hidden(self, feed: Feed) -> bool:
        """Whether a theme turned up that has the folder of this feed, which the operator named."""
        from publisher.rendering import urls

        return feed.kind is FeedKind.COMBINED and self._folders[urls.folder_of(feed)] > 1

    def _problems(self) -> Iterator[Problem]:
        from publisher.rendering import urls

        for state in self._states.values():
            if self._is_hidden(state.feed):
                name = urls.folder_of(state.feed)
                what = f"a theme is called {name} as well, and it was not written; choose another name in config.toml"
                yield Problem(where=f"feeds.combined.{name}", what=what, exit_code=EXIT_USAGE)

    def _write(self, file: str, data: bytes) -> None:
        self._remove_copies(file)
        if self._files.write(file, data):
            self._written += 1
        else:
            self._unchanged += 1

    def _remove_copies(self, file: str) -> None:
        if self._has_copies:
            remove_copies(self._files, file)
