"""Compose. In: the changes in the item log beyond an audience's cursor (the last log number that it has dealt with).
Out: at most one edition per audience.

Editions are recorded first: `plan_all` or `plan_due`, then `pass_over` and `record`. Recorded editions are written
later: `admin/stages.py` publishes their web pages, then `put_out` writes their mails into the outbox. What records and
writes is in `compose/put_out.py`.

Limits lose no items. With too few items there is no edition, and the cursor stays. With too many, the edition has the
items that waited longest, and the cursor stops before the others. An item that was in an edition is never due again,
wherever the cursor is.

What a crash leaves, by its moment:

- before an edition is recorded: nothing; the next pass decides the same again;
- after it is recorded, before its folder is in the outbox: an edition without a folder, perhaps with its web page, to
  which no mail leads yet; the next pass renders both from the revisions recorded with the edition, with the same bytes;
- after the folder is there, before that is recorded: a whole folder; the next pass finds it whole, records that, and
  queues its deliveries if mails are sent.

An edition that is held for an editor is recorded, and follows the sources of its items until it is released. It has no
web page, and a folder below outbox/held/ that is written again when the recorded edition changes. Its audience gets no
other edition meanwhile: new items wait, and the first pass after the decision makes up for missed ticks. A released
edition is put out like any recorded edition.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from publisher.compose.plan import (
    AudienceFacts,
    Plan,
    WhyNot,
    due_items,
    due_tick,
    edition_of,
    is_kept,
    is_read_by,
    left_out,
    plan_edition,
)
from publisher.model.decisions import DecisionLog
from publisher.model.editions import Audience, Edition
from publisher.model.problems import Problem
from publisher.model.records import Record
from publisher.model.site import Site
from publisher.model.themes import ALL_THEMES
from publisher.store import AudienceState, Store

logger = DecisionLog("compose")
NO_EDITION = "no edition is due"

SAMPLE_ITEMS = 10
HELD = "held until feeds and pages can be published, so that no mail links to a page that is not there"
UNSETTLED = (
    "held because the store was restored: say which edition was the last that went out, as `publisher restore` explains"
)
LOOKED_AT = 4_000
"""How many of the latest items are searched for items in an audience's languages."""


# --- decide ----------------------------------------------------------------------------------------------------------


def plan_all(audiences: Sequence[Audience], *, store: Store, site: Site, now: datetime) -> list[Plan]:
    """Return a plan for each of these audiences as of `now`, whatever their schedules say. An audience whose edition
    waits for the editor gets no plan.
    """
    held = _names_held(audiences, store, now=now)
    plans = (_plan(audience, held, store=store, site=site, tick=None, now=now) for audience in audiences)
    return [plan for plan in plans if plan]


def plan_due(audiences: Sequence[Audience], *, store: Store, site: Site, now: datetime) -> list[Plan]:
    """Return a plan for each of these audiences whose schedule has made an edition due since the last plan."""
    held = _names_held(audiences, store, now=now)
    plans = (_plan_scheduled(audience, held, store=store, site=site, now=now) for audience in audiences)
    return [plan for plan in plans if plan]


def _plan_scheduled(
    audience: Audience, held: Collection[str], *, store: Store, site: Site, now: datetime
) -> Plan | None:
    if audience.schedule is None:
        logger.debug(NO_EDITION, because="it has no schedule", audience=audience.name)
        return None
    state = store.editions.audience(audience.name)
    if state is None or state.last_tick is None:
        # ticks count from the first pass that consults the schedule
        watched = replace(state or _beginning(audience, store, site), last_tick=now)
        plan = Plan(audience=audience, because="its schedule counts from now on", edition=None, state=watched)
        _log_plan(plan, next_tick=audience.schedule.next_after(now))
        return plan
    tick = due_tick(audience, state.last_tick, now=now)
    if tick is None:
        because = "its schedule has no tick since the last that was dealt with"
        times = {"last": state.last_tick, "next_tick": audience.schedule.next_after(now)}
        logger.debug(NO_EDITION, because=because, audience=audience.name, **times)
        return None
    return _plan(audience, held, store=store, site=site, tick=tick, now=now)


