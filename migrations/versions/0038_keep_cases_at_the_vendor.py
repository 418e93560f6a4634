"""Keep cases at the vendor."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('vendor_case',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('vendor', sa.String(length=200), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('promised_on', sa.Date(), nullable=True),
    sa.Column('release', sa.String(length=60), nullable=False),
    sa.Column('opened_by_id', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['opened_by_id'], ['app_user.id'], name=op.f('fk_vendor_case_opened_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_vendor_case')),
    sa.UniqueConstraint('vendor', 'number', name=op.f('uq_vendor_case_vendor_number'))
    )
    op.create_index(op.f('ix_vendor_case_state_vendor_case_promised_on'), 'vendor_case', ['state', 'promised_on'])


def downgrade() -> None:
    op.drop_table('vendor_case')
