"""Let types ask for something before a ticket is resolved, and keep how it ended."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ticket_evidence',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('message_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['ticket_message.id'], name=op.f('fk_ticket_evidence_message_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_evidence_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_evidence')),
    sa.UniqueConstraint('message_id', name=op.f('uq_ticket_evidence_message_id'))
    )
    op.create_index('ix_ticket_evidence_ticket_id', 'ticket_evidence', ['ticket_id'])
    # Not in a batch, which would copy the tables: SQLite can't copy columns that it computes.
    op.add_column('ticket', sa.Column('resolution', sa.String(length=40), nullable=True))
    op.add_column('ticket_sending', sa.Column('resolution', sa.String(length=40), nullable=True))
    op.add_column('ticket_entry', sa.Column('of_work', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    for name, length, value in (('closing', 60, "'free'"), ('evidence', 200, "''")):
        column = sa.Column(name, sa.String(length=length), server_default=sa.text(value), nullable=False)
        op.add_column('request_type_version', column)


def downgrade() -> None:
    for name in ('evidence', 'closing'):
        op.drop_column('request_type_version', name)
    op.drop_column('ticket_entry', 'of_work')
    op.drop_column('ticket_sending', 'resolution')
    op.drop_column('ticket', 'resolution')
    op.drop_table('ticket_evidence')
