"""Collect: what the sources list now goes in, numbered changes in the log come out.

Each source is read on its own and recorded in one transaction, so a crash leaves a source either wholly recorded or
not at all, and the next run reads it again. A source that fails is named, counted and skipped; the others go on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from publisher import planning
from publisher.errors import SourceError
from publisher.gathering import Gathering
from publisher.model import CollectReport, CombinedFeed, Item, Problem, Site, ThemeMap
from publisher.observability import Progress, quiet
from publisher.sources import Fetch, Source
from publisher.store import Collecting, SourceState, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Minting:
    """What a new record's permanent names and themes are made from."""

    site: Site
    theme_map: ThemeMap
    authority: str
    """The host that `tag:` URIs name (RFC 4151 section 2.1)."""
    combined: tuple[CombinedFeed, ...] = ()

    @property
    def gathering(self) -> Gathering:
        """What puts items into feeds besides those of their themes."""
        return Gathering(language=self.site.language, combined=self.combined)


def collect(
    sources: Sequence[Source], *, store: Store, minting: Minting, now: datetime, progress: Progress = quiet
) -> CollectReport:
    """Read every source once and record what changed; a failing one becomes a problem of the report."""
    report = CollectReport()
    for index, source in enumerate(sources):
        progress("sources", index, len(sources))
        report = _with(report, _collect_one(source, store=store, minting=minting, now=now))
    progress("sources", len(sources), len(sources))
    return report


def _collect_one(source: Source, *, store: Store, minting: Minting, now: datetime) -> CollectReport:
    state = store.source_state(source.name)
    try:
        fetch = source.fetch(validator=state.validator, now=now)
        if fetch.is_unchanged:
            store.source_unchanged(source.name)
            return CollectReport(sources_unchanged=1)
        items = tuple(fetch.items)
        _refuse_silence(source, items, state)
    except SourceError as error:
        store.source_failed(source.name, error.problem, now=now)
        return CollectReport(problems=(Problem(where=f"source {source.name!r}", what=error.problem),))
    return _record(source, fetch, items, store=store, minting=minting, now=now)


def _refuse_silence(source: Source, items: Sequence[Item], state: SourceState) -> None:
    if not items and state.listed:
        raise SourceError(
            source.name,
            f"it lists nothing now, but {state.listed} items when it was last read; nothing was withdrawn: "
            "check that the source is complete",
        )


def _record(
    source: Source, fetch: Fetch, items: Sequence[Item], *, store: Store, minting: Minting, now: datetime
) -> CollectReport:
    with store.collecting(source.name, also_in=minting.gathering) as log:
        oldest = min((item.date for item in items), default=None)
        plan = planning.reconcile(log.known(since=oldest), items, log.items)
        if fetch.problems:  # an item that is there and cannot be read is not one that was taken out
            plan = plan.without_withdrawals()
        _apply(plan, log, source=source.name, minting=minting, now=now)
        log.finish(fetch.validator, now=now, skipped="\n".join(str(problem) for problem in fetch.problems))
    return CollectReport(
        added=len(plan.added),
        revised=len(plan.revised),
        withdrawn=len(plan.withdrawn),
        sources_read=1,
        problems=tuple(fetch.problems),
    )


def _apply(plan: planning.Reconciliation, log: Collecting, *, source: str, minting: Minting, now: datetime) -> None:
    log.withdraw(plan.withdrawn, now=now)
    log.unlist(plan.unlisted)
    log.relist(plan.relisted)
    log.revise(
        [(number, item, planning.assign_themes(item, minting.theme_map)) for number, item in plan.revised], now=now
    )
    new = planning.mint(
        plan.added,
        source=source,
        authority=minting.authority,
        theme_map=minting.theme_map,
        timezone=minting.site.timezone,
        now=now,
        taken_uids=log.taken_uids,
        taken_paths=log.taken_paths,
        last_published=log.last_published,
        published_on=log.published_on,
    )
    log.add(new, now=now)


def _with(total: CollectReport, one: CollectReport) -> CollectReport:
    return replace(
        total,
        added=total.added + one.added,
        revised=total.revised + one.revised,
        withdrawn=total.withdrawn + one.withdrawn,
        sources_read=total.sources_read + one.sources_read,
        sources_unchanged=total.sources_unchanged + one.sources_unchanged,
        problems=(*total.problems, *one.problems),
    )
