"""Let people sign in with security keys."""

import sqlalchemy as sa
from alembic import op

import adminops.db

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

Moment = adminops.db.Moment(timezone=True)


def upgrade() -> None:
    op.create_table(
        "security_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(1023), nullable=False),
        sa.Column("public_key", sa.LargeBinary(2048), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("added_at", Moment, nullable=False),
        sa.Column("last_used_at", Moment),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_security_key_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_key")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_security_key_credential_id")),
    )
    op.create_index(op.f("ix_security_key_user_id"), "security_key", ["user_id"])
    op.add_column("user_session", sa.Column("challenge", sa.LargeBinary(64)))
    op.add_column("sign_in_step", sa.Column("challenge", sa.LargeBinary(64)))


def downgrade() -> None:
    op.drop_column("sign_in_step", "challenge")
    op.drop_column("user_session", "challenge")
    op.drop_table("security_key")
