"""Records one listing. In: what a source lists now. Out: numbered changes in the log.

All changes of a listing are one transaction of the store: a crash leaves all of it or nothing. Facts are fetched from
the log, `identity`, `copies`, `guard` and `mint` decide from values alone, and the changes are written at the end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from publisher.collect import guard
from publisher.collect.clean import add_language
from publisher.collect.condition import after_hold, after_listing
from publisher.collect.copies import Changes, embargoes_elsewhere, find_joined, leave_to_others
from publisher.collect.embargo import EmbargoRules, Timing, time_listing
from publisher.collect.filters import leave_out
from publisher.collect.identity import Reconciliation, reconcile, with_first_date
from publisher.collect.intake import Listing, clean_listing
from publisher.collect.mint import draft, fetch_taken, fetch_taken_instants, find_instants, mint, order_for_log
from publisher.collect.pairs import pair
from publisher.collect.reading import Reading
from publisher.collect.reasons import log_heirs, log_hidden, log_joined, log_known, log_new, log_unread
from publisher.collect.remarks import tell_check, tell_hold, tell_run
from publisher.collect.rules import CollectRules, OnSuspicion
from publisher.collect.shared import find_left_out, find_shared, without_repeats
from publisher.collect.sources.base import Fetch
from publisher.collect.undated import match_undated
from publisher.model.changes import Known, NewRecord, Revision
from publisher.model.contents import FILING, changed_fields
from publisher.model.decisions import DecisionLog
from publisher.model.feeds import gather
from publisher.model.items import Item
from publisher.model.records import State
from publisher.model.reports import CollectReport
from publisher.model.schedules import local_day
from publisher.model.slugs import NO_NAMES, Names
from publisher.model.sources import HeldChange, Suspicion
from publisher.model.themes import wanted_names
from publisher.model.titles import title_of
from publisher.store import Store
from publisher.store.facts import Heir
from publisher.store.log_pass import LogPass

logger = DecisionLog("collect")


def record_listing(
    reading: Reading, fetch: Fetch, store: Store, rules: CollectRules, *, next_try: datetime | None, now: datetime
) -> CollectReport:
    """Record how the listing differs from the source's items in the log; or, if the listing is suspicious, only record
    that it is held until the operator decides.
    """
    listing = clean_listing(reading, fetch, rules)
    with store.log.open_pass(listing.source) as log:
        known = _fetch_known(listing, log)
        listing = _date_items(listing, known, log)
        changes, left_out = _plan_changes(known, listing, log, rules)
        listing = replace(listing, left_out=left_out)
        suspicion = _suspect(changes.own, known, listing, log, rules)
        if suspicion and not rules.is_decided(suspicion.words):
            return _hold(suspicion, listing.source, fetch, log, now=now)
        return _record_changes(
            changes, known, listing, log, rules, fetch=fetch, suspicion=suspicion, next_try=next_try, now=now
        )


def _hold(suspicion: Suspicion, source: str, fetch: Fetch, log: LogPass, *, now: datetime) -> CollectReport:
    """Record nothing of the listing, except that it is held until the operator decides."""
    logger.debug("source is held", because=suspicion.words, source=source)
    log.write_state(after_hold(log.state, suspicion, fetch, now=now))
    return CollectReport(sources_read=1, sources_held=1, problems=(tell_hold(source, suspicion),))


def _record_changes(
    changes: Changes,
    known: Sequence[Known],
    listing: Listing,
    log: LogPass,
    rules: CollectRules,
    *,
    fetch: Fetch,
    suspicion: Suspicion | None,
    next_try: datetime | None,
    now: datetime,
) -> CollectReport:
    """Record the changes. If there is a `suspicion`, the operator has accepted it."""
    is_discarded = suspicion is not None and rules.on_suspicion is OnSuspicion.DISCARD
    plan, hidden = _discard(changes.own) if is_discarded else _hide_old(changes.own, listing, rules, now=now)
    if suspicion:
        decided = f"source is held no longer, the operator chose {rules.on_suspicion.value}"
        logger.debug(decided, because=suspicion.words, source=listing.source)
    log_known(plan, known, log, source=listing.source, is_discarded=is_discarded)
    timing = _time(plan, known, listing, log, rules, now=now)
    plan = timing.plan
    _write_hidden(hidden, log, listing.source, rules, is_discarded=is_discarded, now=now)
    inherited = _hand_over(changes.heirs, log, listing.source, rules, now=now)
    _write_plan(plan, log, listing, rules, now=now)
    _write_timing(timing, log, rules, now=now)
    _write_copies(changes, log, listing)
    new = len(plan.added) + len(timing.waiting)
    state = after_listing(
        log.state,
        fetch,
        # if items without titles are discarded, later ones without titles must still be suspicious
        fields=log.state.fields if is_discarded else guard.fields_of(listing.items),
        skipped=tuple(map(str, listing.problems)),
        usual=new if suspicion or new <= listing.policy.hold_above else 0,
        is_changed=log.is_changed,
        next_try=next_try,
        now=now,
    )
    log.write_state(state)
    return CollectReport(
        added=len(plan.added),
        revised=len(plan.revised) + inherited,
        withdrawn=len(plan.withdrawn),
        kept_from_readers=len(hidden),
        sources_read=1,
        joined=len(changes.joined) if not is_discarded else 0,
        problems=(*tell_run(listing, timing, now=now), *fetch.remarks),
        waiting=len(timing.waiting),
        notes=tuple(tell_check(listing, timing)),
    )


# --- deciding --------------------------------------------------------------------------------------------------------


def _fetch_known(listing: Listing, log: LogPass) -> Sequence[Known]:
    """Return the source's items in the log that the listing may concern."""
    every = (*listing.items, *listing.withheld)
    return log.known(
        since=min((item.date for item in every if not item.is_undated and item.date > date.min), default=None),
        ids={item.native_id for item in every},
        links={item.link for item in every},
    )


