"""Publish: changes beyond the feeds' cursor go in, the feeds and pages they touch come out.

The cursor moves only after every file of the pass is in place, so a crash repeats the pass: files already there are
found equal and left alone, the others follow, and readers only ever see whole files. An item's page is in place before
any feed that links to it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from publisher import __version__
from publisher.model import FeedSettings, PublishReport, Site, Theme, ThemeMap
from publisher.observability import Progress, quiet
from publisher.planning import assign_themes
from publisher.store import Cursor, Store, ThemeState

if TYPE_CHECKING:  # what renders is imported when there is something to render: a pass with no news stays light
    from publisher.rendering.templates import Templates

CONSUMER = "feeds"
"""The name of the cursor that feeds and pages share."""
LATEST = 10
"""How many items the front page shows."""


class Files(Protocol):
    """Where the public files are: `files.Tree`, or in a rehearsal a `Comparison`."""

    def write(self, path: str, data: bytes) -> bool:
        """Make `data` the content of `path`; False when it was before."""
        ...

    def commit(self) -> None:
        """Show readers what was written."""
        ...


class Comparison:
    """The files below `root`, which stay as they are."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, path: str, data: bytes) -> bool:
        """Whether `path` has another content than `data`, or none."""
        file = self._root / path
        return not file.is_file() or file.read_bytes() != data

    def commit(self) -> None:
        """Nothing: readers see what they saw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Everything but the items that decides what feeds and pages look like."""

    site: Site
    theme_map: ThemeMap
    settings: FeedSettings
    templates: "Templates"

    def digests(self) -> str:
        """Changes whenever a file could come out differently for the same items: `THEMES/REST`, both hex."""
        rest = repr((__version__, self.site, self.settings, self.templates.fingerprint()))
        return f"{_sha256(repr(self.theme_map))}/{_sha256(rest)}"

    @property
    def known_themes(self) -> tuple[Theme, ...]:
        """Those that have a feed whether or not an item belongs to them."""
        return (self.theme_map.default, *self.theme_map.themes)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishPlan:
    """What a publishing pass has to render."""

    cursor: Cursor
    upto: int
    digests: str
    """Of the publication this plan is for; kept with the cursor."""
    slugs: tuple[str, ...]
    """Of the themes whose feeds and pages are rendered, in order."""
    is_full: bool
    """Everything is rendered: it was asked for, or more than items changed."""

    @property
    def is_empty(self) -> bool:
        return self.cursor.seq == self.upto and not self.is_full

    @property
    def after(self) -> int:
        """Pages are rendered for the items that changed after this log number."""
        return 0 if self.is_full else self.cursor.seq

    @property
    def is_rethemed(self) -> bool:
        """Whether labels lead to other themes than when the cursor was last moved."""
        return _themes_digest(self.cursor.settings) != _themes_digest(self.digests)


def plan(store: Store, publication: Publication, *, everything: bool) -> PublishPlan:
    """Decide what to render: what changed since the cursor, or all when the publication itself changed.

    Raises:
        TemplateError: a template cannot be read.
    """
    cursor, upto, digests = store.cursor(CONSUMER), store.log_end(), publication.digests()
    is_full = everything or cursor.settings != digests
    if is_full:
        slugs = {state.theme.slug for state in store.themes()} | {theme.slug for theme in publication.known_themes}
    else:
        slugs = store.touched_themes(cursor.seq, upto)
    return PublishPlan(cursor=cursor, upto=upto, digests=digests, slugs=tuple(sorted(slugs)), is_full=is_full)


def publish(
    store: Store,
    publication: Publication,
    open_files: Callable[[], Files],
    *,
    everything: bool,
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
    planned = plan(store, publication, everything=everything)
    if planned.is_empty:
        return PublishReport()
    if planned.is_full:
        planned = _settle_themes(store, publication, planned, now=now, progress=progress)
    report = _Pass(store, publication, open_files(), planned, authority=authority, progress=progress).render()
    store.move_cursor(CONSUMER, expected=planned.cursor.seq, seq=planned.upto, settings=planned.digests)
    return report


def _settle_themes(
    store: Store, publication: Publication, planned: PublishPlan, *, now: datetime, progress: Progress
) -> PublishPlan:
    """Give every item the themes that configuration now says; the plan with the themes there are then."""
    if planned.is_rethemed:
        store.retheme(lambda item: assign_themes(item, publication.theme_map), now=now, progress=progress)
    store.ensure_themes(publication.known_themes, now=now)
    return plan(store, publication, everything=True)


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
        from publisher.rendering.pages import Look

        self._store = store
        self._publication = publication
        self._planned = planned
        self._authority = authority
        self._progress = progress
        self._files = files
        self._look = Look(site=publication.site, templates=publication.templates, formats=publication.settings.formats)
        self._states = {state.theme.slug: state for state in store.themes()}
        self._written = 0
        self._unchanged = 0

    def render(self) -> PublishReport:
        """Write every file the plan names, those that are linked to before those that link."""
        from publisher.rendering import pages, urls

        if self._planned.is_full:
            self._write(urls.STYLE_FILE, pages.style_sheet(look=self._look))
        self._render_items()
        for done, slug in enumerate(self._planned.slugs):
            self._progress("feeds", done, len(self._planned.slugs))
            self._render_feed(self._states[slug])
        self._render_feed(None)
        self._progress("feeds", len(self._planned.slugs), len(self._planned.slugs))
        self._render_index()
        self._files.commit()
        return PublishReport(
            feeds=(*self._planned.slugs, urls.ALL), files_written=self._written, files_unchanged=self._unchanged
        )

    def _render_items(self) -> None:
        from publisher.rendering import pages, urls

        done, total = 0, self._planned.upto - self._planned.after
        for records in self._store.changed_records(self._planned.after, self._planned.upto):
            self._progress("item pages", done, total)
            for record in records:
                self._write(urls.item_file(record), pages.item_page(record, look=self._look))
            done += len(records)
        self._progress("item pages", total, total)

    def _render_feed(self, state: ThemeState | None) -> None:
        """The feed in every format, and its page; None: the one of all themes."""
        from publisher.rendering import documents, feeds, pages, urls

        theme = state.theme if state else None
        slug = theme.slug if theme else urls.ALL
        records = self._store.feed_records(theme.slug if theme else None, limit=self._publication.settings.limit)
        document = documents.feed_document(
            theme,
            records,
            site=self._publication.site,
            authority=self._authority,
            formats=self._publication.settings.formats,
            changed_at=state.changed_at if state else max(state.changed_at for state in self._states.values()),
        )
        items = state.items if state else self._store.item_count()
        self._write(urls.theme_file(slug), pages.theme_page(theme, records, items=items, look=self._look))
        for feed_format in self._publication.settings.formats:
            self._write(urls.feed_file(slug, feed_format), feeds.WRITERS[feed_format](document))

    def _render_index(self) -> None:
        from publisher.rendering import pages, urls

        known = {theme.slug for theme in self._publication.theme_map.themes}
        themes = [
            pages.ThemeCount(theme=state.theme, items=state.items)
            for state in self._states.values()
            if state.items or state.theme.slug in known
        ]
        latest = self._store.feed_records(None, limit=LATEST)[:LATEST]
        index = pages.index_page(themes, latest, items=self._store.item_count(), look=self._look)
        self._write(urls.INDEX_FILE, index)

    def _write(self, file: str, data: bytes) -> None:
        if self._files.write(file, data):
            self._written += 1
        else:
            self._unchanged += 1


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _themes_digest(digests: str) -> str:
    return digests.partition("/")[0]
