"""Everything a site stores, in SQLite or PostgreSQL. `Store` opens the database; each noun (items, editions,
subscribers, …) is a module of this folder, and an attribute of `Store`.

To change a table, change `schema`, add a migration under migrations/ and name it in `schema.HEAD`; a test compares
`schema` with what the migrations make.
"""

from publisher.store.archives import Archive
from publisher.store.bounce_scores import Marked, Suspended, UncountedRefusal
from publisher.store.editions import AudienceState, EditionRow
from publisher.store.facts import Due, Heir, Other
from publisher.store.feeds import FeedState
from publisher.store.hidden import HiddenItem
from publisher.store.histories import PastMail, SentMail
from publisher.store.items import ChangedItem, ItemAddress, Waiting
from publisher.store.ledger import Ledger
from publisher.store.log import Cursor
from publisher.store.log_pass import LogPass
from publisher.store.pages import PageRow
from publisher.store.past_editions import EditionHead, EditionPlace, PastEdition
from publisher.store.people_archive import LogPlace
from publisher.store.range_pass import FollowRow, Moved, RangePass, RoundEnvelope
from publisher.store.renewals import NewRenewal, OldConsent
from publisher.store.replay import Repeated
from publisher.store.restoration import READERS, Restoration, Settlement
from publisher.store.rounds import RoundMail
from publisher.store.runs import RunRow
from publisher.store.sequences import CHANGING_PAGES, FeedSequence
from publisher.store.sources import SourceState
from publisher.store.store import Store

__all__ = [
    "CHANGING_PAGES",
    "READERS",
    "Archive",
    "AudienceState",
    "ChangedItem",
    "Cursor",
    "Due",
    "EditionHead",
    "EditionPlace",
    "EditionRow",
    "FeedSequence",
    "FeedState",
    "FollowRow",
    "Heir",
    "HiddenItem",
    "ItemAddress",
    "Ledger",
    "LogPass",
    "LogPlace",
    "Marked",
    "Moved",
    "NewRenewal",
    "OldConsent",
    "Other",
    "PageRow",
    "PastEdition",
    "PastMail",
    "RangePass",
    "Repeated",
    "Restoration",
    "RoundEnvelope",
    "RoundMail",
    "RunRow",
    "SentMail",
    "Settlement",
    "SourceState",
    "Store",
    "Suspended",
    "UncountedRefusal",
    "Waiting",
]
