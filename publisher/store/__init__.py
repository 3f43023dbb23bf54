"""What a site remembers, in SQLite or PostgreSQL: the item log, its cursors, editions and runs.

A change of the tables is a migration under migrations/, `schema.HEAD` and `schema` itself; a test holds them together.
"""

from publisher.store.archives import Archive
from publisher.store.collecting import Collecting, Heir
from publisher.store.cursors import Cursor
from publisher.store.editions import AudienceState, EditionRow
from publisher.store.feeds import FeedState
from publisher.store.pages import PageRow
from publisher.store.records import PageAddress
from publisher.store.runs import RunRow
from publisher.store.sources import SourceState
from publisher.store.store import Store

__all__ = [
    "Archive",
    "AudienceState",
    "Collecting",
    "Cursor",
    "EditionRow",
    "FeedState",
    "Heir",
    "PageAddress",
    "PageRow",
    "RunRow",
    "SourceState",
    "Store",
]
