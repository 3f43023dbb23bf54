"""Items that several sources list, and when held editions were let go."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

# Spelt out here and not taken from `schema`, which goes on changing: a migration never does.
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("editions", sa.Column("released_at", INSTANT, nullable=True))
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
