"""References of an export checked across its files.

A row that names something which the source does not have is kept and flagged: vendors export such rows, and the next
export may bring what is missing.

Nearly all rows name what was read before them in the same export. Those are cleared while they are read; only the
others are suspects, and are checked in the database once all files are written.
"""

# ruff: noqa: S608 - the names in these statements are of the specification, never of the input

from collections.abc import Collection, Iterable, Sequence
from operator import ne

from sqlalchemy import Connection, text

from adminops.hmis.intake.bulk import SUSPECTS, Bulk
from adminops.hmis.intake.problems import NOTE, WARNING, Problem, ProblemLog
from adminops.hmis.intake.rows import Batch
from adminops.hmis.spec import ColumnSpec, FileSpec, current

NOT_CHECKED = ("Export", "User")
MOST_KNOWN = 3_000_000
"""Keys that are remembered of all files, for the sake of memory. Whoever names another is merely a suspect."""


class References:
    """What the rows of one export name, looked at as they are read; `check` then says what leads nowhere."""

    def __init__(self, connection: Connection, bulk: Bulk) -> None:
        self._connection, self._bulk = connection, bulk
        self._known: dict[str, dict[str, str | None]] = {file: {"": ""} for file in _named_files()}
        """By file the keys of rows that the store holds and has not removed: each with itself, an enrollment with the
        PersonalID of a known client or None."""
        self._room = MOST_KNOWN

    def look_at(self, file: FileSpec, batch: Batch, unsure: Collection[int] = ()) -> None:
        """Note the rows of a batch that may name what is not there, and remember what others may name.

        The store holds the rows as the batch has them, but for those in the lines `unsure`.
        """
        doubted = {place for place, line in enumerate(batch.lines) if line in unsure} if unsure else set[int]()
        suspects = set(doubted)
        for name, target in self._references_of(file):
            suspects.update(self._astray(file, target, name, batch.columns))
        if suspects:
            rows = ((batch.keys[place], batch.lines[place]) for place in sorted(suspects))
            self._bulk.add_suspects(file.name, rows)
        if file.name in self._known:
            kept = [place for place in range(len(batch.lines)) if place not in doubted] if doubted else None
            self._remember(file, batch if kept is None else batch.only(kept))

    def check(self, files: Iterable[FileSpec], source_id: int, log: ProblemLog) -> None:
        """Log every row of `files` that names something which the source does not have, or somebody else's stay."""
        suspected = self._bulk.suspected_files()
        for file in files:
            if file.name not in suspected:
                continue
            references = [
                column
                for column in file.columns
                if column.ref and column.ref[0] not in NOT_CHECKED and not column.is_key
            ]
            if references:
                _check_rows(self._connection, file, references, source_id, log)
            if "UserID" in file.by_name and file.name != "User":
                _count_unknown_users(self._connection, file, source_id, log)

    def _references_of(self, file: FileSpec) -> list[tuple[str, str]]:
        """Return the columns to look at, each with the file whose rows it names."""
        named = {
            column.name: column.ref[0]
            for column in file.columns
            if column.ref and column.ref[0] in self._known and not column.is_key
        }
        if "Enrollment" in named.values():
            del named["PersonalID"]  # with the enrollment its client is known
        return list(named.items())

    def _astray(self, file: FileSpec, target: str, name: str, columns: Sequence[Sequence[str]]) -> list[int]:
        """Return the places of rows whose column `name` does not name what is known of the file `target`."""
        known, named = self._known[target], columns[_place(file, name)]
        if target == "Enrollment":
            persons, said = list(map(known.get, named)), columns[_place(file, "PersonalID")]
            return [] if persons == said else [place for place, other in enumerate(map(ne, persons, said)) if other]
        return [] if all(map(known.__contains__, named)) else [at for at, key in enumerate(named) if key not in known]

    def _remember(self, file: FileSpec, batch: Batch) -> None:
        if len(batch.keys) > self._room:
            return
        self._room -= len(batch.keys)
        values: Iterable[str | None] = batch.keys
        if file.name == "Enrollment":
            # The client's own text, kept once. An enrollment whose client is not known (it gets None) clears nobody.
            persons = batch.columns[_place(file, "PersonalID")]
            values = map(self._known["Client"].get, persons)
        self._known[file.name].update(zip(batch.keys, values, strict=True))


def _place(file: FileSpec, name: str) -> int:
    """Return where the column `name` stands in a row: other columns of the batch need not be looked at."""
    return list(file.by_name).index(name)


def _named_files() -> set[str]:
    """Return the files whose rows others name."""
    columns = (column for file in current().files for column in file.columns)
    return {column.ref[0] for column in columns if column.ref and not column.is_key} - {"Export"}


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
        f"SELECT s.line, {', '.join(values)} FROM {SUSPECTS} s"
        f" CROSS JOIN {file.table} t {' '.join(joins)}"  # SQLite then goes from the suspects to their rows
        f" WHERE s.file = :file AND t.source_id = :source AND t.{file.key_column.attribute} = s.key"
        f" AND t.removed_at IS NULL AND ({' OR '.join(faults)}) ORDER BY s.line"
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
        f"SELECT count(*), min(s.line) FROM {SUSPECTS} s"
        f" CROSS JOIN {file.table} t WHERE s.file = :file AND t.source_id = :source"
        f" AND t.{file.key_column.attribute} = s.key AND t.removed_at IS NULL AND t.user_id IS NOT NULL"
        " AND t.user_id NOT IN (SELECT user_id FROM hmis_user WHERE source_id = :source)"
    )
    count, line = connection.execute(text(sql), {"source": source_id, "file": file.name}).one()
    if count:
        said = f"{count:,} rows name users that User.csv does not have."
        log.add(Problem("unknown-user", NOTE, file.file, said, line, "UserID"))
