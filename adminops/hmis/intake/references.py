"""References of an export checked across its files, in the database, once all of them are written.

A row that names something which the source does not have is kept and flagged: vendors export such rows, and the next
export may bring what is missing.
"""

# ruff: noqa: S608 - the names in these statements are of the specification, never of the input

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, text

from adminops.hmis.intake.bulk import SEEN
from adminops.hmis.intake.problems import NOTE, WARNING, Problem, ProblemLog
from adminops.hmis.spec import ColumnSpec, FileSpec, current

NOT_CHECKED = ("Export", "User")


def check_references(connection: Connection, files: Iterable[FileSpec], source_id: int, log: ProblemLog) -> None:
    """Log every row of `files` that names something which the source does not have, or somebody else's stay.

    Their keys and lines are in the temporary table of what was seen.
    """
    for file in files:
        references = [
            column for column in file.columns if column.ref and column.ref[0] not in NOT_CHECKED and not column.is_key
        ]
        if references:
            _check_rows(connection, file, references, source_id, log)
        if "UserID" in file.by_name and file.name != "User":
            _count_unknown_users(connection, file, source_id, log)


def _check_rows(
    connection: Connection, file: FileSpec, references: Sequence[ColumnSpec], source_id: int, log: ProblemLog
) -> None:
    """Find the faulty rows of a file in one pass: all that it names are joined, and what is missing shows as null."""
    values, joins, faults = [], [], []
    for number, column in enumerate(references):
        target = current().by_name[column.ref[0]] if column.ref else file
        there = f"r{number}"
        values.append(f"CASE WHEN {there}.id IS NULL THEN t.{column.attribute} END")
        joins.append(
            f"LEFT JOIN {target.table} {there} ON {there}.source_id = :source AND {there}.removed_at IS NULL"
            f" AND {there}.{target.key_column.attribute} = t.{column.attribute}"
        )
        faults.append(f"({there}.id IS NULL AND t.{column.attribute} IS NOT NULL)")
        if target.name == "Enrollment":
            values.append(f"CASE WHEN {there}.personal_id <> t.personal_id THEN t.personal_id END")
            faults.append(f"{there}.personal_id <> t.personal_id")
    sql = (
        f"SELECT s.line, {', '.join(values)} FROM {SEEN} s"
        f" JOIN {file.table} t ON t.source_id = :source AND t.{file.key_column.attribute} = s.key"
        f" {' '.join(joins)}"
        f" WHERE s.file = :file AND t.removed_at IS NULL AND ({' OR '.join(faults)}) ORDER BY s.line"
    )
    kinds = _kinds(references)
    for line, *found in connection.execute(text(sql), {"source": source_id, "file": file.name}):
        for (rule, column_name, said), value in zip(kinds, found, strict=True):
            if value is not None:
                log.add(Problem(rule, WARNING, file.file, said, line, column_name, value))


def _kinds(references: Sequence[ColumnSpec]) -> list[tuple[str, str, str]]:
    """Return rule, column and sentence of what each value of a faulty row's result says."""
    kinds = []
    for column in references:
        target = column.ref[0] if column.ref else ""
        kinds.append(("unknown-reference", column.name, f"{column.name} names a row that {target}.csv does not have."))
        if target == "Enrollment":
            kinds.append(
                ("wrong-person", "PersonalID", "PersonalID is not that of the enrollment which the row names.")
            )
    return kinds


def _count_unknown_users(connection: Connection, file: FileSpec, source_id: int, log: ProblemLog) -> None:
    sql = (
        f"SELECT count(*), min(s.line) FROM {SEEN} s"
        f" JOIN {file.table} t ON t.source_id = :source AND t.{file.key_column.attribute} = s.key"
        " WHERE s.file = :file AND t.removed_at IS NULL AND t.user_id IS NOT NULL"
        " AND t.user_id NOT IN (SELECT user_id FROM hmis_user WHERE source_id = :source)"
    )
    count, line = connection.execute(text(sql), {"source": source_id, "file": file.name}).one()
    if count:
        said = f"{count:,} rows name users that User.csv does not have."
        log.add(Problem("unknown-user", NOTE, file.file, said, line, "UserID"))
