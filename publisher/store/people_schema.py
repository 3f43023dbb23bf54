"""The tables of people who subscribed: who they are, what they follow, and the rounds of digests that they get.

Addresses are stored only in `subscribers` and `confirmations`, and in the ledger (all mails to send) while it has their
mails. `suppressions` holds an HMAC instead.
"""

from functools import partial

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text

from publisher.model.departures import DepartureKind, SuppressionKind
from publisher.model.subscribers import ConsentKind, EndReason, LetterKind, SubscriptionState
from publisher.store.columns import ByName, Choice, Key, UtcDateTime, Words
from publisher.store.schema import items, metadata

# Columns must have a value unless they say otherwise.
_column = partial(Column, nullable=False)

subscribers = Table(
    "subscribers",
    metadata,
    _column("number", Integer, primary_key=True),
    _column("address", Key, unique=True),
    _column("language", Key),
    # When he consented, by a form here or elsewhere.
    _column("since", UtcDateTime),
    # When he last began to follow something here: earlier departures no longer count.
    _column("came_at", UtcDateTime),
    _column("paused_until", UtcDateTime, nullable=True),
    # When the last subscription ended. Null if he follows something.
    _column("left_at", UtcDateTime, nullable=True),
    # A random value by which a bounce is matched to its subscriber.
    _column("bounce_mark", Key, unique=True),
    # Numbers are never reused: links in old mails contain them.
    sqlite_autoincrement=True,
)
_HAS_LEFT = subscribers.c.left_at.is_not(None)
Index("ix_subscribers_left_at", subscribers.c.left_at, sqlite_where=_HAS_LEFT)

subscriptions = Table(
    "subscriptions",
    metadata,
    _column("subscriber", Integer, ForeignKey(subscribers.c.number), primary_key=True, autoincrement=False),
    _column("number", Integer, primary_key=True, autoincrement=False),
    _column("theme", Key),
    _column("pace", Key),
    _column("state", Choice(SubscriptionState)),
    _column("start", Integer),
    _column("cursor", Integer),
    _column("since", UtcDateTime),
    _column("ended_at", UtcDateTime, nullable=True),
    _column("ended_because", Choice(EndReason), nullable=True),
    sqlite_with_rowid=False,
)
IS_ACTIVE = subscriptions.c.state == SubscriptionState.ACTIVE

# How many of the people erased since followed a theme at a pace when a month began; with theme and pace empty,
# anything.
past_follows = Table(
    "past_follows",
    metadata,
    # The first instant of the month, in UTC.
    _column("at", UtcDateTime, primary_key=True),
    _column("theme", Key, primary_key=True),
    _column("pace", Key, primary_key=True),
    _column("people", Integer),
)

# Rows are only added, and deleted with their subscriber.
consents = Table(
    "consents",
    metadata,
    _column("subscriber", Integer, ForeignKey(subscribers.c.number), primary_key=True, autoincrement=False),
    _column("number", Integer, primary_key=True, autoincrement=False),
    _column("kind", Choice(ConsentKind)),
    _column("at", UtcDateTime),
    _column("language", Key),
    _column("choices", ByName),
    # SHA-256 of the exact words, which `wordings` has once.
    _column("words_digest", Key),
)

wordings = Table(
    "wordings",
    metadata,
    _column("digest", Key, primary_key=True),
    _column("words", Text),
)

# Links that were sent to an address and work once. A new row for a kind and address replaces the former.
confirmations = Table(
    "confirmations",
    metadata,
    _column("kind", Choice(LetterKind), primary_key=True),
    _column("address", Key, primary_key=True),
    # SHA-256 of the token, so that the store alone does not reveal it.
    _column("token_digest", Key, unique=True),
    _column("asked_at", UtcDateTime),
    _column("used_at", UtcDateTime, nullable=True),
    _column("language", Key),
    _column("choices", ByName),
    _column("words_digest", Key),
    # The subscriber whose new address this will be. Null if the request is not about a change of address.
    _column("subscriber", Integer, nullable=True),
    Index("ix_confirmations_asked_at", "asked_at"),
)

# One row once a link was signed: the key that signs links. It never changes, so links in old mails keep working.
link_key = Table(
    "link_key",
    metadata,
    _column("id", Integer, primary_key=True, autoincrement=False),
    _column("key", Text),
    _column("made_at", UtcDateTime),
)

