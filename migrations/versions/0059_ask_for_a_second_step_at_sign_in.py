"""Ask for a second step at sign-in."""

import sqlalchemy as sa
from alembic import op

import adminops.db

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

Moment = adminops.db.Moment(timezone=True)


def upgrade() -> None:
    op.add_column("app_user", sa.Column("password_is_short", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("app_user", sa.Column("factor_due_at", Moment))
    op.add_column("user_session", sa.Column("confirmed_at", Moment))
    op.add_column("user_session", sa.Column("is_limited", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "authenticator_app",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("in_use", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("last_used_at", Moment),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_authenticator_app_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authenticator_app")),
        sa.UniqueConstraint("user_id", "in_use", name=op.f("uq_authenticator_app_user_id_in_use")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("used_at", Moment),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_recovery_code_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_recovery_code_code_hash")),
    )
    op.create_index(op.f("ix_recovery_code_user_id"), "recovery_code", ["user_id"])
    op.create_table(
        "sign_in_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("begun_at", Moment, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_sign_in_step_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_step")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_step_token_hash")),
    )
    op.create_index(op.f("ix_sign_in_step_user_id"), "sign_in_step", ["user_id"])


def downgrade() -> None:
    for table in ("sign_in_step", "recovery_code", "authenticator_app"):
        op.drop_table(table)
    for column in ("is_limited", "confirmed_at"):
        op.drop_column("user_session", column)
    for column in ("factor_due_at", "password_is_short"):
        op.drop_column("app_user", column)
