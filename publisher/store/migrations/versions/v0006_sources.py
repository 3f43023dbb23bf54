"""Sources that wait their turn or are held, and items found by the ids and links that sources give them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

# Spelt out here and not taken from `schema`, which goes on changing: a migration never does.
INSTANT = sa.DateTime(timezone=True)
HAS_ID = sa.text("native_id != ''")
HAS_LINK = sa.text("link != ''")


def upgrade() -> None:
    for column in (
        sa.Column("next_try", INSTANT, nullable=True),
        sa.Column("most_added", sa.Integer, nullable=False, server_default="0"),
        sa.Column("fields", sa.Text, nullable=False, server_default=""),
        sa.Column("held", sa.Text, nullable=False, server_default=""),
        sa.Column("held_validator", sa.Text, nullable=False, server_default=""),
        sa.Column("held_at", INSTANT, nullable=True),
    ):
        op.add_column("sources", column)
    op.create_index(
        "ix_items_native_id", "items", ["native_id", "source"], sqlite_where=HAS_ID, postgresql_where=HAS_ID
    )
    op.create_index("ix_items_link", "items", ["link", "source"], sqlite_where=HAS_LINK, postgresql_where=HAS_LINK)
