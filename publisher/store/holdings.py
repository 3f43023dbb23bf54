"""Whether the store holds anything about people or mails.

Most sites have no subscribers and no mail server. One query tells a pass so, and then it need not load the tables of
people and mails. What was stored before [subscribers] or [smtp] left config.toml still counts, so that it is deleted in
time.
"""

from sqlalchemy import exists, literal, or_, select, table

from publisher.store.engine import Database

PASSING = ("bounces", "confirmations", "deliveries", "owed_departures", "rounds", "subscribers")
"""The tables whose rows a pass deletes after their retention period, or, for departures, once they are in their file.
Rows of other tables about people or mails are deleted with these.
"""
_ANY = select(or_(*(exists(select(literal(1)).select_from(table(name))) for name in PASSING)))


def holds_people(database: Database) -> bool:
    """Whether any row is about a person or a mail, and is to be deleted one day."""
    with database.reading() as connection:
        return bool(connection.execute(_ANY).scalar_one())
