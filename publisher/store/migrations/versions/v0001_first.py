"""The first tables: the log and what it adds up to, cursors, editions and runs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Spelt out here and not taken from `schema`, which goes on changing: a migration never does.
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)
IS_LIVE = sa.text("state != 'withdrawn'")
IS_LISTED = sa.text("state = 'listed'")


def upgrade() -> None:
    _create_log()
    _create_themes()
    _create_readers()
    _create_editions()
    _create_runs()


def _create_log() -> None:
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
        "items",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("source", KEY, nullable=False),
        sa.Column("uid", KEY, nullable=False),
        sa.Column("path", KEY, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("native_id", KEY, nullable=False),
        sa.Column("link", KEY, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("themes", sa.Text, nullable=False),
        sa.Column("text_digest", KEY, nullable=False),
        sa.Column("content_digest", KEY, nullable=False),
        sa.Column("published", INSTANT, nullable=False),
        sa.Column("updated", INSTANT, nullable=False),
        sa.Column("added_seq", sa.Integer, nullable=False),
        sa.Column("pass_start", sa.Integer, nullable=True),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("state", KEY, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_items"),
        sa.UniqueConstraint("uid", name="uq_items_uid"),
        sa.UniqueConstraint("path", name="uq_items_path"),
    )
    op.create_index("ix_items_live", "items", ["added_seq"], sqlite_where=IS_LIVE, postgresql_where=IS_LIVE)
    op.create_index("ix_items_source_date", "items", ["source", "date"])
    op.create_index("ix_items_listed", "items", ["source", "date"], sqlite_where=IS_LISTED, postgresql_where=IS_LISTED)
    op.create_index("ix_items_date_published", "items", ["date", "published"])
    op.create_table(
        "log",
        sa.Column("seq", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("item", sa.Integer, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("touched", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_log"),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_log_item"),
    )
    op.create_index("ix_log_item", "log", ["item", "seq"])


def _create_themes() -> None:
    op.create_table(
        "themes",
        sa.Column("slug", KEY, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("items", sa.Integer, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_themes"),
    )
    op.create_table(
        "item_themes",
        sa.Column("theme", KEY, nullable=False),
        sa.Column("added_seq", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("item", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("theme", "added_seq", name="pk_item_themes"),
        sa.ForeignKeyConstraint(["theme"], ["themes.slug"], name="fk_item_themes_theme"),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_item_themes_item"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_item_themes_item", "item_themes", ["item", "theme"], unique=True)


def _create_readers() -> None:
    op.create_table(
        "sources",
        sa.Column("name", KEY, nullable=False),
        sa.Column("validator", sa.Text, nullable=False),
        sa.Column("listed", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("skipped", sa.Text, nullable=False),
        sa.Column("failing_since", INSTANT, nullable=True),
        sa.Column("changed_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_sources"),
    )
    op.create_table(
        "cursors",
        sa.Column("consumer", KEY, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("consumer", name="pk_cursors"),
    )
    op.create_table(
        "audiences",
        sa.Column("name", KEY, nullable=False),
        sa.Column("cursor", sa.Integer, nullable=False),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("last_number", sa.Integer, nullable=False),
        sa.Column("last_tick", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_audiences"),
    )


def _create_editions() -> None:
    op.create_table(
        "editions",
        sa.Column("audience", KEY, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("after", sa.Integer, nullable=False),
        sa.Column("upto", sa.Integer, nullable=False),
        sa.Column("composed_at", INSTANT, nullable=False),
        sa.Column("items", sa.Integer, nullable=False),
        sa.Column("written_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("audience", "number", name="pk_editions"),
        sa.ForeignKeyConstraint(["audience"], ["audiences.name"], name="fk_editions_audience"),
    )
    op.create_index("ix_editions_composed_at", "editions", ["composed_at"])
    op.create_index("ix_editions_written_at", "editions", ["written_at"])
    op.create_table(
        "edition_items",
        sa.Column("audience", KEY, nullable=False),
        sa.Column("item", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("themes", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("audience", "item", name="pk_edition_items"),
        sa.UniqueConstraint("audience", "number", "position", name="uq_edition_items_audience_number_position"),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_edition_items_item"),
        sa.ForeignKeyConstraint(["seq"], ["log.seq"], name="fk_edition_items_seq"),
        sa.ForeignKeyConstraint(
            ["audience", "number"], ["editions.audience", "editions.number"], name="fk_edition_items_audience"
        ),
    )


def _create_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("verb", KEY, nullable=False),
        sa.Column("started", INSTANT, nullable=False),
        sa.Column("finished", INSTANT, nullable=False),
        sa.Column("exit_code", sa.Integer, nullable=False),
        sa.Column("report", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
