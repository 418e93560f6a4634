"""What an export may remove by not having it: rows inside its scope, and nothing else.

The scope of an export is its source, the projects of its Project.csv and its period. A row is inside when

- it belongs to one of these projects and, where it has dates of validity, overlaps the period (Funder, Inventory,
  HMISParticipation, CEParticipation; ProjectCoC and Affiliation have none), or
- it is a stay in one of these projects that began by the end of the period and had not ended before its start, or
- it belongs to such a stay and is dated no later than the period's end.

Clients, users, organizations and projects are never removed by absence. Nor is anything when the export is a delta or
chosen by what was updated (ExportDirective, ExportPeriodType), when a newer export was applied before, or in a file
that was refused or had lines whose keys could not be read: then nobody knows what is absent.
A row that was made here stays until the source's own export carries its project: that brings it into the scope.
"""

# ruff: noqa: S608 - the names in these statements are of our tables, never of the input

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import Connection, text

from adminops.hmis.intake.bulk import ABSENT, PROJECTS, STAYS, Bulk
from adminops.hmis.intake.writing import Occasion
from adminops.hmis.periods import DATED, OF_ASSESSMENTS, OF_PROJECTS, VALID_DURING
from adminops.hmis.spec import FileSpec

IN_PROJECTS = f"t.project_id IN (SELECT key FROM {PROJECTS})"


def _condition(file: str) -> str | None:
    """Return the SQL condition for rows `t` of `file` that are in scope; None when absence means nothing there."""
    in_stays = f"t.enrollment_id IN (SELECT key FROM {STAYS})"
    if file in VALID_DURING:
        start, end = VALID_DURING[file]
        return f"{IN_PROJECTS} AND t.{start} <= :last AND (t.{end} IS NULL OR t.{end} >= :first)"
    if file in OF_PROJECTS:
        return IN_PROJECTS
    if file == "Enrollment":
        return in_stays
    if file in DATED:
        return f"{in_stays} AND t.{DATED[file]} <= :last"
    if file in OF_ASSESSMENTS:
        return (
            f"{in_stays} AND EXISTS (SELECT 1 FROM hmis_assessment a WHERE a.source_id = t.source_id"
            " AND a.assessment_id = t.assessment_id AND a.assessment_date <= :last)"
        )
    return None


class Scope:
    """The scope of one export. `begin` must run once the projects are written and before the first stay is."""

    def __init__(self, connection: Connection, bulk: Bulk, occasion: Occasion, first: date, last: date) -> None:
        self._connection, self._bulk, self._occasion = connection, bulk, occasion
        self._period = {"first": first.isoformat(), "last": last.isoformat()}

    def begin(self) -> None:
        """Note which stays are in scope, as the store had them before this export."""
        self._connection.execute(
            text(
                f"INSERT INTO {STAYS} (key)"
                " SELECT t.enrollment_id FROM hmis_enrollment t"
                " WHERE t.source_id = :source AND t.removed_at IS NULL AND t.entry_date <= :last"
                f" AND {IN_PROJECTS}"
                " AND NOT EXISTS (SELECT 1 FROM hmis_exit x WHERE x.source_id = t.source_id"
                " AND x.enrollment_id = t.enrollment_id AND x.removed_at IS NULL AND x.exit_date < :first)"
            ),
            {"source": self._occasion.source_id, **self._period},
        )

    def remove_absent(self, file: FileSpec, absent: Iterable[Sequence[int]]) -> int:
        """Remove the rows of `file` in scope among those with the ids `absent`; return how many."""
        condition = _condition(file.name)
        if condition is None or not self._bulk.set_absent(absent):
            return 0
        gone = f"t.source_id = :source AND t.removed_at IS NULL AND {condition} AND t.id IN (SELECT id FROM {ABSENT})"
        sql = f"UPDATE {file.table} AS t SET removed_at = :now, import_id = :import_id WHERE {gone}"
        values = {
            "now": self._bulk.moment(self._occasion.at),
            "import_id": self._occasion.import_id,
            "source": self._occasion.source_id,
            **{name: value for name, value in self._period.items() if f":{name}" in sql},
        }
        if not self._occasion.history.keep_absent(file.name, gone, values):
            return 0
        return self._connection.execute(text(sql), values).rowcount
