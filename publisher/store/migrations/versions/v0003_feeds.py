"""Feeds of every kind where there were themes only, what was withdrawn from each, and their archives.

Which feeds items belong to besides those of their themes is not known here: publishing assigns them anew when it finds
that configuration says more than before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# Spelt out here and not taken from `schema`, which goes on changing: a migration never does.
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)
IS_OPEN = sa.text("opened_at IS NOT NULL")
IS_NO_KEYWORD = sa.text("kind != 'keyword'")
IS_GONE = sa.text("state = 'withdrawn'")
IS_CHANGED = sa.text("state != 'withdrawn' AND revision > 1")
IS_REVISED = sa.text("revised_seq IS NOT NULL")


def upgrade() -> None:
    _create_feeds()
    _create_withdrawals()
    op.create_index("ix_items_withdrawn", "items", ["seq"], sqlite_where=IS_GONE, postgresql_where=IS_GONE)
    op.create_index("ix_items_revised", "items", ["seq"], sqlite_where=IS_CHANGED, postgresql_where=IS_CHANGED)
    op.create_table(
        "archives",
        sa.Column("feed", KEY, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("upto", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("feed", "number", name="pk_archives"),
    )
    op.drop_table("item_themes")
    op.drop_table("themes")


def _create_feeds() -> None:
    op.create_table(
        "feeds",
        sa.Column("slug", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("items", sa.Integer, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("slug", name="pk_feeds"),
    )
    op.execute(
        "INSERT INTO feeds (slug, kind, title, items, changed_at) "
        "SELECT slug, 'theme', title, items, changed_at FROM themes"
    )
    op.create_index("ix_feeds_open", "feeds", ["slug"], sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)
    op.create_index(
        "ix_feeds_no_keyword", "feeds", ["kind", "slug"], sqlite_where=IS_NO_KEYWORD, postgresql_where=IS_NO_KEYWORD
    )
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
    op.execute(
        "INSERT INTO item_feeds (feed, added_seq, item, revised_seq) "
        "SELECT t.theme, t.added_seq, t.item, CASE WHEN i.revision > 1 THEN i.seq END "
        "FROM item_themes t JOIN items i ON i.number = t.item"
    )
    op.create_index("ix_item_feeds_item", "item_feeds", ["item", "feed"], unique=True)
    op.create_index(
        "ix_item_feeds_revised",
        "item_feeds",
        ["feed", "revised_seq"],
        sqlite_where=IS_REVISED,
        postgresql_where=IS_REVISED,
    )


def _create_withdrawals() -> None:
    op.create_table(
        "withdrawals",
        sa.Column("feed", KEY, nullable=False),
        sa.Column("seq", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("item", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("feed", "seq", name="pk_withdrawals"),
        sa.ForeignKeyConstraint(["feed"], ["feeds.slug"], name="fk_withdrawals_feed"),
        sa.ForeignKeyConstraint(["seq"], ["log.seq"], name="fk_withdrawals_seq"),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_withdrawals_item"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_withdrawals_item", "withdrawals", ["item"])
