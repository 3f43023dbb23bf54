"""Sources as editors see them: their condition, waiting and held items, and the effect of each decision.

Nothing is changed. The effect of a decision is computed from numbers of items alone.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from publisher.admin.hide import hidden_items
from publisher.admin.office import Office
from publisher.admin.status import source_statuses, why_waiting
from publisher.collect.rules import OnSuspicion
from publisher.model.feeds import ALL
from publisher.model.records import Record
from publisher.model.sources import FailureKind, HeldChange, HoldReason
from publisher.model.status import SourceStatus, WaitingReason
from publisher.store import SourceState, Waiting
from publisher.store.hidden import HiddenItem

LATEST = 20
"""How many of the latest items are listed, so that an editor can hide one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionEffect:
    """What a decision about a source's suspicious listing would do, in numbers of items."""

    added: int = 0
    """How many new items become visible."""
    revised: int = 0
    """How many items the decision gives the present content of their source."""
    withdrawn: int = 0
    """How many items readers no longer see."""
    never_shown: int = 0
    """How many new items are never visible."""
    not_revised: int = 0
    """How many items keep their present content if the decision is carried out."""
    kept: int = 0
    """How many items stay visible although their source no longer lists them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A listing of a source that waits for approval: its changes looked suspicious, so they wait for an editor's
    decision.
    """

    reason: HoldReason
    words: str
    """Why the listing waits for approval and what it would change, with figures. A decision names this text, and so
    applies to no other listing.
    """
    change: HeldChange
    release: DecisionEffect
    discard: DecisionEffect


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingItem:
    """An item that waits for the moment at which it appears to readers."""

    waiting: Waiting
    why: WaitingReason


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSource:
    """A source as an editor sees it."""

    status: SourceStatus
    failure: FailureKind | None
    """Why the last reading failed, or `None` if it did not fail."""
    held: Held | None
    """The source's listing that waits for approval, or `None` if none waits."""
    waiting: tuple[WaitingItem, ...]
    """The items that wait, the next to appear first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOverview:
    """The sources of config.toml, the items hidden from readers, and the latest items that can be hidden."""

    sources: tuple[SeenSource, ...]
    hidden: Sequence[HiddenItem]
    """The items hidden from readers, the most recently hidden first."""
    latest: Sequence[Record]
    """The items that were added last, latest first."""


def oversee_sources(office: Office) -> SourceOverview:
    """Return the condition of the sources, and everything that an editor can decide about them."""
    states, waiting = office.store.sources.states(), _waiting_items(office)
    return SourceOverview(
        sources=tuple(
            SeenSource(
                status=status,
                failure=states.get(status.name, SourceState()).failure,
                held=held_of(states.get(status.name, SourceState())),
                waiting=tuple(waiting.get(status.name, ())),
            )
            for status in source_statuses(office.config, office.store, now=office.now)
        ),
        hidden=hidden_items(office),
        latest=office.store.items.added_last(ALL, limit=LATEST),
    )


def held_of(state: SourceState) -> Held | None:
    """Return the listing of a source that waits for approval, or `None` if none waits."""
    if state.hold_reason is None:
        return None
    change = state.held_change
    return Held(
        reason=state.hold_reason,
        words=state.held,
        change=change,
        release=outcome_of(change, OnSuspicion.RELEASE),
        discard=outcome_of(change, OnSuspicion.DISCARD),
    )


def outcome_of(change: HeldChange, decision: OnSuspicion) -> DecisionEffect:
    """Return the effect of a decision about a listing that waits for approval, as if `collect.record`
    carried it out.
    """
    match decision:
        case OnSuspicion.RELEASE:
            return DecisionEffect(added=change.added, revised=change.revised, withdrawn=change.withdrawn)
        case OnSuspicion.DISCARD:
            return DecisionEffect(never_shown=change.added, not_revised=change.revised, kept=change.withdrawn)
        case OnSuspicion.HOLD:
            return DecisionEffect()


def _waiting_items(office: Office) -> Mapping[str, Sequence[WaitingItem]]:
    """Return the items that wait for the moment at which they appear, by source; a source without any is missing."""
    found: dict[str, list[WaitingItem]] = defaultdict(list)
    for each in office.store.items.waiting():
        found[each.source].append(WaitingItem(waiting=each, why=why_waiting(each, office.config)))
    return found
