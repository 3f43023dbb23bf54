"""Pages on which visitors leaf through a feed, back to its first item."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "pages",
        sa.Column("feed", KEY, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("upto", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("feed", "number", name="pk_pages"),
    )
    op.create_index("ix_pages_upto", "pages", ["feed", "upto"])
