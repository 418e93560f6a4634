"""Let one move of a stay hold for each merge whose undoing it came with."""

import sqlalchemy as sa
from alembic import op

revision = "0089"
down_revision = "0088"
branch_labels = None
depends_on = None

HOLDS = sa.text("taken_back_at IS NULL")
NEWER = sa.text(
    "UPDATE hmis_stay_move SET taken_back_at = moved_at WHERE taken_back_at IS NULL AND EXISTS ("
    "SELECT 1 FROM hmis_stay_move AS newer WHERE newer.merge_id = hmis_stay_move.merge_id "
    "AND newer.source_id = hmis_stay_move.source_id AND newer.enrollment_id = hmis_stay_move.enrollment_id "
    "AND newer.taken_back_at IS NULL AND newer.id > hmis_stay_move.id)"
)


def upgrade() -> None:
    """Take back what two at once have moved twice, but for the last move, and let it not happen again."""
    op.execute(NEWER)
    op.create_index(
        "uq_hmis_stay_move_that_holds",
        "hmis_stay_move",
        ["merge_id", "source_id", "enrollment_id"],
        unique=True,
        sqlite_where=HOLDS,
        postgresql_where=HOLDS,
    )


def downgrade() -> None:
    op.drop_index("uq_hmis_stay_move_that_holds", table_name="hmis_stay_move")
