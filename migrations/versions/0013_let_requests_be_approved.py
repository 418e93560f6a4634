"""Add approvals of requests, who may ask, versions of request types, and drafts."""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('request_designation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('agency_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('request_type', sa.String(length=60), nullable=False),
    sa.Column('named_by_id', sa.Integer(), nullable=False),
    sa.Column('named_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agency.id'], name=op.f('fk_request_designation_agency_id')),
    sa.ForeignKeyConstraint(['named_by_id'], ['app_user.id'], name=op.f('fk_request_designation_named_by_id')),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.id'], name=op.f('fk_request_designation_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_request_designation')),
    sa.UniqueConstraint('agency_id', 'user_id', 'request_type', name=op.f('uq_request_designation_agency_id_user_id_request_type'))
    )
    with op.batch_alter_table('request_designation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_request_designation_user_id'), ['user_id'], unique=False)

    op.create_table('request_draft',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('owner_id', sa.Integer(), nullable=False),
    sa.Column('request_type', sa.String(length=60), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['owner_id'], ['app_user.id'], name=op.f('fk_request_draft_owner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_request_draft')),
    sa.UniqueConstraint('owner_id', 'request_type', name=op.f('uq_request_draft_owner_id_request_type'))
    )
    with op.batch_alter_table('request_draft', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_request_draft_saved_at'), ['saved_at'], unique=False)

    op.create_table('request_type_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('help', sa.String(length=200), nullable=False),
    sa.Column('priority', sa.String(length=60), nullable=False),
    sa.Column('target_hours', sa.Integer(), nullable=False),
    sa.Column('approval', sa.String(length=60), nullable=False),
    sa.Column('pii_rule', sa.String(length=200), nullable=False),
    sa.Column('checklist', sa.Text(), nullable=False),
    sa.Column('manuals', sa.Text(), nullable=False),
    sa.Column('offered', sa.Boolean(), nullable=False),
    sa.Column('because', sa.String(length=200), nullable=False),
    sa.Column('changed_by_id', sa.Integer(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['changed_by_id'], ['app_user.id'], name=op.f('fk_request_type_version_changed_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_request_type_version')),
    sa.UniqueConstraint('key', 'number', name=op.f('uq_request_type_version_key_number'))
    )
    op.create_table('ticket_approval',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('step', sa.String(length=40), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('verdict', sa.String(length=40), nullable=True),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['decided_by_id'], ['app_user.id'], name=op.f('fk_ticket_approval_decided_by_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_approval_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_approval')),
    sa.UniqueConstraint('ticket_id', 'step', name=op.f('uq_ticket_approval_ticket_id_step'))
    )
    with op.batch_alter_table('ticket_approval', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_approval_decided_at_ticket_approval_asked_at'), ['decided_at', 'asked_at'], unique=False)

    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.add_column(sa.Column('type_version', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('channel', sa.String(length=40), server_default='portal', nullable=False))
        batch_op.create_index(batch_op.f('ix_ticket_channel_ticket_filed_at'), ['channel', 'filed_at'], unique=False)



def downgrade() -> None:
    # One by one: SQLite would write the whole table anew in a batch, and a column that is worked out stands in the way.
    op.drop_index('ix_ticket_channel_ticket_filed_at', table_name='ticket')
    op.drop_column('ticket', 'channel')
    op.drop_column('ticket', 'type_version')

    with op.batch_alter_table('ticket_approval', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ticket_approval_decided_at_ticket_approval_asked_at'))

    op.drop_table('ticket_approval')
    op.drop_table('request_type_version')
    with op.batch_alter_table('request_draft', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_request_draft_saved_at'))

    op.drop_table('request_draft')
    with op.batch_alter_table('request_designation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_request_designation_user_id'))

    op.drop_table('request_designation')
