"""The outage of the mail server: since when it cannot be used, and why."""

from datetime import datetime

from sqlalchemy import delete, insert, select, update

from publisher.model.deliveries import Outage
from publisher.store.engine import Database
from publisher.store.mail_schema import outage


class Outages:
    """The present outage of the mail server."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def current(self) -> Outage | None:
        """Return the outage of the mail server that has not ended, or `None` if no such outage is recorded."""
        with self._database.reading() as connection:
            row = connection.execute(select(outage)).one_or_none()
        return None if row is None else Outage(since=row.since, problem=row.problem)

    def note(self, problem: str, *, now: datetime) -> None:
        """Record that the mail server cannot be used now. An outage that was recorded before keeps its start."""
        known = self.current()
        if known is not None and known.problem == problem:
            return
        with self._database.writing_beside() as connection:
            changed = connection.execute(update(outage).values(problem=problem)).rowcount
            if not changed:
                connection.execute(insert(outage).values(id=1, since=now, problem=problem))

    def end(self) -> None:
        """Record that the mail server can be used again."""
        with self._database.writing_beside() as connection:
            connection.execute(delete(outage))
