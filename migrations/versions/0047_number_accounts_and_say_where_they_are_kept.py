"""Number accounts for directories, say where each is kept and how long it is valid."""

import uuid

import sqlalchemy as sa
from alembic import op

import adminops.db

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

COLUMNS = ("must_change_password", "valid_until", "valid_from", "kept_in", "key")


def upgrade() -> None:
    op.add_column("account", sa.Column("key", sa.String(36), server_default="-", nullable=False))
    op.add_column("account", sa.Column("kept_in", sa.String(60), server_default="local", nullable=False))
    op.add_column("account", sa.Column("valid_from", adminops.db.Moment(timezone=True)))
    op.add_column("account", sa.Column("valid_until", adminops.db.Moment(timezone=True)))
    op.add_column(
        "account", sa.Column("must_change_password", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    account = sa.table("account", sa.column("id", sa.Integer), sa.column("key", sa.String))
    numbers = op.get_bind().scalars(sa.select(account.c.id)).all()
    set_key = sa.update(account).where(account.c.id == sa.bindparam("number")).values(key=sa.bindparam("made"))
    for number in numbers:
        op.get_bind().execute(set_key, {"number": number, "made": str(uuid.uuid4())})
    op.create_index("uq_account_key", "account", ["key"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_account_key", table_name="account")
    for column in COLUMNS:
        op.drop_column("account", column)
