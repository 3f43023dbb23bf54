"""The slug each label and keyword was given, and what the id of a renamed theme's feed is made of.

Until now labels that made one slug shared it. Those that are there go on so, because readers follow their addresses.
"""

import json
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

# They give addresses that last for ever, so that they never change either.
from publisher.model.labels import fold_label, keyword_slug_of, theme_slug_of
from publisher.store.names import key_of

revision = "0009"
down_revision = "0007"

# Spelt out here and not taken from `schema`, which goes on changing: a migration never does.
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
BATCH = 500


def upgrade() -> None:
    op.add_column("feeds", sa.Column("first_slug", KEY, nullable=False, server_default=""))
    names = op.create_table(
        "names",
        sa.Column("kind", KEY, nullable=False),
        sa.Column("label", KEY, nullable=False),
        sa.Column("slug", KEY, nullable=False),
        sa.PrimaryKeyConstraint("kind", "label", name="pk_names"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_names_slug", "names", ["kind", "slug"])
    found: dict[tuple[str, str], str] = {}
    for content in _contents():
        for label in content.get("labels", ()):
            _note(found, "theme", label, theme_slug_of(label))
        for keyword in content.get("keywords", ()):
            _note(found, "keyword", keyword, keyword_slug_of(keyword))
    rows = [{"kind": kind, "label": label, "slug": slug} for (kind, label), slug in found.items()]
    if rows:
        op.bulk_insert(names, rows)


def _contents() -> Iterator[dict[str, list[str]]]:
    """What readers know of items, in the order of the log."""
    page = sa.text(
        "SELECT number, content FROM items WHERE number > :after AND added_seq > 0 ORDER BY number LIMIT :limit"
    )
    after = 0
    while rows := op.get_bind().execute(page, {"after": after, "limit": BATCH}).all():
        yield from (json.loads(row.content) for row in rows)
        after = rows[-1].number


def _note(found: dict[tuple[str, str], str], kind: str, label: str, slug: str) -> None:
    if folded := fold_label(label):
        found.setdefault((kind, key_of(folded)), slug)
