"""The first migration: makes all tables in an empty database."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "s0001"
down_revision = None

# Spelt out here and not imported from `schema`, which changes: a migration never does.
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)
IS_LIVE = sa.text("state IN ('listed', 'unlisted')")
IS_LISTED = sa.text("state = 'listed'")
IS_WAITING = sa.text("state = 'waiting'")
WAKES = sa.text("wakes IS NOT NULL")
IS_HIDDEN = sa.text("state = 'hidden'")
IS_GONE = sa.text("state IN ('withdrawn', 'hidden')")
IS_LIVE_REVISION = sa.text("state IN ('listed', 'unlisted') AND revision > 1")
HAS_ID = sa.text("native_id != ''")
HAS_LINK = sa.text("link != ''")
IS_OPEN = sa.text("opened_at IS NOT NULL")
IS_NO_KEYWORD = sa.text("kind != 'keyword'")
IS_REVISED = sa.text("revised_seq IS NOT NULL")
IS_UNWRITTEN = sa.text("written_at IS NULL")
IS_UNFINISHED = sa.text("due_at IS NOT NULL")
IS_NO_ROUND = sa.text("kind != 'round'")
IS_LETTER = sa.text("kind = 'letter'")
IS_KEPT = sa.text("forgotten_at IS NULL")
HAS_LEFT = sa.text("left_at IS NOT NULL")


def upgrade() -> None:
    _create_numbers()
    _create_items()
    _create_log()
    _create_feeds()
    _create_memberships()
    _create_archives_and_pages()
    _create_sources()
    _create_editions()
    _create_items_of_editions()
    _create_notices_and_runs()
    _create_deliveries()
    _create_restoration()
    _create_people()
    _create_suppressions()
    _create_rounds()
    _create_desk()


def _create_numbers() -> None:
    op.create_table(
        "counters",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("log_end", sa.Integer, nullable=False),
        sa.Column("last_item", sa.Integer, nullable=False),
        sa.Column("live_items", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_counters"),
        sa.CheckConstraint("id = 1", name="ck_counters_one_row"),
    )
    op.execute("INSERT INTO counters (id, log_end, last_item, live_items) VALUES (1, 0, 0, 0)")
    op.create_table(
        "site",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("authority", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_site"),
        sa.CheckConstraint("id = 1", name="ck_site_one_row"),
    )
    op.create_table(
        "program",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_program"),
        sa.CheckConstraint("id = 1", name="ck_program_one_row"),
    )


def _create_items() -> None:
    op.create_table(
        "items",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("source", KEY, nullable=False),
        sa.Column("uid", KEY, nullable=False),
        sa.Column("path", KEY, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("native_id", KEY, nullable=False),
        sa.Column("link", KEY, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("themes", sa.Text, nullable=False),
        sa.Column("text_digest", KEY, nullable=False),
        sa.Column("content_digest", KEY, nullable=False),
        sa.Column("published", INSTANT, nullable=False),
        sa.Column("updated", INSTANT, nullable=False),
        sa.Column("added_seq", sa.Integer, nullable=False),
        sa.Column("added_at", INSTANT, nullable=True),
        sa.Column("pass_start", sa.Integer, nullable=True),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("wakes", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_items"),
        sa.UniqueConstraint("path", name="uq_items_path"),
        sa.UniqueConstraint("uid", name="uq_items_uid"),
    )
    # In this order: of equally good indexes SQLite uses the last one made, and `listed` is the smaller one.
    op.create_index("ix_items_live", "items", ["added_seq"], sqlite_where=IS_LIVE, postgresql_where=IS_LIVE)
    op.create_index(
        "ix_items_live_date", "items", ["date", "published"], sqlite_where=IS_LIVE, postgresql_where=IS_LIVE
    )
    op.create_index("ix_items_source_date", "items", ["source", "date"])
    op.create_index("ix_items_listed", "items", ["source", "date"], sqlite_where=IS_LISTED, postgresql_where=IS_LISTED)
    op.create_index(
        "ix_items_waiting", "items", ["source", "date"], sqlite_where=IS_WAITING, postgresql_where=IS_WAITING
    )
    op.create_index("ix_items_wakes", "items", ["wakes"], sqlite_where=WAKES, postgresql_where=WAKES)
    op.create_index("ix_items_day_published", "items", ["day", "published"])
    op.create_index("ix_items_hidden", "items", ["source", "date"], sqlite_where=IS_HIDDEN, postgresql_where=IS_HIDDEN)
    op.create_index("ix_items_gone", "items", ["seq"], sqlite_where=IS_GONE, postgresql_where=IS_GONE)
    op.create_index(
        "ix_items_revised", "items", ["seq"], sqlite_where=IS_LIVE_REVISION, postgresql_where=IS_LIVE_REVISION
    )
    op.create_index(
        "ix_items_native_id", "items", ["native_id", "source"], sqlite_where=HAS_ID, postgresql_where=HAS_ID
    )
    op.create_index("ix_items_link", "items", ["link", "source"], sqlite_where=HAS_LINK, postgresql_where=HAS_LINK)
    op.create_table(
        "copies",
        sa.Column("source", KEY, nullable=False),
        sa.Column("item", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("native_id", KEY, nullable=False),
        sa.Column("link", KEY, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("text_digest", KEY, nullable=False),
        sa.Column("content_digest", KEY, nullable=False),
        sa.PrimaryKeyConstraint("source", "item", name="pk_copies"),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_copies_item"),
    )
    op.create_index("ix_copies_item", "copies", ["item"])
    op.create_table(
        "hidden_items",
        sa.Column("item", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("item", name="pk_hidden_items"),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_hidden_items_item"),
    )


def _create_log() -> None:
    op.create_table(
        "log",
        sa.Column("seq", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("item", sa.Integer, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("touched", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_log"),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_log_item"),
    )
    op.create_index("ix_log_item", "log", ["item", "seq"])
    op.create_table(
        "cursors",
        sa.Column("consumer", KEY, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("consumer", name="pk_cursors"),
    )


def _create_feeds() -> None:
    op.create_table(
        "feeds",
        sa.Column("slug", KEY, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("items", sa.Integer, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=True),
        sa.Column("first_slug", KEY, nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_feeds"),
    )
    op.create_index(
        "ix_feeds_no_keyword", "feeds", ["kind", "slug"], sqlite_where=IS_NO_KEYWORD, postgresql_where=IS_NO_KEYWORD
    )
    op.create_index("ix_feeds_open", "feeds", ["slug"], sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)
    op.create_table(
        "names",
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("label", KEY, nullable=False),
        sa.Column("slug", KEY, nullable=False),
        sa.PrimaryKeyConstraint("kind", "label", name="pk_names"),
        sa.UniqueConstraint("kind", "slug", name="uq_names_kind_slug"),
        sqlite_with_rowid=False,
    )


def _create_memberships() -> None:
    op.create_table(
        "item_feeds",
        sa.Column("feed", KEY, nullable=False),
        sa.Column("added_seq", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("item", sa.Integer, nullable=False),
        sa.Column("revised_seq", sa.Integer, nullable=True),
        sa.PrimaryKeyConstraint("feed", "added_seq", name="pk_item_feeds"),
        sa.ForeignKeyConstraint(["feed"], ["feeds.slug"], name="fk_item_feeds_feed"),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_item_feeds_item"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_item_feeds_item", "item_feeds", ["item", "feed"], unique=True)
    op.create_index(
        "ix_item_feeds_revised",
        "item_feeds",
        ["feed", "revised_seq"],
        sqlite_where=IS_REVISED,
        postgresql_where=IS_REVISED,
    )
    op.create_table(
        "withdrawals",
        sa.Column("feed", KEY, nullable=False),
        sa.Column("seq", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("item", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("feed", "seq", name="pk_withdrawals"),
        sa.ForeignKeyConstraint(["feed"], ["feeds.slug"], name="fk_withdrawals_feed"),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_withdrawals_item"),
        sa.ForeignKeyConstraint(["seq"], ["log.seq"], name="fk_withdrawals_seq"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_withdrawals_item", "withdrawals", ["item"])


def _create_archives_and_pages() -> None:
    op.create_table(
        "archives",
        sa.Column("feed", KEY, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("upto", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("feed", "number", name="pk_archives"),
    )
    op.create_table(
        "pages",
        sa.Column("feed", KEY, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("upto", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("feed", "number", name="pk_pages"),
    )
    op.create_index("ix_pages_upto", "pages", ["feed", "upto"])


def _create_sources() -> None:
    op.create_table(
        "sources",
        sa.Column("name", KEY, nullable=False),
        sa.Column("validator", sa.Text, nullable=False),
        sa.Column("listed", sa.Integer, nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("skipped", sa.Text, nullable=False),
        sa.Column("lifetime_s", sa.Integer, nullable=False),
        sa.Column("most_added", sa.Integer, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=True),
        sa.Column("next_try", INSTANT, nullable=True),
        sa.Column("failure", sa.String, nullable=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("failing_since", INSTANT, nullable=True),
        sa.Column("hold_reason", sa.String, nullable=True),
        sa.Column("held", sa.Text, nullable=False),
        sa.Column("held_added", sa.Integer, nullable=False),
        sa.Column("held_revised", sa.Integer, nullable=False),
        sa.Column("held_withdrawn", sa.Integer, nullable=False),
        sa.Column("held_new", sa.Text, nullable=False),
        sa.Column("held_gone", sa.Text, nullable=False),
        sa.Column("held_validator", sa.Text, nullable=False),
        sa.Column("held_at", INSTANT, nullable=True),
        sa.Column("told", sa.String, nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_sources"),
    )


def _create_editions() -> None:
    op.create_table(
        "audiences",
        sa.Column("name", KEY, nullable=False),
        sa.Column("cursor", sa.Integer, nullable=False),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("last_number", sa.Integer, nullable=False),
        sa.Column("last_tick", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_audiences"),
    )
    op.create_table(
        "editions",
        sa.Column("audience", KEY, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("after", sa.Integer, nullable=False),
        sa.Column("upto", sa.Integer, nullable=False),
        sa.Column("composed_at", INSTANT, nullable=False),
        sa.Column("items", sa.Integer, nullable=False),
        sa.Column("written_at", INSTANT, nullable=True),
        sa.Column("held_until", INSTANT, nullable=True),
        sa.Column("shown_at", INSTANT, nullable=True),
        sa.Column("introduction", sa.Text, nullable=True),
        sa.Column("released_at", INSTANT, nullable=True),
        sa.Column("followed_at", INSTANT, nullable=True),
        sa.Column("subject", sa.Text, nullable=True),
        sa.Column("first_items", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("audience", "number", name="pk_editions"),
        sa.ForeignKeyConstraint(["audience"], ["audiences.name"], name="fk_editions_audience"),
    )
    op.create_index("ix_editions_composed_at", "editions", ["composed_at"])
    op.create_index("ix_editions_written_at", "editions", ["written_at"])


def _create_items_of_editions() -> None:
    op.create_table(
        "edition_items",
        sa.Column("audience", KEY, nullable=False),
        sa.Column("item", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("themes", sa.Text, nullable=False),
        sa.Column("composed_seq", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("audience", "item", name="pk_edition_items"),
        sa.ForeignKeyConstraint(
            ["audience", "number"], ["editions.audience", "editions.number"], name="fk_edition_items_audience"
        ),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_edition_items_item"),
        sa.ForeignKeyConstraint(["seq"], ["log.seq"], name="fk_edition_items_seq"),
        sa.ForeignKeyConstraint(["composed_seq"], ["log.seq"], name="fk_edition_items_composed_seq"),
        sa.UniqueConstraint("audience", "number", "position", name="uq_edition_items_audience_number_position"),
    )
    op.create_table(
        "dropped_items",
        sa.Column("audience", KEY, nullable=False),
        sa.Column("item", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("reason", KEY, nullable=False),
        sa.Column("title", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("audience", "item", name="pk_dropped_items"),
        sa.ForeignKeyConstraint(
            ["audience", "number"], ["editions.audience", "editions.number"], name="fk_dropped_items_audience"
        ),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_dropped_items_item"),
    )
    op.create_table(
        "edition_corrections",
        sa.Column("audience", KEY, nullable=False),
        sa.Column("item", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("themes", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("audience", "item", "number", name="pk_edition_corrections"),
        sa.ForeignKeyConstraint(
            ["audience", "number"], ["editions.audience", "editions.number"], name="fk_edition_corrections_audience"
        ),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_edition_corrections_item"),
        sa.ForeignKeyConstraint(["seq"], ["log.seq"], name="fk_edition_corrections_seq"),
        sa.UniqueConstraint("audience", "number", "position", name="uq_edition_corrections_audience_number_position"),
    )


def _create_notices_and_runs() -> None:
    op.create_table(
        "notices",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("about", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("recipient_name", sa.Text, nullable=False),
        sa.Column("language", KEY, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("written_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_notices"),
    )
    op.create_index("ix_notices_about", "notices", ["about", "kind"])
    op.create_index(
        "ix_notices_unwritten", "notices", ["number"], sqlite_where=IS_UNWRITTEN, postgresql_where=IS_UNWRITTEN
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("verb", KEY, nullable=False),
        sa.Column("started", INSTANT, nullable=False),
        sa.Column("finished", INSTANT, nullable=False),
        sa.Column("exit_code", sa.Integer, nullable=False),
        sa.Column("problems", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("recipient", KEY, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("dated", INSTANT, nullable=False),
        sa.Column("audience", KEY, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("return_path", sa.Text, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("queued_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("cancelled_at", INSTANT, nullable=True),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("doubts", sa.Integer, nullable=False),
        sa.Column("code", sa.Integer, nullable=True),
        sa.Column("reply", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("kind", "name", "recipient", name="uq_deliveries_kind_name_recipient"),
    )
    op.create_index("ix_deliveries_finished_at", "deliveries", ["finished_at"])
    op.create_index(
        "ix_deliveries_due_at",
        "deliveries",
        ["rank", "due_at", "id"],
        sqlite_where=IS_UNFINISHED,
        postgresql_where=IS_UNFINISHED,
    )
    op.create_index(
        "ix_deliveries_message_id",
        "deliveries",
        ["message_id"],
        sqlite_where=IS_NO_ROUND,
        postgresql_where=IS_NO_ROUND,
    )
    op.create_index(
        "ix_deliveries_letters", "deliveries", ["finished_at"], sqlite_where=IS_LETTER, postgresql_where=IS_LETTER
    )
    op.create_index(
        "ix_deliveries_recipients", "deliveries", ["recipient"], sqlite_where=IS_NO_ROUND, postgresql_where=IS_NO_ROUND
    )
    op.create_table(
        "delivery_sums",
        sa.Column("name", KEY, nullable=False),
        sa.Column("sent", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("cancelled", sa.Integer, nullable=False),
        sa.Column("doubtful", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_delivery_sums"),
    )
    op.create_table(
        "letters",
        sa.Column("delivery", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("mail", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("delivery", name="pk_letters"),
        sa.ForeignKeyConstraint(["delivery"], ["deliveries.id"], name="fk_letters_delivery"),
    )
    op.create_table(
        "refusals",
        sa.Column("delivery", sa.Integer, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("delivery", name="pk_refusals"),
    )
    op.create_table(
        "pauses",
        sa.Column("audience", KEY, nullable=False),
        sa.Column("paused_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("audience", name="pk_pauses"),
    )
    op.create_table(
        "bounces",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("mark", KEY, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("recipient", KEY, nullable=False),
        sa.Column("token", KEY, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bounces"),
        sa.UniqueConstraint("mark", name="uq_bounces_mark"),
    )
    op.create_index("ix_bounces_at", "bounces", ["at"])
    op.create_table(
        "mailboxes",
        sa.Column("place", KEY, nullable=False),
        sa.Column("validity", KEY, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("place", name="pk_mailboxes"),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("verb", KEY, nullable=False),
        sa.Column("about", KEY, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("mails", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
    )
    op.create_table(
        "outage",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outage"),
        sa.CheckConstraint("id = 1", name="ck_outage_one_row"),
    )


def _create_restoration() -> None:
    op.create_table(
        "restoration",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("taken_at", INSTANT, nullable=True),
        sa.Column("restored_at", INSTANT, nullable=False),
        sa.Column("log_end", sa.Integer, nullable=False),
        sa.Column("answered", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_restoration"),
        sa.CheckConstraint("id = 1", name="ck_restoration_one_row"),
    )
    op.create_table(
        "sent_before",
        sa.Column("audience", KEY, nullable=False),
        sa.Column("mark", KEY, nullable=False),
        sa.PrimaryKeyConstraint("audience", "mark", name="pk_sent_before"),
        sqlite_with_rowid=False,
    )


def _create_people() -> None:
    op.create_table(
        "subscribers",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("address", KEY, nullable=False),
        sa.Column("language", KEY, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("came_at", INSTANT, nullable=False),
        sa.Column("paused_until", INSTANT, nullable=True),
        sa.Column("left_at", INSTANT, nullable=True),
        sa.Column("bounce_mark", KEY, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_subscribers"),
        sa.UniqueConstraint("address", name="uq_subscribers_address"),
        sa.UniqueConstraint("bounce_mark", name="uq_subscribers_bounce_mark"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_subscribers_left_at", "subscribers", ["left_at"], sqlite_where=HAS_LEFT, postgresql_where=HAS_LEFT
    )
    op.create_table(
        "subscriptions",
        sa.Column("subscriber", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("theme", KEY, nullable=False),
        sa.Column("pace", KEY, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("cursor", sa.Integer, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_because", sa.String, nullable=True),
        sa.ForeignKeyConstraint(["subscriber"], ["subscribers.number"], name="fk_subscriptions_subscriber"),
        sa.PrimaryKeyConstraint("subscriber", "number", name="pk_subscriptions"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "past_follows",
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("theme", KEY, nullable=False),
        sa.Column("pace", KEY, nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("at", "theme", "pace", name="pk_past_follows"),
    )
    op.create_table(
        "consents",
        sa.Column("subscriber", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("language", KEY, nullable=False),
        sa.Column("choices", sa.Text, nullable=False),
        sa.Column("words_digest", KEY, nullable=False),
        sa.ForeignKeyConstraint(["subscriber"], ["subscribers.number"], name="fk_consents_subscriber"),
        sa.PrimaryKeyConstraint("subscriber", "number", name="pk_consents"),
    )
    op.create_table(
        "wordings",
        sa.Column("digest", KEY, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_wordings"),
    )
    op.create_table(
        "confirmations",
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("address", KEY, nullable=False),
        sa.Column("token_digest", KEY, nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.Column("language", KEY, nullable=False),
        sa.Column("choices", sa.Text, nullable=False),
        sa.Column("words_digest", KEY, nullable=False),
        sa.Column("subscriber", sa.Integer, nullable=True),
        sa.PrimaryKeyConstraint("kind", "address", name="pk_confirmations"),
        sa.UniqueConstraint("token_digest", name="uq_confirmations_token_digest"),
    )
    op.create_index("ix_confirmations_asked_at", "confirmations", ["asked_at"])
    op.create_table(
        "link_key",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_link_key"),
    )


def _create_suppressions() -> None:
    address_key = op.create_table(
        "address_key",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_address_key"),
        sa.CheckConstraint("id = 1", name="ck_address_key_one_row"),
    )
    # Made here and not at its first use, so that every backup has it.
    op.bulk_insert(address_key, [{"id": 1, "key": secrets.token_hex(32)}])
    op.create_table(
        "departures_noted",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_departures_noted"),
        sa.CheckConstraint("id = 1", name="ck_departures_noted_one_row"),
    )
    op.execute("INSERT INTO departures_noted (id, size) VALUES (1, 0)")
    op.create_table(
        "suppressions",
        sa.Column("mark", KEY, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("mark", "kind", name="pk_suppressions"),
    )
    op.create_table(
        "owed_departures",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("mark", KEY, nullable=False),
        sa.Column("suppression", sa.String, nullable=True),
        sa.Column("because", sa.String, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_owed_departures"),
    )
    op.create_table(
        "bounce_scores",
        sa.Column("subscriber", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("suspended_at", INSTANT, nullable=True),
        sa.Column("probed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["subscriber"], ["subscribers.number"], name="fk_bounce_scores_subscriber"),
        sa.PrimaryKeyConstraint("subscriber", name="pk_bounce_scores"),
    )
    op.create_index("ix_bounce_scores_suspended_at", "bounce_scores", ["suspended_at"])
    op.create_table(
        "former_marks",
        sa.Column("bounce_mark", KEY, nullable=False),
        sa.Column("subscriber", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["subscriber"], ["subscribers.number"], name="fk_former_marks_subscriber"),
        sa.PrimaryKeyConstraint("bounce_mark", name="pk_former_marks"),
    )
    op.create_index("ix_former_marks_subscriber", "former_marks", ["subscriber"])


def _create_rounds() -> None:
    op.create_table(
        "theme_joins",
        sa.Column("theme", KEY, nullable=False),
        sa.Column("item", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_theme_joins_item"),
        sa.PrimaryKeyConstraint("theme", "item", name="pk_theme_joins"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_theme_joins_seq", "theme_joins", ["seq"])
    op.create_table(
        "pace_ticks",
        sa.Column("pace", KEY, nullable=False),
        sa.Column("last_tick", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("pace", name="pk_pace_ticks"),
    )
    op.create_table(
        "rounds",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("paces", sa.Text, nullable=False),
        sa.Column("upto", sa.Integer, nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("planned_at", INSTANT, nullable=True),
        sa.Column("forgotten_at", INSTANT, nullable=True),
        sa.Column("subject", sa.Text, nullable=True),
        sa.Column("introduction", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_rounds"),
    )
    op.create_index("ix_rounds_planned_at", "rounds", ["planned_at"], sqlite_where=IS_KEPT, postgresql_where=IS_KEPT)
    op.create_table(
        "ranges",
        sa.Column("round", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("first", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("planned_at", INSTANT, nullable=True),
        sa.Column("mails", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["round"], ["rounds.number"], name="fk_ranges_round"),
        sa.PrimaryKeyConstraint("round", "first", name="pk_ranges"),
    )
    op.create_table(
        "selections",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("digest", KEY, nullable=False),
        sa.Column("items", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_selections"),
        sa.UniqueConstraint("digest", name="uq_selections_digest"),
    )
    op.create_table(
        "round_mails",
        sa.Column("round", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("subscriber", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("selection", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["round"], ["rounds.number"], name="fk_round_mails_round"),
        sa.ForeignKeyConstraint(["selection"], ["selections.number"], name="fk_round_mails_selection"),
        sa.PrimaryKeyConstraint("round", "subscriber", name="pk_round_mails"),
        sqlite_with_rowid=False,
    )


def _create_desk() -> None:
    op.create_table(
        "desk_links",
        sa.Column("digest", KEY, nullable=False),
        sa.Column("person", KEY, nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("digest", name="pk_desk_links"),
    )
    op.create_table(
        "desk_sessions",
        sa.Column("digest", KEY, nullable=False),
        sa.Column("person", KEY, nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_desk_sessions"),
    )
    op.create_table(
        "desk_acts",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("person", KEY, nullable=False),
        sa.Column("language", KEY, nullable=False),
        sa.Column("verb", KEY, nullable=False),
        sa.Column("about", KEY, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_desk_acts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_desk_acts_at", "desk_acts", ["at"])
    op.create_table(
        "next_round",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("postponed_until", INSTANT, nullable=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("introduction", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_next_round"),
    )
    op.create_table(
        "round_items",
        sa.Column("item", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("title", sa.Text, nullable=True),
        sa.Column("place", sa.Integer, nullable=True),
        sa.Column("is_left_out", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_round_items_item"),
        sa.PrimaryKeyConstraint("item", name="pk_round_items"),
    )
