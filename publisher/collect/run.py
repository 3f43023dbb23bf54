"""Collect: what the sources list now goes in, numbered changes in the log come out.

Sources are read at the same time and recorded one after the other, in the order of config.toml. Each is recorded in one
transaction, so a crash leaves a source either wholly recorded or not at all, and the next run reads it again. A source
that fails is named, counted and skipped; the others go on.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from publisher.collect import guard as holding
from publisher.collect import mint as planning
from publisher.collect.clean import completed, with_language
from publisher.collect.identity import Reconciliation, reads_as, reconcile
from publisher.collect.sources.base import Fetch, Source
from publisher.model.errors import SourceError
from publisher.model.feeds import CombinedFeed, Gathering
from publisher.model.items import Item
from publisher.model.labels import NO_NAMES, Names
from publisher.model.problems import Problem
from publisher.model.progress import Progress, quiet
from publisher.model.records import Known, NewRecord
from publisher.model.reports import CollectReport, SourceCondition
from publisher.model.schedules import local_day
from publisher.model.site import Site
from publisher.model.sources import SourcePolicy
from publisher.model.themes import ThemeMap, assign_themes, wanted_names
from publisher.store import Collecting, Heir, SourceState, Store


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


class Suspicious(StrEnum):
    """What becomes of a reading that looks like an accident (`holding.suspicion`)."""

    HOLD = "hold"
    """Nothing of it is recorded until the operator decides."""
    RELEASE = "release"
    """It is news."""
    DISCARD = "discard"
    """What is new in it is kept from readers for ever, and what is gone stays."""


LISTS_NOTHING = "it lists nothing"
"""How the problem of a source begins that could be read, and gave not one item."""


_AT_ONCE = 8
"""Sources read at the same time; most of their time is spent waiting."""


_WORTH_NOTING = timedelta(minutes=10)
"""A shorter time to leave a server alone ends before it would be asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What one source gave, or why it gave nothing."""

    source: Source
    state: SourceState
    fetch: Fetch | None = None
    items: tuple[Item, ...] = ()
    problems: tuple[Problem, ...] = ()
    """Of single items."""
    failure: SourceError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pass:
    """What recording the readings of one pass needs."""

    store: Store
    minting: Minting
    policies: Mapping[str, SourcePolicy]
    suspicious: Suspicious
    configured: Collection[str] | None
    now: datetime

    def policy(self, source: str) -> SourcePolicy:
        return self.policies.get(source, SourcePolicy())


def condition_of(state: SourceState, policy: SourcePolicy, *, now: datetime) -> SourceCondition:
    """What a source's silence means."""
    if state.failures:
        return SourceCondition.EMPTY if state.problem.startswith(LISTS_NOTHING) else SourceCondition.FAILING
    if state.held:
        return SourceCondition.DRIFTED if state.held.startswith(holding.DRIFT) else SourceCondition.HELD
    if state.changed_at is None:
        return SourceCondition.UNREAD
    if policy.expect_every is not None and state.changed_at + policy.expect_every < now:
        return SourceCondition.SILENT
    return SourceCondition.WELL


def collect(
    sources: Sequence[Source],
    *,
    store: Store,
    minting: Minting,
    now: datetime,
    policies: Mapping[str, SourcePolicy] = MappingProxyType({}),
    suspicious: Suspicious = Suspicious.HOLD,
    asked_for: Collection[str] = (),
    configured: Collection[str] | None = None,
    progress: Progress = quiet,
) -> CollectReport:
    """Read every source once and record what changed; a failing one becomes a problem of the report.

    A source whose server asked to be left alone, or failed just before, waits for its turn; not so those whose names
    were `asked_for`. Items pass to none but the sources that are `configured`, read now or not; None: to any.
    """
    this = _Pass(store=store, minting=minting, policies=policies, suspicious=suspicious, configured=configured, now=now)
    states = [(source, store.source_state(source.name)) for source in sources]
    due = [
        (source, state)
        for source, state in states
        if state.next_try is None or state.next_try <= now or source.name in asked_for
    ]
    report = CollectReport(sources_waiting=len(states) - len(due))
    progress("sources", 0, len(due))
    for done, reading in enumerate(_readings(due, this), start=1):
        report = _with(report, _recorded(reading, this))
        progress("sources", done, len(due))
    return report


