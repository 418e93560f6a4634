"""Add planned answers, canned replies and who is at a ticket."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0017'
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('canned_reply',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('owner_id', sa.Integer(), nullable=True),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('request_types', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('changed_by_id', sa.Integer(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['changed_by_id'], ['app_user.id'], name=op.f('fk_canned_reply_changed_by_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['app_user.id'], name=op.f('fk_canned_reply_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_canned_reply'))
    )
    with op.batch_alter_table('canned_reply', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_canned_reply_owner_id'), ['owner_id'], unique=False)

    op.create_table('ticket_presence',
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('typed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_presence_ticket_id')),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.id'], name=op.f('fk_ticket_presence_user_id')),
    sa.PrimaryKeyConstraint('ticket_id', 'user_id', name=op.f('pk_ticket_presence'))
    )
    with op.batch_alter_table('ticket_presence', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_presence_seen_at'), ['seen_at'], unique=False)

    op.create_table('ticket_sending',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('then', sa.String(length=40), nullable=False),
    sa.Column('despite_parts', sa.Boolean(), nullable=False),
    sa.Column('confirmed_clean', sa.Boolean(), nullable=False),
    sa.Column('files', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('nonce', sa.String(length=60), nullable=True),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sends_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('problem', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['app_user.id'], name=op.f('fk_ticket_sending_author_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_sending_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_sending')),
    sa.UniqueConstraint('author_id', 'nonce', name=op.f('uq_ticket_sending_author_id_nonce'))
    )
    with op.batch_alter_table('ticket_sending', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_sending_sends_at'), ['sends_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_ticket_sending_ticket_id'), ['ticket_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('ticket_sending', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ticket_sending_ticket_id'))
        batch_op.drop_index(batch_op.f('ix_ticket_sending_sends_at'))

    op.drop_table('ticket_sending')
    with op.batch_alter_table('ticket_presence', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ticket_presence_seen_at'))

    op.drop_table('ticket_presence')
    with op.batch_alter_table('canned_reply', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_canned_reply_owner_id'))

    op.drop_table('canned_reply')
