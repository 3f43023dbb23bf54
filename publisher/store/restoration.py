"""After a restore: what waits until the operator has said which editions went out since the backup.

Until the operator has answered for an audience (a mailing list), no edition is composed for it and none of its mails is
sent. Until he has said whether subscribers got mails since, no round begins.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from publisher.store.engine import Database
from publisher.store.schema import restoration

READERS = "*"
"""The name that stands for the site's subscribers among the audiences. After a restore, no mails to subscribers are
made before the operator says what they got.
"""


class Restoration(NamedTuple):
    """A restore of a backup, which is recorded until the operator has said for all audiences which editions went out
    since the backup was made.
    """

    taken_at: datetime | None
    """When the backup was made, in UTC, or `None` if that is unknown, because another program restored the database."""
    restored_at: datetime
    """When the backup was restored, in UTC."""
    log_end: int
    """The last number of the log in the backup."""
    answered: tuple[str, ...]
    """Names of the audiences for which the operator has answered."""

    def holds(self, audience: str) -> bool:
        """Whether, after a restore, nothing may be composed for an audience, or sent to it (`READERS`: to
        subscribers).
        """
        return audience not in self.answered


_CURRENT = select(restoration)


class Restorations:
    """The latest restore of a backup, until the operator has said for all audiences what went out since the backup."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def current(self) -> Restoration | None:
        """Return the latest restore of a backup, if the operator has not yet said for all audiences what they got
        since; otherwise `None`.
        """
        with self._database.reading() as connection:
            row = connection.execute(_CURRENT).one_or_none()
        if row is None:
            return None
        return Restoration(
            taken_at=row.taken_at, restored_at=row.restored_at, log_end=row.log_end, answered=row.answered
        )
