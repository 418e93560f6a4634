"""Remember how pairs compared when they were kept apart."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0090"
down_revision = "0089"
branch_labels = None
depends_on = None

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
SEEN = "UPDATE dedupe_pair SET reasons_seen = reasons WHERE state = 'apart' AND rows_seen IS NOT NULL"


def upgrade() -> None:
    """Add the column. Of pairs that are asked about again nobody knows it any more: what they say goes on standing."""
    op.add_column("dedupe_pair", sa.Column("reasons_seen", Json))
    op.execute(SEEN)


def downgrade() -> None:
    op.drop_column("dedupe_pair", "reasons_seen")
