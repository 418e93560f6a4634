"""Trust devices for some days."""

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table. No device is trusted until its owner says so."""
    op.create_table(
        "trusted_device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("trusted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name="fk_trusted_device_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_trusted_device"),
        sa.UniqueConstraint("token_hash", name="uq_trusted_device_token_hash"),
    )
    with op.batch_alter_table("trusted_device") as table:
        table.create_index("ix_trusted_device_user_id", ["user_id"])


def downgrade() -> None:
    op.drop_table("trusted_device")
