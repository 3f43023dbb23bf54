"""The corrections an edition told of, at the revision it told."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# Spelt out here and not taken from `schema`, which goes on changing: a migration never does.
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "edition_corrections",
        sa.Column("audience", KEY, nullable=False),
        sa.Column("item", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("themes", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("audience", "item", "number", name="pk_edition_corrections"),
        sa.UniqueConstraint("audience", "number", "position", name="uq_edition_corrections_audience_number_position"),
        sa.ForeignKeyConstraint(["item"], ["items.number"], name="fk_edition_corrections_item"),
        sa.ForeignKeyConstraint(["seq"], ["log.seq"], name="fk_edition_corrections_seq"),
        sa.ForeignKeyConstraint(
            ["audience", "number"],
            ["editions.audience", "editions.number"],
            name="fk_edition_corrections_audience",
        ),
    )
