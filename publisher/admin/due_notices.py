"""Decides which notices (mails to the operator and to editors) are due. Nothing is written. `notices` says when."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from publisher.collect.condition import condition_of
from publisher.compose.run import held_editions
from publisher.config.config import Config
from publisher.model.editions import REVIEW, Edition
from publisher.model.reports import ConditionChange
from publisher.model.sources import SourceCondition
from publisher.store import SourceState, Store

REPEATED = 3
"""The number of failures in a row after which a source is reported. Fewer may be over soon."""
FOR_LONG = timedelta(days=1)
"""The time after which a failing source is reported even if it failed less often: some sources are read seldom."""
_WELL = (SourceCondition.WELL, SourceCondition.UNREAD)


class NewsToTell(NamedTuple):
    """The news that operators and editors must get now."""

    condition_changes: tuple[ConditionChange, ...]
    to_review: tuple[Edition, ...]
    """Editions about which an editor must be told: those that wait for him, and those that lost their last item."""
    has_unwritten: bool
    """Whether an earlier notice (mail to the operator or an editor) is recorded but not in the outbox yet."""

    @property
    def is_nothing(self) -> bool:
        return not (self.condition_changes or self.to_review or self.has_unwritten)


def news_to_tell(config: Config, *, store: Store, now: datetime) -> NewsToTell:
    """Return what must be reported to the operator and to editors, and was not reported yet. Nothing is written."""
    return NewsToTell(
        condition_changes=tuple(_find_changes(config, store.sources.states(), now=now)),
        to_review=tuple(_find_to_review(config, store)),
        has_unwritten=bool(store.notices.unwritten()),
    )


def condition_to_tell(state: SourceState, condition: SourceCondition, *, now: datetime) -> SourceCondition | None:
    """Return the condition of a source (such as failing or silent) if the operator must be told now, or `None` if he
    was told already, or if the failure may be over soon.
    """
    if condition is SourceCondition.FAILING and state.failures < REPEATED:
        is_long = state.failing_since is not None and state.failing_since + FOR_LONG <= now
        if not is_long:
            return None
    return None if kept_as(condition) == state.told else condition


def kept_as(condition: SourceCondition) -> SourceCondition | None:
    """Return a condition in the form in which the store keeps it once the operator was told of it: `None` if all is
    well.
    """
    return None if condition in _WELL else condition


def _find_changes(config: Config, states: dict[str, SourceState], *, now: datetime) -> Iterator[ConditionChange]:
    for source in config.sources:
        state = states.get(source.name, SourceState())
        condition = condition_to_tell(state, condition_of(state, source.policy, now=now), now=now)
        if condition is not None:
            yield _change_of(source.name, condition, state)


def _change_of(source: str, condition: SourceCondition, state: SourceState) -> ConditionChange:
    match condition:
        case SourceCondition.FAILING | SourceCondition.EMPTY:
            return ConditionChange(source=source, condition=condition, since=state.failing_since, detail=state.problem)
        case SourceCondition.DRIFTED | SourceCondition.HELD:
            return ConditionChange(source=source, condition=condition, since=state.held_at, detail=state.held)
        case SourceCondition.SILENT:
            return ConditionChange(source=source, condition=condition, since=state.changed_at, detail="")
        case _:
            return ConditionChange(source=source, condition=SourceCondition.WELL, since=None, detail="")


def _find_to_review(config: Config, store: Store) -> Iterator[Edition]:
    """Yield editions that wait for an editor who must be notified, if the folders that show the editions exist."""
    with_editor = {audience.name for audience in config.audiences if audience.editor}
    for edition in held_editions(store) if with_editor else ():
        is_there = edition.audience in with_editor and store.editions.held.is_shown(edition.audience, edition.number)
        told_at = store.notices.last_at(edition.name, REVIEW)
        # Later changes by the sources are reported too: otherwise the edition would differ from what the editor has
        # read.
        if is_there and (told_at is None or (edition.followed_at is not None and told_at < edition.followed_at)):
            yield edition
    for edition in store.editions.withdrawn() if with_editor else ():
        told_at = store.notices.last_at(edition.name, REVIEW)
        # an editor who was never told of an edition does not miss it
        if edition.audience in with_editor and edition.followed_at and told_at and told_at < edition.followed_at:
            yield edition
