"""Publish. In: changes in the item log beyond the feeds' cursor (the last log number dealt with). Out: the feeds and
pages that these changes affect.

A crash leaves whole files, some of them new, and an unmoved cursor. The next pass repeats the interrupted one: it
writes the files that differ and does not touch the others. An item's page exists before any feed that links to it.
Final decisions (which feeds readers can get, which log numbers each closed archive and full page covers) are recorded
after the files are written and before the cursor moves: a repeated pass finds them recorded, or records the same.
"""

from collections.abc import Iterator
from datetime import datetime

from publisher.model.errors import EXIT_USAGE
from publisher.model.feeds import FeedKind
from publisher.model.problems import Problem
from publisher.model.progress import Progress, Steps, quiet
from publisher.model.records import Record
from publisher.model.reports import PublishReport
from publisher.publish import editions, opml, pages
from publisher.publish.calendar_pages import CalendarPages
from publisher.publish.document import FeedLook
from publisher.publish.feeds import FeedWriter
from publisher.publish.files import COPIES, Files, PublicFiles
from publisher.publish.front_page import write_front_page
from publisher.publish.item_cache import ItemCache
from publisher.publish.item_pages import ItemPages
from publisher.publish.neighbours import touched_neighbours
from publisher.publish.open_feeds import OpenFeeds, listed_feeds, open_feeds, plan_take_overs
from publisher.publish.page_values import FeedCount, SiteLook
from publisher.publish.pagination import Pagination
from publisher.publish.plan import CONSUMER, PublishPlan, Scope, last_shown, plan_again
from publisher.publish.publication import Publication
from publisher.publish.regather import regather
from publisher.publish.sitemap import Sitemap, robots
from publisher.publish.withdrawn_pages import touched_withdrawn
from publisher.rendering import urls
from publisher.store import Store


def publish(
    planned: PublishPlan,
    *,
    store: Store,
    publication: Publication,
    files: Files,
    look: SiteLook,
    authority: str,
    now: datetime,
    progress: Progress = quiet,
) -> PublishReport:
    """Update the public files to the end of the item log, as planned.

    `look` is made of `publication`. `authority` is the authority in the ids of feeds (RFC 4151), such as
    `news.example.org,2026`.

    Raises:
        FilesError: a file could not be written; the next pass repeats this one.
        TemplateError: a template cannot be used; nothing of the pass is visible, or some whole files are.
    """
    if planned.is_full:
        planned = _settle_feeds(planned, store=store, publication=publication, now=now, progress=progress)
    # The first pass of a new version renders everything, so it meets every file that may have copies. The check is made
    # once: two checks per file would cost a large site a tenth of the time of its rebuild.
    public = PublicFiles(files, removes_copies=planned.is_full and files.has_any(COPIES))
    report = _Renderer(store, publication, public, planned, look=look, progress=progress).render(authority)
    store.feeds.mark_open(planned.slugs, now=now)  # once they are there: a language is planned only while it is not
    store.log.move_cursor(CONSUMER, expected=planned.cursor.seq, seq=planned.upto, settings=planned.digests)
    return report


def _settle_feeds(
    planned: PublishPlan, *, store: Store, publication: Publication, now: datetime, progress: Progress
) -> PublishPlan:
    """Assign themes and feeds to all items by the present configuration; return the plan with the new feeds."""
    if planned.regroups_items:
        regather(store, publication.gathering, now=now, progress=progress)
    store.feeds.ensure(publication.known_feeds, now=now)
    themes = (publication.theme_map.default, *publication.theme_map.themes)
    slugs = [slug for theme in themes for slug in (theme.slug, *publication.theme_map.former(theme.slug))]
    for each in plan_take_overs(publication.theme_map, store.feeds.states(slugs)):
        store.feeds.take_over(each.slug, first_slug=each.first_slug, former=each.former)
    extent = Scope.ARCHIVES if planned.repeats_archives else Scope.ALL
    return plan_again(planned, store=store, publication=publication, extent=extent)