def _readings(due: Sequence[tuple[Source, SourceState]], this: _Pass) -> Iterator[_Reading]:
    """Yield what the sources give, in their order."""
    if len(due) <= 1:
        yield from (_read(source, state, this) for source, state in due)
        return
    from concurrent.futures import ThreadPoolExecutor  # late: most sites have one source

    with ThreadPoolExecutor(min(len(due), _AT_ONCE), thread_name_prefix="source") as readers:
        yield from readers.map(lambda pair: _read(pair[0], pair[1], this), due)


def _read(source: Source, state: SourceState, this: _Pass) -> _Reading:
    """Read one source; runs beside others, so it asks the store nothing."""
    # What is held is known already: only another reading is worth looking at. The operator's decision reads it again.
    is_deciding = this.suspicious is not Suspicious.HOLD
    validator = state.validator if is_deciding else state.held_validator or state.validator
    try:
        fetch = source.fetch(validator=validator, now=this.now)
        if fetch.is_unchanged:
            return _Reading(source=source, state=state, fetch=fetch)
        policy = this.policy(source.name)
        items = [completed(item, site=this.minting.site, policy=policy) for item in fetch.items]
        empty = [item for item in items if not (item.text or item.title)]
        _refuse_silence(source, items, state)
    except SourceError as error:
        return _Reading(source=source, state=state, failure=error)
    problems = [Problem(where=_name(item, source), what="there is nothing to read in it") for item in empty]
    return _Reading(
        source=source,
        state=state,
        fetch=fetch,
        items=tuple(item for item in items if item.text or item.title),
        problems=(*fetch.problems, *problems),
    )


def _name(item: Item, source: Source) -> str:
    return item.link or item.native_id or f"source {source.name!r}, an item of {item.date}"


def _refuse_silence(source: Source, items: Sequence[Item], state: SourceState) -> None:
    if not items and state.listed:
        raise SourceError(
            source.name,
            f"{LISTS_NOTHING} now, but {state.listed} items when it was last read; nothing was withdrawn: "
            "check that the source is complete",
        )


def _recorded(reading: _Reading, this: _Pass) -> CollectReport:
    source, now = reading.source, this.now
    if reading.failure is not None:
        next_try = _next_try(reading.failure, reading.state, now)
        this.store.source_failed(source.name, reading.failure.problem, now=now, next_try=next_try)
        is_repeated = reading.failure.problem == reading.state.problem
        where = f"source {source.name!r}"
        return CollectReport(problems=(Problem(where=where, what=reading.failure.problem, is_repeated=is_repeated),))
    fetch = reading.fetch
    assert fetch is not None, "a reading without a failure has a fetch"
    if fetch.is_unchanged:
        this.store.source_unchanged(source.name, fetch.validator, next_try=_after(fetch, now))
        return CollectReport(sources_unchanged=1, sources_held=int(bool(reading.state.held)))
    return _record(reading, fetch, this)


def _next_try(failure: SourceError, state: SourceState, now: datetime) -> datetime | None:
    if failure.wait is None:
        return None
    from publisher.collect.sources.fetch import wait_after  # imported already: it was there that fetching failed

    return now + wait_after(state.failures + 1, source=failure.source, asked=failure.wait)


def _after(fetch: Fetch, now: datetime) -> datetime | None:
    return fetch.fresh_until if fetch.fresh_until and fetch.fresh_until - now > _WORTH_NOTING else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changes:
    """What a reading changes."""

    own: Reconciliation
    """Of the source's own items, but for those it leaves to others."""
    copied: Reconciliation
    """Of other sources' items that it lists, too. No reader sees any of it."""
    joined: tuple[tuple[int, Item], ...]
    """Other sources' items, by number, that it lists since this reading."""
    heirs: Mapping[int, Heir]
    """Its own items that it lists no more, and another source does."""

    def discarded(self) -> "_Changes":
        """The same when what is new is not wanted, and what is gone stays, if only with another source."""
        return replace(self, own=self.own.discarded())


