"""Count tickets of a state and of a time by indexes, and keep the words of a new one at once."""

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_ticket_is_open_ticket_filed_at": ["is_open", "filed_at"],
    "ix_ticket_is_open_ticket_state_ticket_resolved_at": ["is_open", "state", "resolved_at"],
}
WORDS = ("said", "told")


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.create_index(name, "ticket", columns)
    # PostgreSQL would pile up what is new and read the whole pile in each search, until one who writes sorts it in.
    # What is still looked up in the whole index are rare words. Where it expects a thousand tickets, the planner walks
    # through the numbers of all to join them.
    _of_words(pile_up="off", rows=100)


def downgrade() -> None:
    _of_words(pile_up="on", rows=1000)
    for name in INDEXES:
        op.drop_index(name, table_name="ticket")


def _of_words(*, pile_up: str, rows: int) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for column in WORDS:
            op.execute(f"ALTER INDEX ix_ticket_fts_{column} SET (fastupdate = {pile_up})")
            op.execute(f"ALTER FUNCTION ticket_fts_{column}(tsquery) ROWS {rows}")
