"""Keep time spent on tickets."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ticket_time',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('activity', sa.String(length=40), nullable=False),
    sa.Column('worked_on', sa.Date(), nullable=False),
    sa.Column('entered_by_id', sa.Integer(), nullable=False),
    sa.Column('entered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('corrects_id', sa.Integer(), nullable=True),
    sa.Column('is_current', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['corrects_id'], ['ticket_time.id'], name=op.f('fk_ticket_time_corrects_id')),
    sa.ForeignKeyConstraint(['entered_by_id'], ['app_user.id'], name=op.f('fk_ticket_time_entered_by_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_time_ticket_id')),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.id'], name=op.f('fk_ticket_time_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_time')),
    sa.UniqueConstraint('corrects_id', name=op.f('uq_ticket_time_corrects_id'))
    )
    op.create_index('ix_ticket_time_ticket_id_ticket_time_is_current', 'ticket_time', ['ticket_id', 'is_current'])
    op.create_index('ix_ticket_time_worked_on', 'ticket_time', ['worked_on'])


def downgrade() -> None:
    op.drop_table('ticket_time')
