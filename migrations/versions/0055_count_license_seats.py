"""Count license seats."""

import sqlalchemy as sa
from alembic import op

import adminops.db

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

Moment = adminops.db.Moment(timezone=True)


def upgrade() -> None:
    op.create_table(
        "license_period",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("price_cents", sa.Integer(), nullable=False),
        sa.Column("opened_at", Moment, nullable=False),
        sa.Column("opened_by_id", sa.Integer()),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_license_period_agency_id")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["app_user.id"], name=op.f("fk_license_period_opened_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_license_period")),
    )
    op.create_index(
        op.f("ix_license_period_agency_id_license_period_first_on"), "license_period", ["agency_id", "first_on"]
    )
    op.create_table(
        "license_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("period_id", sa.Integer(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("ordered_at", Moment, nullable=False),
        sa.Column("ordered_by_id", sa.Integer()),
        sa.Column("invoice", sa.String(60), nullable=False),
        sa.Column("invoiced_on", sa.Date()),
        sa.Column("paid_on", sa.Date()),
        sa.ForeignKeyConstraint(["period_id"], ["license_period.id"], name=op.f("fk_license_order_period_id")),
        sa.ForeignKeyConstraint(["ordered_by_id"], ["app_user.id"], name=op.f("fk_license_order_ordered_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_license_order")),
    )
    op.create_index(op.f("ix_license_order_period_id"), "license_order", ["period_id"])


def downgrade() -> None:
    op.drop_table("license_order")
    op.drop_table("license_period")
