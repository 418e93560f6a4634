"""Say who took no part in a scan, and why."""

import sqlalchemy as sa
from alembic import op

revision = "0085"
down_revision = "0084"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table. The next full scan fills it."""
    op.create_table(
        "dedupe_left_out",
        sa.Column("client_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_dedupe_left_out")),
    )
    op.create_index(op.f("ix_dedupe_left_out_reason"), "dedupe_left_out", ["reason"])


def downgrade() -> None:
    op.drop_table("dedupe_left_out")
