"""Everything a site stores, in SQLite or PostgreSQL. `Store` opens the database; each noun (items, editions, …) is a
module of this folder, and an attribute of `Store`. What concerns people and mails is in `Store.people` and
`Store.mail`, and its values are imported from `publisher.store.people`, because most commands need none of it.

To change a table, change `schema` or its neighbour, add a migration under migrations/ and name it in `schema.HEAD`; a
test compares `tables` with what the migrations make.
"""

from publisher.store.editions import AudienceState, EditionRow
from publisher.store.items import ChangedItem, ItemAddress, Waiting
from publisher.store.log import Cursor
from publisher.store.restoration import READERS, Restoration
from publisher.store.runs import RunRow
from publisher.store.sources import SourceState
from publisher.store.store import Store

__all__ = [
    "READERS",
    "AudienceState",
    "ChangedItem",
    "Cursor",
    "EditionRow",
    "ItemAddress",
    "Restoration",
    "RunRow",
    "SourceState",
    "Store",
    "Waiting",
]
