"""Notices about mails. In: results of deliveries. Out: notices to the operator, each sent once.

The operator is told that the mail server permanently refused an edition, that the mail of an edition bounced, and that
mails can be sent again after an outage of the mail server.

What a crash leaves: refusals, the outage and the notices about them are in the store. The next pass makes the notices
that are missing.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from publisher.admin.office import Office
from publisher.admin.send_notices import put_out_notices
from publisher.compose.edition_numbers import highest_notice
from publisher.config.config import Config
from publisher.model.deliveries import FailedMail, Outage
from publisher.model.editions import Notice
from publisher.model.errors import BusyError
from publisher.model.mail_reports import DeliverReport
from publisher.store import Store

OUTAGE = "mail"
"""The name that stands for the mail server in notices (mails to the operator)."""
BACK = "back"
REFUSED = "refused"
BOUNCED = "bounced"
LONG = timedelta(minutes=15)
"""The shortest outage that is reported to the operator. A shorter one is usually a restart."""
RECENT = timedelta(days=7)
"""The age above which refused mails are not reported. They were refused before config.toml named somebody to notify."""


def tell_mails(
    report: DeliverReport, config: Config, store: Store, *, now: datetime, open_office: Callable[[], Office]
) -> tuple[Notice, ...]:
    """Record whether the mail server can be used, and notify the operator of ended outages and refused editions."""
    ended = _follow_outage(report, store, now=now)
    is_told = config.notices_to is not None
    outage = ended if is_told and ended and _is_outage_news(ended, store, now=now) else None
    refused = store.mail.ledger.refused_editions(since=now - RECENT) if is_told else []
    failed = [(each, REFUSED) for each in refused if _is_news(each, REFUSED, store)]
    told = _tell(outage, failed, open_office()) if outage or failed else ()
    if ended:
        store.mail.outages.end()
    return told


def tell_bounces(
    config: Config, store: Store, *, now: datetime, open_office: Callable[[], Office]
) -> tuple[Notice, ...]:
    """Notify the operator of editions whose mail to the mailing list bounced."""
    came_back = store.mail.bounces.failed_editions(since=now - RECENT) if config.notices_to is not None else []
    failed = [(each, BOUNCED) for each in came_back if _is_news(each, BOUNCED, store)]
    by_name = {each.name: (each, kind) for each, kind in failed}
    return _tell(None, list(by_name.values()), open_office()) if failed else ()


def _follow_outage(report: DeliverReport, store: Store, *, now: datetime) -> Outage | None:
    """Record an outage of the mail server, or the end of one; return the outage if it has ended."""
    if report.outage:
        store.mail.outages.note(report.outage, now=now)
        return None
    # if no mail waits, it is unknown whether one would go out, and it does not matter
    return store.mail.outages.current() if report.is_sent or report.next_at is None else None


def _is_outage_news(ended: Outage, store: Store, *, now: datetime) -> bool:
    told_at = store.notices.last_at(OUTAGE, BACK)
    return now - ended.since >= LONG and (told_at is None or told_at < ended.since)


def _is_news(failed: FailedMail, kind: str, store: Store) -> bool:
    """Whether a failed mail is new to the operator: he got no notice (mail) of this kind since it failed."""
    told_at = store.notices.last_at(failed.name, kind)
    return told_at is None or told_at < failed.at


def _tell(outage: Outage | None, failed: Sequence[tuple[FailedMail, str]], office: Office) -> tuple[Notice, ...]:
    """Record notices (mails to the operator) about an outage and failed mails, and write them into the outbox. During a
    pass (collect, publish, compose) they are written at its end.
    """
    renderer, path = office.renderer, office.config.path
    notices = [_notice(OUTAGE, BACK, renderer.outage_notice(outage, until=office.now), office)] if outage else []
    words_of = {REFUSED: renderer.refused_notice, BOUNCED: renderer.bounced_notice}
    notices += [_notice(each.name, kind, words_of[kind](each, config=path), office) for each, kind in failed]
    office.store.notices.record(notices, told={}, above=highest_notice(office.config.outbox_directory))
    try:
        with office.store.exclusive("pass", wait_s=0):
            return tuple(put_out_notices(office)[0])
    except BusyError:
        return ()


def _notice(about: str, kind: str, words: tuple[str, str], office: Office) -> Notice:
    config = office.config
    assert config.notices_to is not None, "without an address there is no notice"
    subject, text = words
    return Notice(
        about=about,
        kind=kind,
        at=office.now,
        to=config.notices_to,
        language=config.site.language,
        subject=subject,
        text=text,
    )
