"""Bounces: mails in a mailbox go in; what they say of our mails comes out, each once.

What a crash leaves: a mail that is recorded and still in its mailbox. It is read again, recognised by its SHA-256, and
removed. Automatic replies and mails that are about none of ours are counted and stay where they are.
"""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial

from publisher.config.config import Config
from publisher.deliver.bounces import read_bounce
from publisher.deliver.mailboxes import Inbox, open_imap, open_maildir, open_mbox
from publisher.model.bounces import Bounce, BounceKind, BounceReport, BounceRow, BounceSettings
from publisher.model.errors import UsageError
from publisher.store import Store

KnowsToken = Callable[[str], bool]
"""Whether a token names a reader of this site."""


def take_bounce(
    mail: bytes, config: Config, store: Store, *, now: datetime, knows_token: KnowsToken = lambda _: False
) -> BounceReport:
    """Record what a mail says, if it is about one of ours."""
    bounce = read_bounce(mail, bounces=config.smtp.bounces if config.smtp else "")
    if not bounce.kind.is_report:
        return BounceReport(automatic=1) if bounce.kind is BounceKind.AUTOMATIC else BounceReport(unknown=1)
    row = _row_of(bounce, mail, store, now=now, knows_token=knows_token)
    if row is None:
        return BounceReport(unknown=1)
    return BounceReport(recorded=(row,)) if store.bounces.record(row) else BounceReport(repeated=1)


def _row_of(bounce: Bounce, mail: bytes, store: Store, *, now: datetime, knows_token: KnowsToken) -> BounceRow | None:
    """The bounce as it is kept; None: it is about no mail of ours."""
    is_reader = bool(bounce.token) and knows_token(bounce.token)
    about = None if is_reader else store.bounces.find_mail(bounce.message_ids)
    if about is None and not is_reader:
        return None
    return BounceRow(
        mark=hashlib.sha256(mail).hexdigest(),
        at=now,
        kind=bounce.kind,
        name=about.name if about else "",
        recipient=about.recipient if about else bounce.recipient,
        token=bounce.token if is_reader else "",
        status=bounce.status,
        words=bounce.words,
    )


def read_mailbox(box: Inbox, config: Config, store: Store, *, now: datetime) -> BounceReport:
    """Record what the mails of a mailbox say; those that are recorded leave it."""
    report, last = BounceReport(), store.bounces.read_up_to(box.place, box.validity) if box.validity else 0
    for key, mail in box.mails(last):
        taken = take_bounce(mail, config, store, now=now)
        if taken.recorded or taken.repeated:
            box.remove(key)
        report += taken
        if box.validity:
            store.bounces.note_read(box.place, box.validity, int(key))
    return report


def read_mailboxes(settings: BounceSettings, config: Config, store: Store, *, now: datetime) -> BounceReport:
    """Do the same with each of these mailboxes.

    Raises:
        MailboxError: one cannot be used.
        UsageError: there is none.
    """
    report, openers = BounceReport(), _openers(settings)
    if not openers:
        raise UsageError("config.toml names no mailbox in [bounces]; give a mail on standard input, or --maildir PATH")
    for open_box in openers:
        with open_box() as box:
            report += read_mailbox(box, config, store, now=now)
    return report


def _openers(settings: BounceSettings) -> list[Callable[[], AbstractContextManager[Inbox]]]:
    openers: list[Callable[[], AbstractContextManager[Inbox]]] = []
    if settings.maildir is not None:
        openers.append(partial(open_maildir, settings.maildir))
    if settings.mbox is not None:
        openers.append(partial(open_mbox, settings.mbox))
    if settings.imap is not None:
        openers.append(partial(open_imap, settings.imap))
    return openers
