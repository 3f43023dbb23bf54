"""The tables of mails: the ledger (all mails to send), the operator's commands about mails (such as to pause them), and
bounces.
"""

from functools import partial

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)

from publisher.model.bounces import BounceKind
from publisher.model.deliveries import DeliveryKind, DeliveryState, Rank
from publisher.store.columns import Choice, Key, Ranked, UtcDateTime
from publisher.store.schema import metadata

# Columns must have a value unless they say otherwise.
_column = partial(Column, nullable=False)

# The ledger: every mail to a recipient, with its state.
deliveries = Table(
    "deliveries",
    metadata,
    _column("id", Integer, primary_key=True),
    _column("kind", Choice(DeliveryKind)),
    _column("name", Key),
    _column("recipient", Key),
    _column("sender", Text),
    _column("message_id", Text),
    _column("dated", UtcDateTime),
    _column("audience", Key),
    _column("rank", Ranked(Rank)),
    _column("return_path", Text),
    _column("state", Choice(DeliveryState)),
    # From when on the delivery may be claimed, also after a lease. Null if the delivery is finished.
    _column("due_at", UtcDateTime, nullable=True),
    _column("queued_at", UtcDateTime),
    _column("finished_at", UtcDateTime, nullable=True),
    # Also set on a mail that is being handed over: if that fails, it is not sent again.
    _column("cancelled_at", UtcDateTime, nullable=True),
    _column("epoch", Integer),
    _column("attempts", Integer),
    _column("doubts", Integer),
    # The code of the server's last answer. Null if it never answered.
    _column("code", Integer, nullable=True),
    _column("reply", Text),
    # This key guarantees that nobody gets an edition twice.
    UniqueConstraint("kind", "name", "recipient"),
    Index("ix_deliveries_finished_at", "finished_at"),
)

IS_UNFINISHED = deliveries.c.due_at.is_not(None)
IS_NO_ROUND = deliveries.c.kind != literal_column("'round'")

Index(
    "ix_deliveries_due_at",
    deliveries.c.rank,
    deliveries.c.due_at,
    deliveries.c.id,
    sqlite_where=IS_UNFINISHED,
)
# Reports of failures identify a mail by its Message-ID. Mails to subscribers are found by the envelope sender.
Index(
    "ix_deliveries_message_id",
    deliveries.c.message_id,
    sqlite_where=IS_NO_ROUND,
)

# Letters are deleted after a while, and found by the address of their recipient.
IS_LETTER = deliveries.c.kind == literal_column("'letter'")
Index(
    "ix_deliveries_letters",
    deliveries.c.finished_at,
    sqlite_where=IS_LETTER,
)
Index(
    "ix_deliveries_recipients",
    deliveries.c.recipient,
    sqlite_where=IS_NO_ROUND,
)

# The results of a round's mails whose deliveries were deleted.
delivery_sums = Table(
    "delivery_sums",
    metadata,
    _column("name", Key, primary_key=True),
    _column("sent", Integer),
    _column("refused", Integer),
    _column("cancelled", Integer),
    _column("doubtful", Integer),
)

# The whole mails of letters, until they are sent.
letters = Table(
    "letters",
    metadata,
    _column("delivery", Integer, ForeignKey("deliveries.id"), primary_key=True, autoincrement=False),
    _column("mail", LargeBinary),
)

# Mails to subscribers that the server refused for good, until they are counted.
refusals = Table(
    "refusals",
    metadata,
    _column("delivery", Integer, primary_key=True, autoincrement=False),
)

# The audiences whose mails the operator paused; the empty name stands for all mails.
pauses = Table(
    "pauses",
    metadata,
    _column("audience", Key, primary_key=True),
    _column("paused_at", UtcDateTime),
)

# Reports about mails that our mail server had accepted.
bounces = Table(
    "bounces",
    metadata,
    _column("id", Integer, primary_key=True),
    # This key guarantees that a mail read twice counts once.
    _column("mark", Key, unique=True),
    _column("at", UtcDateTime),
    _column("kind", Choice(BounceKind)),
    _column("name", Key),
    _column("recipient", Key),
    _column("token", Key),
    _column("status", Text),
    _column("words", Text),
    Index("ix_bounces_at", "at"),
)

# The last number read in each mailbox for bounces, valid while the mailbox's UIDVALIDITY is `validity` (RFC 3501).
mailboxes = Table(
    "mailboxes",
    metadata,
    _column("place", Key, primary_key=True),
    _column("validity", Key),
    _column("last", Integer),
)

# The operator's commands about mails.
orders = Table(
    "orders",
    metadata,
    _column("id", Integer, primary_key=True),
    _column("verb", Key),
    _column("about", Key),
    _column("at", UtcDateTime),
    _column("mails", Integer),
)

# At most one row, which is there while the mail server cannot be used.
outage = Table(
    "outage",
    metadata,
    _column("id", Integer, primary_key=True, autoincrement=False),
    _column("since", UtcDateTime),
    _column("problem", Text),
    CheckConstraint("id = 1", name="one_row"),
)
