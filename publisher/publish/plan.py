"""Decides what a publishing pass must render, and collects the settings for it. This reads the store, and writes
nothing.

This module imports no module that renders, so that a pass without news stays cheap.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum, auto
from typing import NamedTuple

from publisher.model.decisions import DecisionLog
from publisher.model.editions import Audience
from publisher.model.records import Record
from publisher.publish.publication import Publication
from publisher.store import Cursor, Store

logger = DecisionLog("publish")

CONSUMER = "feeds"
"""The name of the cursor (a log number) that feeds and pages share."""
STRETCH = 4
"""A feed may grow to this many times its limit to show all items of one pass, so that a feed reader that polls rarely
misses nothing.
"""


class Scope(Enum):
    """What a publishing pass renders at least."""

    NEWS = auto()
    """Only files that changed items affect."""
    ALL = auto()
    """Every feed and page; of the archives, only missing files."""
    ARCHIVES = auto()
    """Every feed and page, and all documents of the archives, without items withdrawn since."""


class PublishPlan(NamedTuple):
    """The work of a publishing pass."""

    cursor: Cursor
    upto: int
    """The last number of the log; changes up to it are rendered."""
    digests: Mapping[str, str]
    """Hashes of the settings and templates that this plan is for (`Publication.digests`), stored beside the
    number of the log up to which the feeds are published (their cursor).
    """
    slugs: tuple[str, ...]
    """The slugs of the feeds to render, sorted. The feed of all items is always rendered and not listed."""
    is_full: bool
    """Whether everything is rendered, on request or because more than the items changed."""
    repeats_archives: bool
    """Whether closed archive documents are rendered too, on request or because the site's address changed."""

    @property
    def is_empty(self) -> bool:
        return self.cursor.seq == self.upto and not self.is_full

    @property
    def after(self) -> int:
        """The log number after which changed items get their pages rendered."""
        return 0 if self.is_full else self.cursor.seq

    @property
    def regroups_items(self) -> bool:
        """Whether the rules that put items into feeds have changed since the last publishing pass."""
        return self.cursor.settings.get("feeds") != self.digests["feeds"]


def plan(store: Store, publication: Publication, extent: Scope) -> PublishPlan:
    """Decide what to render. That is at least `extent`, and everything if the settings or templates (`publication`)
    changed.

    Raises:
        TemplateError: a template cannot be read.
    """
    cursor, upto = store.log.cursor(CONSUMER), store.log.end()
    planned = _plan(store, publication, extent, cursor=cursor, upto=upto, digests=publication.digests())
    if planned.is_full:
        because = why_full(extent, planned.cursor.settings, planned.digests)
        decision = "every feed and page is rendered" + (", archives too" if planned.repeats_archives else "")
        logger.debug(decision, because=because, feeds=len(planned.slugs))
    elif planned.is_empty:
        logger.debug("nothing is rendered", because="nothing changed since the last pass", log_end=planned.upto)
    else:
        because = f"items changed, log numbers {planned.cursor.seq + 1} to {planned.upto}"
        logger.debug("feeds are rendered", because=because, slugs=" ".join(planned.slugs))
    return planned


def plan_again(planned: PublishPlan, *, store: Store, publication: Publication, extent: Scope) -> PublishPlan:
    """Decide what to render for a second time in one pass, as `plan` did when it returned `planned`, because the pass's
    own changes to the feeds may need more rendering. Nothing else can have changed during the pass.
    """
    return _plan(store, publication, extent, cursor=planned.cursor, upto=planned.upto, digests=planned.digests)


def _plan(
    store: Store, publication: Publication, extent: Scope, *, cursor: Cursor, upto: int, digests: Mapping[str, str]
) -> PublishPlan:
    is_full = extent is not Scope.NEWS or cursor.settings != digests
    slugs: set[str] = set()
    if is_full or cursor.seq < upto:
        from publisher.publish.open_feeds import all_feeds, changed_feeds  # late: a pass without news renders no feed

        if is_full:
            slugs = all_feeds(store, publication)
        else:
            slugs = changed_feeds(store, publication, after=cursor.seq, upto=upto)
    return PublishPlan(
        cursor=cursor,
        upto=upto,
        digests=digests,
        slugs=tuple(sorted(slugs)),
        is_full=is_full,
        repeats_archives=extent is Scope.ARCHIVES or cursor.settings.get("archives") != digests["archives"],
    )


def why_full(extent: Scope, before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return why everything is rendered: because of the request (`extent`), or because hashes differ between the last
    pass (`before`) and this one (`now`).
    """
    if not before:
        return "nothing was rendered before"
    changed = [name for name in now if before.get(name) != now[name]]
    if not changed:
        return f"it was asked for, or there is no index.html ({extent.name.lower()})"
    return " and ".join(_MADE_OF[name] for name in changed)


_MADE_OF = {
    "feeds": "the themes or combined feeds of config.toml changed",
    "archives": "the address of the site changed",
    "files": "a template, a setting or the program changed",
}


def start_of_cut_pass(newest: Sequence[Record], *, limit: int) -> int | None:
    """Return the log number after which the latest pass that added items to a feed began, if that pass added more items
    than the feed shows.

    Args:
        newest: the `limit` items of the feed that were added last, latest first.
        limit: how many items a feed shows.

    Return `None` if the feed shows all items of that pass, or if that pass was the first of the items' source. (A first
    pass adds the source's old items.)
    """
    if len(newest) < limit or newest[0].pass_start is None:
        return None
    start = newest[0].pass_start
    return start if newest[-1].added_seq > start + 1 else None


def cut(seqs: Sequence[int], *, after: int, size: int) -> list[tuple[int, int]]:
    """Divide the items of a feed into ranges of log numbers (after, upto] with `size` items each, and return the
    ranges. At most `size` items stay in none.

    `seqs` are the log numbers under which the items were added, ascending; items up to `after` are already in ranges.
    """
    stretches: list[tuple[int, int]] = []
    start = bisect_right(seqs, after)
    while len(seqs) - start > size:
        start += size
        stretches.append((after, seqs[start - 1]))
        after = seqs[start - 1]
    return stretches


def plan_editions(store: Store, audiences: Iterable[Audience]) -> dict[Audience, Sequence[int]]:
    """Return the numbers of editions that went out, or go out now, and have no web page yet, by audience."""
    last = {audience: store.log.cursor(edition_cursor(audience)).seq for audience in audiences}
    new = {audience: store.editions.released_numbers(audience.name, after=after) for audience, after in last.items()}
    return {audience: numbers for audience, numbers in new.items() if numbers}


def edition_cursor(audience: Audience) -> str:
    """Return the name of the cursor that says up to which number an audience's editions have web pages."""
    return f"editions {audience.name}"


def last_shown(store: Store, audience: Audience) -> int:
    """Return the number of the audience's latest edition that has a web page, or 0 if none has."""
    return store.log.cursor(edition_cursor(audience)).seq
