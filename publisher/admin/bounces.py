"""Bounces: reports that mails of this site came back. In: the mails in a mailbox. Out: a record of each report, made
once.

A bounce of a mail to a mailing list is recorded for the operator. A bounce of a mail to a subscriber also counts in his
score (`subscribers.reach`). A subscriber may also unsubscribe by a mail to this mailbox.

What a crash leaves: a mail that is recorded and still in its mailbox. This mail is read again, recognised by its
SHA-256, and removed. Automatic replies, and mails that are not about a mail of this site, are counted and stay in the
mailbox.
"""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from publisher.deliver.bounces import read_bounce
from publisher.deliver.mailboxes import Inbox, open_imap, open_maildir, open_mbox
from publisher.model.bounces import Bounce, BounceKind, BounceReport, BounceRow
from publisher.model.errors import UsageError
from publisher.model.masking import without_addresses
from publisher.model.settings import BounceSettings
from publisher.store import Store
from publisher.subscribers.bounce_rule import BounceAction
from publisher.subscribers.people import People
from publisher.subscribers.reach import Counted, Reach
from publisher.subscribers.retries import retry_outrun


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceDesk:
    """The facts and objects needed to read bounces at one moment."""

    store: Store
    bounces: str
    """The address to which bounces are sent, or an empty string if the site has none."""
    reach: Reach | None
    """Counts mails that come back against the site's subscribers, or `None` if the site has no subscribers."""
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceReader:
    """Reads and records bounces (reports that mails came back), and then notifies the operator."""

    desk: BounceDesk
    configured: BounceSettings
    """The mailboxes in config.toml."""
    tell: Callable[[], object]
    """Notifies the operator of editions that came back."""

    def read_mailboxes(self, settings: BounceSettings | None = None) -> BounceReport:
        """Read the bounces in these mailboxes, or in those of config.toml.

        Raises:
            MailboxError: a mailbox cannot be used.
            UsageError: config.toml names no mailbox.
        """
        report = read_mailboxes(settings or self.configured, self.desk)
        self.tell()
        return report

    def read(self, mail: bytes) -> BounceReport:
        """Read one mail from a mailbox for bounces, and record what it reports."""
        report = take_bounce(mail, self.desk)
        self.tell()
        return report


def take_bounce(mail: bytes, desk: BounceDesk) -> BounceReport:
    """Record a bounce if it is about a mail of this site, and count it in the score of the subscriber to whom that mail
    went.
    """
    bounce = read_bounce(mail, bounces=desk.bounces)
    mark = hashlib.sha256(mail).hexdigest()
    match bounce.kind:
        case BounceKind.AUTOMATIC:
            return BounceReport(automatic=1)
        case BounceKind.UNSUBSCRIBE if desk.reach is not None:
            return _unsubscribe(bounce, mark, desk, desk.reach.people)
        case BounceKind.UNSUBSCRIBE | BounceKind.UNKNOWN:
            return BounceReport(unknown=1)
        case _:
            return _take_report(bounce, mark, desk)


def _take_report(bounce: Bounce, mark: str, desk: BounceDesk) -> BounceReport:
    holder = None if desk.reach is None else desk.reach.holder_of(bounce.token, bounce.stop_token)
    if desk.reach is not None and holder is not None:
        # the mark identifies the subscriber; his address is not stored with it
        row = _row_of(bounce, mark, desk, token=desk.store.people.bounce_scores.mark_of(holder.subscriber))
        return _report_of(row, desk.reach.take_report(row, holder))
    about = desk.store.mail.bounces.find_mail(bounce.message_ids)
    if about is None:
        return BounceReport(unknown=1)
    row = _row_of(bounce, mark, desk, name=about.name, recipient=about.recipient)
    return BounceReport(recorded=(row,)) if desk.store.mail.bounces.record(row) else BounceReport(repeated=1)


def _unsubscribe(bounce: Bounce, mark: str, desk: BounceDesk, people: People) -> BounceReport:
    """End the subscriptions of a subscriber who unsubscribed by mail. This is done once for each mail, because a mail
    that is read twice must not end newer subscriptions.
    """
    holder = people.links.holder(bounce.stop_token)
    if holder is None:
        return BounceReport(unknown=1)
    if desk.store.mail.bounces.is_known(mark):
        return BounceReport(repeated=1)
    retry_outrun(lambda: people.stop(bounce.stop_token))
    row = _row_of(bounce, mark, desk, token=desk.store.people.bounce_scores.mark_of(holder.number))
    desk.store.mail.bounces.record(row)
    return BounceReport(recorded=(row,), ended=int(bool(holder.active)))


def _row_of(
    bounce: Bounce, mark: str, desk: BounceDesk, *, name: str = "", recipient: str = "", token: str = ""
) -> BounceRow:
    # servers repeat the address, and reports contain no subscriber's address
    words = without_addresses(bounce.words, known=bounce.recipient) if token else bounce.words
    return BounceRow(
        mark=mark,
        at=desk.now,
        kind=bounce.kind,
        name=name,
        recipient=recipient,
        token=token,
        status=bounce.status,
        words=words,
    )


def _report_of(row: BounceRow, counted: Counted) -> BounceReport:
    if not counted.is_new:
        return BounceReport(repeated=1)
    return BounceReport(
        recorded=(row,),
        suspended=int(counted.step is BounceAction.SUSPEND),
        ended=int(counted.step is BounceAction.END),
    )


def read_mailbox(box: Inbox, desk: BounceDesk) -> BounceReport:
    """Record the bounces in a mailbox, and remove the recorded mails from it."""
    report, last = BounceReport(), desk.store.mail.bounces.read_up_to(box.place, box.validity) if box.validity else 0
    for key, mail in box.mails(last):
        taken = take_bounce(mail, desk)
        if taken.recorded or taken.repeated:
            box.remove(key)
        report += taken
        if box.validity:
            desk.store.mail.bounces.note_read(box.place, box.validity, int(key))
    return report


def read_mailboxes(settings: BounceSettings, desk: BounceDesk) -> BounceReport:
    """Read each of these mailboxes as `read_mailbox` does; return one report for all of them.

    Raises:
        MailboxError: a mailbox cannot be used.
        UsageError: the settings name no mailbox.
    """
    report, openers = BounceReport(), _openers(settings)
    if not openers:
        raise UsageError(
            "nothing was read: config.toml names no mailbox in [bounces];"
            " give a mail on standard input, or --maildir FOLDER"
        )
    for open_box in openers:
        with open_box() as box:
            report += read_mailbox(box, desk)
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
