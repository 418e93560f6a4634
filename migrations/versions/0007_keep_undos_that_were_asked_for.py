"""Keep undos that were asked for; forget the size of exports, which nobody asked for."""

import sqlalchemy as sa
from alembic import op
revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('hmis_export_order', schema=None) as batch_op:
        batch_op.drop_column('size')

    op.add_column('hmis_import', sa.Column('undo_asked_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('hmis_import', sa.Column('undo_asked_by_id', sa.Integer(), nullable=True))
    op.add_column('hmis_import', sa.Column('undo_refused', sa.Text(), nullable=True))


def downgrade() -> None:
    # One column at a time, and no batch: SQLite would make the table anew, and rows that refer to it forbid that.
    op.drop_column('hmis_import', 'undo_refused')
    op.drop_column('hmis_import', 'undo_asked_by_id')
    op.drop_column('hmis_import', 'undo_asked_at')

    op.add_column('hmis_export_order', sa.Column('size', sa.BigInteger(), nullable=False, server_default='0'))
