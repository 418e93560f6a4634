"""Indexes of an empty table on PostgreSQL, left out while the rows of a first import go in and built afterwards.

To keep three indexes while rows come costs the server more than all else that it does for a row; to build them once
the rows are there costs a quarter of that. It needs the table for itself until the end of the transaction: whoever else
reads it waits. So it is done only while the store has no client at all, and for files whose rows are shown nowhere but
under a client. It is not done where somebody has the table just now, where it is another role's, or where foreign keys
point to it.

All of it is part of the transaction: an import that ends in any other way leaves the indexes as they were.
"""

from typing import Any, NamedTuple

FILES = (
    "IncomeBenefits",
    "HealthAndDV",
    "EmploymentEducation",
    "Disabilities",
    "YouthEducationStatus",
    "Services",
    "CurrentLivingSituation",
    "AssessmentQuestions",
    "AssessmentResults",
    "Event",
)
"""Files whose rows are shown nowhere but under a client."""
HARMLESS = ("55P03", "42501", "2BP01")
"""Somebody has the table; it is another role's; something depends on an index."""
NUMBERS_AT_ONCE = 1_000
"""How many numbers a table's sequence hands out at once meanwhile: asked for each, they cost a sixth of a row."""
SAVEPOINT = "indexes_left_out"
UNIQUE_VIOLATION = "23505"


class KeysRepeat(Exception):
    """Rows went in whose key was there before, and no index told. The import is to be taken back and begun anew."""


class LeftOut(NamedTuple):
    """What must be done to a table before its rows are read."""

    statements: tuple[str, ...]


def leave_out(cursor: Any, table: str) -> LeftOut | None:
    """Drop the indexes of an empty table and return how to build them again; None, with all as it was, if it can't be.

    Until the end of the transaction nobody else gets to the table.
    """
    cursor.execute(f"SAVEPOINT {SAVEPOINT}")
    try:
        cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE NOWAIT")
        left_out = _drop(cursor, table) if _is_empty(cursor, table) else None
    except Exception as error:
        if getattr(error, "sqlstate", None) not in HARMLESS:
            raise
        left_out = None
    if left_out is None:
        cursor.execute(f"ROLLBACK TO SAVEPOINT {SAVEPOINT}")  # this gives the lock up, too
    cursor.execute(f"RELEASE SAVEPOINT {SAVEPOINT}")
    return left_out


def build(cursor: Any, left_out: LeftOut) -> None:
    """Build the indexes. Raises `KeysRepeat` when a key is there twice; the transaction can't go on then."""
    try:
        for sql in left_out.statements:
            cursor.execute(sql)
    except Exception as error:
        if getattr(error, "sqlstate", None) != UNIQUE_VIOLATION:
            raise
        raise KeysRepeat from None


def _is_empty(cursor: Any, table: str) -> bool:
    return not cursor.execute(f"SELECT FROM {table} LIMIT 1").fetchall()


def _drop(cursor: Any, table: str) -> LeftOut:
    found = cursor.execute(
        "SELECT quote_ident(c.relname), pg_get_indexdef(c.oid), quote_ident(k.conname), pg_get_constraintdef(k.oid)"
        " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid"
        " WHERE i.indrelid = %s::regclass ORDER BY i.indexrelid",
        (table,),
    ).fetchall()
    ((sequence,),) = cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", (table,)).fetchall()
    statements = []
    for index, definition, constraint, rule in found:
        if constraint is None:
            cursor.execute(f"DROP INDEX {index}")
            statements.append(definition)
        else:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
            statements.append(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {rule}")
    cursor.execute(f"ALTER SEQUENCE {sequence} CACHE {NUMBERS_AT_ONCE}")
    return LeftOut((*statements, f"ALTER SEQUENCE {sequence} CACHE 1"))
