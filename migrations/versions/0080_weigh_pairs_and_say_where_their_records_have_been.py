"""Weigh pairs and say where their records have been."""

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns. Until the next scan a pair is worth its probability alone."""
    with op.batch_alter_table("dedupe_pair") as pairs:
        pairs.add_column(sa.Column("turn", sa.Integer(), nullable=False, server_default="0"))
        pairs.add_column(sa.Column("open_stays", sa.Integer(), nullable=False, server_default="0"))
        pairs.add_column(sa.Column("impact", sa.SmallInteger(), nullable=False, server_default="1"))
        pairs.add_column(sa.Column("evidence", sa.String(length=40), nullable=False, server_default="close"))
        pairs.add_column(sa.Column("has_conflict", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE dedupe_pair SET turn = CAST(ROUND(-1000 * probability) AS INTEGER)")
    with op.batch_alter_table("dedupe_pair") as pairs:
        for column in ("turn", "open_stays", "impact", "evidence", "has_conflict"):
            pairs.alter_column(column, server_default=None)
        pairs.drop_index("ix_dedupe_pair_state_dedupe_pair_score_dedupe_pair_id")
        pairs.create_index("ix_dedupe_pair_state_dedupe_pair_turn_dedupe_pair_id", ["state", "turn", "id"])
    op.create_table(
        "dedupe_pair_place",
        sa.Column("pair_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["pair_id"], ["dedupe_pair.id"], name=op.f("fk_dedupe_pair_place_pair_id")),
        sa.ForeignKeyConstraint(["project_id"], ["hmis_project.id"], name=op.f("fk_dedupe_pair_place_project_id")),
        sa.PrimaryKeyConstraint("pair_id", "project_id", name=op.f("pk_dedupe_pair_place")),
    )
    op.create_index(op.f("ix_dedupe_pair_place_project_id"), "dedupe_pair_place", ["project_id"])


def downgrade() -> None:
    op.drop_table("dedupe_pair_place")
    with op.batch_alter_table("dedupe_pair") as pairs:
        pairs.drop_index("ix_dedupe_pair_state_dedupe_pair_turn_dedupe_pair_id")
        pairs.create_index("ix_dedupe_pair_state_dedupe_pair_score_dedupe_pair_id", ["state", "score", "id"])
        for column in ("has_conflict", "evidence", "impact", "open_stays", "turn"):
            pairs.drop_column(column)
