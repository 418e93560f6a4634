"""Let a second person agree to merges."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add the tables. How long earlier decisions took, nobody knows."""
    with op.batch_alter_table("dedupe_pair") as pairs:
        pairs.add_column(sa.Column("looked_at", sa.DateTime(timezone=True)))
    op.create_table(
        "dedupe_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pair_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("by_id", sa.Integer()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer()),
        sa.ForeignKeyConstraint(["pair_id"], ["dedupe_pair.id"], name=op.f("fk_dedupe_decision_pair_id")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_dedupe_decision_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dedupe_decision")),
    )
    op.create_index(op.f("ix_dedupe_decision_at"), "dedupe_decision", ["at"])
    op.create_index(op.f("ix_dedupe_decision_pair_id"), "dedupe_decision", ["pair_id"])
    op.create_table(
        "dedupe_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pair_id", sa.Integer(), nullable=False),
        sa.Column("destination_client_id", sa.Integer(), nullable=False),
        sa.Column("choices", Json, nullable=False),
        sa.Column("why", Json, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=40), nullable=False),
        sa.Column("answered_by_id", sa.Integer()),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("answer_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["pair_id"], ["dedupe_pair.id"], name=op.f("fk_dedupe_proposal_pair_id")),
        sa.ForeignKeyConstraint(
            ["destination_client_id"], ["hmis_client.id"], name=op.f("fk_dedupe_proposal_destination_client_id")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_dedupe_proposal_by_id")),
        sa.ForeignKeyConstraint(["answered_by_id"], ["app_user.id"], name=op.f("fk_dedupe_proposal_answered_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dedupe_proposal")),
    )
    op.create_index(op.f("ix_dedupe_proposal_pair_id"), "dedupe_proposal", ["pair_id"])
    op.create_index(
        op.f("ix_dedupe_proposal_answer_dedupe_proposal_id"), "dedupe_proposal", ["answer", "id"]
    )


def downgrade() -> None:
    """Take the tables away. What waits for a second person is open again."""
    op.execute("UPDATE dedupe_pair SET state = 'open' WHERE state = 'second'")
    op.drop_table("dedupe_proposal")
    op.drop_table("dedupe_decision")
    with op.batch_alter_table("dedupe_pair", recreate="never") as pairs:  # others refer to it
        pairs.drop_column("looked_at")
