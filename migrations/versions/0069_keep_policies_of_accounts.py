"""Keep policies of accounts in versions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import adminops.db

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None

Moment = adminops.db.Moment(timezone=True)
ACTIVE = sa.text("state = 'active'")


def upgrade() -> None:
    op.create_table(
        "account_policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("scope", sa.String(40), nullable=False),
        sa.Column("scope_id", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("steps", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("ends", sa.Boolean(), nullable=False),
        sa.Column("why", sa.String(200), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("proposed_at", Moment, nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", Moment),
        sa.Column("decided_by_id", sa.Integer()),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["app_user.id"], name=op.f("fk_account_policy_proposed_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["app_user.id"], name=op.f("fk_account_policy_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_policy")),
        sa.UniqueConstraint("kind", "version", name=op.f("uq_account_policy_kind_version")),
    )
    op.create_index(
        "uq_account_policy_active",
        "account_policy",
        ["kind", "scope", "scope_id"],
        unique=True,
        sqlite_where=ACTIVE,
        postgresql_where=ACTIVE,
    )


def downgrade() -> None:
    op.drop_table("account_policy")
