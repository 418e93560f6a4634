"""Chain the audit trail."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

TABLES = ("audit_entry", "audit_link")
SAYING = "The audit trail is only ever added to."


def upgrade() -> None:
    op.add_column("audit_entry", sa.Column("mark", sa.String(96)))
    op.create_index(op.f("ix_audit_entry_mark"), "audit_entry", ["mark"], unique=True)
    op.create_table(
        "audit_link",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(96), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_link")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_link_entry_id")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for table in TABLES:
            for kind in ("update", "delete"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{kind} BEFORE {kind.upper()} ON {table}"
                    f" BEGIN SELECT RAISE(ABORT, '{SAYING}'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{SAYING}'; END $$"
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to()"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for kind in ("update", "delete"):
            op.execute(f"DROP TRIGGER audit_entry_no_{kind}")
    else:
        op.execute("DROP TRIGGER audit_entry_only_added_to ON audit_entry")
    op.drop_table("audit_link")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION audit_is_only_added_to()")
    op.drop_index(op.f("ix_audit_entry_mark"), "audit_entry")
    op.drop_column("audit_entry", "mark")
