"""Let two people allow exact merges."""

import sqlalchemy as sa
from alembic import op

import adminops.db

revision = "0086"
down_revision = "0085"
branch_labels = None
depends_on = None

Moment = adminops.db.Moment(timezone=True)


def upgrade() -> None:
    """Add the table. Without a row in it nothing is ever merged without a reviewer."""
    op.create_table(
        "dedupe_exact_merging",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("daily_cap", sa.Integer(), nullable=False),
        sa.Column("proposed_by_id", sa.Integer()),
        sa.Column("proposed_at", Moment, nullable=False),
        sa.Column("decided_by_id", sa.Integer()),
        sa.Column("decided_at", Moment),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["app_user.id"], name=op.f("fk_dedupe_exact_merging_proposed_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["app_user.id"], name=op.f("fk_dedupe_exact_merging_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dedupe_exact_merging")),
    )
    op.create_index(op.f("ix_dedupe_exact_merging_state"), "dedupe_exact_merging", ["state"])


def downgrade() -> None:
    op.drop_table("dedupe_exact_merging")
