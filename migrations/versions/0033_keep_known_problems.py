"""Keep known problems."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('known_problem',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('until', sa.Date(), nullable=True),
    sa.Column('request_types', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('agency_ids', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('on_banner', sa.Boolean(), nullable=False),
    sa.Column('written_by_id', sa.Integer(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('solved_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['written_by_id'], ['app_user.id'], name=op.f('fk_known_problem_written_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_known_problem'))
    )
    op.create_index(op.f('ix_known_problem_state_known_problem_id'), 'known_problem', ['state', 'id'])

    op.create_table('known_problem_person',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('problem_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('has_it', sa.Boolean(), nullable=False),
    sa.Column('put_away', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['problem_id'], ['known_problem.id'], name=op.f('fk_known_problem_person_problem_id')),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.id'], name=op.f('fk_known_problem_person_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_known_problem_person')),
    sa.UniqueConstraint('problem_id', 'user_id', name=op.f('uq_known_problem_person_problem_id_user_id'))
    )
    op.create_index(op.f('ix_known_problem_person_user_id'), 'known_problem_person', ['user_id'])


def downgrade() -> None:
    op.drop_table('known_problem_person')
    op.drop_table('known_problem')
