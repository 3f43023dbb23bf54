"""Items that have enclosures, which were not read before.

They lie in the content of an item, where an earlier program would not know them: hence a version of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("sources", sa.Column("knows_enclosures", sa.Boolean, nullable=False, server_default=sa.false()))
