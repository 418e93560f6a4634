"""Keep what agencies sign."""

import sqlalchemy as sa
from alembic import op

import adminops.db

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

Moment = adminops.db.Moment(timezone=True)


def upgrade() -> None:
    op.create_table(
        "agency_agreement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("signer", sa.String(200), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date()),
        sa.Column("ended_on", sa.Date()),
        sa.Column("file_id", sa.Integer()),
        sa.Column("recorded_at", Moment, nullable=False),
        sa.Column("recorded_by_id", sa.Integer()),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_agency_agreement_agency_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_agency_agreement_file_id")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["app_user.id"], name=op.f("fk_agency_agreement_recorded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_agreement")),
    )
    op.create_index(op.f("ix_agency_agreement_agency_id_agency_agreement_kind"), "agency_agreement", ["agency_id", "kind"])
    op.create_index(op.f("ix_agency_agreement_expires_on"), "agency_agreement", ["expires_on"])


def downgrade() -> None:
    op.drop_table("agency_agreement")
