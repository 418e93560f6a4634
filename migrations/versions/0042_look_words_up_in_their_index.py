"""Look words up in their index on PostgreSQL, by functions that tell its planner so."""

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

# PostgreSQL does not know what unpacking the words of a ticket costs, and may read those of all. The setting holds for
# the function alone: set for the transaction, it would bend the plans of whatever is read after the search.
HOLDING = """
CREATE FUNCTION ticket_fts_{column}(wanted tsquery) RETURNS SETOF integer
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1000 SET enable_seqscan = off
AS 'SELECT ticket_id FROM ticket_fts WHERE {column} @@ wanted'
"""
COLUMNS = ("said", "told")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for column in COLUMNS:
            op.execute(HOLDING.format(column=column))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for column in COLUMNS:
            op.execute(f"DROP FUNCTION ticket_fts_{column}(tsquery)")
