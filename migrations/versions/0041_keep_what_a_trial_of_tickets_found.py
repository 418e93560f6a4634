"""Keep what a trial of tickets found."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    counts = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')
    op.add_column('ticket_import', sa.Column('found', counts, server_default=sa.text("'{}'"), nullable=False))


def downgrade() -> None:
    op.drop_column('ticket_import', 'found')
