"""Let queues give tickets out, and people be absent."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('absence',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('substitute_id', sa.Integer(), nullable=True),
    sa.Column('entered_by_id', sa.Integer(), nullable=False),
    sa.Column('entered_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['entered_by_id'], ['app_user.id'], name=op.f('fk_absence_entered_by_id')),
    sa.ForeignKeyConstraint(['substitute_id'], ['app_user.id'], name=op.f('fk_absence_substitute_id')),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.id'], name=op.f('fk_absence_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_absence'))
    )
    op.create_index('ix_absence_last_day', 'absence', ['last_day'])
    op.create_index('ix_absence_user_id_absence_last_day', 'absence', ['user_id', 'last_day'])
    op.create_table('ticket_queue_member',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('queue_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('last_turn', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['queue_id'], ['ticket_queue.id'], name=op.f('fk_ticket_queue_member_queue_id')),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.id'], name=op.f('fk_ticket_queue_member_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_queue_member')),
    sa.UniqueConstraint('queue_id', 'user_id', name=op.f('uq_ticket_queue_member_queue_id_user_id'))
    )
    op.create_table('ticket_left_in_queue',
    sa.Column('ticket_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('left_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_left_in_queue_ticket_id')),
    sa.PrimaryKeyConstraint('ticket_id', name=op.f('pk_ticket_left_in_queue'))
    )
    with op.batch_alter_table('ticket_queue') as batch:
        batch.add_column(sa.Column('rule', sa.String(length=40), server_default='manual', nullable=False))
        batch.add_column(sa.Column('turns', sa.Integer(), server_default=sa.text('0'), nullable=False))


def downgrade() -> None:
    op.drop_table('ticket_left_in_queue')
    op.drop_table('ticket_queue_member')
    op.drop_table('absence')
    with op.batch_alter_table('ticket_queue') as batch:
        batch.drop_column('turns')
        batch.drop_column('rule')
