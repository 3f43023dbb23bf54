"""The tables of the editors' desk: links to sign in, sessions, and who did what."""

from functools import partial

from sqlalchemy import Column, Index, Integer, Table, Text

from publisher.model.desk import ActOutcome
from publisher.store.columns import Choice, Key, UtcDateTime
from publisher.store.schema import metadata

# Nearly every column must have a value; the others say so.
_column = partial(Column, nullable=False)

# Links to sign in. Who reads the store cannot use them: they are SHA-256 of what was sent.
desk_links = Table(
    "desk_links",
    metadata,
    _column("digest", Key, primary_key=True),
    _column("person", Key),
    _column("asked_at", UtcDateTime),
    _column("used_at", UtcDateTime, nullable=True),
)

# Who is signed in. The digest is SHA-256 of what the browser keeps.
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
    _column("verb", Key),
    _column("about", Key),
    _column("outcome", Choice(ActOutcome)),
    _column("words", Text),
    Index("ix_desk_acts_at", "at"),
    # A number is never given again: an address names it.
    sqlite_autoincrement=True,
)
