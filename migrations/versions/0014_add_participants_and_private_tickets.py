"""Add participants and private tickets."""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ticket_participant',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('why', sa.String(length=40), nullable=False),
    sa.Column('added_by_id', sa.Integer(), nullable=True),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['added_by_id'], ['app_user.id'], name=op.f('fk_ticket_participant_added_by_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_participant_ticket_id')),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.id'], name=op.f('fk_ticket_participant_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_participant')),
    sa.UniqueConstraint('ticket_id', 'user_id', name=op.f('uq_ticket_participant_ticket_id_user_id'))
    )
    with op.batch_alter_table('ticket_participant', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_participant_user_id_ticket_participant_ticket_id'), ['user_id', 'ticket_id'], unique=False)

    # Not in a batch: SQLite would make the table anew, with its computed columns.
    op.add_column("ticket", sa.Column("is_private", sa.Boolean(), server_default=sa.false(), nullable=False))
    some = sa.text("is_private")
    op.create_index("ix_ticket_private", "ticket", ["id"], sqlite_where=some, postgresql_where=some)


def downgrade() -> None:
    op.drop_index("ix_ticket_private", table_name="ticket")
    op.drop_column("ticket", "is_private")
    op.drop_table("ticket_participant")
