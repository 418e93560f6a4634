"""Name the few tickets of an index as queries do.

SQLite reads an index of some rows only where the query says the same words: with others, each list of tickets read
all of them to find the private ones.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

INDEXES = ("ix_ticket_private", "ix_ticket_unmeasured")


def upgrade() -> None:
    _again("is_private = 1", "measured = 0")


def downgrade() -> None:
    _again("is_private", "NOT measured")


def _again(*conditions: str) -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for name, condition in zip(INDEXES, conditions, strict=True):
        op.drop_index(name, table_name="ticket")
        op.create_index(name, "ticket", ["id"], sqlite_where=sa.text(condition))
