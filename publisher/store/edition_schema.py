"""The tables of audiences: their editions, and the items of each edition."""

from functools import partial

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Index, Integer, Table, Text, UniqueConstraint

from publisher.store.columns import Key, UtcDateTime
from publisher.store.schema import items, log, metadata

# Columns must have a value unless they say otherwise.
_column = partial(Column, nullable=False)

audiences = Table(
    "audiences",
    metadata,
    _column("name", Key, primary_key=True),
    _column("cursor", Integer),
    _column("start", Integer),
    _column("last_number", Integer),
    _column("last_tick", UtcDateTime, nullable=True),
)

editions = Table(
    "editions",
    metadata,
    _column("audience", Key, ForeignKey(audiences.c.name), primary_key=True),
    _column("number", Integer, primary_key=True, autoincrement=False),
    _column("after", Integer),
    _column("upto", Integer),
    _column("composed_at", UtcDateTime),
    _column("items", Integer),
    _column("written_at", UtcDateTime, nullable=True),
    # Until when the edition waits for its editor; null if it is not held.
    _column("held_until", UtcDateTime, nullable=True),
    # When the folder for the editor was last written from this row; null if the folder is out of date.
    _column("shown_at", UtcDateTime, nullable=True),
    _column("introduction", Text, nullable=True),
    # When the edition was released; null if it was never held, or still is.
    _column("released_at", UtcDateTime, nullable=True),
    # When the items were last updated from their sources while the edition was held; null if never.
    _column("followed_at", UtcDateTime, nullable=True),
    # The editor's subject; null if the template makes one.
    _column("subject", Text, nullable=True),
    # The numbers of items that the editor put first, as JSON; null if there are none.
    _column("first_items", Text, nullable=True),
    Index("ix_editions_composed_at", "composed_at"),
    Index("ix_editions_written_at", "written_at"),
)

edition_items = Table(
    "edition_items",
    metadata,
    # This key guarantees that an item is in only one edition of an audience.
    _column("audience", Key, primary_key=True),
    _column("item", Integer, ForeignKey(items.c.number), primary_key=True, autoincrement=False),
    _column("number", Integer),
    _column("position", Integer),
    # The change of the item that is shown, with its themes then; while the edition is held it follows the source.
    _column("seq", Integer, ForeignKey(log.c.seq)),
    _column("themes", Text),
    # The change of the item at which the edition was composed.
    _column("composed_seq", Integer, ForeignKey(log.c.seq)),
    # The editor's title; null if the item has its own.
    _column("title", Text, nullable=True),
    ForeignKeyConstraint(["audience", "number"], [editions.c.audience, editions.c.number]),
    UniqueConstraint("audience", "number", "position"),
)

# Items that an editor took out of an edition, or that were withdrawn while it was held, with the reason (`TakenOut`).
# Items that were put off are due again, and so are withdrawn items that come back.
dropped_items = Table(
    "dropped_items",
    metadata,
    _column("audience", Key, primary_key=True),
    _column("item", Integer, ForeignKey(items.c.number), primary_key=True, autoincrement=False),
    _column("number", Integer),
    _column("reason", Key),
    # The editor's title, in case the item is restored.
    _column("title", Text, nullable=True),
    ForeignKeyConstraint(["audience", "number"], [editions.c.audience, editions.c.number]),
)

# Corrections: changes of items that the audience got in an earlier edition.
edition_corrections = Table(
    "edition_corrections",
    metadata,
    _column("audience", Key, primary_key=True),
    _column("item", Integer, ForeignKey(items.c.number), primary_key=True, autoincrement=False),
    _column("number", Integer, primary_key=True, autoincrement=False),
    _column("position", Integer),
    _column("seq", Integer, ForeignKey(log.c.seq)),
    _column("themes", Text),
    ForeignKeyConstraint(["audience", "number"], [editions.c.audience, editions.c.number]),
    UniqueConstraint("audience", "number", "position"),
)
