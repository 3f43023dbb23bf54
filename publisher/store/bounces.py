"""Bounces: reports that a mail accepted by the mail server came back, each recorded once; and how far each mailbox of
reports was read.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, select

from publisher.model.bounces import BounceKind, BounceRow
from publisher.model.deliveries import DeliveryKind, FailedMail, KnownDelivery
from publisher.store.delivery_rows import OF_KNOWN
from publisher.store.engine import Database
from publisher.store.mail_schema import IS_NO_ROUND, bounces, deliveries, mailboxes
from publisher.store.upsert import insert_into


class Bounces:
    """The bounces of a site."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find_mail(self, message_ids: Sequence[str]) -> KnownDelivery | None:
        """Return the first delivery that has one of these Message-IDs, or `None` if there is none. Mails to subscribers
        are not searched.
        """
        for each in message_ids:
            query = select(*OF_KNOWN).where(IS_NO_ROUND, deliveries.c.message_id == each).limit(1)
            with self._database.reading() as connection:
                row = connection.execute(query).mappings().one_or_none()
            if row is not None:
                return KnownDelivery(**row)
        return None

    def record(self, bounce: BounceRow) -> bool:
        """Record a bounce (the report that a mail came back); return False if it is already recorded."""
        with self._database.writing_beside() as connection:
            return keep_bounce(connection, bounce)

    def is_known(self, mark: str) -> bool:
        """Return whether a report is recorded whose mail has this SHA-256, as hexadecimal digits."""
        with self._database.reading() as connection:
            return connection.execute(select(bounces.c.id).where(bounces.c.mark == mark)).scalar() is not None

    def failed_editions(self, *, since: datetime) -> list[FailedMail]:
        """Return the mails of editions that came back or were reported as spam since the moment `since`, in the order
        in which the reports were read.
        """
        kinds = (BounceKind.FAILED, BounceKind.COMPLAINT)
        is_edition = select(deliveries.c.id).where(
            IS_NO_ROUND, deliveries.c.kind == DeliveryKind.EDITION, deliveries.c.name == bounces.c.name
        )
        columns = (*bounces.c["name", "recipient"], bounces.c.words.label("reply"), bounces.c.at)
        query = select(*columns).where(bounces.c.at > since, bounces.c.kind.in_(kinds), is_edition.exists())
        with self._database.reading() as connection:
            return [FailedMail(**row) for row in connection.execute(query.order_by(bounces.c.id)).mappings()]

    # --- mailboxes ---------------------------------------------------------------------------------------------------

    def read_up_to(self, place: str, validity: str) -> int:
        """Return the UID of the last mail read in a mailbox, or 0 if none was read, or if the mailbox has numbered its
        mails anew (its UIDVALIDITY differs, RFC 3501).
        """
        query = select(mailboxes.c.last).where(mailboxes.c.place == place, mailboxes.c.validity == validity)
        with self._database.reading() as connection:
            return connection.execute(query).scalar() or 0

    def note_read(self, place: str, validity: str, last: int) -> None:
        """Record the UID of the last mail read in a mailbox."""
        values = {"validity": validity, "last": last}
        with self._database.writing_beside() as connection:
            first = insert_into(connection, mailboxes).values(place=place, **values)
            connection.execute(first.on_conflict_do_update(index_elements=[mailboxes.c.place], set_=values))


def keep_bounce(connection: Connection, bounce: BounceRow) -> bool:
    """Record a bounce (the report that a mail came back) in an open transaction; return False if it is already
    recorded, even if another process records it at the same moment.
    """
    row = insert_into(connection, bounces).values(asdict(bounce)).on_conflict_do_nothing()
    return connection.execute(row, execution_options={"preserve_rowcount": True}).rowcount == 1