def _record(reading: _Reading, fetch: Fetch, this: _Pass) -> CollectReport:
    source, items, now = reading.source.name, reading.items, this.now
    with this.store.collecting(source, also_in=this.minting.gathering) as log:
        known = log.known(
            since=min((item.date for item in items), default=None),
            ids={item.native_id for item in items},
            links={item.link for item in items},
        )
        changes = _changes(known, reading, log, this)
        why = _suspicion(changes.own, known, reading, log, this)
        if why and this.suspicious is Suspicious.HOLD:
            log.hold(why, fetch.validator, now=now)
            return CollectReport(sources_read=1, sources_held=1, problems=(_held(source, why),))
        # What is discarded for want of titles shall not make a source of those that never had any.
        new = len(changes.own.added)
        is_discarded = bool(why) and this.suspicious is Suspicious.DISCARD
        if is_discarded:
            log.keep_from_readers(_minted(changes.own.added, log, source, this))
            changes = changes.discarded()
        plan = _kept_since(changes.own, log, reading, this)
        inherited = _hand_over(changes.heirs, known, log, this) if changes.heirs else 0
        _apply(plan, log, source, this)
        log.drop_copies([*changes.copied.withdrawn, *changes.copied.unlisted])
        log.copy([*changes.copied.revised, *changes.copied.renamed, *changes.joined])
        log.finish(
            fetch.validator,
            now=now,
            skipped="\n".join(str(problem) for problem in reading.problems),
            fields=reading.state.fields if is_discarded else " ".join(holding.fields_of(items)),
            added=len(plan.added),
            next_try=_after(fetch, now),
        )
    return CollectReport(
        added=len(plan.added),
        revised=len(plan.revised) + inherited,
        withdrawn=len(plan.withdrawn),
        kept_from_readers=new - len(plan.added),
        sources_read=1,
        problems=(*reading.problems, *fetch.remarks),
    )


def _changes(known: Sequence[Known], reading: _Reading, log: Collecting, this: _Pass) -> _Changes:
    policy = this.policy(reading.source.name)
    plan = reconcile(known, reading.items, log.items)
    if reading.problems:  # an item that is there and cannot be read is not one that was taken out
        plan = plan.without_withdrawals()
    own, copied = plan.apart({one.number for one in known if one.is_copy})
    elsewhere = _elsewhere(own.added, log, policy)
    heirs = log.heirs(own.withdrawn, among=this.configured)
    own = replace(
        own,
        added=tuple(item for item in own.added if _shared_name(item, policy) not in elsewhere),
        withdrawn=tuple(number for number in own.withdrawn if number not in heirs),
    )
    return _Changes(own=own, copied=copied, joined=tuple(elsewhere.values()), heirs=heirs)


def _suspicion(
    plan: Reconciliation,
    known: Sequence[Known],
    reading: _Reading,
    log: Collecting,
    this: _Pass,
) -> str:
    """Why the operator should look first, and what would happen; empty when there is no reason."""
    if reading.state.changed_at is None:  # all of it is new, unless the source only has a new name
        former, count = log.orphans(plan.added, among=this.configured)
        why = holding.suspicion_of_first(plan, former=former, repeated=count)
    else:
        why = holding.suspicion(
            plan,
            known,
            reading.items,
            hold_above=this.policy(reading.source.name).hold_above,
            most_added=reading.state.most_added,
            fields=reading.state.fields.split(),
        )
    return why and f"{why}; it would {holding.told(plan)}"


def _held(source: str, why: str) -> Problem:
    what = f"held: {why}; `publisher release {source}` if that is right, `publisher discard {source}` if not"
    return Problem(where=f"source {source!r}", what=what)


