"""Status: what a site does and what is wrong, as values. Nothing is changed."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from publisher.admin.clock import find_ahead
from publisher.admin.deliveries import latest_mails
from publisher.admin.mail_orders import SHOWN
from publisher.admin.service_lock import is_served
from publisher.collect.condition import condition_of
from publisher.collect.embargo import EmbargoRules
from publisher.compose import run as compose
from publisher.config.config import Config
from publisher.config.sources import SourceSettings
from publisher.model.editions import Audience, Edition
from publisher.model.settings import SubscriberSettings
from publisher.model.status import (
    AudienceStatus,
    HeldStatus,
    RestoreStatus,
    RunStatus,
    SourceStatus,
    Status,
    SubscribersStatus,
    WaitingReason,
    WaitingStatus,
)
from publisher.model.subscribers import CONFIRM_WITHIN
from publisher.publish.plan import CONSUMER
from publisher.store import READERS, RunRow, Store, Waiting
from publisher.store.runs import DELIVER

RUNS_SHOWN = 5


def status(config: Config, store: Store, *, now: datetime) -> Status:
    """Return the state of a site: what ran, what is due, what waits and what is wrong."""
    stranded = {edition.name for edition in compose.stranded_editions(config.audiences, store)}
    unwritten = [edition for edition in store.editions.unwritten() if edition.name not in stranded]
    by_name = {audience.name: audience for audience in config.audiences}
    runs = tuple(_run_statuses(store.runs.latest(limit=RUNS_SHOWN)))
    audiences = tuple(_audience_status(audience, config, store, now=now) for audience in config.audiences)
    done_at = [*(run.started for run in runs), *(audience.last_composed_at for audience in audiences)]
    return Status(
        site=config.site.title,
        items=store.items.count(),
        is_served=is_served(store),
        unpublished=store.log.end() - store.log.cursor(CONSUMER).seq,
        unwritten=tuple(edition.name for edition in unwritten if edition.held_until is None),
        stranded=tuple(sorted(stranded)),
        held=tuple(_held_statuses(unwritten, by_name)),
        sources=source_statuses(config, store, now=now),
        audiences=audiences,
        deliveries=latest_mails(config, store, now=now),
        runs=runs,
        restored=_restore_status(config, store),
        subscribers=_subscribers_status(config.subscribers, store, now=now),
        left_behind=_count_left_behind(config.subscribers, store),
        outage=store.mail.outages.current() if config.smtp else None,
        orders=tuple(store.mail.ledger.orders.since(now - SHOWN)),
        paused=store.mail.ledger.pauses.current(),
        ahead=find_ahead(done_at, now=now),
    )


def source_statuses(config: Config, store: Store, *, now: datetime) -> tuple[SourceStatus, ...]:
    """Return the condition (such as failing or silent) of each source in config.toml."""
    waiting, hidden = waiting_items(config, store), store.items.hidden_counts()
    return tuple(
        replace(
            _source_status(settings, store, now=now),
            waiting=tuple(waiting.get(settings.name, ())),
            hidden=hidden.get(settings.name, 0),
        )
        for settings in config.sources
    )


def _subscribers_status(
    settings: SubscriberSettings | None, store: Store, *, now: datetime
) -> SubscribersStatus | None:
    if settings is None:
        return None
    last, edit = store.people.rounds.last(), store.people.rounds.next.edit()
    return SubscribersStatus(
        people=store.people.subscribers.count(),
        pending=store.people.subscribers.count_pending(since=now - CONFIRM_WITHIN),
        next_ticks={pace.name: pace.schedule.next_after(now) for pace in settings.paces},
        postponed_until=edit.postponed_until if edit.is_postponed(now) else None,
        last_round=last.name if last else "",
        last_round_at=last.begun_at if last else None,
        suspended=store.people.bounce_scores.count_suspended(),
        suppressions={kind.value: number for kind, number in sorted(store.people.suppressions.counts().items())},
        asked=store.people.renewals.count_asked(),
        owed_departures=store.people.owed_departures.count(),
    )


def _count_left_behind(settings: SubscriberSettings | None, store: Store) -> int:
    """Return how many people follow something on a site that has no subscribers any more. No retention period begins
    for them, because nobody ended their subscriptions.
    """
    return store.people.subscribers.count() if settings is None and store.holds_people() else 0


def unsettled_audiences(config: Config, store: Store) -> tuple[str, ...]:
    """Return the names of the audiences that get nothing until the operator has said what went out since a restored
    backup.
    """
    restoration = store.restorations.current()
    return tuple(each.name for each in config.audiences if restoration and restoration.holds(each.name))


def _restore_status(config: Config, store: Store) -> RestoreStatus | None:
    restoration, audiences = store.restorations.current(), unsettled_audiences(config, store)
    has_readers = config.subscribers is not None and restoration is not None and restoration.holds(READERS)
    if restoration is None or not (audiences or has_readers):
        return None
    return RestoreStatus(
        restored_at=restoration.restored_at,
        taken_at=restoration.taken_at,
        audiences=audiences,
        has_readers=has_readers,
    )


def _run_statuses(runs: Sequence[RunRow]) -> Iterator[RunStatus]:
    """Yield the runs of publisher's verbs (such as `collect`) as `publisher status` shows them, latest first."""
    seen: set[bool] = set()
    for run in runs:
        is_delivery = run.verb == DELIVER
        yield RunStatus(
            verb=run.verb,
            started=run.started,
            exit_code=run.exit_code,
            problems=run.problems,
            is_latest=is_delivery not in seen,
        )
        seen.add(is_delivery)


