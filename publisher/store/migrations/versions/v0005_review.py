"""Editions that wait for an editor, and what the editor decides about them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("editions", sa.Column("held_until", INSTANT, nullable=True))
    op.add_column("editions", sa.Column("shown_at", INSTANT, nullable=True))
    op.add_column("editions", sa.Column("introduction", sa.Text, nullable=True))
    op.create_table(
        "dropped_items",
        sa.Column("audience", KEY, nullable=False),
        sa.Column("item", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("audience", "item", name="pk_dropped_items"),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_dropped_items_item"),
        sa.ForeignKeyConstraint(
            ["audience", "number"], ["editions.audience", "editions.number"], name="fk_dropped_items_audience"
        ),
    )