def _plan(
    audience: Audience, held: Collection[str], *, store: Store, site: Site, tick: datetime | None, now: datetime
) -> Plan | None:
    if audience.name in held:
        logger.debug(NO_EDITION, because="its last one waits for its editor", audience=audience.name)
        return None
    plan = plan_edition(audience, _facts(audience, store, site), site=site, tick=tick, now=now)
    _log_plan(plan)
    return plan


def _log_plan(plan: Plan, **facts: object) -> None:
    decision = f"edition {plan.edition.name} is due" if plan.edition else NO_EDITION
    logger.debug(decision, because=plan.because, audience=plan.audience.name, **facts)


def hold_unsettled(plans: Sequence[Plan], *, store: Store) -> tuple[list[Plan], list[Problem]]:
    """Return the plans without those for audiences that wait for the operator after a restore, and a problem for each
    such audience.

    Items that are due to these audiences stay due.
    """
    restoration = store.restorations.current()
    if restoration is None:
        return list(plans), []
    held = [plan for plan in plans if restoration.holds(plan.audience.name)]
    problems = [Problem(where=f"audience {plan.audience.name!r}", what=UNSETTLED) for plan in held if plan.edition]
    return [plan for plan in plans if plan not in held], problems


def hold(audiences: Sequence[Audience], *, store: Store, site: Site, now: datetime) -> list[Problem]:
    """Return a problem for each edition that must wait because feeds and pages could not be published. Nothing is
    composed.
    """
    waiting = [audience for audience in audiences if next_edition(audience, store=store, site=site, now=now)]
    return [Problem(where=f"audience {audience.name!r}", what=HELD) for audience in waiting]


def next_edition(audience: Audience, *, store: Store, site: Site, now: datetime) -> Edition | None:
    """Return the edition that `plan_all` would plan for the audience now, or `None` if it would plan none."""
    plans = plan_all([audience], store=store, site=site, now=now)
    return plans[0].edition if plans else None


def sample_edition(audience: Audience, *, store: Store, site: Site, now: datetime) -> Edition | None:
    """Return an edition of the latest items, to show how mails look when nothing is new, or `None` if there are no
    items.
    """
    latest = _latest_read(audience, SAMPLE_ITEMS, store=store, site=site)
    state = _state(audience, store, site)
    changed = store.items.changed_since_told(audience.name, upto=state.cursor)
    facts = AudienceFacts(state=state, upto=state.cursor, new=tuple(latest), changed=tuple(changed))
    return edition_of(audience, facts, latest, now=now) if latest else None


def explain_left_out(
    audience: Audience, edition: Edition | None, *, store: Store, site: Site
) -> list[tuple[Record, WhyNot]]:
    """Return the audience's new items that are not in its next edition `edition`, each with the reason."""
    state = _state(audience, store, site)
    new = store.items.due_for(
        audience.name, themes=ALL_THEMES, after=state.cursor, upto=store.log.end(), start=state.start
    )
    return left_out(audience, edition, new, site)


def count_due(audience: Audience, *, store: Store, site: Site) -> int:
    """Return how many items the audience's next edition would have."""
    return len(due_items(audience, _facts(audience, store, site), site))


# --- record ----------------------------------------------------------------------------------------------------------


def pass_over(plans: Sequence[Plan], *, store: Store) -> None:
    """Record how far audiences that get no edition have come, in the log and in their schedules. Nothing is written for
    an audience where neither changes.

    Before anything was collected, nothing is written for an audience with a `first` setting, because its start depends
    on the items that are collected first.
    """
    is_empty = store.log.end() == 0
    for plan in plans:
        name = plan.audience.name
        if is_empty and plan.audience.first is not None:
            continue
        if plan.edition is None and plan.state != store.editions.audience(name):
            store.editions.pass_over(name, plan.state)


