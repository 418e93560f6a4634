"""Forget the size of exports, which nobody asked for."""

import sqlalchemy as sa
from alembic import op
revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('hmis_export_order', schema=None) as batch_op:
        batch_op.drop_column('size')


def downgrade() -> None:
    with op.batch_alter_table('hmis_export_order', schema=None) as batch_op:
        batch_op.add_column(sa.Column('size', sa.BigInteger(), nullable=False, server_default='0'))
