"""The tables as they are at `HEAD`. Migrations make these tables, and change those of older releases.

The log never changes. Much in other tables could be computed from it; it is stored so that a query costs as much as its
answer is large, however large the archive is.
"""

from functools import partial

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)

from publisher.model.feeds import FeedKind
from publisher.model.records import ChangeKind, State
from publisher.model.sources import FailureKind, HoldReason, SourceCondition
from publisher.store.columns import ByName, Choice, Key, UtcDateTime, Words

HEAD = "s0001"
"""The newest migration. It is named here so that opening a store does not import Alembic, which takes 0.3 s."""
UNRELEASED = frozenset(f"{number:04}" for number in range(1, 12))
"""The newest migrations of versions before the first release, whose tables cannot be read."""


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


# Columns must have a value unless they say otherwise.
_column = partial(Column, nullable=False)


# One row. A writer locks it first, so that numbers are given in the order of commits.
counters = Table(
    "counters",
    metadata,
    _column("id", Integer, primary_key=True, autoincrement=False),
    _column("log_end", Integer),
    _column("last_item", Integer),
    _column("live_items", Integer),
    CheckConstraint("id = 1", name="one_row"),
)

# At most one row: the authority of the site's ids, which never changes.
site = Table(
    "site",
    metadata,
    _column("id", Integer, primary_key=True, autoincrement=False),
    _column("authority", Text),
    CheckConstraint("id = 1", name="one_row"),
)

# One row: the publisher version that made the tables as they are.
program = Table(
    "program",
    metadata,
    _column("id", Integer, primary_key=True, autoincrement=False),
    _column("version", Text),
    CheckConstraint("id = 1", name="one_row"),
)

items = Table(
    "items",
    metadata,
    _column("number", Integer, primary_key=True, autoincrement=False),
    _column("source", Key),
    _column("uid", Key, unique=True),
    _column("path", Key, unique=True),
    # The present date from the source, and the date that readers see.
    _column("date", Date),
    _column("day", Date),
    # The keys by which they are compared (`model.links`); `content` has the originals.
    _column("native_id", Key),
    _column("link", Key),
    _column("content", Text),
    _column("themes", Text),
    _column("text_digest", Key),
    _column("content_digest", Key),
    _column("published", UtcDateTime),
    _column("updated", UtcDateTime),
    # 0 if the item was never visible to readers. Such an item is withdrawn, and not in the log.
    _column("added_seq", Integer),
    # When a pass added the item; null if that was its source's first pass, which adds a whole archive.
    _column("added_at", UtcDateTime, nullable=True),
    # The end of the log before the pass that added the item; null if that was its source's first pass.
    _column("pass_start", Integer, nullable=True),
    _column("seq", Integer),
    _column("revision", Integer),
    _column("state", Choice(State)),
    # When the item appears (if it waits or was withdrawn) or expires (if it is live); null if never.
    _column("wakes", UtcDateTime, nullable=True),
)

# Literals, not bound values: only then do both databases use a partial index.
IS_LIVE = items.c.state.in_((literal_column("'listed'"), literal_column("'unlisted'")))
IS_LISTED = items.c.state == literal_column("'listed'")
IS_WAITING = items.c.state == literal_column("'waiting'")
IS_HIDDEN = items.c.state == literal_column("'hidden'")
IS_GONE = items.c.state.in_((literal_column("'withdrawn'"), literal_column("'hidden'")))
IS_LIVE_REVISION = IS_LIVE & (items.c.revision > literal_column("1"))
WAKES = items.c.wakes.is_not(None)
HAS_ID = items.c.native_id != literal_column("''")
HAS_LINK = items.c.link != literal_column("''")

