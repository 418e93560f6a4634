"""Let several tickets ask for a pair."""

import sqlalchemy as sa
from alembic import op

import adminops.db

revision = "0088"
down_revision = "0087"
branch_labels = None
depends_on = None

Moment = adminops.db.Moment(timezone=True)
ASKED = sa.text(
    "INSERT INTO dedupe_pair_ticket (pair_id, ticket_id, asked_at) "
    "SELECT id, ticket_id, proposed_at FROM dedupe_pair WHERE ticket_id IS NOT NULL"
)


def upgrade() -> None:
    """Add the table, with the one ticket that each pair knew of. The pair keeps the first one."""
    op.create_table(
        "dedupe_pair_ticket",
        sa.Column("pair_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("asked_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["pair_id"], ["dedupe_pair.id"], name=op.f("fk_dedupe_pair_ticket_pair_id")),
        sa.PrimaryKeyConstraint("pair_id", "ticket_id", name=op.f("pk_dedupe_pair_ticket")),
    )
    op.execute(ASKED)


def downgrade() -> None:
    op.drop_table("dedupe_pair_ticket")
