"""Tell sources from mere names that were given with an export."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

MERE_NAMES = """
    UPDATE hmis_source SET is_known = :no
    WHERE vendor = '' AND drop_folder IS NULL AND NOT names_hashed
    AND CAST(known_ids AS text) = '[]' AND CAST(cocs AS text) = '[]' AND CAST(brakes AS text) = '{}'
    AND EXISTS (SELECT 1 FROM hmis_import i WHERE i.source_id = hmis_source.id)
    AND NOT EXISTS (SELECT 1 FROM hmis_import i WHERE i.source_id = hmis_source.id AND i.turn IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM hmis_project p WHERE p.source_id = hmis_source.id)
    AND NOT EXISTS (SELECT 1 FROM hmis_client c WHERE c.source_id = hmis_source.id)
"""


def upgrade() -> None:
    op.add_column('hmis_source', sa.Column('is_known', sa.Boolean(), server_default=sa.true(), nullable=False))
    op.get_bind().execute(sa.text(MERE_NAMES), {"no": False})


def downgrade() -> None:
    op.drop_column('hmis_source', 'is_known')
