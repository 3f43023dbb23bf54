"""What the store keeps about people: who subscribes, what each of them got, who left or gets no mail, and how long all
that is kept.

`Store.people` imports this module when a caller first asks for people, because its tables and statements take a third
of the start of a command. The rest of the store imports nothing from here at its top.
"""

from publisher.store.bounce_scores import BounceScores, Marked, Suspended, UncountedRefusal
from publisher.store.departure_lines import OwedDepartures
from publisher.store.departures import Journal
from publisher.store.engine import Database
from publisher.store.following import FollowerCounts
from publisher.store.histories import Histories, PastMail, SentMail
from publisher.store.moves import Moves
from publisher.store.people_archive import LogPlace, PeopleArchive
from publisher.store.range_pass import FollowRow, Moved, RangePass, RoundEnvelope
from publisher.store.renewals import NewRenewal, OldConsent, Renewals
from publisher.store.retention import Retention
from publisher.store.rounds import RoundMail, Rounds
from publisher.store.subscribers import Subscribers
from publisher.store.suppressions import Suppressions

__all__ = [
    "FollowRow",
    "LogPlace",
    "Marked",
    "Moved",
    "NewRenewal",
    "OldConsent",
    "PastMail",
    "PeopleRecords",
    "RangePass",
    "RoundEnvelope",
    "RoundMail",
    "SentMail",
    "Suspended",
    "UncountedRefusal",
]


class PeopleRecords:
    """What the store keeps about people. Each noun, such as `subscribers`, is an attribute with its own queries and
    changes.
    """

    def __init__(self, database: Database, departures: Journal) -> None:
        """Use `database`, and add to the file of `departures` (who left, was suppressed or was erased)."""
        self.subscribers = Subscribers(database, departures)
        self.suppressions = Suppressions(database, departures)
        self.owed_departures = OwedDepartures(database, departures)
        self.renewals = Renewals(database)
        self.moves = Moves(database, departures)
        self.rounds = Rounds(database)
        self.bounce_scores = BounceScores(database)
        self.histories = Histories(database)
        self.following = FollowerCounts(database)
        self.retention = Retention(database)
        self.archive = PeopleArchive(database, departures)
