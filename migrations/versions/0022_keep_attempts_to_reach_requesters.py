"""Keep attempts to reach requesters."""

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ticket_contact_attempt',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('way', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['app_user.id'], name=op.f('fk_ticket_contact_attempt_by_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_contact_attempt_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_contact_attempt'))
    )
    with op.batch_alter_table('ticket_contact_attempt', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_contact_attempt_ticket_id_ticket_contact_attempt_at'), ['ticket_id', 'at'], unique=False)


def downgrade() -> None:
    op.drop_table('ticket_contact_attempt')
