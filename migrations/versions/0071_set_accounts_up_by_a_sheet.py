"""Set accounts up in the HMIS by a sheet."""

import sqlalchemy as sa
from alembic import op

import adminops.db

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None

Moment = adminops.db.Moment(timezone=True)
OPEN = sa.text("finished_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "setup_sheet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("ticket_kind", sa.String(60)),
        sa.Column("ticket_id", sa.String(60)),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("finished_at", Moment),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_setup_sheet_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setup_sheet")),
    )
    op.create_index(op.f("ix_setup_sheet_account_id"), "setup_sheet", ["account_id"])
    op.create_index(
        op.f("ix_setup_sheet_finished_at_setup_sheet_opened_at"), "setup_sheet", ["finished_at", "opened_at"]
    )
    op.create_index(
        "uq_setup_sheet_account_id_open",
        "setup_sheet",
        ["account_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_table(
        "setup_tick",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(60), nullable=False),
        sa.Column("evidence", sa.String(200), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("by_id", sa.Integer()),
        sa.ForeignKeyConstraint(["sheet_id"], ["setup_sheet.id"], name=op.f("fk_setup_tick_sheet_id")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_setup_tick_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setup_tick")),
        sa.UniqueConstraint("sheet_id", "step", name=op.f("uq_setup_tick_sheet_id_step")),
    )


def downgrade() -> None:
    op.drop_table("setup_tick")
    op.drop_table("setup_sheet")
