"""Keep which columns somebody wants on lists of tickets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ticket_columns',
    sa.Column('user_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('columns', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.id'], name=op.f('fk_ticket_columns_user_id')),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_ticket_columns'))
    )


def downgrade() -> None:
    op.drop_table('ticket_columns')
