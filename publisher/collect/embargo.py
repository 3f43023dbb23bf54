"""Decides which items wait, and when known items appear or expire; pure.

An item may appear when its embargo is over and its date has come, to the minute if it has a time; with `future =
"show"` its date does not count. If the source has a `settle`, the item must also have stayed unchanged for that long.
Items that readers have seen stay visible. An item that expired before it appeared never appears, unless its source
gives it another time.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time

from publisher.collect.identity import Reconciliation
from publisher.model.changes import Known
from publisher.model.items import Item
from publisher.model.records import State
from publisher.model.schedules import instant_of, zone_of
from publisher.model.sources import SourcePolicy

_LONGEST = 4
"""The longest wait of an item that keeps changing, as a multiple of `settle`."""
_HIDDEN = "an editor hid it; `publisher item show` shows it again"
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When the items of one listing appear and expire."""

    plan: Reconciliation
    """The part of the listing's changes that readers see now."""
    waiting: tuple[tuple[Item, datetime | None], ...]
    """New items that wait, each with the time it appears, or `None` if it has expired and never appears."""
    retimed: tuple[tuple[int, Item, datetime | None], ...]
    """Known items whose time to appear or expire changed: number, new content, and the new time. The time `None` means
    never.
    """
    unseen: tuple[tuple[Item, str], ...]
    """Listed items that no reader sees because of their time, or because an editor hid them, each with the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbargoRules:
    """The moment, time zone and policy by which items appear and expire."""

    now: datetime
    timezone: str
    """The site's time zone, in which days begin."""
    policy: SourcePolicy

    def begin_of(self, item: Item) -> datetime:
        """Return when an item may appear."""
        embargo = item.last_embargo or _LONG_AGO
        if self.policy.future == "show":
            return embargo
        return max(embargo, instant_of(item.published or datetime.combine(item.date, time()), self.timezone))

    def is_over(self, item: Item) -> bool:
        """Whether the item has expired, or will before it may appear."""
        return item.expires is not None and item.expires <= max(self.now, self.begin_of(item))

    def wake_of(self, item: Item, settled: datetime = _LONG_AGO) -> datetime | None:
        """Return when an unseen item appears, not before `settled`; return `None` if it never appears."""
        return None if self.is_over(item) else max(self.begin_of(item), settled)

    def settled_new(self) -> datetime:
        """Return when an item that is new now has been unchanged for long enough (`settle`), if it does not change
        again.
        """
        return self.now + self.policy.settle if self.policy.settle else _LONG_AGO

    def settled_known(self, old: Known, *, is_changed: bool) -> datetime:
        """Return when a waiting item has been unchanged for long enough (`settle`), if it does not change again."""
        if not self.policy.settle or old.since is None:
            return _LONG_AGO
        latest = min(self.settled_new(), old.since + _LONGEST * self.policy.settle)
        return latest if is_changed or old.wakes is None else min(latest, old.wakes)

    def why_unseen(self, item: Item, wakes: datetime | None) -> str:
        """Return why readers do not see this item now."""
        zone = zone_of(self.timezone)
        if item.expires is not None and self.is_over(item):
            return f"it is in no feed: it expired on {item.expires.astimezone(zone):%Y-%m-%d %H:%M}"
        begin = self.begin_of(item)
        does = "settles" if wakes and wakes > begin else "waits"
        return f"{does} until {(wakes or begin).astimezone(zone):%Y-%m-%d %H:%M}"

    def may_appear(self, item: Item) -> bool:
        """Whether readers may see the item now."""
        return not self.is_over(item) and self.begin_of(item) <= self.now


def time_listing(plan: Reconciliation, known: Iterable[Known], rules: EmbargoRules) -> Timing:
    """Return when items appear or expire, and the plan for now: without items that must wait, and with expired items
    withdrawn.
    """
    before = {one.number: one for one in known if not one.is_copy}
    pairs = [(before[number], item) for number, item in plan.known if number in before]
    held = {old.number for old, item in pairs if old.state is State.WITHDRAWN and not rules.may_appear(item)}
    back = {old.number: item for old, item in pairs if old.state is State.EXPIRED and rules.may_appear(item)}
    revised = {number: item for number, item in plan.revised if number not in held} | back
    retimed = [
        (old, item, _wake_of(old, item, rules, is_changed=old.number in plan.reworded))
        for old, item in pairs
        if old.number not in revised
    ]
    is_now = rules.policy.settle is None
    waiting = [(item, rules.wake_of(item, rules.settled_new())) for item in plan.added]
    waiting = [(item, wakes) for item, wakes in waiting if not (is_now and rules.may_appear(item))]
    timed = (State.WAITING, State.EXPIRED)
    unseen = [(item, wakes) for old, item, wakes in retimed if old.state in timed or old.number in held]
    return Timing(
        plan=replace(
            plan,
            added=tuple(item for item in plan.added if is_now and rules.may_appear(item)),
            revised=tuple(sorted(revised.items(), key=lambda pair: pair[0])),
            renamed=tuple(pair for pair in plan.renamed if pair[0] not in back),
        ),
        waiting=tuple(waiting),
        retimed=tuple((old.number, item, wakes) for old, item, wakes in retimed if wakes != old.wakes),
        unseen=(
            *(
                (item, rules.why_unseen(item, wakes))
                for item, wakes in (*waiting, *unseen)
                if not rules.may_appear(item) or (wakes and wakes > rules.now)
            ),
            *((item, _HIDDEN) for old, item in pairs if old.state is State.HIDDEN),
        ),
    )


def _wake_of(old: Known, item: Item, rules: EmbargoRules, *, is_changed: bool) -> datetime | None:
    """Return when a known item appears or expires; return `None` if it does neither."""
    if old.is_kept_from_readers or old.state is State.HIDDEN:
        return None
    if old.state.is_live:
        return item.expires
    return rules.wake_of(item, rules.settled_known(old, is_changed=is_changed))
