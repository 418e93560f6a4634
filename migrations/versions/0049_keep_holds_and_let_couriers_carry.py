"""Keep the holds of accounts, tell directories by version, and let the outbox have couriers."""

import sqlalchemy as sa
from alembic import op

import adminops.db

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

Moment = adminops.db.Moment(timezone=True)
KINDS = {"left": "offboarded", "security": "security"}
COLUMNS = ("account_id", "kind", "reason", "begins_at", "placed_at", "source")
UNRELEASED = sa.text("released_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "account_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(40)),
        sa.Column("begins_at", Moment, nullable=False),
        sa.Column("ends_at", Moment),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("placed_at", Moment, nullable=False),
        sa.Column("placed_by_id", sa.Integer()),
        sa.Column("released_at", Moment),
        sa.Column("released_by_id", sa.Integer()),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_hold_account_id")),
        sa.ForeignKeyConstraint(["placed_by_id"], ["app_user.id"], name=op.f("fk_account_hold_placed_by_id")),
        sa.ForeignKeyConstraint(["released_by_id"], ["app_user.id"], name=op.f("fk_account_hold_released_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_hold")),
    )
    op.create_index(op.f("ix_account_hold_account_id"), "account_hold", ["account_id"])
    op.create_index(op.f("ix_account_hold_released_at_account_hold_begins_at"), "account_hold", ["released_at", "begins_at"])
    op.create_index(
        "uq_account_hold_account_id_kind_unreleased",
        "account_hold",
        ["account_id", "kind"],
        unique=True,
        sqlite_where=UNRELEASED,
        postgresql_where=UNRELEASED,
    )
    _move_reasons()
    op.drop_column("account", "disabled_reason")
    op.drop_column("account", "disabled_at")
    op.add_column("account", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("account", sa.Column("applied_version", sa.Integer(), server_default="0", nullable=False))
    op.add_column("account", sa.Column("directory_id", sa.String(60), server_default=sa.text("''"), nullable=False))
    op.add_column("outbox_message", sa.Column("way", sa.String(60), server_default="mail", nullable=False))


def _move_reasons() -> None:
    """Give every account that is closed the hold that its reason stands for."""
    account = sa.table(
        "account",
        sa.column("id", sa.Integer),
        sa.column("state", sa.String),
        sa.column("disabled_reason", sa.String),
        sa.column("disabled_at", Moment),
        sa.column("created_at", Moment),
    )
    hold = sa.table("account_hold", *map(sa.column, COLUMNS))
    kind = sa.case(KINDS, value=account.c.disabled_reason, else_="admin")
    since = sa.func.coalesce(account.c.disabled_at, account.c.created_at)
    closed = sa.select(account.c.id, kind, account.c.disabled_reason, since, since, sa.literal(""))
    closed = closed.where(account.c.state.in_(("disabled", "archived")))
    op.execute(sa.insert(hold).from_select(list(COLUMNS), closed))


def downgrade() -> None:
    op.execute("UPDATE outbox_message SET state = 'dropped' WHERE way <> 'mail' AND state <> 'sent'")
    op.drop_column("outbox_message", "way")
    for column in ("directory_id", "applied_version", "version"):
        op.drop_column("account", column)
    op.add_column("account", sa.Column("disabled_reason", sa.String(40)))
    op.add_column("account", sa.Column("disabled_at", Moment))
    for column, source in (("disabled_reason", "reason"), ("disabled_at", "begins_at")):
        op.execute(
            f"UPDATE account SET {column} = (SELECT max({source}) FROM account_hold"  # noqa: S608 - two fixed names
            " WHERE account_id = account.id AND released_at IS NULL) WHERE state IN ('disabled', 'archived')"
        )
    op.drop_table("account_hold")
