"""Moves: a subscriber changes his mail address; his subscriptions, past mails and consents are kept."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, or_, select, update

from publisher.model.deliveries import Letter
from publisher.model.departures import LIFTED_BY_FORM, DepartureKind
from publisher.model.subscribers import Consent, EndReason, Subscriber
from publisher.store.bounce_scores import forget_score
from publisher.store.departures import Journal
from publisher.store.engine import Database
from publisher.store.mail_schema import deliveries
from publisher.store.people_rows import append_consent, refuse_changed, use_link
from publisher.store.people_schema import confirmations, subscribers
from publisher.store.queue import cancel_deliveries, give_back, insert_letters
from publisher.store.round_mails import is_letter_to, is_round_mail
from publisher.store.suppressions import lift, note_departures, refuse_suppressed


class MoveOutcome(StrEnum):
    """The result of a subscriber's wish to change his mail address."""

    MOVED = "moved"
    TAKEN = "taken"
    """Another subscriber has the new address; nothing was changed."""
    USED = "used"
    """The link was used before; nothing was changed."""


class Moves:
    """Changes of subscribers' mail addresses in the store."""

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal

    def move(
        self, before: Subscriber, address: str, *, consent: Consent, letter: Letter, used: str, now: datetime
    ) -> MoveOutcome:
        """Give a subscriber another address, record the consent, and queue a letter to the former address.

        `used` is the hash of the token in the link that was sent to the new address. Waiting digests go to the new
        address; links that were sent to the former address no longer work. A mail that is being handed over now still
        goes to the former address. The file of departures gets a line that the former address left, so that no mail is
        sent to it after a restore. Because a mail to the new address arrived, his bounce score is deleted, and a
        suppression of that address by bounces is lifted.

        Raises:
            OutrunError: the subscriber changed meanwhile.
            SuppressedError: the new address is suppressed for another reason than bounces.
        """
        with self._database.writing_beside() as connection:
            taken = select(subscribers.c.number).where(subscribers.c.address == address)
            if connection.execute(taken).scalar() is not None:
                return MoveOutcome.TAKEN
            if not use_link(connection, used, now=now):
                return MoveOutcome.USED
            refuse_suppressed(connection, address, but=LIFTED_BY_FORM)
            refuse_changed(connection, before)
            its = subscribers.c.number == before.number
            connection.execute(update(subscribers).where(its).values(address=address, came_at=now))
            _move_mails(connection, before.address, address, now=now)
            connection.execute(delete(confirmations).where(confirmations.c.address == before.address))
            append_consent(connection, before.number, consent)
            insert_letters(connection, [letter], now=now)
            forget_score(connection, before.number, is_going_on=bool(before.active), now=now)
            lift(connection, self._journal, address, LIFTED_BY_FORM, now=now)
            self._note(connection, before, replace(before, address=address), now=now)
            return MoveOutcome.MOVED

    def _note(self, connection: Connection, before: Subscriber, after: Subscriber, *, now: datetime) -> None:
        left, moved = DepartureKind.LEFT, EndReason.MOVED
        note_departures(connection, self._journal, [before.address], left, because=moved, now=now)
        if after.active:
            note_departures(connection, self._journal, [after.address], DepartureKind.RETURNED, now=now)


def _move_mails(connection: Connection, former: str, address: str, *, now: datetime) -> None:
    """Address the mails to a subscriber, past ones too, to his new address; cancel waiting letters."""
    cancel_deliveries(connection, is_letter_to([former]), now=now)
    of_reader = or_(is_letter_to([former]), is_round_mail(connection, [former]))
    ids = connection.execute(select(deliveries.c.id).where(of_reader).order_by(deliveries.c.id).with_for_update())
    which = deliveries.c.id.in_(ids.scalars().all())
    give_back(connection, which, now=now)  # the process that claimed one knows the former address
    connection.execute(update(deliveries).where(which).values(recipient=address))
