"""Keep identity providers, and who their people are here."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import adminops.db

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

PLAIN = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "identity_provider",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client_id", sa.String(200), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=True),
        sa.Column("domains", PLAIN, nullable=False),
        sa.Column("has_second_step", sa.Boolean(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("made_at", adminops.db.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_identity_provider_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_provider")),
        sa.UniqueConstraint("code", name=op.f("uq_identity_provider_code")),
        sa.UniqueConstraint("name", name=op.f("uq_identity_provider_name")),
    )
    op.create_index(op.f("ix_identity_provider_agency_id"), "identity_provider", ["agency_id"])
    op.create_table(
        "outside_identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("linked_at", adminops.db.Moment(timezone=True), nullable=False),
        sa.Column("last_used_at", adminops.db.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["identity_provider.id"], name=op.f("fk_outside_identity_provider_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_outside_identity_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_identity")),
        sa.UniqueConstraint("provider_id", "subject", name="uq_outside_identity_subject"),
        sa.UniqueConstraint("provider_id", "user_id", name="uq_outside_identity_user"),
    )
    op.create_index(op.f("ix_outside_identity_user_id"), "outside_identity", ["user_id"])


def downgrade() -> None:
    op.drop_table("outside_identity")
    op.drop_table("identity_provider")
