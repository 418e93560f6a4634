"""Remind of approvals."""

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. Of what is waited for already nobody was reminded."""
    with op.batch_alter_table("ticket_approval") as approvals:
        approvals.add_column(sa.Column("reminded", sa.Integer(), nullable=False, server_default=sa.text("0")))
    with op.batch_alter_table("ticket_approval") as approvals:
        approvals.alter_column("reminded", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("ticket_approval") as approvals:
        approvals.drop_column("reminded")