def _date_items(listing: Listing, known: Sequence[Known], log: LogPass) -> Listing:
    """Return the listing with dates for its undated items, and without repeated items."""
    once = without_repeats(listing.items)
    shared = find_shared(known, once)
    dating = match_undated(known, listing.items, shared=shared, is_complete=listing.is_complete)
    dated = dating.date_items(log.items(dating.to_compare))
    return replace(
        listing,
        items=dated,
        withheld=match_undated(known, listing.withheld, shared=shared).date_items({}),
        shared=shared,
        repeats=len(listing.items) - len(once),
        left_out_wordings=find_left_out(dated, once if dated == listing.items else without_repeats(dated)),
    )


def _plan_changes(
    known: Sequence[Known], listing: Listing, log: LogPass, rules: CollectRules
) -> tuple[Changes, Mapping[str, int]]:
    """Return what the listing changes, and how many items each list of its filters left out."""
    pairing = pair(
        known,
        listing.items,
        withheld=listing.withheld,
        unread=listing.unread,
        is_complete=listing.is_complete,
    )
    plan = reconcile(pairing, log.items(pairing.to_compare), keeps_first_date=listing.keeps_first_date)
    log_unread(pairing, plan, log, source=listing.source)
    plan, left_out = leave_out(plan, known, listing.policy, theme_map=rules.gathering.theme_map, source=listing.source)
    own, copied = plan.split({one.number for one in known if one.is_copy})
    others = log.elsewhere(ids={item.native_id for item in own.added}, links={item.link for item in own.added})
    joined = find_joined(own.added, others, listing.policy, shared=listing.shared)
    heirs = log.heirs(own.withdrawn, among=rules.configured)
    return leave_to_others(own, copied, joined, heirs), left_out


def _time(
    plan: Reconciliation,
    known: Sequence[Known],
    listing: Listing,
    log: LogPass,
    rules: CollectRules,
    *,
    now: datetime,
) -> Timing:
    """Return which items of the plan wait, appear and expire."""
    # a first reading is an archive: its items settled long ago
    policy = replace(listing.policy, settle=None) if listing.is_first else listing.policy
    plan = _keep_embargoes(plan, known, listing, log, now=now)
    return time_listing(plan, known, EmbargoRules(now=now, timezone=rules.site.timezone, policy=policy))


