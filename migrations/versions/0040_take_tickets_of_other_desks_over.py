"""Take tickets of other desks over."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ticket_import',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('shape', sa.String(length=60), nullable=False),
    sa.Column('columns', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('message_columns', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    sa.Column('source', sa.String(length=60), nullable=False),
    sa.Column('mapping', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('strangers', sa.LargeBinary(), nullable=True),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('starts', sa.Integer(), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['by_id'], ['app_user.id'], name=op.f('fk_ticket_import_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_import'))
    )
    with op.batch_alter_table('ticket_import', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_import_state'), ['state'], unique=False)

    op.create_table('ticket_external',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(length=60), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_external_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_external')),
    sa.UniqueConstraint('source', 'number', name=op.f('uq_ticket_external_source_number')),
    sa.UniqueConstraint('ticket_id', name=op.f('uq_ticket_external_ticket_id'))
    )
    op.create_table('ticket_import_row',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('import_id', sa.Integer(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('outcome', sa.String(length=40), nullable=False),
    sa.Column('problems', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=True),
    sa.Column('image', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['ticket_import.id'], name=op.f('fk_ticket_import_row_import_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_import_row_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_import_row')),
    sa.UniqueConstraint('import_id', 'place', name=op.f('uq_ticket_import_row_import_id_place'))
    )
    with op.batch_alter_table('ticket_import_row', schema=None) as batch_op:
        batch_op.create_index('ix_ticket_import_row_of_import', ['import_id', 'outcome', 'place'], unique=False)
        batch_op.create_index(batch_op.f('ix_ticket_import_row_ticket_id'), ['ticket_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('ticket_import_row', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ticket_import_row_ticket_id'))
        batch_op.drop_index('ix_ticket_import_row_of_import')

    op.drop_table('ticket_import_row')
    op.drop_table('ticket_external')
    with op.batch_alter_table('ticket_import', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ticket_import_state'))

    op.drop_table('ticket_import')
