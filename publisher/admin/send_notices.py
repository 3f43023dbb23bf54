"""Writes notices: mails to the operator and to editors. `notices` decides which are due, and what a crash leaves."""

from typing import NamedTuple

from publisher.admin.due_notices import NewsToTell, kept_as
from publisher.admin.office import Office
from publisher.compose.edition_numbers import highest_notice
from publisher.compose.outbox import notice_files
from publisher.model.deliveries import Letter
from publisher.model.editions import REVIEW, Edition, Notice
from publisher.model.errors import FilesError, PublisherError
from publisher.model.problems import Problem
from publisher.model.reports import ConditionChange
from publisher.rendering.envelopes import notice_delivery


class SentNotices(NamedTuple):
    """The notices (mails to the operator or an editor) that were written into the outbox, and the problems with those
    that could not be written.
    """

    notices: tuple[Notice, ...]
    problems: tuple[Problem, ...]


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
        told = {change.source: kept_as(change.condition) for change in news.condition_changes}
        above = highest_notice(office.config.outbox_directory) if notices else 0
        office.store.notices.record(notices, told=told, above=above)
    written, refused = put_out_notices(office)
    return SentNotices(notices=tuple(written), problems=(*problems, *refused))


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


def highest_known(office: Office) -> int:
    """Return the highest number of a notice in the outbox, or 0 if the outbox cannot be read, which may be what the
    notice must report.
    """
    try:
        return highest_notice(office.config.outbox_directory)
    except FilesError:
        return 0
