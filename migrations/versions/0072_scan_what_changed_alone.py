"""Scan what changed alone."""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. All scans so far went through the whole store."""
    with op.batch_alter_table("dedupe_scan") as scans:
        scans.add_column(sa.Column("is_full", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("dedupe_scan") as scans:
        scans.alter_column("is_full", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("dedupe_scan") as scans:
        scans.drop_column("is_full")
