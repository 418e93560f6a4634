"""List who may do most, and keep what two people said of each."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import adminops.db

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None

Moment = adminops.db.Moment(timezone=True)


def upgrade() -> None:
    op.create_table(
        "privileged_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("month_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("due_at", Moment, nullable=False),
        sa.Column("escalates_at", Moment, nullable=False),
        sa.Column("ended_at", Moment),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privileged_review")),
        sa.UniqueConstraint("month_on", name=op.f("uq_privileged_review_month_on")),
    )
    op.create_index(op.f("ix_privileged_review_state"), "privileged_review", ["state"])
    op.create_table(
        "privileged_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("roles", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("over_at", Moment),
        sa.ForeignKeyConstraint(["review_id"], ["privileged_review.id"], name=op.f("fk_privileged_line_review_id")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_privileged_line_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privileged_line")),
        sa.UniqueConstraint("review_id", "account_id", name=op.f("uq_privileged_line_review_id_account_id")),
    )
    op.create_index(op.f("ix_privileged_line_account_id"), "privileged_line", ["account_id"])
    op.create_table(
        "privileged_word",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(40), nullable=False),
        sa.Column("said_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["privileged_line.id"], name=op.f("fk_privileged_word_line_id")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_privileged_word_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privileged_word")),
        sa.UniqueConstraint("line_id", "by_id", name=op.f("uq_privileged_word_line_id_by_id")),
    )
    op.create_index(op.f("ix_privileged_word_by_id"), "privileged_word", ["by_id"])


def downgrade() -> None:
    for table in ("privileged_word", "privileged_line", "privileged_review"):
        op.drop_table(table)
