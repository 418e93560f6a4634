"""Note who leaves and when."""

import sqlalchemy as sa
from alembic import op

import adminops.db

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

Moment = adminops.db.Moment(timezone=True)
OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "account_departure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer()),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("leaves_at", Moment, nullable=False),
        sa.Column("reported_at", Moment, nullable=False),
        sa.Column("reported_by_id", sa.Integer(), nullable=False),
        sa.Column("begun_at", Moment),
        sa.Column("ended_at", Moment),
        sa.Column("ended_by_id", sa.Integer()),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("ticket_kind", sa.String(60)),
        sa.Column("ticket_id", sa.String(60)),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_departure_account_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_account_departure_agency_id")),
        sa.ForeignKeyConstraint(["reported_by_id"], ["app_user.id"], name=op.f("fk_account_departure_reported_by_id")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["app_user.id"], name=op.f("fk_account_departure_ended_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_departure")),
    )
    for columns in (["account_id"], ["agency_id"], ["ticket_kind", "ticket_id"], ["ended_at", "leaves_at"]):
        name = f"ix_account_departure_{'_account_departure_'.join(columns)}"
        op.create_index(op.f(name), "account_departure", columns)
    op.create_index(
        "uq_account_departure_account_id_open",
        "account_departure",
        ["account_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def downgrade() -> None:
    op.drop_table("account_departure")
