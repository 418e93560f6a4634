"""Open accounts by requests with gates."""

import sqlalchemy as sa
from alembic import op

import adminops.db

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

Moment = adminops.db.Moment(timezone=True)
WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "account_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("ticket_kind", sa.String(60), nullable=False),
        sa.Column("ticket_id", sa.String(60), nullable=False),
        sa.Column("requester_id", sa.Integer(), nullable=False),
        sa.Column("supervisor_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("asked_at", Moment, nullable=False),
        sa.Column("moved_at", Moment, nullable=False),
        sa.Column("ended_at", Moment),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_request_account_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_account_request_agency_id")),
        sa.ForeignKeyConstraint(["requester_id"], ["app_user.id"], name=op.f("fk_account_request_requester_id")),
        sa.ForeignKeyConstraint(["supervisor_id"], ["app_user.id"], name=op.f("fk_account_request_supervisor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_request")),
        sa.UniqueConstraint("ticket_kind", "ticket_id", name=op.f("uq_account_request_ticket_kind_ticket_id")),
    )
    op.create_index(op.f("ix_account_request_agency_id"), "account_request", ["agency_id"])
    op.create_index(op.f("ix_account_request_requester_id"), "account_request", ["requester_id"])
    op.create_index(op.f("ix_account_request_supervisor_id"), "account_request", ["supervisor_id"])
    op.create_index(
        op.f("ix_account_request_state_account_request_moved_at"), "account_request", ["state", "moved_at"]
    )
    op.create_index(
        "uq_account_request_account_id_waiting",
        "account_request",
        ["account_id"],
        unique=True,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_table(
        "account_gate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("changed_at", Moment),
        sa.Column("by_id", sa.Integer()),
        sa.Column("proven_on", sa.Date()),
        sa.Column("says", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["account_request.id"], name=op.f("fk_account_gate_request_id")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_account_gate_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_gate")),
        sa.UniqueConstraint("request_id", "kind", name=op.f("uq_account_gate_request_id_kind")),
    )


def downgrade() -> None:
    op.drop_table("account_gate")
    op.drop_table("account_request")
