"""Keep what comparisons with the directory find."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import adminops.db

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

Moment = adminops.db.Moment(timezone=True)
Json = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "directory_comparison",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("mended", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_comparison")),
    )
    op.create_index(op.f("ix_directory_comparison_made_at"), "directory_comparison", ["made_at"])
    op.create_table(
        "directory_finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("account_id", sa.Integer()),
        sa.Column("ours", Json, nullable=False),
        sa.Column("theirs", Json, nullable=False),
        sa.Column("seen_first_at", Moment, nullable=False),
        sa.Column("seen_last_at", Moment, nullable=False),
        sa.Column("told_at", Moment),
        sa.Column("ended_at", Moment),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_directory_finding_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_finding")),
    )
    op.create_index(op.f("ix_directory_finding_account_id"), "directory_finding", ["account_id"])
    op.create_index(
        "uq_directory_finding_kind_key_open",
        "directory_finding",
        ["kind", "key"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def downgrade() -> None:
    op.drop_table("directory_finding")
    op.drop_table("directory_comparison")