class _Renderer:
    """Renders the plan of one publishing pass, and keeps what all its files share."""

    def __init__(
        self,
        store: Store,
        publication: Publication,
        files: PublicFiles,
        planned: PublishPlan,
        *,
        look: SiteLook,
        progress: Progress,
    ) -> None:
        self._store = store
        self._publication = publication
        self._files = files
        self._planned = planned
        self._progress = progress
        self._look = look
        self._feeds = open_feeds(store, publication, planned.slugs)
        self._items = ItemCache(store)
        self._shown = {audience.name: last_shown(store, audience) for audience in publication.audiences}
        self._item_pages = ItemPages(
            store=store,
            publication=publication,
            files=files,
            look=self._look,
            items=self._items,
            feeds=self._feeds.by_slug,
            shown=self._shown,
        )
        self._sitemap = Sitemap(store=store, files=files, site=publication.site)
        self._calendar = CalendarPages(store=store, items=self._items, files=files, look=self._look)

    def render(self, authority: str) -> PublishReport:
        """Write every file of the plan. Each file is written before those that link to it."""
        if self._planned.is_full:
            self._files.write(urls.STYLE_FILE, pages.style_sheet(look=self._look))
            self._files.write(urls.NOT_FOUND_FILE, pages.not_found_page(look=self._look))
            self._files.write(urls.ROBOTS_FILE, robots(self._look.site))
            self._files.write(urls.ICON_FILE, pages.icon(look=self._look))
        self._render_items()
        changed, writer = self._render_feeds(authority)
        self._render_lists()
        editions.render_touched(
            self._planned,
            store=self._store,
            publication=self._publication,
            files=self._files,
            look=self._look,
            authority=authority,
            feeds=self._feeds.by_slug,
            shown=self._shown,
            new_keywords_of=[]
            if self._planned.is_full
            else [each.number for each in self._items_of_new_keyword_feeds()],
        )
        self._files.commit()
        writer.settle()
        return PublishReport(
            feeds=tuple(changed),
            files_written=self._files.written,
            files_unchanged=self._files.unchanged,
            problems=tuple(_clashes(self._feeds)),
        )

    # --- items -------------------------------------------------------------------------------------------------------

    def _render_items(self) -> None:
        steps = Steps(self._progress, "item pages", self._planned.upto - self._planned.after)
        for records in self._store.log.changed_records(self._planned.after, self._planned.upto):
            self._items.keep(record for record in records if record.state.is_live)  # pages also show neighbouring items
            self._item_pages.write(records)
            self._sitemap.note(records)
            self._calendar.note(records, after=self._planned.after)
            steps.advance(len(records))
        if not self._planned.is_full:
            self._item_pages.write(self._unchanged_items())
        steps.reach(steps.total)

    def _unchanged_items(self) -> list[Record]:
        """Return items that did not change but whose pages do, because of a changed item beside them, a new feed, or
        newer items.
        """
        planned = self._planned
        themes = [slug for slug in planned.slugs if self._feeds.by_slug[slug].feed.kind is FeedKind.THEME]
        beside = touched_neighbours(planned.after, planned.upto, store=self._store, items=self._items, themes=themes)
        unchanged = {record.number: record for record in beside if record.seq <= planned.after}
        unchanged |= {record.number: record for record in self._items_of_new_keyword_feeds()}
        gone = touched_withdrawn(planned.after, planned.upto, store=self._store, themes=themes)
        unchanged |= {record.number: record for record in gone if record.seq <= planned.after}
        return [unchanged[number] for number in sorted(unchanged)]

    def _items_of_new_keyword_feeds(self) -> list[Record]:
        """Return items that did not change but whose pages now link to a keyword's new feed.

        A keyword's feed is new if fewer than `keywords_from` of its items are older than this pass; this is the same
        when the pass is repeated after a crash.
        """
        enough, found = self._publication.settings.keywords_from, dict[int, Record]()
        for slug in self._planned.slugs:
            if self._feeds.by_slug[slug].feed.kind is FeedKind.KEYWORD:
                unchanged = self._store.items.unchanged(slug, upto=self._planned.after, limit=enough)
                found |= {record.number: record for record in unchanged if len(unchanged) < enough}
        return [found[number] for number in sorted(found)]

    # --- feeds -------------------------------------------------------------------------------------------------------

    def _render_feeds(self, authority: str) -> tuple[list[str], FeedWriter]:
        """Write the planned feeds. Return the folders with a changed file, and the writer. At the end of the pass, the
        writer records which log numbers each closed archive and each full page covers.
        """
        planned = [self._feeds.by_slug[slug] for slug in self._planned.slugs if slug not in self._feeds.clashing]
        states = [*planned, self._feeds.all_items]
        # One step for each item on a numbered page, and one for each item in an archive.
        steps = Steps(self._progress, "feeds", 2 * sum(state.items for state in states))
        writer = self._feed_writer(authority, steps)
        end, changed = 0, []
        for state in states:
            before = self._files.written
            writer.write(state)
            if self._files.written > before:
                changed.append(urls.folder_of(state.feed))
            end += 2 * state.items
            steps.reach(end)  # files that need no rendering count as done
        return changed, writer

    def _feed_writer(self, authority: str, steps: Steps) -> FeedWriter:
        store, items, planned, files = self._store, self._items, self._planned, self._files
        return FeedWriter(
            store=store,
            items=items,
            publication=self._publication,
            planned=planned,
            files=files,
            look=FeedLook.of(self._publication, authority),
            pagination=Pagination(store=store, items=items, planned=planned, files=files, look=self._look, steps=steps),
            steps=steps,
        )

    # --- pages that list all feeds ----------------------------------------------------------------------------------

    def _render_lists(self) -> None:
        """Write the front page, the page of keywords, OPML and the sitemap."""
        listed = listed_feeds(self._feeds, self._publication)
        counts = [FeedCount(feed=state.feed, items=state.items) for state in listed]
        if keywords := [count for count in counts if count.feed.kind is FeedKind.KEYWORD]:
            self._files.write(urls.KEYWORDS_FILE, pages.keywords_page(keywords, look=self._look))
        outlines = opml.outlines(
            [count.feed for count in counts], site=self._look.site, formats=self._publication.settings.formats
        )
        self._files.write(urls.OPML_FILE, opml.opml(outlines, site=self._look.site))
        write_front_page(
            self._feeds,
            counts,
            store=self._store,
            files=self._files,
            look=self._look,
            items=self._items,
            shown=self._shown,
        )
        self._calendar.render()
        self._sitemap.render(listed, changed_at=self._feeds.all_items.changed_at)


def _clashes(feeds: OpenFeeds) -> Iterator[Problem]:
    for slug in sorted(feeds.clashing):
        name = urls.folder_of(feeds.by_slug[slug].feed)
        what = f"a theme is called {name} as well, and it was not written; choose another name in config.toml"
        yield Problem(where=f"feeds.combined.{name}", what=what, exit_code=EXIT_USAGE)
