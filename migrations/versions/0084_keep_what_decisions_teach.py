"""Keep what decisions teach, and of which store a model is."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import adminops.db

revision = "0084"
down_revision = "0083"
branch_labels = None
depends_on = None

Moment = adminops.db.Moment(timezone=True)
Json = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    """Add the table and the columns. Of models so far nobody knows the store."""
    op.create_table(
        "dedupe_lesson",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("asked_by_id", sa.Integer()),
        sa.Column("asked_at", Moment, nullable=False),
        sa.Column("started_at", Moment),
        sa.Column("finished_at", Moment),
        sa.Column("decided_by_id", sa.Integer()),
        sa.Column("decided_at", Moment),
        sa.Column("decisions", sa.Integer(), nullable=False),
        sa.Column("disputed", sa.Integer(), nullable=False),
        sa.Column("numbers", Json, nullable=False),
        sa.Column("preview", Json, nullable=False),
        sa.Column("sentence", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["asked_by_id"], ["app_user.id"], name=op.f("fk_dedupe_lesson_asked_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["app_user.id"], name=op.f("fk_dedupe_lesson_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dedupe_lesson")),
    )
    op.create_index(op.f("ix_dedupe_lesson_state"), "dedupe_lesson", ["state"])
    op.add_column("dedupe_model", sa.Column("fingerprint", sa.String(length=60)))
    op.add_column("dedupe_model", sa.Column("seed", sa.Integer()))
    with op.batch_alter_table("dedupe_scan") as scans:
        scans.add_column(sa.Column("lesson_id", sa.Integer()))
        scans.create_foreign_key(op.f("fk_dedupe_scan_lesson_id"), "dedupe_lesson", ["lesson_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("dedupe_scan") as scans:
        scans.drop_constraint(op.f("fk_dedupe_scan_lesson_id"), type_="foreignkey")
        scans.drop_column("lesson_id")
    op.drop_column("dedupe_model", "seed")
    op.drop_column("dedupe_model", "fingerprint")
    op.drop_table("dedupe_lesson")