# One row from the start: the key of the HMACs of addresses. It never changes, so every backup has it.
address_key = Table(
    "address_key",
    metadata,
    _column("id", Integer, primary_key=True, autoincrement=False),
    _column("key", Text),
    CheckConstraint("id = 1", name="one_row"),
)

# Addresses that get no mail, as HMACs. They stay when a subscriber is erased.
suppressions = Table(
    "suppressions",
    metadata,
    _column("mark", Key, primary_key=True),
    _column("kind", Choice(SuppressionKind), primary_key=True),
    _column("at", UtcDateTime),
    # The operator's reason.
    _column("reason", Text),
)

# Lines that could not be written to the file of departures yet.
owed_departures = Table(
    "owed_departures",
    metadata,
    _column("id", Integer, primary_key=True),
    _column("at", UtcDateTime),
    _column("kind", Choice(DepartureKind)),
    _column("mark", Key),
    _column("suppression", Choice(SuppressionKind), nullable=True),
    _column("because", Choice(EndReason), nullable=True),
)

# The bounce scores of subscribers whose mails came back. Other subscribers have no row.
bounce_scores = Table(
    "bounce_scores",
    metadata,
    _column("subscriber", Integer, ForeignKey(subscribers.c.number), primary_key=True, autoincrement=False),
    _column("points", Integer),
    _column("last_at", UtcDateTime),
    # Since when he gets no digests; null if he gets them.
    _column("suspended_at", UtcDateTime, nullable=True),
    # When a probe was queued: a letter that tests whether mails arrive again.
    _column("probed_at", UtcDateTime, nullable=True),
    Index("ix_bounce_scores_suspended_at", "suspended_at"),
)

# Marks that a subscriber had before: a report with such a mark is about an old mail, and does not count.
former_marks = Table(
    "former_marks",
    metadata,
    _column("bounce_mark", Key, primary_key=True),
    _column("subscriber", Integer, ForeignKey(subscribers.c.number)),
    Index("ix_former_marks_subscriber", "subscriber"),
)

# When items entered themes that they were not in when added.
theme_joins = Table(
    "theme_joins",
    metadata,
    _column("theme", Key, primary_key=True),
    _column("item", Integer, ForeignKey(items.c.number), primary_key=True, autoincrement=False),
    _column("seq", Integer),
    Index("ix_theme_joins_seq", "seq"),
    sqlite_with_rowid=False,
)

# Up to which moment of its schedule each pace is dealt with.
pace_ticks = Table(
    "pace_ticks",
    metadata,
    _column("pace", Key, primary_key=True),
    _column("last_tick", UtcDateTime),
)

rounds = Table(
    "rounds",
    metadata,
    _column("number", Integer, primary_key=True, autoincrement=False),
    # The paces that were due.
    _column("paces", Words),
    # The end of the log: items added later are for a later round.
    _column("upto", Integer),
    _column("begun_at", UtcDateTime),
    # Null while some ranges of people are not planned yet.
    _column("planned_at", UtcDateTime, nullable=True),
    # When the round's mails were deleted, except the counts. Null while the ledger has them.
    _column("forgotten_at", UtcDateTime, nullable=True),
    # The editor's subject. Null if every mail has a subject of its own.
    _column("subject", Text, nullable=True),
    _column("introduction", Text, nullable=True),
)
_IS_KEPT = rounds.c.forgotten_at.is_(None)
Index("ix_rounds_planned_at", rounds.c.planned_at, sqlite_where=_IS_KEPT)

# Ranges of subscribers, each planned in one transaction.
ranges = Table(
    "ranges",
    metadata,
    _column("round", Integer, ForeignKey(rounds.c.number), primary_key=True, autoincrement=False),
    _column("first", Integer, primary_key=True, autoincrement=False),
    _column("last", Integer),
    _column("planned_at", UtcDateTime, nullable=True),
    _column("mails", Integer),
)

# Combinations of items, each stored once for all subscribers who get the same.
selections = Table(
    "selections",
    metadata,
    _column("number", Integer, primary_key=True),
    # SHA-256 of the items' numbers.
    _column("digest", Key, unique=True),
    # Numbers of items, ascending, as JSON.
    _column("items", Text),
)

# Who gets which selection in a round. This key guarantees that nobody gets a round twice.
round_mails = Table(
    "round_mails",
    metadata,
    _column("round", Integer, ForeignKey(rounds.c.number), primary_key=True, autoincrement=False),
    _column("subscriber", Integer, primary_key=True, autoincrement=False),
    _column("selection", Integer, ForeignKey(selections.c.number)),
    sqlite_with_rowid=False,
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
