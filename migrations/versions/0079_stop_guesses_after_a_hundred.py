"""Stop guesses after a hundred."""

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. What was counted so far is forgotten as before."""
    with op.batch_alter_table("sign_in_throttle") as meters:
        meters.add_column(sa.Column("kept_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("sign_in_throttle") as meters:
        meters.drop_column("kept_until")
