"""Measure tickets and keep the books of insights."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0029'
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ticket_book',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('told_by', sa.String(length=40), nullable=False),
    sa.Column('span', sa.String(length=40), nullable=False),
    sa.Column('first', sa.Date(), nullable=False),
    sa.Column('tallies', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_book')),
    sa.UniqueConstraint('told_by', 'span', 'first', name=op.f('uq_ticket_book_told_by_span_first'))
    )
    with op.batch_alter_table('ticket_book', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_book_first'), ['first'], unique=False)

    op.create_table('ticket_book_change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_book_change'))
    )
    with op.batch_alter_table('ticket_book_change', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_book_change_day'), ['day'], unique=False)

    # Not in a batch, which would copy the table: SQLite can't copy columns that it computes.
    for name, kind in (
        ('reply_took', sa.Integer()),
        ('reply_met', sa.Boolean()),
        ('solution_took', sa.Integer()),
        ('solution_met', sa.Boolean()),
    ):
        op.add_column('ticket', sa.Column(name, kind, nullable=True))
    op.add_column('ticket', sa.Column('measured', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.create_index(op.f('ix_ticket_filed_at'), 'ticket', ['filed_at'])
    op.create_index(op.f('ix_ticket_resolved_at'), 'ticket', ['resolved_at'])
    unmeasured = sa.text('NOT measured')
    op.create_index('ix_ticket_unmeasured', 'ticket', ['id'], sqlite_where=unmeasured, postgresql_where=unmeasured)


def downgrade() -> None:
    for index in ('ix_ticket_unmeasured', 'ix_ticket_resolved_at', 'ix_ticket_filed_at'):
        op.drop_index(index, table_name='ticket')
    for column in ('measured', 'solution_met', 'solution_took', 'reply_met', 'reply_took'):
        op.drop_column('ticket', column)

    with op.batch_alter_table('ticket_book_change', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ticket_book_change_day'))

    op.drop_table('ticket_book_change')
    with op.batch_alter_table('ticket_book', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ticket_book_first'))

    op.drop_table('ticket_book')
