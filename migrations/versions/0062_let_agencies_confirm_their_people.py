"""Let agencies confirm their people each quarter."""

import sqlalchemy as sa
from alembic import op

import adminops.db

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

Moment = adminops.db.Moment(timezone=True)


def upgrade() -> None:
    op.create_table(
        "access_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("quarter_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("due_at", Moment, nullable=False),
        sa.Column("escalates_at", Moment, nullable=False),
        sa.Column("ended_at", Moment),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_access_review_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_review")),
        sa.UniqueConstraint("agency_id", "quarter_on", name=op.f("uq_access_review_agency_id_quarter_on")),
    )
    op.create_index(op.f("ix_access_review_state_access_review_opened_at"), "access_review", ["state", "opened_at"])
    op.create_table(
        "access_review_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(40)),
        sa.Column("answered_at", Moment),
        sa.Column("answered_by_id", sa.Integer()),
        sa.ForeignKeyConstraint(["review_id"], ["access_review.id"], name=op.f("fk_access_review_line_review_id")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_access_review_line_account_id")),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["app_user.id"], name=op.f("fk_access_review_line_answered_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_review_line")),
        sa.UniqueConstraint("review_id", "account_id", name=op.f("uq_access_review_line_review_id_account_id")),
    )
    op.create_index(op.f("ix_access_review_line_account_id"), "access_review_line", ["account_id"])


def downgrade() -> None:
    op.drop_table("access_review_line")
    op.drop_table("access_review")
