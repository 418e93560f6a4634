"""Write the books of insights without private tickets.

Books are derived: dropped, they are written anew within minutes, and pages count from the tickets until then.
"""

from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the books that count private tickets for everybody."""
    op.execute("DELETE FROM ticket_book")


def downgrade() -> None:
    """Drop the books that leave them out."""
    op.execute("DELETE FROM ticket_book")
