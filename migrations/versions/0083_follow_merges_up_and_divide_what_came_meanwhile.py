"""Follow merges up and divide what came meanwhile."""

import sqlalchemy as sa
from alembic import op

revision = "0083"
down_revision = "0082"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables. Merges made before have no follow-ups."""
    op.create_table(
        "dedupe_follow_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("merge_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("enrollment_id", sa.String(length=32), nullable=False),
        sa.Column("other_source_id", sa.Integer(), nullable=False),
        sa.Column("other_enrollment_id", sa.String(length=32), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("settled_by_id", sa.Integer()),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["merge_id"], ["hmis_merge.id"], name=op.f("fk_dedupe_follow_up_merge_id")),
        sa.ForeignKeyConstraint(["source_id"], ["hmis_source.id"], name=op.f("fk_dedupe_follow_up_source_id")),
        sa.ForeignKeyConstraint(
            ["other_source_id"], ["hmis_source.id"], name=op.f("fk_dedupe_follow_up_other_source_id")
        ),
        sa.ForeignKeyConstraint(["settled_by_id"], ["app_user.id"], name=op.f("fk_dedupe_follow_up_settled_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dedupe_follow_up")),
        sa.UniqueConstraint(
            "merge_id",
            "source_id",
            "enrollment_id",
            "other_source_id",
            "other_enrollment_id",
            name=op.f("uq_dedupe_follow_up_stays"),
        ),
    )
    op.create_index(op.f("ix_dedupe_follow_up_state"), "dedupe_follow_up", ["state"])
    op.create_table(
        "hmis_stay_move",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("enrollment_id", sa.String(length=32), nullable=False),
        sa.Column("to_client_id", sa.Integer(), nullable=False),
        sa.Column("merge_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer()),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True)),
        sa.Column("taken_back_by_id", sa.Integer()),
        sa.ForeignKeyConstraint(["source_id"], ["hmis_source.id"], name=op.f("fk_hmis_stay_move_source_id")),
        sa.ForeignKeyConstraint(["to_client_id"], ["hmis_client.id"], name=op.f("fk_hmis_stay_move_to_client_id")),
        sa.ForeignKeyConstraint(["merge_id"], ["hmis_merge.id"], name=op.f("fk_hmis_stay_move_merge_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hmis_stay_move")),
    )
    op.create_index("ix_hmis_stay_move_stay", "hmis_stay_move", ["source_id", "enrollment_id"])
    op.create_index("ix_hmis_stay_move_to", "hmis_stay_move", ["to_client_id"])
    op.create_index(op.f("ix_hmis_stay_move_merge_id"), "hmis_stay_move", ["merge_id"])
    with op.batch_alter_table("hmis_export_order") as orders:
        orders.add_column(sa.Column("merged", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("hmis_export_order") as orders:
        orders.alter_column("merged", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("hmis_export_order") as orders:
        orders.drop_column("merged")
    op.drop_table("hmis_stay_move")
    op.drop_table("dedupe_follow_up")
