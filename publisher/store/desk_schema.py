"""The tables of the editors' desk (the website where editors decide): sign-in links, sessions, and the record of what
editors did.
"""

from functools import partial

from sqlalchemy import Column, Index, Integer, Table, Text

from publisher.model.desk import ActOutcome
from publisher.store.columns import Choice, Key, UtcDateTime
from publisher.store.schema import metadata

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
