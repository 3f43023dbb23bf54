"""Notices, and which condition of a source was told last."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

# Spelt out here and not taken from `schema`, which goes on changing: a migration never does.
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("sources", sa.Column("told", KEY, nullable=False, server_default=""))
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
    unwritten = sa.text("written_at IS NULL")
    op.create_index("ix_notices_unwritten", "notices", ["number"], sqlite_where=unwritten, postgresql_where=unwritten)
