"""What the store keeps about mails: the ledger (all mails to send), outages of the mail server, and bounces.

`Store.mail` imports this module when a caller first asks for mails: a site without a mail server never does.
"""

from publisher.store.bounces import Bounces
from publisher.store.engine import Database
from publisher.store.ledger import Ledger
from publisher.store.locks import Locks
from publisher.store.outages import Outages


class MailRecords:
    """What the store keeps about mails. Each noun, such as `ledger`, is an attribute with its own queries and
    changes.
    """

    def __init__(self, database: Database, locks: Locks) -> None:
        """Use `database`; on SQLite, one of the `locks` makes sure that only one process delivers."""
        self.ledger = Ledger(database, locks)
        self.outages = Outages(database)
        self.bounces = Bounces(database)
