"""Pauses: audiences (mailing lists) whose mails the operator paused. A pause works at once in every process that
delivers, except for mails that are being handed to the server.
"""

from datetime import datetime

from sqlalchemy import delete, insert, select, true

from publisher.store.delivery_rows import EVERYTHING
from publisher.store.engine import Database
from publisher.store.mail_schema import deliveries, pauses
from publisher.store.queue import give_back


class Pauses:
    """The audiences whose mails are paused, and since when."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def current(self) -> dict[str, datetime]:
        """Return the paused audiences, each with the moment since which it is paused; the empty name means all
        mails.
        """
        with self._database.reading() as connection:
            rows = connection.execute(select(pauses).order_by(pauses.c.audience))
            return {row.audience: row.paused_at for row in rows}

    def begin(self, audience: str = EVERYTHING, *, now: datetime) -> bool:
        """Pause the mails of an audience, or all; return False if they were paused already.

        Mails that a process has reserved and not handed over yet are taken back from it, so that it does not send them.
        """
        with self._database.writing_beside() as connection:
            known = connection.execute(select(pauses.c.audience).where(pauses.c.audience == audience)).scalar()
            if known is not None:
                return False
            connection.execute(insert(pauses).values(audience=audience, paused_at=now))
            give_back(connection, true() if audience == EVERYTHING else deliveries.c.audience == audience, now=now)
            return True

    def end(self, audience: str | None = None) -> list[str]:
        """End the pause of an audience, or of all mails; return the names of the pauses that were ended. Pauses of
        other audiences stay.
        """
        with self._database.writing_beside() as connection:
            its = true() if audience is None else pauses.c.audience == audience
            return sorted(connection.execute(delete(pauses).where(its).returning(pauses.c.audience)).scalars())
