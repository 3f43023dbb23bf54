"""Decides what condition a source is in: well, unread, failing, empty, drifted, held or silent. Pure."""

from collections.abc import Sequence
from datetime import datetime

from publisher.model.errors import SourceError
from publisher.model.items import Item
from publisher.model.reports import SourceCondition
from publisher.model.sources import SourcePolicy
from publisher.store import SourceState

DRIFT = "not one of its "
"""How the reason to hold a reading begins when a layout changed: what nearly all items had is gone from all."""
_LISTS_NOTHING = "it lists nothing"
"""How the problem of a source begins that could be read, and gave not one item."""


def condition_of(state: SourceState, policy: SourcePolicy, *, now: datetime) -> SourceCondition:
    """Return what a source's silence means."""
    if state.failures:
        return SourceCondition.EMPTY if state.problem.startswith(_LISTS_NOTHING) else SourceCondition.FAILING
    if state.held:
        return SourceCondition.DRIFTED if state.held.startswith(DRIFT) else SourceCondition.HELD
    if state.changed_at is None:
        return SourceCondition.UNREAD
    if policy.expect_every is not None and state.changed_at + policy.expect_every < now:
        return SourceCondition.SILENT
    return SourceCondition.WELL


def check_not_empty(source: str, items: Sequence[Item], state: SourceState) -> None:
    """Refuse a reading without items of a source that had some.

    Raises:
        SourceError: it is such a reading.
    """
    if not items and state.listed:
        raise SourceError(
            source,
            f"{_LISTS_NOTHING} now, but {state.listed} items when it was last read; nothing was withdrawn: "
            "check that the source is complete",
        )
