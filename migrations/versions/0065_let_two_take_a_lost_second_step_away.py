"""Let two take a lost second step away."""

import sqlalchemy as sa
from alembic import op

import adminops.db

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

Moment = adminops.db.Moment(timezone=True)
WAITING = sa.text("outcome = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "lost_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("proof", sa.String(40), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", Moment, nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("decided_by_id", sa.Integer()),
        sa.Column("decided_at", Moment),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_lost_step_account_id")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["app_user.id"], name=op.f("fk_lost_step_asked_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["app_user.id"], name=op.f("fk_lost_step_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lost_step")),
    )
    op.create_index(op.f("ix_lost_step_account_id"), "lost_step", ["account_id"])
    op.create_index(
        "uq_lost_step_account_id_waiting",
        "lost_step",
        ["account_id"],
        unique=True,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def downgrade() -> None:
    op.drop_table("lost_step")
