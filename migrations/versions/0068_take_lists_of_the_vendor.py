"""Take lists of users that the vendor wrote."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import adminops.db

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None

Moment = adminops.db.Moment(timezone=True)
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "vendor_list",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("columns", Json, nullable=False),
        sa.Column("mapping", Json, nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("uploaded_at", Moment, nullable=False),
        sa.Column("by_id", sa.Integer()),
        sa.Column("invites", sa.Boolean(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("newest_at", Moment),
        sa.Column("why", Json, nullable=False),
        sa.Column("told", Json, nullable=False),
        sa.Column("next_line", sa.Integer(), nullable=False),
        sa.Column("ended_at", Moment),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_vendor_list_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor_list")),
    )
    op.create_index(
        op.f("ix_vendor_list_source_vendor_list_purpose_vendor_list_state"),
        "vendor_list",
        ["source", "purpose", "state"],
    )
    op.create_index(op.f("ix_vendor_list_state"), "vendor_list", ["state"])
    op.create_table(
        "vendor_list_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("rule", sa.String(60), nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.ForeignKeyConstraint(["list_id"], ["vendor_list.id"], name=op.f("fk_vendor_list_row_list_id")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_vendor_list_row_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor_list_row")),
        sa.UniqueConstraint("list_id", "line", name=op.f("uq_vendor_list_row_list_id_line")),
    )
    op.create_index(op.f("ix_vendor_list_row_account_id"), "vendor_list_row", ["account_id"])
    op.create_index(
        op.f("ix_vendor_list_row_list_id_vendor_list_row_outcome"), "vendor_list_row", ["list_id", "outcome"]
    )
    op.create_table(
        "vendor_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("login", sa.String(200), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(200), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("last_login_at", Moment),
        sa.Column("list_id", sa.Integer(), nullable=False),
        sa.Column("match", sa.String(40), nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.Column("proposed_id", sa.Integer()),
        sa.Column("decided_by_id", sa.Integer()),
        sa.Column("decided_at", Moment),
        sa.ForeignKeyConstraint(["list_id"], ["vendor_list.id"], name=op.f("fk_vendor_user_list_id")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_vendor_user_account_id")),
        sa.ForeignKeyConstraint(["proposed_id"], ["account.id"], name=op.f("fk_vendor_user_proposed_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["app_user.id"], name=op.f("fk_vendor_user_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor_user")),
        sa.UniqueConstraint("source", "login", name=op.f("uq_vendor_user_source_login")),
    )
    for column in ("match", "list_id", "account_id", "proposed_id"):
        op.create_index(op.f(f"ix_vendor_user_{column}"), "vendor_user", [column])


def downgrade() -> None:
    for table in ("vendor_user", "vendor_list_row", "vendor_list"):
        op.drop_table(table)
