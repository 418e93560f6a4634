"""Let many tickets be changed at once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0023'
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ticket_bulk_act',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('act', sa.String(length=40), nullable=False),
    sa.Column('value', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['app_user.id'], name=op.f('fk_ticket_bulk_act_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_bulk_act'))
    )
    with op.batch_alter_table('ticket_bulk_act', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_bulk_act_by_id_ticket_bulk_act_asked_at'), ['by_id', 'asked_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_ticket_bulk_act_state'), ['state'], unique=False)

    op.create_table('ticket_bulk_item',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('act_id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('outcome', sa.String(length=40), nullable=False),
    sa.Column('why', sa.String(length=200), nullable=False),
    sa.Column('before', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('after', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['act_id'], ['ticket_bulk_act.id'], name=op.f('fk_ticket_bulk_item_act_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_bulk_item_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_bulk_item')),
    sa.UniqueConstraint('act_id', 'ticket_id', name=op.f('uq_ticket_bulk_item_act_id_ticket_id'))
    )
    with op.batch_alter_table('ticket_bulk_item', schema=None) as batch_op:
        batch_op.create_index('ix_ticket_bulk_item_of_act', ['act_id', 'outcome', 'id'], unique=False)


def downgrade() -> None:
    op.drop_table('ticket_bulk_item')
    op.drop_table('ticket_bulk_act')
