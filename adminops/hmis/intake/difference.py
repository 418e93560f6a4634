"""What a held import would have changed: samples of rows and the projects that it moves most. Never a value.

It is read from the images that the import left of the rows it wrote, before all of it is rolled back.
"""

# ruff: noqa: S608 - the names in these statements are of our tables, never of the input

import json
from collections import Counter
from typing import Any

from sqlalchemy import Connection, text

from adminops.hmis.intake.history import BEFORE, image_columns, image_of
from adminops.hmis.periods import OF_PROJECTS, VALID_DURING
from adminops.hmis.spec import FileSpec, current

SAMPLES = 5
"""Rows of each file and kind."""
MOVERS = 10
NO_COLUMNS = frozenset({"import_id", "row_hash", "removed_at", "export_id", "first_key", "last_key", "ssn_sealed"})
"""What is no column of HUD's, or (the sealed SSN) differs each time that it is written."""
HUD_NAMES = {"ssn_index": "SSN", "ssn_last4_index": "SSN"}


def difference(connection: Connection, import_id: int) -> dict[str, Any]:
    """Return samples of what `import_id` changed and removed, and the projects with most of its changes.

    A sample about a person names the number of the client record: its page shows the values to those who may see them.
    """
    samples = []
    for file in current().files:
        if file.name not in ("Export", "User"):
            samples += _samples(connection, import_id, file)
    return {"samples": samples, "projects": _movers(connection, import_id)}


def _samples(connection: Connection, import_id: int, file: FileSpec) -> list[dict[str, Any]]:
    image = image_of(file.table, is_sqlite=connection.dialect.name == "sqlite")
    client = "NULL"
    if "PersonalID" in file.by_name:
        client = "(SELECT c.id FROM hmis_client c WHERE c.source_id = t.source_id AND c.personal_id = t.personal_id)"
    found = []
    for kind, is_removed in (("changed", "IS NULL"), ("removed", "IS NOT NULL")):
        rows = connection.execute(
            text(
                f"SELECT t.{file.key_column.attribute}, CAST(b.before AS text), CAST({image} AS text), {client}"
                f" FROM {BEFORE} b JOIN {file.table} t ON t.id = b.row_id"
                f" WHERE b.import_id = :id AND b.file = :file AND t.removed_at {is_removed}"
                " ORDER BY b.row_id LIMIT :some"
            ),
            {"id": import_id, "file": file.name, "some": SAMPLES},
        )
        for key, before, after, client_id in rows:
            columns = _columns(file, json.loads(before), json.loads(after)) if kind == "changed" else []
            found.append({"file": file.file, "kind": kind, "key": key, "columns": columns, "client_id": client_id})
    return found


def _columns(file: FileSpec, before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return HUD's names of the columns in which two images of a row differ, in HUD's order."""
    names = {column.attribute: column.name for column in file.columns} | HUD_NAMES
    order = [column.name for column in image_columns(file.table) if column.name not in NO_COLUMNS]
    return list(dict.fromkeys(names[each] for each in order if each in names and before.get(each) != after.get(each)))


def _movers(connection: Connection, import_id: int) -> list[dict[str, Any]]:
    counted: dict[str, Counter[str]] = {}
    for file in current().files:
        for project_id, added, changed, removed in _by_project(connection, import_id, file):
            moved = counted.setdefault(project_id or "", Counter())
            moved.update(added=added, changed=changed, removed=removed)
    order = sorted(counted.items(), key=lambda each: (-each[1].total(), each[0]))
    return [
        {"project_id": project_id, "added": moved["added"], "changed": moved["changed"], "removed": moved["removed"]}
        for project_id, moved in order[:MOVERS]
    ]


def _by_project(connection: Connection, import_id: int, file: FileSpec) -> list[tuple[str, int, int, int]]:
    if file.name in VALID_DURING or file.name in OF_PROJECTS or file.name in ("Project", "Enrollment"):
        project, of_stay = "t.project_id", ""
    elif "EnrollmentID" in file.by_name:
        project = "e.project_id"
        of_stay = " JOIN hmis_enrollment e ON e.source_id = t.source_id AND e.enrollment_id = t.enrollment_id"
    else:
        return []
    sql = (
        f"SELECT {project},"
        " sum(CASE WHEN b.row_id IS NULL AND t.removed_at IS NULL THEN 1 ELSE 0 END),"
        " sum(CASE WHEN b.row_id IS NOT NULL AND t.removed_at IS NULL THEN 1 ELSE 0 END),"
        " sum(CASE WHEN b.row_id IS NOT NULL AND t.removed_at IS NOT NULL THEN 1 ELSE 0 END)"
        f" FROM {file.table} t{of_stay}"
        f" LEFT JOIN {BEFORE} b ON b.import_id = :id AND b.file = :file AND b.row_id = t.id"
        f" WHERE t.import_id = :id GROUP BY {project}"
    )
    return [tuple(row) for row in connection.execute(text(sql), {"id": import_id, "file": file.name})]
