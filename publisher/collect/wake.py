"""Makes items visible when their time has come, and removes them from feeds when they expire.

In: the times at which the store says that items appear or expire. Out: numbered changes in the log, as if the items had
just been listed for the first time. Each source is one transaction. No source is read for this: items also appear while
their server is unreachable, and a pass with nothing to do asks the store once.
"""

from collections import defaultdict, deque
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from publisher.collect.copies import find_joined
from publisher.collect.filters import why_left_out
from publisher.collect.mint import draft, fetch_taken, mint, order_for_log
from publisher.collect.rules import CollectRules
from publisher.collect.shared import find_shared
from publisher.model.changes import NewRecord, Revision
from publisher.model.decisions import DecisionLog
from publisher.model.feeds import gather
from publisher.model.items import Item
from publisher.model.records import State
from publisher.model.reports import CollectReport
from publisher.model.slugs import Names
from publisher.model.themes import wanted_names
from publisher.store import Store
from publisher.store.facts import Due
from publisher.store.log_pass import LogPass

logger = DecisionLog("collect")


def wake_source(source: str, store: Store, rules: CollectRules, *, now: datetime) -> CollectReport:
    """Make waiting items of a source visible, or expire visible items, if their time has come.

    Items of a source that is no longer in config.toml still expire, but its waiting items do not appear.
    """
    with store.log.open_pass(source) as log:
        due = log.due(now)
        over = [each for each in due if each.state.is_live]
        log.expire([each.number for each in over], now=now)
        begun = [each for each in due if not each.state.is_live]
        never = [each for each in begun if source not in rules.policies or _is_over(each.item, now)]
        log.retime([(each.number, each.item, None) for each in never])
        begun = [each for each in begun if each not in never]
        waiting = [each for each in begun if each.state is State.WAITING]
        unwanted = [each for each in waiting if _is_left_out(each.item, source, rules)]
        log.drop_waiting([each.number for each in unwanted])
        waiting = [each for each in waiting if each not in unwanted]
        new, joined = _appear(waiting, log, source, rules, now=now)
        back = [each for each in begun if each.state is not State.WAITING]
        names = log.name(wanted_names([each.item for each in back], rules.gathering.theme_map))
        log.revise([_revision(each, source, rules, names) for each in back], now=now)
        _log_woken(over, new, back, log, source)
    return CollectReport(added=len(new), revised=len(back), expired=len(over), joined=joined)


def _is_left_out(item: Item, source: str, rules: CollectRules) -> bool:
    """Whether a filter leaves an item out now: the filter may be newer than the item."""
    theme_map = rules.gathering.theme_map
    return bool(why_left_out(item, rules.policies[source], theme_map=theme_map, source=source))


def _appear(
    due: Sequence[Due], log: LogPass, source: str, rules: CollectRules, *, now: datetime
) -> tuple[Sequence[NewRecord], int]:
    """Add items that waited to the log; return their records, and how many of the items turned out to be other sources'
    items.
    """
    items = [each.item for each in due]
    others = log.elsewhere(ids={item.native_id for item in items}, links={item.link for item in items})
    joined = find_joined(items, others, rules.policies[source], shared=find_shared((), items)) if due else {}
    elsewhere = set(joined.values())
    log.drop_waiting([each.number for each in due if each.item in elsewhere])
    log.copy(sorted(joined.items(), key=lambda pair: pair[0]))
    new = [each for each in due if each.item not in elsewhere]
    records = _records_of(new, log, source, rules, now=now)
    log.add(records, now=now)
    return records, len(joined)


def _records_of(
    due: Sequence[Due], log: LogPass, source: str, rules: CollectRules, *, now: datetime
) -> Sequence[NewRecord]:
    """Return the records of items that appear now, each with the number under which it waited."""
    items = [each.item for each in due]
    names = log.name(wanted_names(order_for_log(items), rules.gathering.theme_map))
    drafts = draft(items, source=source, rules=rules, names=names)
    numbers: dict[Item, deque[int]] = defaultdict(deque)
    for each in due:
        numbers[each.item].append(each.number)
    timezone = rules.site.timezone
    minted = mint(drafts, fetch_taken(drafts, log, timezone=timezone), timezone=timezone, now=now)
    return [replace(record, number=numbers[record.item].popleft()) for record in minted]


def _is_over(item: Item, now: datetime) -> bool:
    """Whether an item that is due to appear has expired already: no pass ran while it should have been visible."""
    return item.expires is not None and item.expires <= now


def _revision(due: Due, source: str, rules: CollectRules, names: Names) -> Revision:
    return Revision(
        number=due.number, item=due.item, gathered=gather(due.item, rules.gathering, source=source, names=names)
    )


def _log_woken(over: Sequence[Due], new: Collection[NewRecord], back: Sequence[Due], log: LogPass, source: str) -> None:
    if not logger.is_heard:
        return
    for record in new:
        logger.debug("item appears", because="its time has come", source=source, uid=record.uid)
    for decision, some, because in (
        ("item expires", over, "its time is over"),
        ("item is back", back, "its time has come"),
    ):
        for uid in log.uids([each.number for each in some]).values():
            logger.debug(decision, because=because, source=source, uid=uid)
