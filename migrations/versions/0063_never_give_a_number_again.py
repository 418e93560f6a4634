"""Never give a number again that a mail or a receiver knows."""

from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

TABLES = ("ticket_participant", "ticket_sending", "webhook_call")


def upgrade() -> None:
    _make_anew(sqlite_autoincrement=True)


def downgrade() -> None:
    _make_anew()


def _make_anew(**how: bool) -> None:
    """Copy the tables into new ones on SQLite, the only database that gives the number of the newest row again."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in TABLES:
        with op.batch_alter_table(table, recreate="always", table_kwargs=how):
            pass
