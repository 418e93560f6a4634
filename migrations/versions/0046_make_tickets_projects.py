"""Make tickets projects."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

WAIT = (("ticket", "waiting_on"), ("ticket_event", "waiting_on"), ("ticket_merge", "was_waiting_on"))


def upgrade() -> None:
    op.create_table('ticket_project',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('owner_id', sa.Integer(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('made', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('told', sa.Boolean(), nullable=False),
    sa.Column('promoted_by_id', sa.Integer(), nullable=False),
    sa.Column('promoted_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['owner_id'], ['app_user.id'], name=op.f('fk_ticket_project_owner_id')),
    sa.ForeignKeyConstraint(['promoted_by_id'], ['app_user.id'], name=op.f('fk_ticket_project_promoted_by_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_project_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_project')),
    sa.UniqueConstraint('ticket_id', name=op.f('uq_ticket_project_ticket_id'))
    )
    op.create_index(op.f('ix_ticket_project_due_on'), 'ticket_project', ['due_on'])


def downgrade() -> None:
    # What waits on a project waits inside the team: nothing else is known by this word before.
    for table, column in WAIT:
        op.execute(sa.text(f"UPDATE {table} SET {column} = 'vendor' WHERE {column} = 'project'"))
    op.drop_index(op.f('ix_ticket_project_due_on'), table_name='ticket_project')
    op.drop_table('ticket_project')
