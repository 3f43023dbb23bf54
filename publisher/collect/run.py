"""Collect. In: what the sources list now. Out: numbered changes in the log.

Sources are read at the same time, and recorded one after the other in the order of config.toml. Each is recorded in one
transaction, so after a crash a source is recorded completely or not at all, and the next run reads it again. A source
that fails is named, counted and skipped; the other sources go on.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from publisher.collect.condition import after_failure, after_no_change
from publisher.collect.reading import Reading, is_policy_new, read_sources
from publisher.collect.retry import fresh_until, retry_at
from publisher.collect.rules import CollectRules
from publisher.collect.sources.base import Fetch, Source
from publisher.model.decisions import DecisionLog
from publisher.model.errors import SourceError
from publisher.model.problems import Problem
from publisher.model.progress import Progress, quiet
from publisher.model.reports import CollectReport, SourceReading
from publisher.model.sources import LONGEST_WAIT
from publisher.store import SourceState, Store

logger = DecisionLog("collect")


def collect(
    sources: Sequence[Source],
    *,
    store: Store,
    rules: CollectRules,
    now: datetime,
    asked_for: Collection[str] = (),
    progress: Progress = quiet,
) -> CollectReport:
    """Read every source once and record what changed; a source that fails becomes a problem in the report.

    A source that still waits, after a failure or because its last answer is fresh, is left out, unless its name is in
    `asked_for`.
    """
    states = [(source, store.sources.state(source.name)) for source in sources]
    due = [
        (source, state)
        for source, state in states
        if source.name in asked_for or _is_due(source, state, rules, now=now)
    ]
    report = CollectReport(sources_waiting=len(states) - len(due))
    progress("sources", 0, len(due))
    for done, reading in enumerate(read_sources(due, rules=rules, now=now), start=1):
        report = _add(report, _record(reading, store, rules, now=now), _asked(reading, now=now))
        progress("sources", done, len(due))
    for source in store.items.sources_due(now):
        if not asked_for or source in asked_for:
            report = _add(report, _wake(source, store, rules, now=now))
    return report


def _wake(source: str, store: Store, rules: CollectRules, *, now: datetime) -> CollectReport:
    from publisher.collect.wake import wake_source  # late: a pass without news records nothing

    return wake_source(source, store, rules, now=now)


def _is_due(source: Source, state: SourceState, rules: CollectRules, *, now: datetime) -> bool:
    """Whether a source may be read now."""
    # No wait lasts twice as long as the longest one, so a later time was recorded by a clock that was ahead.
    if state.next_try is None or not now < state.next_try < now + 2 * LONGEST_WAIT:
        return True
    if not state.failures and is_policy_new(state.validator, rules, source.name):
        return True
    failed = f"it failed, {state.failures} times in a row: {state.problem}"
    because = failed if state.failures else "it says that it has no news until then"
    logger.debug("source is left alone", because=because, source=source.name, until=state.next_try)
    return False


def _record(reading: Reading, store: Store, rules: CollectRules, *, now: datetime) -> CollectReport:
    outcome = reading.outcome
    if isinstance(outcome, SourceError):
        return _record_failure(reading, outcome, store, now=now)
    if outcome.is_unchanged:
        before = store.sources.state(reading.source)
        next_try = fresh_until(outcome, timedelta(seconds=before.lifetime_s), now=now)
        store.sources.write(reading.source, after_no_change(before, outcome, next_try=next_try), before=before)
        _log_unchanged(reading.source, before, outcome, next_try=next_try)
        return CollectReport(sources_unchanged=1, sources_held=int(before.hold_reason is not None))
    from publisher.collect.record import record_listing  # late: a pass without news records nothing

    next_try = fresh_until(outcome, outcome.lifetime, now=now)
    return record_listing(reading, outcome, store, rules, next_try=next_try, now=now)


def _log_unchanged(source: str, before: SourceState, fetch: Fetch, *, next_try: datetime | None) -> None:
    if before.hold_reason is not None and fetch.validator == before.held_validator:
        logger.debug("source stays held", because=before.held, source=source, since=before.held_at)
    else:
        because = "it gives what it gave at its last reading"
        logger.debug("source has no news", because=because, source=source, next_try=next_try)


def _record_failure(reading: Reading, failure: SourceError, store: Store, *, now: datetime) -> CollectReport:
    before = store.sources.state(reading.source)
    next_try = retry_at(failure, failures=before.failures + 1, now=now)
    store.sources.write(reading.source, after_failure(before, failure, next_try=next_try, now=now), before=before)
    logger.debug(
        "source fails", because=failure.problem, source=reading.source, failures=before.failures + 1, next_try=next_try
    )
    problem = Problem(
        where=f"source {reading.source!r}",
        what=failure.problem,
        is_repeated=failure.problem == before.problem,
    )
    return CollectReport(problems=(problem,))


def _asked(reading: Reading, *, now: datetime) -> SourceReading:
    return SourceReading(source=reading.source, at=now, has_answered=not isinstance(reading.outcome, SourceError))


def _add(total: CollectReport, one: CollectReport, *readings: SourceReading) -> CollectReport:
    """Return the sum of the report so far and the report of one more source."""
    return replace(
        total,
        added=total.added + one.added,
        revised=total.revised + one.revised,
        withdrawn=total.withdrawn + one.withdrawn,
        expired=total.expired + one.expired,
        waiting=total.waiting + one.waiting,
        joined=total.joined + one.joined,
        kept_from_readers=total.kept_from_readers + one.kept_from_readers,
        sources_read=total.sources_read + one.sources_read,
        sources_unchanged=total.sources_unchanged + one.sources_unchanged,
        sources_held=total.sources_held + one.sources_held,
        problems=(*total.problems, *one.problems),
        notes=(*total.notes, *one.notes),
        readings=(*total.readings, *readings),
    )
