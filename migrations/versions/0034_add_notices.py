"""Add notices."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

FILL = {
    'sqlite': """
        UPDATE outbox_message
        SET ticket_id = json_extract(arguments, '$.ticket_id')
        WHERE json_type(arguments, '$.ticket_id') = 'integer'
    """,
    'postgresql': """
        UPDATE outbox_message
        SET ticket_id = (arguments ->> 'ticket_id')::integer
        WHERE jsonb_typeof(arguments -> 'ticket_id') = 'number'
    """,
}


def upgrade() -> None:
    op.create_table('notice_default',
    sa.Column('cell', sa.String(length=60), nullable=False),
    sa.Column('way', sa.String(length=40), nullable=False),
    sa.PrimaryKeyConstraint('cell', name=op.f('pk_notice_default'))
    )
    op.create_table('notice_digest',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.id'], name=op.f('fk_notice_digest_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice_digest'))
    )
    op.create_index('ix_notice_digest_user_id_notice_digest_id', 'notice_digest', ['user_id', 'id'], unique=False)

    op.create_table('notice_wishes',
    sa.Column('user_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('ways', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('is_wide', sa.Boolean(), nullable=False),
    sa.Column('queues', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('zone', sa.String(length=60), nullable=False),
    sa.Column('quiet_from', sa.Integer(), nullable=True),
    sa.Column('quiet_until', sa.Integer(), nullable=True),
    sa.Column('quiet_weekends', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('urgent_passes', sa.Boolean(), server_default=sa.true(), nullable=False),
    sa.Column('digest_every', sa.String(length=40), nullable=False),
    sa.Column('digest_minute', sa.Integer(), nullable=False),
    sa.Column('digest_weekday', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.id'], name=op.f('fk_notice_wishes_user_id')),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_notice_wishes'))
    )
    op.create_index('ix_notice_wishes_is_wide', 'notice_wishes', ['is_wide'], unique=False)

    op.create_table('notice',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('occasion', sa.String(length=40), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('in_app', sa.Boolean(), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('digest_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('digest_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['actor_id'], ['app_user.id'], name=op.f('fk_notice_actor_id')),
    sa.ForeignKeyConstraint(['digest_id'], ['notice_digest.id'], name=op.f('fk_notice_digest_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_notice_ticket_id')),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.id'], name=op.f('fk_notice_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice'))
    )
    op.create_index('ix_notice_at', 'notice', ['at'], unique=False)
    op.create_index('ix_notice_collected', 'notice', ['digest_at'], unique=False, sqlite_where=sa.text('digest_at IS NOT NULL AND digest_id IS NULL'), postgresql_where=sa.text('digest_at IS NOT NULL AND digest_id IS NULL'))
    op.create_index('ix_notice_digest_id', 'notice', ['digest_id'], unique=False)
    op.create_index('ix_notice_unread', 'notice', ['user_id'], unique=False, sqlite_where=sa.text('in_app AND read_at IS NULL'), postgresql_where=sa.text('in_app AND read_at IS NULL'))
    op.create_index('ix_notice_user_id_notice_id', 'notice', ['user_id', 'id'], unique=False)

    op.add_column('outbox_message', sa.Column('ticket_id', sa.Integer(), nullable=True))
    op.create_index('ix_outbox_message_ticket_id', 'outbox_message', ['ticket_id'], unique=False)
    op.execute(FILL[op.get_bind().dialect.name])


def downgrade() -> None:
    op.drop_index('ix_outbox_message_ticket_id', table_name='outbox_message')
    op.drop_column('outbox_message', 'ticket_id')

    op.drop_table('notice')

    op.drop_table('notice_wishes')

    op.drop_table('notice_digest')
    op.drop_table('notice_default')
