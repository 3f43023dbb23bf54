"""What a site remembers, in SQLite or PostgreSQL: the item log, its cursors, editions and runs.

A change of the tables is a migration under migrations/, `schema.HEAD` and `schema` itself; a test holds them together.
"""

from publisher.store.archives import Archive
from publisher.store.editions import AudienceState, EditionRow
from publisher.store.facts import Heir
from publisher.store.feeds import FeedState
from publisher.store.items import ChangedItem, PageAddress
from publisher.store.log import Cursor
from publisher.store.log_pass import LogPass
from publisher.store.pages import PageRow
from publisher.store.runs import RunRow
from publisher.store.sources import SourceState
from publisher.store.store import Store

__all__ = [
    "Archive",
    "AudienceState",
    "ChangedItem",
    "Cursor",
    "EditionRow",
    "FeedState",
    "Heir",
    "LogPass",
    "PageAddress",
    "PageRow",
    "RunRow",
    "SourceState",
    "Store",
]
