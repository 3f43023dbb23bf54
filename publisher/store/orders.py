"""The operator's commands about mails (to pause, cancel or send them again), recorded so that `publisher status` can
show them.
"""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import insert, select

from publisher.model.deliveries import Order
from publisher.store.engine import Database
from publisher.store.mail_schema import orders


class Orders:
    """The recorded commands of the operator about mails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, order: Order) -> None:
        """Record a command of the operator about mails."""
        with self._database.writing_beside() as connection:
            connection.execute(insert(orders).values(asdict(order)))

    def since(self, moment: datetime) -> list[Order]:
        """Return the operator's commands about mails since a moment, latest first."""
        columns = orders.c["verb", "about", "at", "mails"]
        query = select(*columns).where(orders.c.at > moment).order_by(orders.c.id.desc())
        with self._database.reading() as connection:
            return [Order(**row) for row in connection.execute(query).mappings()]
