"""Ask how requests went."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ticket_survey_refusal',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.id'], name=op.f('fk_ticket_survey_refusal_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_survey_refusal')),
    sa.UniqueConstraint('user_id', name=op.f('uq_ticket_survey_refusal_user_id'))
    )
    op.create_table('ticket_survey',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('nonce', sa.String(length=60), nullable=False),
    sa.Column('ask_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('comment', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['app_user.id'], name=op.f('fk_ticket_survey_person_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_survey_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_survey')),
    sa.UniqueConstraint('ticket_id', name=op.f('uq_ticket_survey_ticket_id'))
    )
    unsent = sa.text('sent_at IS NULL')
    op.create_index(
        'ix_ticket_survey_unsent', 'ticket_survey', ['ask_at'], sqlite_where=unsent, postgresql_where=unsent
    )
    # Not in a batch, which would copy the table: SQLite can't copy columns that it computes.
    op.add_column('ticket', sa.Column('rating', sa.String(length=40), nullable=True))
    op.execute(sa.text('DELETE FROM ticket_book'))  # a tally has three counts more; the job writes them anew


def downgrade() -> None:
    op.execute(sa.text('DELETE FROM ticket_book'))
    op.drop_column('ticket', 'rating')
    op.drop_table('ticket_survey')
    op.drop_table('ticket_survey_refusal')
