"""Find the merges of a day, and who moved with them, along indexes: each notice to an agency asks for them."""

from alembic import op

revision = "0092"
down_revision = "0091"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_hmis_merge_merged_at", "hmis_merge", ["merged_at"])
    op.create_index("ix_hmis_merge_undone_at", "hmis_merge", ["undone_at"])
    op.create_index("ix_hmis_person_link_merge", "hmis_person_link", ["merge_id"])


def downgrade() -> None:
    op.drop_index("ix_hmis_person_link_merge", "hmis_person_link")
    op.drop_index("ix_hmis_merge_undone_at", "hmis_merge")
    op.drop_index("ix_hmis_merge_merged_at", "hmis_merge")
