"""Keep the mails that come."""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('incoming_mail',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('why', sa.String(length=200), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_try_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('filed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sender_id', sa.Integer(), nullable=True),
    sa.Column('ticket_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['sender_id'], ['app_user.id'], name=op.f('fk_incoming_mail_sender_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_incoming_mail_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_incoming_mail')),
    sa.UniqueConstraint('fingerprint', name=op.f('uq_incoming_mail_fingerprint'))
    )
    with op.batch_alter_table('incoming_mail', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_incoming_mail_sender_id_incoming_mail_filed_at'), ['sender_id', 'filed_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_incoming_mail_state_incoming_mail_id'), ['state', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_incoming_mail_state_incoming_mail_next_try_at'), ['state', 'next_try_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_incoming_mail_ticket_id'), ['ticket_id'], unique=False)

    op.create_table('mail_bounce',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('mail_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('outbox_id', sa.Integer(), nullable=False),
    sa.Column('address_hash', sa.String(length=64), nullable=False),
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('is_permanent', sa.Boolean(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['mail_id'], ['incoming_mail.id'], name=op.f('fk_mail_bounce_mail_id')),
    sa.ForeignKeyConstraint(['outbox_id'], ['outbox_message.id'], name=op.f('fk_mail_bounce_outbox_id')),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.id'], name=op.f('fk_mail_bounce_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_bounce')),
    sa.UniqueConstraint('mail_id', name=op.f('uq_mail_bounce_mail_id'))
    )
    with op.batch_alter_table('mail_bounce', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mail_bounce_outbox_id'), ['outbox_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_mail_bounce_user_id_mail_bounce_at'), ['user_id', 'at'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('mail_bounce', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_mail_bounce_user_id_mail_bounce_at'))
        batch_op.drop_index(batch_op.f('ix_mail_bounce_outbox_id'))

    op.drop_table('mail_bounce')
    with op.batch_alter_table('incoming_mail', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_incoming_mail_ticket_id'))
        batch_op.drop_index(batch_op.f('ix_incoming_mail_state_incoming_mail_next_try_at'))
        batch_op.drop_index(batch_op.f('ix_incoming_mail_state_incoming_mail_id'))
        batch_op.drop_index(batch_op.f('ix_incoming_mail_sender_id_incoming_mail_filed_at'))

    op.drop_table('incoming_mail')
