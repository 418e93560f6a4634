"""Let providers tell of people."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables. Nobody is told of until a token is made."""
    op.create_table(
        "scim_connection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("speaker_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name="fk_scim_connection_agency_id"),
        sa.ForeignKeyConstraint(["provider_id"], ["identity_provider.id"], name="fk_scim_connection_provider_id"),
        sa.ForeignKeyConstraint(["speaker_id"], ["app_user.id"], name="fk_scim_connection_speaker_id"),
        sa.PrimaryKeyConstraint("id", name="pk_scim_connection"),
        sa.UniqueConstraint("provider_id", "agency_id", name="uq_scim_connection_provider_id_agency_id"),
    )
    with op.batch_alter_table("scim_connection") as table:
        table.create_index("ix_scim_connection_agency_id", ["agency_id"])

    op.create_table(
        "scim_person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("user_name_key", sa.String(length=200), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("email_key", sa.String(length=200), nullable=False),
        sa.Column("said", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_scim_person_account_id"),
        sa.ForeignKeyConstraint(["connection_id"], ["scim_connection.id"], name="fk_scim_person_connection_id"),
        sa.PrimaryKeyConstraint("id", name="pk_scim_person"),
        sa.UniqueConstraint("key", name="uq_scim_person_key"),
    )
    with op.batch_alter_table("scim_person") as table:
        table.create_index("ix_scim_person_account_id", ["account_id"])
        table.create_index(
            "uq_scim_person_connection_id_external_id_there",
            ["connection_id", "external_id"],
            unique=True,
            sqlite_where=sa.text("gone_at IS NULL"),
            postgresql_where=sa.text("gone_at IS NULL"),
        )
        table.create_index(
            "uq_scim_person_connection_id_user_name_key_there",
            ["connection_id", "user_name_key"],
            unique=True,
            sqlite_where=sa.text("gone_at IS NULL"),
            postgresql_where=sa.text("gone_at IS NULL"),
        )

    op.create_table(
        "scim_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["scim_connection.id"], name="fk_scim_token_connection_id"),
        sa.ForeignKeyConstraint(["made_by_id"], ["app_user.id"], name="fk_scim_token_made_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_scim_token"),
        sa.UniqueConstraint("token_hash", name="uq_scim_token_token_hash"),
    )
    with op.batch_alter_table("scim_token") as table:
        table.create_index("ix_scim_token_connection_id", ["connection_id"])

    op.create_table(
        "scim_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked", sa.String(length=60), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("sentence", sa.String(length=200), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["scim_connection.id"], name="fk_scim_call_connection_id"),
        sa.ForeignKeyConstraint(["person_id"], ["scim_person.id"], name="fk_scim_call_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_scim_call"),
    )
    with op.batch_alter_table("scim_call") as table:
        table.create_index("ix_scim_call_connection_id_scim_call_at", ["connection_id", "at"])

    with op.batch_alter_table("account_departure") as table:
        table.add_column(sa.Column("source", sa.String(length=60), server_default=sa.text("''"), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("account_departure") as table:
        table.drop_column("source")
    for name in ("scim_call", "scim_token", "scim_person", "scim_connection"):
        op.drop_table(name)
