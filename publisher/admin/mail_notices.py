"""Notices about mails: what becomes of deliveries goes in, mails to the operator come out, each once.

The operator is told that a list's mail server refused an edition for good, and that mails go out again after an outage.

What a crash leaves: refusals, the outage and the notices about them are in the store. The next pass makes the notices
that are missing.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from publisher.admin.notices import put_out_notices
from publisher.admin.office import Office
from publisher.compose.traces import highest_notice
from publisher.config.config import Config
from publisher.model.deliveries import FailedMail, Outage
from publisher.model.editions import Notice
from publisher.model.errors import BusyError
from publisher.model.reports import DeliverReport
from publisher.store import Store

OUTAGE = "mail"
"""The `about` of notices about the mail server."""
BACK = "back"
REFUSED = "refused"
LONG = timedelta(minutes=15)
"""The operator is told of outages that last this long; a shorter one is usually a restart."""
RECENT = timedelta(days=7)
"""Older refusals are not told: when they happened, config.toml named no one to tell."""


def tell_mails(
    report: DeliverReport, config: Config, store: Store, *, now: datetime, open_office: Callable[[], Office]
) -> tuple[Notice, ...]:
    """Note whether the mail server can be used, and tell the operator what he should know of mails."""
    ended = _follow_outage(report, store, now=now)
    is_told = config.notices_to is not None
    outage = ended if is_told and ended and _is_outage_news(ended, store, now=now) else None
    refused = [each for each in store.ledger.refused_editions(since=now - RECENT) if _is_news(each, REFUSED, store)]
    told: tuple[Notice, ...] = ()
    if outage or (is_told and refused):
        told = _tell(outage, refused, open_office())
    if ended:
        store.outages.end()
    return told


def _follow_outage(report: DeliverReport, store: Store, *, now: datetime) -> Outage | None:
    """Note an outage; return the one that has ended."""
    if report.outage:
        store.outages.note(report.outage, now=now)
        return None
    # If no mail waits any more, nobody knows whether one would go out; and nobody needs to.
    return store.outages.current() if report.is_sent or report.next_at is None else None


def _is_outage_news(ended: Outage, store: Store, *, now: datetime) -> bool:
    told_at = store.notices.last_at(OUTAGE, BACK)
    return now - ended.since >= LONG and (told_at is None or told_at < ended.since)


def _is_news(failed: FailedMail, kind: str, store: Store) -> bool:
    """Whether no notice of this kind was made since the mail failed."""
    told_at = store.notices.last_at(failed.name, kind)
    return told_at is None or told_at < failed.at


def _tell(outage: Outage | None, refused: Sequence[FailedMail], office: Office) -> tuple[Notice, ...]:
    """Record notices, and put them into the outbox unless a pass is at work, which does so at its end."""
    renderer, path = office.renderer, office.config.path
    notices = [_notice(OUTAGE, BACK, renderer.outage_notice(outage, until=office.now), office)] if outage else []
    notices += [_notice(each.name, REFUSED, renderer.refused_notice(each, config=path), office) for each in refused]
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
