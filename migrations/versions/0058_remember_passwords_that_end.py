"""Remember passwords that end."""

import sqlalchemy as sa
from alembic import op

import adminops.db

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "password_before",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("ended_at", adminops.db.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_password_before_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_before")),
    )
    op.create_index(op.f("ix_password_before_user_id"), "password_before", ["user_id"])


def downgrade() -> None:
    op.drop_table("password_before")
