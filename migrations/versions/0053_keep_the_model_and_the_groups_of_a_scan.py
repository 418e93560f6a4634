"""Keep the model and the groups of a scan."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import adminops.db

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

Moment = adminops.db.Moment(timezone=True)
Json = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    op.create_table(
        "dedupe_model",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("candidate_pairs", sa.Integer(), nullable=False),
        sa.Column("learned", sa.Boolean(), nullable=False),
        sa.Column("numbers", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dedupe_model")),
    )
    with op.batch_alter_table("dedupe_scan") as scans:
        scans.add_column(sa.Column("groups", Json, nullable=False, server_default="[]"))
        scans.add_column(sa.Column("model_id", sa.Integer()))
        scans.create_foreign_key(op.f("fk_dedupe_scan_model_id"), "dedupe_model", ["model_id"], ["id"])
    with op.batch_alter_table("dedupe_scan") as scans:
        scans.alter_column("groups", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("dedupe_scan") as scans:
        scans.drop_constraint(op.f("fk_dedupe_scan_model_id"), type_="foreignkey")
        scans.drop_column("model_id")
        scans.drop_column("groups")
    op.drop_table("dedupe_model")
