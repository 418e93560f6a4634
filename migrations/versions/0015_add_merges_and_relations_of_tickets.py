"""Add merges and relations of tickets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0015'
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ticket_merge',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('source_id', sa.Integer(), nullable=False),
    sa.Column('target_id', sa.Integer(), nullable=False),
    sa.Column('merged_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('merged_by_id', sa.Integer(), nullable=True),
    sa.Column('was_state', sa.String(length=40), nullable=False),
    sa.Column('was_waiting_on', sa.String(length=40), nullable=True),
    sa.Column('was_resolved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('joined', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('undone_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['merged_by_id'], ['app_user.id'], name=op.f('fk_ticket_merge_merged_by_id')),
    sa.ForeignKeyConstraint(['source_id'], ['ticket.id'], name=op.f('fk_ticket_merge_source_id')),
    sa.ForeignKeyConstraint(['target_id'], ['ticket.id'], name=op.f('fk_ticket_merge_target_id')),
    sa.ForeignKeyConstraint(['undone_by_id'], ['app_user.id'], name=op.f('fk_ticket_merge_undone_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_merge'))
    )
    with op.batch_alter_table('ticket_merge', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_merge_source_id'), ['source_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_ticket_merge_target_id'), ['target_id'], unique=False)

    op.create_table('ticket_relation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('other_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('related_by_id', sa.Integer(), nullable=True),
    sa.Column('related_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['other_id'], ['ticket.id'], name=op.f('fk_ticket_relation_other_id')),
    sa.ForeignKeyConstraint(['related_by_id'], ['app_user.id'], name=op.f('fk_ticket_relation_related_by_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_relation_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_relation')),
    sa.UniqueConstraint('ticket_id', 'other_id', 'kind', name=op.f('uq_ticket_relation_ticket_id_other_id_kind'))
    )
    with op.batch_alter_table('ticket_relation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_relation_other_id'), ['other_id'], unique=False)

    merged = sa.text("merged_into_id IS NOT NULL")
    if op.get_bind().dialect.name == "sqlite":  # in a batch, the table would be made anew
        op.execute(
            "ALTER TABLE ticket ADD COLUMN merged_into_id INTEGER"
            " CONSTRAINT fk_ticket_merged_into_id REFERENCES ticket (id)"
        )
    else:
        op.add_column("ticket", sa.Column("merged_into_id", sa.Integer(), nullable=True))
        op.create_foreign_key("fk_ticket_merged_into_id", "ticket", "ticket", ["merged_into_id"], ["id"])
    op.create_index(
        "ix_ticket_merged_into_id", "ticket", ["merged_into_id"], sqlite_where=merged, postgresql_where=merged
    )


def downgrade() -> None:
    # What was merged stands by itself again, where it stood before.
    standing = "FROM ticket_merge WHERE source_id = ticket.id AND undone_at IS NULL"
    was = ", ".join(
        f"{column} = (SELECT was_{column} {standing})" for column in ("state", "waiting_on", "resolved_at")
    )
    op.execute(f"UPDATE ticket SET {was} WHERE EXISTS (SELECT 1 {standing})")
    op.drop_index("ix_ticket_merged_into_id", table_name="ticket")
    op.drop_column("ticket", "merged_into_id")
    op.drop_table("ticket_relation")
    op.drop_table("ticket_merge")
