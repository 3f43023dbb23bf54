"""Decides whether a source works (its condition), and what is stored about it after each reading (its state). Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from publisher.collect.sources.base import Fetch
from publisher.model.errors import EmptySourceError, SourceError
from publisher.model.items import Item
from publisher.model.sources import FailureKind, HoldReason, SourceCondition, SourcePolicy, Suspicion
from publisher.store import SourceState


def condition_of(state: SourceState, policy: SourcePolicy, *, now: datetime) -> SourceCondition:
    """Return the condition of a source, such as failing or silent."""
    if state.failure is not None:
        return SourceCondition.EMPTY if state.failure is FailureKind.EMPTY else SourceCondition.FAILING
    if state.hold_reason is not None:
        return SourceCondition.DRIFTED if state.hold_reason is HoldReason.DRIFT else SourceCondition.HELD
    if state.changed_at is None:
        return SourceCondition.UNREAD
    if policy.expect_every is not None and state.changed_at + policy.expect_every < now:
        return SourceCondition.SILENT
    return SourceCondition.WELL


def check_not_empty(source: str, items: Sequence[Item], state: SourceState) -> None:
    """Refuse a listing that has no items, not even withheld ones such as drafts, if its source listed items before.

    Raises:
        EmptySourceError: the listing is empty, and the last one was not.
    """
    if not items and state.listed:
        raise EmptySourceError(
            source,
            f"it lists nothing now, but {state.listed} items when it was last read; nothing was withdrawn: "
            "check that the source is complete",
            kind=FailureKind.EMPTY,
        )


# --- after a reading -------------------------------------------------------------------------------------------------


def after_failure(state: SourceState, error: SourceError, *, next_try: datetime | None, now: datetime) -> SourceState:
    """Return the source's state after a reading that failed."""
    return replace(
        state,
        failure=error.kind,
        failures=state.failures + 1,
        problem=error.problem,
        failing_since=state.failing_since or now,
        next_try=next_try,
    )


def after_no_change(state: SourceState, fetch: Fetch, *, next_try: datetime | None) -> SourceState:
    """Return the state after a reading in which the source was unchanged. A listing that is held until the operator
    decides stays held only if this reading found the same one.
    """
    state = _without_failure(state, next_try=next_try)
    return state if fetch.validator == state.held_validator else _without_held(state)


def after_hold(state: SourceState, suspicion: Suspicion, fetch: Fetch, *, now: datetime) -> SourceState:
    """Return the state after a reading whose listing is held until the operator decides."""
    return replace(
        _without_failure(state, next_try=None),
        lifetime_s=int(fetch.lifetime.total_seconds()),
        hold_reason=suspicion.reason,
        held=suspicion.words,
        held_added=suspicion.change.added,
        held_revised=suspicion.change.revised,
        held_withdrawn=suspicion.change.withdrawn,
        held_new=suspicion.change.new,
        held_gone=suspicion.change.gone,
        held_validator=fetch.validator,
        held_at=state.held_at or now,
    )


def after_listing(
    state: SourceState,
    fetch: Fetch,
    *,
    fields: tuple[str, ...],
    skipped: tuple[str, ...],
    usual: int,
    is_changed: bool,
    next_try: datetime | None,
    now: datetime,
) -> SourceState:
    """Return the state after a complete reading that was recorded.

    Args:
        state: what was known before.
        fetch: what the source gave.
        fields: the fields that nearly all of its items have.
        skipped: a line for each item that could not be read.
        usual: how many new items the reading brought, if that number counts as normal from now on.
        is_changed: whether the reading changed anything in the log.
        next_try: when the source may be read again; `None` if it may be read at any time.
        now: the time of the reading.
    """
    is_first = state.changed_at is None
    is_changed = is_changed or is_first or fetch.validator != state.validator
    return replace(
        _without_held(_without_failure(state, next_try=next_try)),
        validator=fetch.validator,
        fields=fields,
        skipped=skipped,
        lifetime_s=int(fetch.lifetime.total_seconds()),
        most_added=state.most_added if is_first else max(state.most_added, usual),
        changed_at=now if is_changed else state.changed_at,
    )


def _without_failure(state: SourceState, *, next_try: datetime | None) -> SourceState:
    return replace(state, failure=None, failures=0, problem="", failing_since=None, next_try=next_try)


def _without_held(state: SourceState) -> SourceState:
    return replace(
        state,
        hold_reason=None,
        held="",
        held_added=0,
        held_revised=0,
        held_withdrawn=0,
        held_new=(),
        held_gone=(),
        held_validator="",
        held_at=None,
    )
