"""Notify: the conditions of sources and the held editions go in, notices come out, each once.

A change of a source's condition is told once: it cannot be read for the third time or for a day, it lists nothing, its
layout drifted, it is held, it is silent, or it is well again. Every change is in the report, for the log. If
`notices.to` is set, the operator gets a notice of it; the editor of a held edition gets one, too.

What a crash leaves: turns and notices are recorded in one transaction. Before it, nothing: the next pass decides the
same again. After it, a notice that is not in the outbox: the next pass puts it there, to the byte, and notes that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from publisher.collect.condition import condition_of
from publisher.compose.outbox import Outbox
from publisher.compose.run import held_editions
from publisher.config.config import Config
from publisher.model.editions import REVIEW, Edition, Notice
from publisher.model.errors import FilesError, PublisherError
from publisher.model.problems import Problem
from publisher.model.reports import ConditionChange, SourceCondition
from publisher.store import SourceState, Store

if TYPE_CHECKING:  # what renders is imported by the caller that has something to render
    from publisher.compose.digest import Renderer

REPEATED = 3
"""Failures in a row: fewer are a mishap, which passes."""
FOR_LONG = timedelta(days=1)
"""So are failures for a shorter time, where a source is read seldom."""
_WELL = (SourceCondition.WELL, SourceCondition.UNREAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsToTell:
    """What people are to be told now."""

    condition_changes: tuple[ConditionChange, ...]
    to_review: tuple[Edition, ...]
    """Held editions whose editors were not told yet."""
    has_unwritten: bool
    """Whether a notice was recorded before and is not in the outbox yet."""

    @property
    def is_nothing(self) -> bool:
        return not (self.condition_changes or self.to_review or self.has_unwritten)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What people were told in this pass."""

    notices: tuple[Notice, ...]
    """New in the outbox."""
    problems: tuple[Problem, ...]


def news_to_tell(config: Config, *, store: Store, now: datetime) -> NewsToTell:
    """What is to be told and was not; nothing is written by asking."""
    return NewsToTell(
        condition_changes=tuple(_find_changes(config, store.sources.states(), now=now)),
        to_review=tuple(_to_review(config, store)),
        has_unwritten=bool(store.notices.unwritten()),
    )


def send_notices(
    news: NewsToTell, config: Config, *, store: Store, renderer: "Renderer", outbox: Outbox, now: datetime
) -> Told:
    """Record what is to be told, and put the notices of it into the outbox, with those that were not there yet."""
    notices = [
        _source_notice(change, config, renderer, now=now) for change in news.condition_changes if config.notices_to
    ]
    problems: list[Problem] = []
    for edition in news.to_review:
        try:
            notices.append(_review_notice(edition, config, renderer, outbox, now=now))
        except PublisherError as error:
            problems.append(Problem.of(f"edition {edition.name}", error))
    if news.condition_changes or notices:
        told = {change.source: _told(change.condition) for change in news.condition_changes}
        store.notices.record(notices, told=told)
    written, refused = _put_out(store, renderer, outbox, now=now)
    return Told(notices=tuple(written), problems=(*problems, *refused))


def condition_to_tell(state: SourceState, condition: SourceCondition, *, now: datetime) -> SourceCondition | None:
    """How a source fares, if that is another thing than was told last; None: it is not, or it is too early to say."""
    if condition is SourceCondition.FAILING and state.failures < REPEATED:
        is_long = state.failing_since is not None and state.failing_since + FOR_LONG <= now
        if not is_long:
            return None
    return None if _told(condition) == state.told else condition


def _told(condition: SourceCondition) -> SourceCondition | None:
    """What the store keeps of it."""
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


def _source_notice(change: ConditionChange, config: Config, renderer: "Renderer", *, now: datetime) -> Notice:
    assert config.notices_to is not None, "somebody is to be told"
    subject, text = renderer.source_notice(change, config=config.path)
    return Notice(
        about=change.source,
        kind=change.condition.value,
        at=now,
        to=config.notices_to,
        language=config.site.language,
        subject=subject,
        text=text,
    )


def _to_review(config: Config, store: Store) -> Iterator[Edition]:
    """The held editions whose editors were not told yet; those that cannot be looked at have to wait."""
    with_editor = {audience.name for audience in config.audiences if audience.editor}
    for edition in held_editions(store) if with_editor else ():
        is_there = edition.audience in with_editor and store.editions.held.is_shown(edition.audience, edition.number)
        if is_there and not store.notices.exists(edition.name, REVIEW):
            yield edition


def _review_notice(edition: Edition, config: Config, renderer: "Renderer", outbox: Outbox, *, now: datetime) -> Notice:
    (audience,) = (each for each in config.audiences if each.name == edition.audience)
    assert audience.editor is not None, "somebody is to be told"
    folder = outbox.held_folder(edition)
    subject, text = renderer.review_notice(edition, audience, folder=folder, config=config.path)
    digest = renderer.render(edition, audience)
    return Notice(
        about=edition.name,
        kind=REVIEW,
        at=now,
        to=audience.editor,
        language=audience.language_at(config.site),
        subject=subject,
        text=f"{text}\n{'=' * 72}\n\n{digest.subject}\n\n{digest.text}",
    )


def _put_out(
    store: Store, renderer: "Renderer", outbox: Outbox, *, now: datetime
) -> tuple[list[Notice], list[Problem]]:
    """Return the notices that are in the outbox since now, and why the disk refused the others."""
    written: list[Notice] = []
    for notice in store.notices.unwritten():
        try:
            outbox.put_notice(notice, renderer.notice_mail(notice))
        except FilesError as error:
            return written, [Problem.of(f"notice {notice.name}", error)]
        store.notices.mark_written(notice.number, at=now)
        written.append(notice)
    return written, []
