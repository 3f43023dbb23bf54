"""The history of one subscriber: the mails to him and what became of them, his bounces, and when an item entered its
themes.

These queries are rare. They search the ledger (the table of all mails) by address, which takes a second for a million
rows.
"""

import json
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Text, and_, cast, func, literal, select

from publisher.model.bounces import BounceRow
from publisher.model.deliveries import DeliveryKind, DeliveryState, KnownDelivery
from publisher.model.round_names import ROUND
from publisher.model.rounds import ItemEntry, Round
from publisher.store.delivery_rows import OF_KNOWN
from publisher.store.engine import Database
from publisher.store.mail_schema import IS_NO_ROUND, bounces, deliveries
from publisher.store.people_schema import former_marks, round_mails, rounds, selections, subscribers
from publisher.store.range_pass import new_items
from publisher.store.round_mails import is_round_mail


class PastMail(NamedTuple):
    """A mail to one subscriber, as it was planned in a round (all digests that are due at one moment)."""

    round: Round
    items: tuple[int, ...]
    """The numbers of the mail's items, in the order in which the items were added."""


class SentMail(NamedTuple):
    """A mail of a round (all digests that are due at one moment) that was sent to one subscriber."""

    at: datetime
    """When the mail server accepted the mail, in UTC."""
    items: tuple[int, ...]
    """The numbers of the mail's items, as planned."""


class Histories:
    """Queries about one subscriber: the mails to him, his bounces, and when items entered the themes he follows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mails(self, subscriber: int) -> list[PastMail]:
        """Return the digests to a subscriber, as they were planned, oldest first."""
        query = (
            select(rounds, selections.c["items"].label("what"))
            .join(round_mails, round_mails.c.round == rounds.c.number)
            .join(selections, selections.c.number == round_mails.c.selection)
            .where(round_mails.c.subscriber == subscriber)
            .order_by(rounds.c.number)
        )
        with self._database.reading() as connection:
            return [
                PastMail(
                    round=Round(number=row.number, paces=row.paces, upto=row.upto, begun_at=row.begun_at),
                    items=tuple(json.loads(row.what)),
                )
                for row in connection.execute(query)
            ]

    def sent(self, subscriber: int, address: str, *, most: int) -> list[SentMail]:
        """Return the latest digests that were sent to a subscriber, newest first, at most `most`."""
        is_sent = and_(
            deliveries.c.kind == DeliveryKind.ROUND,
            deliveries.c.name == literal(ROUND).concat(cast(round_mails.c.round, Text)),
            deliveries.c.recipient == address,
            deliveries.c.state == DeliveryState.SENT,
        )
        query = (
            select(deliveries.c.finished_at, selections.c["items"].label("what"))
            .join_from(rounds, round_mails, round_mails.c.round == rounds.c.number)
            .join(selections, selections.c.number == round_mails.c.selection)
            .join(deliveries, is_sent)
            .where(rounds.c.forgotten_at.is_(None), round_mails.c.subscriber == subscriber)
            .order_by(rounds.c.number.desc())
        )
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(most)).all()
        return [SentMail(at=row.finished_at, items=tuple(json.loads(row.what))) for row in rows]

    def forgotten_upto(self) -> int:
        """Return the last log number of the latest round (the mails due at one moment) whose mails have been deleted,
        or 0 if none have been.
        """
        with self._database.reading() as connection:
            query = select(func.max(rounds.c.upto)).where(rounds.c.forgotten_at.is_not(None))
            return connection.execute(query).scalar() or 0

    def deliveries(self, address: str) -> list[KnownDelivery]:
        """Return what the ledger (the table of all mails) knows about mails to an address, in the order in which they
        were queued.
        """
        with self._database.reading() as connection:
            # apart, because each has an index of its own
            others = and_(IS_NO_ROUND, deliveries.c.recipient == address)
            queries = [select(*OF_KNOWN).where(its) for its in (others, is_round_mail(connection, [address]))]
            found = [KnownDelivery(**row) for query in queries for row in connection.execute(query).mappings()]
        return sorted(found, key=lambda each: each.id)

    def bounces(self, subscriber: int) -> list[BounceRow]:
        """Return the reports that mails to a subscriber came back, in the order in which the reports were read."""
        reader = select(subscribers).where(subscribers.c.number == subscriber)
        columns = [column for column in bounces.c if column.name != "id"]
        with self._database.reading() as connection:
            row = connection.execute(reader).one_or_none()
            if row is None:
                return []
            former = select(former_marks.c.bounce_mark).where(former_marks.c.subscriber == subscriber)
            marks = [row.bounce_mark, *connection.execute(former).scalars()]
            its = bounces.c.token.in_(marks) | (bounces.c.recipient == row.address)
            found = connection.execute(select(*columns).where(its).order_by(bounces.c.id))
            return [BounceRow(**each) for each in found.mappings()]

    def bounces_to(self, address: str) -> list[BounceRow]:
        """Return the reports that mails to an address came back, in the order in which the reports were read."""
        columns = [column for column in bounces.c if column.name != "id"]
        query = select(*columns).where(func.lower(bounces.c.recipient) == address).order_by(bounces.c.id)
        with self._database.reading() as connection:
            return [BounceRow(**each) for each in connection.execute(query).mappings()]

    def entry(self, number: int, added_seq: int, *, upto: int) -> ItemEntry | None:
        """Return when an item, added under the log number `added_seq`, entered its themes. `upto` is the end of the
        log.

        Return `None` if no mails to subscribers have the item, because it is not visible to readers, or because an
        editor took it out of an edition.
        """
        with self._database.reading() as connection:
            found = new_items(connection, added_seq - 1, upto, only=number)
        return next(iter(found), None)
