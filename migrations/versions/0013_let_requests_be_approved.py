"""Add approvals of requests, who may ask, versions of request types, and drafts."""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
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



def downgrade() -> None:
    with op.batch_alter_table('ticket_approval', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ticket_approval_decided_at_ticket_approval_asked_at'))

    op.drop_table('ticket_approval')
    with op.batch_alter_table('request_designation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_request_designation_user_id'))

    op.drop_table('request_designation')