def _elsewhere(added: Sequence[Item], log: Collecting, policy: SourcePolicy) -> dict[str, tuple[int, Item]]:
    """Those of the new items that another source brought, by the name they share, with the number they have there.

    A name that several items share names none of them.
    """
    named = {name: item for item in added if (name := _shared_name(item, policy))}
    counts = Counter(_shared_name(item, policy) for item in added)
    own = {name for name in named if counts[name] == 1}
    found = log.elsewhere(links=own) if policy.joined_by == "link" else log.elsewhere(ids=own)
    return {name: (number, named[name]) for name, number in found.items()}


def _shared_name(item: Item, policy: SourcePolicy) -> str:
    """What an item of another source must have to be the same; empty: there is no such thing."""
    return {"link": item.link, "id": item.native_id, "none": ""}[policy.joined_by]


def _hand_over(heirs: Mapping[int, Heir], known: Sequence[Known], log: Collecting, this: _Pass) -> int:
    """Leave items to the sources that go on listing them; how many of them read otherwise there."""
    theme_map, site = this.minting.theme_map, this.minting.site
    log.hand_over(heirs)
    before = {one.number: one for one in known if one.number in heirs}
    said = {number: with_language(heir.item, site) for number, heir in heirs.items()}
    same = {number for number, item in said.items() if reads_as(before[number], item)}
    log.rename([(number, said[number]) for number in sorted(same)])
    revised = [(number, item) for number, item in said.items() if number not in same]
    names = log.name(wanted_names([item for _, item in revised], theme_map))
    themed = [
        (number, item, assign_themes(item, theme_map, source=heirs[number].source, names=names))
        for number, item in revised
    ]
    log.revise(themed, now=this.now)
    return len(revised)


def _kept_since(plan: Reconciliation, log: Collecting, reading: _Reading, this: _Pass) -> Reconciliation:
    """The plan of a first reading without what is older than the source's `since`; that is kept from readers."""
    since = this.policy(reading.source.name).since
    if since is None or reading.state.changed_at is not None:
        return plan
    first_day = local_day(this.now - since, this.minting.site.timezone)
    old = [item for item in plan.added if not since or item.date < first_day]
    log.keep_from_readers(_minted(old, log, reading.source.name, this))
    return replace(plan, added=tuple(item for item in plan.added if since and item.date >= first_day))


def _apply(plan: Reconciliation, log: Collecting, source: str, this: _Pass) -> None:
    theme_map, site, now = this.minting.theme_map, this.minting.site, this.now
    log.withdraw(plan.withdrawn, now=now)
    log.unlist(plan.unlisted)
    log.relist(plan.relisted)
    log.rename([(number, with_language(item, site)) for number, item in plan.renamed])
    revised = [(number, with_language(item, site)) for number, item in plan.revised]
    added = [with_language(item, site) for item in plan.added]
    names = log.name(wanted_names([*(item for _, item in revised), *planning.in_log_order(added)], theme_map))
    themed = [(number, item, assign_themes(item, theme_map, source=source, names=names)) for number, item in revised]
    log.revise(themed, now=now)
    log.add(_minted(added, log, source, this, names=names), now=now)


def _minted(
    items: Sequence[Item], log: Collecting, source: str, this: _Pass, *, names: Names = NO_NAMES
) -> Sequence[NewRecord]:
    return planning.mint(
        items,
        source=source,
        authority=this.minting.authority,
        theme_map=this.minting.theme_map,
        timezone=this.minting.site.timezone,
        now=this.now,
        taken_uids=log.taken_uids,
        taken_paths=log.taken_paths,
        last_published=log.last_published,
        published_on=log.published_on,
        names=names,
    )


def _with(total: CollectReport, one: CollectReport) -> CollectReport:
    return replace(
        total,
        added=total.added + one.added,
        revised=total.revised + one.revised,
        withdrawn=total.withdrawn + one.withdrawn,
        kept_from_readers=total.kept_from_readers + one.kept_from_readers,
        sources_read=total.sources_read + one.sources_read,
        sources_unchanged=total.sources_unchanged + one.sources_unchanged,
        sources_held=total.sources_held + one.sources_held,
        problems=(*total.problems, *one.problems),
    )
