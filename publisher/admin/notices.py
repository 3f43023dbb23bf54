"""Notify: how the sources fare and which editions are held goes in, what people are to be told comes out, each once.

A source turns when it is no longer as it was told last: it cannot be read for the third time or for a day, it lists
nothing, its layout drifted, it is held, it is silent, or it is well again. Every turn is in the report, for the log;
the operator gets a notice of it where config.toml says whom to tell, and so does the editor of an edition that is held.

What a crash leaves: turns and notices are recorded in one transaction. Before it, nothing: the next pass decides the
same again. After it, a notice that is not in the outbox: the next pass puts it there, to the byte, and notes that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.collect.condition import condition_of
from publisher.compose.run import Composer, held_editions
from publisher.config.config import Config
from publisher.model.editions import REVIEW, Edition, Notice
from publisher.model.errors import FilesError, PublisherError
from publisher.model.problems import Problem
from publisher.model.reports import SourceCondition, Turn
from publisher.store import SourceState, Store

REPEATED = 3
"""Failures in a row: fewer are a mishap, which passes."""
FOR_LONG = timedelta(days=1)
"""So are failures for a shorter time, where a source is read seldom."""
_WELL = (SourceCondition.WELL, SourceCondition.UNREAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What people are told since this pass."""

    turns: tuple[Turn, ...] = ()
    notices: tuple[Notice, ...] = ()
    problems: tuple[Problem, ...] = ()


def notify(config: Config, *, store: Store, composer: Composer, now: datetime) -> Told:
    """Record what is to be told and was not, and put it into the outbox; nothing is written when there is nothing."""
    turns = tuple(_turns(config, store.source_states(), now=now))
    notices, problems = _notices(turns, config, store=store, composer=composer, now=now)
    if turns or notices:
        store.record_notices(notices, told={turn.source: _told(turn.condition) for turn in turns})
    written, refused = _written(store, composer, now=now)
    return Told(turns=turns, notices=tuple(written), problems=(*problems, *refused))


def condition_to_tell(state: SourceState, condition: SourceCondition, *, now: datetime) -> SourceCondition | None:
    """How a source fares, if that is another thing than was told last; None: it is not, or it is too early to say."""
    if condition is SourceCondition.FAILING and state.failures < REPEATED:
        is_long = state.failing_since is not None and state.failing_since + FOR_LONG <= now
        if not is_long:
            return None
    return None if _told(condition) == state.told else condition


def _told(condition: SourceCondition) -> str:
    """What the store keeps of it."""
    return "" if condition in _WELL else condition.value


def _turns(config: Config, states: dict[str, SourceState], *, now: datetime) -> Iterator[Turn]:
    for source in config.sources:
        state = states.get(source.name, SourceState())
        condition = condition_to_tell(state, condition_of(state, source.policy, now=now), now=now)
        if condition is not None:
            yield _turn(source.name, condition, state)


def _turn(source: str, condition: SourceCondition, state: SourceState) -> Turn:
    match condition:
        case SourceCondition.FAILING | SourceCondition.EMPTY:
            return Turn(source=source, condition=condition, since=state.failing_since, detail=state.problem)
        case SourceCondition.DRIFTED | SourceCondition.HELD:
            return Turn(source=source, condition=condition, since=state.held_at, detail=state.held)
        case SourceCondition.SILENT:
            return Turn(source=source, condition=condition, since=state.changed_at, detail="")
        case _:
            return Turn(source=source, condition=SourceCondition.WELL, since=None, detail="")


def _notices(
    turns: Sequence[Turn], config: Config, *, store: Store, composer: Composer, now: datetime
) -> tuple[list[Notice], list[Problem]]:
    """What is to be mailed, and why some of it cannot be."""
    notices = [_source_notice(turn, config, now=now) for turn in turns if config.notices_to]
    problems: list[Problem] = []
    for edition in _to_review(config, store):
        try:
            notices.append(_review_notice(edition, config, composer, now=now))
        except PublisherError as error:
            problems.append(Problem.of(f"edition {edition.name}", error))
    return notices, problems


def _source_notice(turn: Turn, config: Config, *, now: datetime) -> Notice:
    from publisher.rendering.notices import source_notice  # late: it looks up words and dates of a language

    assert config.notices_to is not None, "somebody is to be told"
    subject, text = source_notice(turn, site=config.site, config=config.path)
    return Notice(
        about=turn.source,
        kind=turn.condition.value,
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
        is_there = edition.audience in with_editor and store.is_shown(edition.audience, edition.number)
        if is_there and not store.was_noticed(edition.name, REVIEW):
            yield edition


def _review_notice(edition: Edition, config: Config, composer: Composer, *, now: datetime) -> Notice:
    (audience,) = (each for each in config.audiences if each.name == edition.audience)
    assert audience.editor is not None, "somebody is to be told"
    subject, text = composer.review_notice(edition, audience)
    digest = composer.digest(edition, audience)
    return Notice(
        about=edition.name,
        kind=REVIEW,
        at=now,
        to=audience.editor,
        language=audience.language_at(config.site),
        subject=subject,
        text=f"{text}\n{'=' * 72}\n\n{digest.subject}\n\n{digest.text}",
    )


def _written(store: Store, composer: Composer, *, now: datetime) -> tuple[list[Notice], list[Problem]]:
    """The notices that are in the outbox since now, and those that the disk refused."""
    written: list[Notice] = []
    for notice in store.unwritten_notices():
        try:
            composer.write_notice(notice)
        except FilesError as error:
            return written, [Problem.of(f"notice {notice.name}", error)]
        store.mark_notice_written(notice.number, at=now)
        written.append(notice)
    return written, []
