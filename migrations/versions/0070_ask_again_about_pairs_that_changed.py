"""Ask again about pairs that changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
PAIR = sa.table(
    "dedupe_pair",
    sa.column("id", sa.Integer()),
    sa.column("state", sa.String()),
    sa.column("low_client_id", sa.Integer()),
    sa.column("high_client_id", sa.Integer()),
    sa.column("rows_seen", Json),
)
CLIENT = sa.table("hmis_client", sa.column("id", sa.Integer()), sa.column("import_id", sa.Integer()))


def upgrade() -> None:
    """Add the columns. Pairs that were kept apart count as decided on the rows there are."""
    with op.batch_alter_table("dedupe_pair") as pairs:
        pairs.add_column(sa.Column("rows_seen", Json))
        pairs.add_column(sa.Column("changes", Json, nullable=False, server_default="[]"))
    with op.batch_alter_table("dedupe_pair") as pairs:
        pairs.alter_column("changes", server_default=None)
    low, high = CLIENT.alias(), CLIENT.alias()
    apart = (
        sa.select(PAIR.c.id, low.c.import_id, high.c.import_id)
        .join(low, low.c.id == PAIR.c.low_client_id)
        .join(high, high.c.id == PAIR.c.high_client_id)
        .where(PAIR.c.state == "apart")
    )
    connection = op.get_bind()
    for pair_id, *seen in connection.execute(apart).all():
        connection.execute(PAIR.update().where(PAIR.c.id == pair_id).values(rows_seen=seen))


def downgrade() -> None:
    with op.batch_alter_table("dedupe_pair") as pairs:
        pairs.drop_column("changes")
        pairs.drop_column("rows_seen")
