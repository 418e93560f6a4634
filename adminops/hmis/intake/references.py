"""References of an export checked across its files, in the database, once all of them are written.

A row that names something which the source does not have is kept and flagged: vendors export such rows, and the next
export may bring what is missing.
"""

# ruff: noqa: S608 - the names in these statements are of the specification, never of the input

from collections.abc import Iterable

from sqlalchemy import Connection, text

from adminops.hmis.intake.problems import NOTE, WARNING, Problem, ProblemLog
from adminops.hmis.spec import FileSpec, current

NOT_CHECKED = ("Export", "User")


def check_references(connection: Connection, files: Iterable[FileSpec], source_id: int, log: ProblemLog) -> None:
    """Log every row of `files` that names something which the source does not have, or somebody else's stay.

    Each file's keys and lines are in its temporary table `seen_…`.
    """
    for file in files:
        for column in file.columns:
            if column.ref and column.ref[0] not in NOT_CHECKED and not column.is_key:
                _check_one(connection, file, column.name, source_id, log)
        if "EnrollmentID" in file.by_name and file.name != "Enrollment":
            _check_person(connection, file, source_id, log)
        if "UserID" in file.by_name and file.name != "User":
            _count_unknown_users(connection, file, source_id, log)


def _check_one(connection: Connection, file: FileSpec, column: str, source_id: int, log: ProblemLog) -> None:
    ours = file.by_name[column].attribute
    target, key = file.by_name[column].ref or ("", "")
    target_file = current().by_name[target]
    their_key = target_file.by_name[key].attribute
    sql = (
        f"SELECT s.line, t.{ours} FROM seen_{file.table} s"
        f" JOIN {file.table} t ON t.source_id = :source AND t.{file.key_column.attribute} = s.key"
        f" LEFT JOIN {target_file.table} p ON p.source_id = :source AND p.{their_key} = t.{ours}"
        " AND p.removed_at IS NULL"
        f" WHERE t.removed_at IS NULL AND t.{ours} IS NOT NULL AND p.id IS NULL ORDER BY s.line"
    )
    for line, value in connection.execute(text(sql), {"source": source_id}):
        said = f"{column} names a row that {target_file.file} does not have."
        log.add(Problem("unknown-reference", WARNING, file.file, said, line, column, value))


def _check_person(connection: Connection, file: FileSpec, source_id: int, log: ProblemLog) -> None:
    sql = (
        f"SELECT s.line, t.personal_id FROM seen_{file.table} s"
        f" JOIN {file.table} t ON t.source_id = :source AND t.{file.key_column.attribute} = s.key"
        " JOIN hmis_enrollment e ON e.source_id = :source AND e.enrollment_id = t.enrollment_id"
        " AND e.removed_at IS NULL"
        " WHERE t.removed_at IS NULL AND e.personal_id <> t.personal_id ORDER BY s.line"
    )
    for line, value in connection.execute(text(sql), {"source": source_id}):
        said = "PersonalID is not that of the enrollment which the row names."
        log.add(Problem("wrong-person", WARNING, file.file, said, line, "PersonalID", value))


def _count_unknown_users(connection: Connection, file: FileSpec, source_id: int, log: ProblemLog) -> None:
    sql = (
        f"SELECT count(*), min(s.line) FROM seen_{file.table} s"
        f" JOIN {file.table} t ON t.source_id = :source AND t.{file.key_column.attribute} = s.key"
        " LEFT JOIN hmis_user u ON u.source_id = :source AND u.user_id = t.user_id"
        " WHERE t.removed_at IS NULL AND t.user_id IS NOT NULL AND u.id IS NULL"
    )
    count, line = connection.execute(text(sql), {"source": source_id}).one()
    if count:
        said = f"{count:,} rows name users that User.csv does not have."
        log.add(Problem("unknown-user", NOTE, file.file, said, line, "UserID"))
