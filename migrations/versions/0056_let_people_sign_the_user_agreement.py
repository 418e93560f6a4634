"""Let people sign the user agreement."""

import sqlalchemy as sa
from alembic import op

import adminops.db

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

Moment = adminops.db.Moment(timezone=True)
OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "user_agreement_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("valid_days", sa.Integer(), nullable=False),
        sa.Column("for_everybody", sa.Boolean(), nullable=False),
        sa.Column("published_at", Moment, nullable=False),
        sa.Column("published_by_id", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["app_user.id"], name=op.f("fk_user_agreement_text_published_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_agreement_text")),
        sa.UniqueConstraint("version", name=op.f("uq_user_agreement_text_version")),
    )
    op.create_table(
        "user_agreement_signature",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("text_id", sa.Integer(), nullable=False),
        sa.Column("typed_name", sa.String(200), nullable=False),
        sa.Column("signed_at", Moment, nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_user_agreement_signature_account_id")),
        sa.ForeignKeyConstraint(
            ["text_id"], ["user_agreement_text.id"], name=op.f("fk_user_agreement_signature_text_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_agreement_signature")),
    )
    op.create_index(
        op.f("ix_user_agreement_signature_account_id_user_agreement_signature_expires_on"),
        "user_agreement_signature",
        ["account_id", "expires_on"],
    )
    op.create_table(
        "user_agreement_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(32), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(32)),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("ended_at", Moment),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_user_agreement_link_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_agreement_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_agreement_link_token_hash")),
    )
    op.create_index(
        "uq_user_agreement_link_account_id_open",
        "user_agreement_link",
        ["account_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def downgrade() -> None:
    op.drop_table("user_agreement_link")
    op.drop_table("user_agreement_signature")
    op.drop_table("user_agreement_text")