# The migrations make these indexes partial on PostgreSQL too. A `postgresql_where` here would cost every command 20 ms,
# because SQLAlchemy would import the whole dialect.
Index("ix_items_live", items.c.added_seq, sqlite_where=IS_LIVE)
Index("ix_items_live_date", items.c.date, items.c.published, sqlite_where=IS_LIVE)
Index("ix_items_gone", items.c.seq, sqlite_where=IS_GONE)
Index("ix_items_hidden", items.c.source, items.c.date, sqlite_where=IS_HIDDEN)
Index("ix_items_revised", items.c.seq, sqlite_where=IS_LIVE_REVISION)
Index("ix_items_source_date", items.c.source, items.c.date)
Index("ix_items_listed", items.c.source, items.c.date, sqlite_where=IS_LISTED)
Index("ix_items_waiting", items.c.source, items.c.date, sqlite_where=IS_WAITING)
Index("ix_items_wakes", items.c.wakes, sqlite_where=WAKES)
Index("ix_items_native_id", items.c.native_id, items.c.source, sqlite_where=HAS_ID)
Index("ix_items_link", items.c.link, items.c.source, sqlite_where=HAS_LINK)
Index("ix_items_day_published", items.c.day, items.c.published)

# Items of other sources that this source lists too. An item with a row here is not withdrawn.
copies = Table(
    "copies",
    metadata,
    _column("source", Key, primary_key=True),
    _column("item", Integer, ForeignKey(items.c.number), primary_key=True, autoincrement=False),
    _column("date", Date),
    _column("native_id", Key),
    _column("link", Key),
    _column("content", Text),
    _column("text_digest", Key),
    _column("content_digest", Key),
    Index("ix_copies_item", "item"),
)

# Items that an editor hid, with their former states.
hidden_items = Table(
    "hidden_items",
    metadata,
    _column("item", Integer, ForeignKey(items.c.number), primary_key=True, autoincrement=False),
    _column("at", UtcDateTime),
    _column("reason", Text),
    _column("state", Choice(State)),
)

log = Table(
    "log",
    metadata,
    _column("seq", Integer, primary_key=True, autoincrement=False),
    _column("item", Integer, ForeignKey(items.c.number)),
    _column("kind", Choice(ChangeKind)),
    _column("at", UtcDateTime),
    _column("revision", Integer),
    _column("content", Text),
    # Slugs of the feeds that the change affects, because the item left or entered them, sorted.
    _column("touched", Words),
    Index("ix_log_item", "item", "seq"),
)

feeds = Table(
    "feeds",
    metadata,
    _column("slug", Key, primary_key=True),
    _column("kind", Choice(FeedKind)),
    _column("title", Text),
    _column("items", Integer),
    _column("changed_at", UtcDateTime),
    # When the feed was first written for readers; null if never. From then on it is always written.
    _column("opened_at", UtcDateTime, nullable=True),
    # The slug before the first renaming, from which the feed's id is made; empty if it was never renamed.
    _column("first_slug", Key),
)

# The slug that each label and keyword got when it was first seen.
names = Table(
    "names",
    metadata,
    _column("kind", Choice(FeedKind), primary_key=True),
    _column("label", Key, primary_key=True),
    _column("slug", Key),
    UniqueConstraint("kind", "slug"),
    sqlite_with_rowid=False,
)

IS_OPEN = feeds.c.opened_at.is_not(None)
IS_NO_KEYWORD = feeds.c.kind != literal_column("'keyword'")

Index("ix_feeds_open", feeds.c.slug, sqlite_where=IS_OPEN)
# keywords are many, and most have no feed
Index("ix_feeds_no_keyword", feeds.c.kind, feeds.c.slug, sqlite_where=IS_NO_KEYWORD)

# Which live items are in which feeds.
item_feeds = Table(
    "item_feeds",
    metadata,
    _column("feed", Key, ForeignKey(feeds.c.slug), primary_key=True),
    _column("added_seq", Integer, primary_key=True, autoincrement=False),
    _column("item", Integer, ForeignKey(items.c.number)),
    # The log number of the latest revision that the feed announces; null if there is none.
    _column("revised_seq", Integer, nullable=True),
    Index("ix_item_feeds_item", "item", "feed", unique=True),
    sqlite_with_rowid=False,
)

IS_REVISED = item_feeds.c.revised_seq.is_not(None)

Index(
    "ix_item_feeds_revised",
    item_feeds.c.feed,
    item_feeds.c.revised_seq,
    sqlite_where=IS_REVISED,
)

# Which feeds a withdrawn item was in; they announce that it is gone.
withdrawals = Table(
    "withdrawals",
    metadata,
    _column("feed", Key, ForeignKey(feeds.c.slug), primary_key=True),
    _column("seq", Integer, ForeignKey(log.c.seq), primary_key=True, autoincrement=False),
    _column("item", Integer, ForeignKey(items.c.number)),
    Index("ix_withdrawals_item", "item"),
    sqlite_with_rowid=False,
)