# --- put out ---------------------------------------------------------------------------------------------------------


def held_editions(store: Store) -> list[Edition]:
    """Return the editions that wait for an editor's approval, oldest first."""
    return [edition for edition in store.editions.unwritten() if edition.held_until is not None]


def stranded_editions(audiences: Sequence[Audience], store: Store) -> list[Edition]:
    """Return the editions that are not in the outbox yet and whose audience is not in `audiences`, oldest first."""
    names = {audience.name for audience in audiences}
    return [edition for edition in store.editions.unwritten() if edition.audience not in names]


def release_and_list(audiences: Sequence[Audience], *, store: Store, now: datetime) -> list[tuple[Edition, Audience]]:
    """Release editions whose time for review by an editor has ended; return all editions whose folder in the outbox is
    missing or out of date, oldest first.
    """
    restoration = store.restorations.current()
    by_name = {each.name: each for each in audiences if restoration is None or not restoration.holds(each.name)}
    found: list[tuple[Edition, Audience]] = []
    for edition in store.editions.unwritten():
        audience = by_name.get(edition.audience)
        if audience is None:
            continue
        if is_kept(edition, audience, now=now):
            if store.editions.held.is_shown(edition.audience, edition.number):
                continue
        elif edition.held_until is not None:
            store.editions.held.follow(edition.audience, edition.number, at=now)
            store.editions.held.release(edition.audience, edition.number, at=now)
        found.append((edition, audience))
    return found


# --- ask the store ---------------------------------------------------------------------------------------------------


def _names_held(audiences: Sequence[Audience], store: Store, *, now: datetime) -> set[str]:
    """Return the names of the audiences whose last edition still waits for the editor."""
    by_name = {audience.name: audience for audience in audiences}
    held = [edition for edition in held_editions(store) if edition.audience in by_name]
    return {edition.audience for edition in held if is_kept(edition, by_name[edition.audience], now=now)}


def _facts(audience: Audience, store: Store, site: Site) -> AudienceFacts:
    state, upto = _state(audience, store, site), store.log.end()
    if state.cursor >= upto:
        return AudienceFacts(state=state, upto=upto, new=(), changed=())
    new = store.items.due_for(audience.name, themes=audience.themes, after=state.cursor, upto=upto, start=state.start)
    # corrections alone make no edition, so without new items they are not fetched
    changed = store.items.changed_since_told(audience.name, upto=upto) if new else ()
    return AudienceFacts(state=state, upto=upto, new=tuple(new), changed=tuple(changed))


def _state(audience: Audience, store: Store, site: Site) -> AudienceState:
    return store.editions.audience(audience.name) or _beginning(audience, store, site)


def _beginning(audience: Audience, store: Store, site: Site) -> AudienceState:
    """Return the state of an audience that never had an edition, which says from which log number on its items count.
    The state depends on the setting `first` of the audience and on the item log, not on the clock.
    """
    if audience.first is None:
        start = 0
    elif audience.first == 0:
        start = store.log.end()
    else:
        latest = _latest_read(audience, audience.first, store=store, site=site)
        start = latest[0].added_seq - 1 if latest else store.log.end()
    return AudienceState(cursor=start, start=start, last_number=0, last_tick=None)


def _latest_read(audience: Audience, most: int, *, store: Store, site: Site) -> list[Record]:
    """Return the latest items in an audience's languages, at most `most`, in the order in which they were added.

    Only the latest `LOOKED_AT` items are searched.
    """
    looked_at = most
    while True:
        latest = store.items.latest(audience.themes, limit=looked_at)
        read = [record for record in latest if is_read_by(audience, record, site)]
        if len(read) >= most or len(latest) < looked_at or looked_at >= LOOKED_AT:
            return read[-most:]
        looked_at = min(4 * looked_at, LOOKED_AT)