def _keep_embargoes(
    plan: Reconciliation, known: Sequence[Known], listing: Listing, log: LogPass, *, now: datetime
) -> Reconciliation:
    """Return the plan with the embargoes that other sources put on its unseen items."""
    waiting = {one.number for one in known if one.state is State.WAITING}
    unseen = [*plan.added, *(item for number, item in plan.known if number in waiting)]
    others = log.waiting_elsewhere(ids={item.native_id for item in unseen}, links={item.link for item in unseen})
    others = [other for other in others if other.item.embargo and other.item.embargo > now]
    ends = embargoes_elsewhere(unseen, others, listing.policy, shared=listing.shared)

    if not ends:
        return plan

    def held(item: Item) -> Item:
        return replace(item, other_embargo=ends.get(item))

    return replace(
        plan,
        added=tuple(map(held, plan.added)),
        known=tuple((number, held(item)) for number, item in plan.known),
        renamed=tuple((number, held(item)) for number, item in plan.renamed),
    )


def _suspect(
    plan: Reconciliation, known: Sequence[Known], listing: Listing, log: LogPass, rules: CollectRules
) -> Suspicion | None:
    """Return why the listing is suspicious, and what it would change; return `None` if it is not suspicious."""
    if listing.is_first:  # all items are new, unless the source was renamed
        former, count = log.orphans(plan.added, among=rules.configured)
        suspicion = guard.suspicion_of_first(plan, former=former, repeated=count)
    else:
        suspicion = guard.suspicion_of(
            plan,
            known,
            listing.items,
            hold_above=listing.policy.hold_above,
            most_added=listing.state.most_added,
            fields=listing.state.fields,
            is_complete=listing.is_complete,
            new_themes=log.count_unnamed(wanted_names(plan.added, rules.gathering.theme_map)),
        )
    if suspicion is None:
        return None
    gone = log.items(plan.withdrawn[: guard.TITLES])
    change = HeldChange(
        added=len(plan.added),
        revised=len(plan.revised),
        withdrawn=len(plan.withdrawn),
        new=tuple(title_of(item) for item in plan.added[: guard.TITLES]),
        gone=tuple(title_of(gone[number]) for number in plan.withdrawn[: guard.TITLES]),
    )
    return replace(suspicion, words=f"{suspicion.words}; it would {guard.describe(plan)}", change=change)


def _discard(plan: Reconciliation) -> tuple[Reconciliation, Sequence[Item]]:
    """Return the plan without its new items, and these new items, which are hidden from readers."""
    return plan.without_news(), plan.added


def _hide_old(
    plan: Reconciliation, listing: Listing, rules: CollectRules, *, now: datetime
) -> tuple[Reconciliation, Sequence[Item]]:
    """Return the plan of a first reading without items older than the policy's `since`, and these older items, which
    are hidden from readers.
    """
    since = listing.policy.since
    if since is None or not listing.is_first:
        return plan, ()
    first_day = local_day(now - since, rules.site.timezone)
    shown = [item for item in plan.added if since and item.date >= first_day]
    hidden = [item for item in plan.added if not since or item.date < first_day]
    return replace(plan, added=tuple(shown)), hidden


# --- writing ---------------------------------------------------------------------------------------------------------


def _write_hidden(
    hidden: Sequence[Item], log: LogPass, source: str, rules: CollectRules, *, is_discarded: bool, now: datetime
) -> None:
    records = _mint_records(hidden, log, source, rules, names=NO_NAMES, now=now)
    log_hidden(records, source=source, is_discarded=is_discarded)
    log.keep_from_readers(records)


