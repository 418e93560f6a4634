"""Make room for the sentence that says why a job failed."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("job_run") as table:
        table.alter_column("cause", existing_type=sa.String(length=60), type_=sa.String(length=200))


def downgrade() -> None:
    op.execute("UPDATE job_run SET cause = substr(cause, 1, 60)")
    with op.batch_alter_table("job_run") as table:
        table.alter_column("cause", existing_type=sa.String(length=200), type_=sa.String(length=60))