# The closed documents of archives. Number N holds the items added after `upto` of number N-1, up to its own `upto`.
archives = Table(
    "archives",
    metadata,
    # No foreign key: the feed of all items has an archive too, but no row in `feeds`.
    _column("feed", Key, primary_key=True),
    _column("number", Integer, primary_key=True, autoincrement=False),
    _column("upto", Integer),
)

# The full numbered pages of feeds, with ranges as in `archives`.
pages = Table(
    "pages",
    metadata,
    _column("feed", Key, primary_key=True),
    _column("number", Integer, primary_key=True, autoincrement=False),
    _column("upto", Integer),
    # for the page of an item that changed
    Index("ix_pages_upto", "feed", "upto"),
)

sources = Table(
    "sources",
    metadata,
    _column("name", Key, primary_key=True),
    # From here on: the last complete reading.
    _column("validator", Text),
    _column("listed", Integer),
    _column("fields", Words),
    _column("skipped", Words),
    _column("lifetime_s", Integer),
    _column("most_added", Integer),
    _column("changed_at", UtcDateTime, nullable=True),
    _column("next_try", UtcDateTime, nullable=True),
    # From here on: failed readings since the last complete one; null if there are none.
    _column("failure", Choice(FailureKind), nullable=True),
    _column("failures", Integer),
    _column("problem", Text),
    _column("failing_since", UtcDateTime, nullable=True),
    # From here on: a reading that is held for the operator; null if none is.
    _column("hold_reason", Choice(HoldReason), nullable=True),
    _column("held", Text),
    _column("held_added", Integer),
    _column("held_revised", Integer),
    _column("held_withdrawn", Integer),
    _column("held_new", Words),
    _column("held_gone", Words),
    _column("held_validator", Text),
    _column("held_at", UtcDateTime, nullable=True),
    # The condition that the last notice reported; null if there was no notice, or if it said that all is well.
    _column("told", Choice(SourceCondition), nullable=True),
)

cursors = Table(
    "cursors",
    metadata,
    _column("consumer", Key, primary_key=True),
    _column("seq", Integer),
    _column("settings", ByName),
)

# Mails that inform the operator or an editor, sent once.
notices = Table(
    "notices",
    metadata,
    _column("number", Integer, primary_key=True, autoincrement=False),
    _column("about", Key),
    _column("kind", Key),
    _column("at", UtcDateTime),
    _column("recipient", Text),
    _column("recipient_name", Text),
    _column("language", Key),
    _column("subject", Text),
    _column("text", Text),
    _column("written_at", UtcDateTime, nullable=True),
    Index("ix_notices_about", "about", "kind"),
)

IS_UNWRITTEN = notices.c.written_at.is_(None)

Index("ix_notices_unwritten", notices.c.number, sqlite_where=IS_UNWRITTEN)

# One row: the length of the file of departures when this store last wrote to it.
departures_noted = Table(
    "departures_noted",
    metadata,
    _column("id", Integer, primary_key=True, autoincrement=False),
    _column("size", Integer),
    CheckConstraint("id = 1", name="one_row"),
)

# At most one row: a restore for which the operator has not answered for all audiences.
restoration = Table(
    "restoration",
    metadata,
    _column("id", Integer, primary_key=True, autoincrement=False),
    # Null if that is unknown.
    _column("taken_at", UtcDateTime, nullable=True),
    _column("restored_at", UtcDateTime),
    _column("log_end", Integer),
    # The audiences for which the operator has answered.
    _column("answered", Words),
    CheckConstraint("id = 1", name="one_row"),
)

# Items, by uid or path, in editions that went out and that the restored store lacks. They are never due again.
sent_before = Table(
    "sent_before",
    metadata,
    _column("audience", Key, primary_key=True),
    _column("mark", Key, primary_key=True),
    sqlite_with_rowid=False,
)

runs = Table(
    "runs",
    metadata,
    _column("id", Integer, primary_key=True),
    _column("verb", Key),
    _column("started", UtcDateTime),
    _column("finished", UtcDateTime),
    _column("exit_code", Integer),
    _column("problems", Words),
)