def _hand_over(heirs: Mapping[int, Heir], log: LogPass, source: str, rules: CollectRules, *, now: datetime) -> int:
    """Give items to the sources that still list them (`heirs`); return how many of the items their new sources word
    differently.
    """
    if not heirs:
        return 0
    log_heirs(heirs, log, source=source)
    log.hand_over(heirs)
    shown = log.items(list(heirs))
    kept = {number: with_first_date(heir.item, shown[number]) for number, heir in heirs.items()}
    said = {number: add_language(item, rules.site) for number, item in kept.items()}
    changed = {number: {*changed_fields(shown[number], item)} for number, item in said.items()}
    same = {number for number, fields in changed.items() if not fields}
    log.rename([(number, said[number]) for number in sorted(same)])
    revised = [(number, item) for number, item in said.items() if number not in same]
    names = log.name(wanted_names([item for _, item in revised], rules.gathering.theme_map))
    revisions = [_revision(number, item, heirs[number].source, rules, names) for number, item in revised]
    log.revise([replace(each, is_minor=changed[each.number] <= FILING) for each in revisions], now=now)
    return len(revised)


def _write_plan(plan: Reconciliation, log: LogPass, listing: Listing, rules: CollectRules, *, now: datetime) -> None:
    source = listing.source
    log.withdraw(plan.withdrawn, now=now)
    log.unlist(plan.unlisted)
    log.relist(plan.relisted)
    log.rename([(number, add_language(item, rules.site)) for number, item in plan.renamed])
    revised = [(number, add_language(item, rules.site)) for number, item in plan.revised]
    added = [add_language(item, rules.site) for item in plan.added]
    naming = [*(item for _, item in revised), *order_for_log(added)]
    names = log.name(wanted_names(naming, rules.gathering.theme_map))
    revisions = [_revision(number, item, source, rules, names) for number, item in revised]
    instants = _find_instants(plan, log, rules, now=now)
    log.revise(
        [
            replace(
                each,
                is_minor=each.item.is_minor_edit or each.number in plan.refiled,
                published=instants.get(each.number),
            )
            for each in revisions
        ],
        now=now,
    )
    records = _mint_records(added, log, source, rules, names=names, now=now)
    log_new(records, source=source, is_first=listing.is_first)
    log.add(records, now=now)


def _find_instants(plan: Reconciliation, log: LogPass, rules: CollectRules, *, now: datetime) -> dict[int, datetime]:
    """Return the new instants of items whose date changed, by number."""
    moved = [(number, item) for number, item in plan.revised if number in plan.moved]
    items = [item for _, item in moved]
    timezone = rules.site.timezone
    taken = fetch_taken_instants(items, log, timezone=timezone)
    instants = find_instants(items, taken, timezone=timezone, now=now)
    return {number: instant for (number, _), instant in zip(moved, instants, strict=True)}


def _write_timing(timing: Timing, log: LogPass, rules: CollectRules, *, now: datetime) -> None:
    """Write which items wait, and until when. `wake` makes items visible whose time has already come."""
    log.wait([(add_language(item, rules.site), wakes) for item, wakes in timing.waiting], now=now)
    log.retime([(number, add_language(item, rules.site), wakes) for number, item, wakes in timing.retimed])
    log.drop_waiting(timing.plan.dropped)


def _write_copies(changes: Changes, log: LogPass, listing: Listing) -> None:
    log_joined(changes.joined, log, source=listing.source, joined_by=listing.policy.joined_by)
    log.drop_copies([*changes.copied.withdrawn, *changes.copied.unlisted])
    log.copy([*changes.copied.revised, *changes.copied.renamed, *changes.joined])


def _mint_records(
    items: Sequence[Item], log: LogPass, source: str, rules: CollectRules, *, names: Names, now: datetime
) -> Sequence[NewRecord]:
    drafts = draft(items, source=source, rules=rules, names=names)
    timezone = rules.site.timezone
    return mint(drafts, fetch_taken(drafts, log, timezone=timezone), timezone=timezone, now=now)


def _revision(number: int, item: Item, source: str, rules: CollectRules, names: Names) -> Revision:
    return Revision(number=number, item=item, gathered=gather(item, rules.gathering, source=source, names=names))
