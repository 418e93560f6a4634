"""Ask for more of accounts than new ones, by the same gates."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
WAITING = sa.text("state = 'waiting'")
OLD = ("authority", "supervisor", "mou", "seat", "background", "agreement", "training", "approval")
request = sa.table("account_request", sa.column("id"), sa.column("kind"))
gate = sa.table("account_gate", sa.column("request_id"), sa.column("kind"))


def upgrade() -> None:
    """Add what the other kinds need. All requests so far are for new accounts."""
    op.add_column("app_user", sa.Column("is_asked_back", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.drop_index("uq_account_request_account_id_waiting", "account_request")
    with op.batch_alter_table("account_request") as requests:
        requests.add_column(sa.Column("kind", sa.String(40), nullable=False, server_default="new"))
        requests.add_column(sa.Column("other_agency_id", sa.Integer()))
        requests.add_column(sa.Column("acts_on", sa.Date()))
        requests.add_column(sa.Column("wanted", Json, nullable=False, server_default="{}"))
        requests.add_column(sa.Column("trouble", sa.String(200), nullable=False, server_default=""))
        requests.add_column(sa.Column("ended_by_id", sa.Integer()))
        requests.alter_column("role", existing_type=sa.String(40), nullable=True)
        requests.create_foreign_key(
            op.f("fk_account_request_other_agency_id"), "agency", ["other_agency_id"], ["id"]
        )
        requests.create_foreign_key(op.f("fk_account_request_ended_by_id"), "app_user", ["ended_by_id"], ["id"])
    with op.batch_alter_table("account_request") as requests:
        for name in ("kind", "wanted", "trouble"):
            requests.alter_column(name, server_default=None)
    op.create_index(op.f("ix_account_request_other_agency_id"), "account_request", ["other_agency_id"])
    op.create_index(
        "uq_account_request_account_id_kind_waiting",
        "account_request",
        ["account_id", "kind"],
        unique=True,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def downgrade() -> None:
    """Keep the requests for new accounts; what else was asked for is on its tickets."""
    op.drop_column("app_user", "is_asked_back")
    others = sa.select(request.c.id).where(request.c.kind != "new")
    op.execute(sa.delete(gate).where(sa.or_(gate.c.request_id.in_(others), gate.c.kind.not_in(OLD))))
    op.execute(sa.delete(request).where(request.c.kind != "new"))
    op.drop_index("uq_account_request_account_id_kind_waiting", "account_request")
    op.drop_index(op.f("ix_account_request_other_agency_id"), "account_request")
    with op.batch_alter_table("account_request") as requests:
        requests.drop_constraint(op.f("fk_account_request_ended_by_id"), type_="foreignkey")
        requests.drop_constraint(op.f("fk_account_request_other_agency_id"), type_="foreignkey")
        requests.alter_column("role", existing_type=sa.String(40), nullable=False)
        for name in ("ended_by_id", "trouble", "wanted", "acts_on", "other_agency_id", "kind"):
            requests.drop_column(name)
    op.create_index(
        "uq_account_request_account_id_waiting",
        "account_request",
        ["account_id"],
        unique=True,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
