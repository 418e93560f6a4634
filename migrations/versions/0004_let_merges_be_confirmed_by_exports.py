"""Let merges be ticked as done at the vendor's and confirmed by exports; let client look-ups read indexes alone."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENTS = ("done_at", "confirmed_at", "came_back_at")
NUMBERS = ("done_by_id", "confirmed_import_id", "came_back_import_id")


def upgrade() -> None:
    # Added one by one: SQLite would write the whole table anew in a batch, and others refer to it.
    for name in MOMENTS:
        op.add_column("hmis_merge", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name in NUMBERS:
        op.add_column("hmis_merge", sa.Column(name, sa.Integer(), nullable=True))
    _index("hmis_client", "ix_hmis_client_first_key", "first_key", "last_key")
    _index("hmis_enrollment", "ix_hmis_enrollment_personal", "source_id", "personal_id", "project_id", "removed_at")


def downgrade() -> None:
    _index("hmis_enrollment", "ix_hmis_enrollment_personal", "source_id", "personal_id")
    _index("hmis_client", "ix_hmis_client_first_key", "first_key")
    for name in (*NUMBERS, *MOMENTS):
        op.drop_column("hmis_merge", name)


def _index(table: str, name: str, *columns: str) -> None:
    op.drop_index(name, table_name=table)
    op.create_index(name, table, list(columns), unique=False)
