"""Count the pairs of a kind along the index of the queue: with 50,000 of them each row was looked up for it."""

from alembic import op

revision = "0091"
down_revision = "0090"
branch_labels = None
depends_on = None

BEFORE = "ix_dedupe_pair_state_dedupe_pair_turn_dedupe_pair_id"
NOW = "ix_dedupe_pair_queue"


def upgrade() -> None:
    op.drop_index(BEFORE, "dedupe_pair")
    op.create_index(NOW, "dedupe_pair", ["state", "turn", "id", "evidence", "has_conflict"])


def downgrade() -> None:
    op.drop_index(NOW, "dedupe_pair")
    op.create_index(BEFORE, "dedupe_pair", ["state", "turn", "id"])
