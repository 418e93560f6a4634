"""Tell of broken promises."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('vendor_case', sa.Column('told_of', sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column('vendor_case', 'told_of')
