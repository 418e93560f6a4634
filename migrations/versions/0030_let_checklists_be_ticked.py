"""Let checklists be ticked on tickets."""

import sqlalchemy as sa
from alembic import op

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ticket_step',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('step', sa.Text(), nullable=False),
    sa.Column('ticked_by_id', sa.Integer(), nullable=False),
    sa.Column('ticked_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['ticked_by_id'], ['app_user.id'], name=op.f('fk_ticket_step_ticked_by_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_step_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_step')),
    sa.UniqueConstraint('ticket_id', 'step', name=op.f('uq_ticket_step_ticket_id_step'))
    )


def downgrade() -> None:
    op.drop_table('ticket_step')
