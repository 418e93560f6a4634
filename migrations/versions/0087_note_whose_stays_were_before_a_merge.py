"""Note whose stays were before a merge."""

import sqlalchemy as sa
from alembic import op

revision = "0087"
down_revision = "0086"
branch_labels = None
depends_on = None

#: Of merges made before, the stays as they lie now: of one that the vendor has made already nothing else is known.
STAYS_NOW = """
INSERT INTO hmis_merge_stay (merge_id, source_id, enrollment_id, client_id)
SELECT merges.id, stays.source_id, stays.enrollment_id, records.id
FROM hmis_merge AS merges
JOIN hmis_client AS folded ON folded.id = merges.source_client_id
JOIN hmis_client AS kept ON kept.id = merges.destination_client_id
JOIN hmis_client AS records ON records.person_id IN (folded.person_id, kept.person_id)
JOIN hmis_enrollment AS stays ON stays.source_id = records.source_id AND stays.personal_id = records.personal_id
WHERE stays.removed_at IS NULL
"""


def upgrade() -> None:
    """Add the table, and fill it for the merges there are."""
    op.create_table(
        "hmis_merge_stay",
        sa.Column("merge_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("enrollment_id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["merge_id"], ["hmis_merge.id"], name=op.f("fk_hmis_merge_stay_merge_id")),
        sa.ForeignKeyConstraint(["source_id"], ["hmis_source.id"], name=op.f("fk_hmis_merge_stay_source_id")),
        sa.ForeignKeyConstraint(["client_id"], ["hmis_client.id"], name=op.f("fk_hmis_merge_stay_client_id")),
        sa.PrimaryKeyConstraint("merge_id", "source_id", "enrollment_id", name=op.f("pk_hmis_merge_stay")),
    )
    op.execute(STAYS_NOW)


def downgrade() -> None:
    op.drop_table("hmis_merge_stay")