def waiting_items(config: Config, store: Store) -> Mapping[str, Sequence[WaitingStatus]]:
    """Return, by source, how many items wait for each moment, and why, the next moment first. Sources without waiting
    items are missing.
    """
    counts = Counter((each.source, each.until, why_waiting(each, config)) for each in store.items.waiting())
    found: dict[str, list[WaitingStatus]] = defaultdict(list)
    for (source, until, why), items in counts.items():
        found[source].append(WaitingStatus(until=until, items=items, why=why))
    return found


def why_waiting(waiting: Waiting, config: Config) -> WaitingReason:
    """Return why an item is not visible to readers yet."""
    if waiting.is_back:
        return "comes back"
    policy = next((each.policy for each in config.sources if each.name == waiting.source), None)
    embargo = policy and EmbargoRules(now=waiting.until, timezone=config.site.timezone, policy=policy)
    return "settles" if embargo and embargo.begin_of(waiting.item) < waiting.until else "waits"


def _source_status(settings: SourceSettings, store: Store, *, now: datetime) -> SourceStatus:
    state = store.sources.state(settings.name)
    return SourceStatus(
        name=settings.name,
        condition=condition_of(state, settings.policy, now=now),
        listed=state.listed,
        changed_at=state.changed_at,
        failures=state.failures,
        problem=state.problem,
        failing_since=state.failing_since,
        skipped=state.skipped,
        next_try=state.next_try if state.next_try and state.next_try > now else None,
        held=state.held,
        held_at=state.held_at,
        held_change=state.held_change if state.hold_reason else None,
        expect_every=settings.policy.expect_every,
    )


def _held_statuses(unwritten: list[Edition], audiences: dict[str, Audience]) -> Iterator[HeldStatus]:
    for edition in unwritten:
        if edition.held_until is not None:
            yield HeldStatus(
                edition=edition.name,
                items=len(edition.records),
                held_until=edition.held_until,
                on_silence=audiences[edition.audience].on_silence,
            )


def _audience_status(audience: Audience, config: Config, store: Store, *, now: datetime) -> AudienceStatus:
    last = next(iter(store.editions.latest(audience.name, limit=1)), None)
    return AudienceStatus(
        name=audience.name,
        waiting=compose.count_due(audience, store=store, site=config.site),
        next_tick=audience.schedule.next_after(now) if audience.schedule else None,
        last_edition=last.number if last else 0,
        last_composed_at=last.composed_at if last else None,
    )
