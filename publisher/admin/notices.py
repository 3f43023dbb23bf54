"""Notices. In: conditions of sources, and held editions. Out: mails to the operator and to editors, each sent once.

A change of a source's condition is reported once. The conditions are: it could not be read three times or for a day,
lists nothing, has another layout, is held, is silent, or has recovered. Every change is also in the report that is
logged. The operator gets a notice of it if `notices.to` is set. The editor of a held edition gets a notice, too.

What a crash leaves: reported conditions and notices are recorded in one transaction. A crash before the transaction
leaves nothing; the next pass decides the same again. A crash after it leaves a notice that is not in the outbox yet;
the next pass writes that notice, with the same bytes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from publisher.admin.office import Office
from publisher.collect.condition import condition_of
from publisher.compose.edition_numbers import highest_notice
from publisher.compose.outbox import notice_files
from publisher.compose.run import held_editions
from publisher.config.config import Config
from publisher.model.deliveries import Letter
from publisher.model.editions import REVIEW, Edition, Notice
from publisher.model.errors import FilesError, PublisherError
from publisher.model.problems import Problem
from publisher.model.reports import ConditionChange, RunReport
from publisher.model.sources import SourceCondition
from publisher.rendering.envelopes import notice_delivery
from publisher.store import SourceState, Store

REPEATED = 3
"""The number of failures in a row after which a source is reported. Fewer may be over soon."""
FOR_LONG = timedelta(days=1)
"""The time after which a failing source is reported even if it failed less often: some sources are read seldom."""
_WELL = (SourceCondition.WELL, SourceCondition.UNREAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsToTell:
    """The news that operators and editors must get now."""

    condition_changes: tuple[ConditionChange, ...]
    to_review: tuple[Edition, ...]
    """Editions about which an editor must be told: those that wait for him, and those that lost their last item."""
    has_unwritten: bool
    """Whether an earlier notice (mail to the operator or an editor) is recorded but not in the outbox yet."""

    @property
    def is_nothing(self) -> bool:
        return not (self.condition_changes or self.to_review or self.has_unwritten)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentNotices:
    """The notices (mails to the operator or an editor) that were written into the outbox, and the problems with those
    that could not be written.
    """

    notices: tuple[Notice, ...]
    problems: tuple[Problem, ...]


def tell_news(
    report: RunReport, config: Config, store: Store, *, now: datetime, open_office: Callable[[], Office]
) -> RunReport:
    """Notify the operator about sources, and editors about editions that wait for them; return a report of
    the notices.
    """
    news = news_to_tell(config, store=store, now=now)
    if news.is_nothing:
        return report
    sent = send_notices(news, open_office())
    report = replace(report, condition_changes=news.condition_changes, notices=sent.notices)
    return report.with_problems(*sent.problems)


def news_to_tell(config: Config, *, store: Store, now: datetime) -> NewsToTell:
    """Return what must be reported to the operator and to editors, and was not reported yet. Nothing is written."""
    return NewsToTell(
        condition_changes=tuple(_find_changes(config, store.sources.states(), now=now)),
        to_review=tuple(_find_to_review(config, store)),
        has_unwritten=bool(store.notices.unwritten()),
    )


def send_notices(news: NewsToTell, office: Office) -> SentNotices:
    """Record notices (mails to the operator or an editor) of the news. Write them, and those recorded earlier, into the
    outbox.
    """
    notices = [_source_notice(change, office) for change in news.condition_changes if office.config.notices_to]
    problems: list[Problem] = []
    for edition in news.to_review:
        try:
            notices.append(_review_notice(edition, office))
        except PublisherError as error:
            problems.append(Problem.of(f"edition {edition.name}", error))
    if news.condition_changes or notices:
        told = {change.source: _kept_as(change.condition) for change in news.condition_changes}
        above = highest_notice(office.config.outbox_directory) if notices else 0
        office.store.notices.record(notices, told=told, above=above)
    written, refused = put_out_notices(office)
    return SentNotices(notices=tuple(written), problems=(*problems, *refused))


def condition_to_tell(state: SourceState, condition: SourceCondition, *, now: datetime) -> SourceCondition | None:
    """Return the condition of a source (such as failing or silent) if the operator must be told now, or `None` if he
    was told already, or if the failure may be over soon.
    """
    if condition is SourceCondition.FAILING and state.failures < REPEATED:
        is_long = state.failing_since is not None and state.failing_since + FOR_LONG <= now
        if not is_long:
            return None
    return None if _kept_as(condition) == state.told else condition


def _kept_as(condition: SourceCondition) -> SourceCondition | None:
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


def _source_notice(change: ConditionChange, office: Office) -> Notice:
    config = office.config
    assert config.notices_to is not None, "without an address there is no notice"
    subject, text = office.renderer.source_notice(change, config=config.path)
    return Notice(
        about=change.source,
        kind=change.condition.value,
        at=office.now,
        to=config.notices_to,
        language=config.site.language,
        subject=subject,
        text=text,
    )


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


def _review_notice(edition: Edition, office: Office) -> Notice:
    config, renderer = office.config, office.renderer
    (audience,) = (each for each in config.audiences if each.name == edition.audience)
    assert audience.editor is not None, "without an editor there is no notice"
    if edition.records:
        folder = office.outbox.held_folder(edition.name)
        subject, text = renderer.review_notice(edition, audience, folder=folder, config=config.path)
        digest = renderer.render(edition, audience)
        text = f"{text}\n{'=' * 72}\n\n{digest.subject}\n\n{digest.text}"
    else:
        subject, text = renderer.gone_notice(edition, audience)
    return Notice(
        about=edition.name,
        kind=REVIEW,
        at=office.now,
        to=audience.editor,
        language=audience.language_at(config.site),
        subject=subject,
        text=text,
    )


def put_out_notices(office: Office) -> tuple[list[Notice], list[Problem]]:
    """Write recorded notices (mails to the operator or an editor) into the outbox, and queue their mails if this site
    sends mails.

    Returns the notices that were written or queued, and a problem if the disk refused one. A notice that was queued may
    be missing from the outbox.
    """
    written: list[Notice] = []
    problems: list[Problem] = []
    is_sent = office.config.smtp is not None
    for notice in office.store.notices.unwritten():
        mail = office.renderer.notice_mail(notice)
        try:
            office.outbox.put_notice(notice.name, notice_files(notice, mail))
        except FilesError as error:
            problems.append(Problem.of(f"notice {notice.name}", error))
            if not is_sent:
                break
        letters = [Letter(delivery=notice_delivery(notice, office.renderer.site), mail=mail)] if is_sent else []
        office.store.notices.mark_written(notice.number, at=office.now, letters=letters)
        written.append(notice)
    return written, problems
