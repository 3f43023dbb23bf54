"""The tables of the editors' desk (the website where editors decide): sign-in links, sessions, the record of what
editors did, and decisions about the next mails to subscribers.
"""

from functools import partial

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text

from publisher.model.desk import ActOutcome
from publisher.store.columns import Choice, Key, UtcDateTime
from publisher.store.schema import items, metadata

# Columns must have a value unless they say otherwise.
_column = partial(Column, nullable=False)

# Sign-in links. Only SHA-256 of each token is stored, so the store alone lets nobody in.
desk_links = Table(
    "desk_links",
    metadata,
    _column("digest", Key, primary_key=True),
    _column("person", Key),
    _column("asked_at", UtcDateTime),
    _column("used_at", UtcDateTime, nullable=True),
)

# Who is signed in. The digest is SHA-256 of the browser's token.
desk_sessions = Table(
    "desk_sessions",
    metadata,
    _column("digest", Key, primary_key=True),
    _column("person", Key),
    _column("begun_at", UtcDateTime),
)

desk_acts = Table(
    "desk_acts",
    metadata,
    _column("number", Integer, primary_key=True),
    _column("at", UtcDateTime),
    _column("person", Key),
    # The language of `words`.
    _column("language", Key),
    _column("verb", Key),
    _column("about", Key),
    _column("outcome", Choice(ActOutcome)),
    _column("words", Text),
    Index("ix_desk_acts_at", "at"),
    # Numbers are never reused: they are part of addresses.
    sqlite_autoincrement=True,
)

# What editors decided about the next round of mails to subscribers; at most one row.
next_round = Table(
    "next_round",
    metadata,
    _column("id", Integer, primary_key=True, autoincrement=False),
    # No round begins before this moment. It is null if no round is postponed.
    _column("postponed_until", UtcDateTime, nullable=True),
    # It is empty if every subscriber's mail has a subject of its own.
    _column("subject", Text),
    _column("introduction", Text),
)

# What editors decided about items in mails to subscribers, for all rounds.
round_items = Table(
    "round_items",
    metadata,
    _column("item", Integer, ForeignKey(items.c.number), primary_key=True, autoincrement=False),
    # Null if the item has its own title.
    _column("title", Text, nullable=True),
    # Items with a place come first, sorted by place. It is null for other items.
    _column("place", Integer, nullable=True),
    _column("is_left_out", Boolean),
)
