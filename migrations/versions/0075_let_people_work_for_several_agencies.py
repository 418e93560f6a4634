"""Let people work for several agencies, or have a role for a time."""

import sqlalchemy as sa
from alembic import op

import adminops.db

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

Moment = adminops.db.Moment(timezone=True)
OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "account_seat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("began_at", Moment, nullable=False),
        sa.Column("until", Moment),
        sa.Column("ticket_kind", sa.String(60)),
        sa.Column("ticket_id", sa.String(60)),
        sa.Column("ended_at", Moment),
        sa.Column("ended_by_id", sa.Integer()),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_seat_account_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_account_seat_agency_id")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["app_user.id"], name=op.f("fk_account_seat_ended_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_seat")),
    )
    op.create_index(
        "uq_account_seat_open",
        "account_seat",
        ["account_id", "agency_id", "role"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index(
        op.f("ix_account_seat_agency_id_account_seat_ended_at"), "account_seat", ["agency_id", "ended_at"]
    )
    op.create_index(op.f("ix_account_seat_ended_at_account_seat_until"), "account_seat", ["ended_at", "until"])


def downgrade() -> None:
    """Drop it: the roles stay as they are, and end no more by themselves."""
    op.drop_table("account_seat")
