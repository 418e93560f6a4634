"""Let source rows name sources and imports without a check."""

import re
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op
revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = (
    'hmis_affiliation', 'hmis_assessment', 'hmis_assessment_questions', 'hmis_assessment_results',
    'hmis_ce_participation', 'hmis_client', 'hmis_current_living_situation', 'hmis_disabilities',
    'hmis_employment_education', 'hmis_enrollment', 'hmis_event', 'hmis_exit', 'hmis_export', 'hmis_funder',
    'hmis_health_and_dv', 'hmis_hmis_participation', 'hmis_income_benefits', 'hmis_inventory', 'hmis_organization',
    'hmis_project', 'hmis_project_coc', 'hmis_services', 'hmis_user', 'hmis_youth_education_status',
)
REFERENCES = {'source_id': 'hmis_source', 'import_id': 'hmis_import'}


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        _edit_schema_of_sqlite(connection, _without)
        return
    for table in TABLES:
        for column in REFERENCES:
            op.drop_constraint(f'fk_{table}_{column}', table, type_='foreignkey')


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        _edit_schema_of_sqlite(connection, _with)
        return
    for table in TABLES:
        for column, target in REFERENCES.items():
            op.create_foreign_key(f'fk_{table}_{column}', table, target, [column], ['id'])


def _edit_schema_of_sqlite(connection: sa.Connection, edit: Callable[[str, str], str]) -> None:
    """Edit the stored schema, as SQLite's manual says for constraints that don't touch what is on disk.

    The usual way copies each table, which takes long for millions of rows and is forbidden while others refer to them.
    """
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    try:
        for table in TABLES:
            schema = connection.exec_driver_sql("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).scalar_one()
            connection.exec_driver_sql("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (edit(schema, table), table))
        connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    finally:
        connection.exec_driver_sql("PRAGMA writable_schema = RESET")


def _without(schema: str, table: str) -> str:
    for column, target in REFERENCES.items():
        constraint = rf'CONSTRAINT "?fk_{table}_{column}"? FOREIGN KEY\s*\({column}\) REFERENCES {target} \(id\)'
        schema, found = re.subn(rf',\s*{constraint}', '', schema)
        if found != 1:
            raise RuntimeError(f"{table} is not as the versions before made it.")
    return schema


def _with(schema: str, table: str) -> str:
    added = (
        f", CONSTRAINT fk_{table}_{column} FOREIGN KEY({column}) REFERENCES {target} (id)"
        for column, target in REFERENCES.items()
    )
    return f"{schema.rstrip().removesuffix(')')}{''.join(added)})"
