"""The two front doors: take an export into a source, or only look at one."""

import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, insert, select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.crypto import KeyRing
from adminops.db import Model, db, prepare_engine
from adminops.errors import Conflict
from adminops.hmis import sealing
from adminops.hmis.intake.applying import Intake, Target
from adminops.hmis.intake.packages import DEFAULT_UNPACKED_LIMIT, open_package
from adminops.hmis.intake.problems import ERROR, Problem, ProblemLog, Refused
from adminops.hmis.intake.progress import Tell, tell_nobody
from adminops.hmis.intake.writing import FileCounts
from adminops.hmis.models import HmisImport, HmisSource, ImportProblem, ImportStatus

PROBLEMS_AT_ONCE = 5_000
SHOWN = 1_000


@dataclass
class ImportResult:
    """What an import did, or would have done (`dry_run`). `status` is applied, unchanged or refused.

    `not_read` names the files whose header can't be read: they were left out, the others taken.
    """

    status: str
    source: str
    dry_run: bool
    csv_version: str = ""
    sentence: str = ""
    files: dict[str, FileCounts] = field(default_factory=dict)
    not_read: list[str] = field(default_factory=list)
    problems: ProblemLog = field(default_factory=ProblemLog)
    seconds: float = 0.0
    import_id: int | None = None

    @property
    def is_refused(self) -> bool:
        """Whether nothing was taken."""
        return self.status == ImportStatus.REFUSED.value

    def total(self, name: str) -> int:
        """Return the sum of one count ("added") over all files."""
        return sum(int(getattr(counts, name)) for counts in self.files.values())

    def as_dict(self, *, problems: int | None = SHOWN) -> dict[str, Any]:
        """Return the result as the command line prints it, with the first `problems` of its problems (None: all)."""
        return {
            "status": self.status,
            "csv_version": self.csv_version,
            "source": self.source,
            "dry_run": self.dry_run,
            "sentence": self.sentence,
            "files": {name: counts.as_dict() for name, counts in self.files.items()},
            "not_read": self.not_read,
            "problems": [problem.as_dict() for problem in islice(self.problems, problems)],
            "problem_count": len(self.problems),
            "problems_by_rule": dict(self.problems.by_rule),
            "seconds": round(self.seconds, 3),
        }


def import_export(
    path: Path,
    *,
    source: HmisSource,
    by_id: int | None,
    dry_run: bool = False,
    progress: Tell | None = None,
    record: HmisImport | None = None,
    unpacked_limit: int = DEFAULT_UNPACKED_LIMIT,
) -> ImportResult:
    """Take the HUD CSV export at `path` (a zip or a folder) into `source`, inside the open transaction.

    New rows are added, known ones updated when their hash differs (and, where the export is not the newest, when their
    DateUpdated is not older), absent ones removed inside the export's scope. An export that can't be taken as a whole
    changes nothing; the result and the log say why. `record` is the import's row of the log if there is one already.
    With `dry_run` the answer is the same and nothing is written, not even the log.

    Raises `Conflict` when another import of the source is running.
    """
    session: Session = db.session()
    started = clock.now()
    _lock(session, source)
    log = ProblemLog()
    if not dry_run:
        record = _start(session, record, source, path, by_id, started)
    with suppress(_TakenBack), session.begin_nested():
        kept = record or _start(session, None, source, path, by_id, started)
        target = _target(source, kept, started)
        result = _take(session.connection(), path, target, log, progress or tell_nobody, unpacked_limit)
        if dry_run or result.result.is_refused:
            raise _TakenBack
    session.expire_all()
    result.result.source, result.result.dry_run = source.name, dry_run
    result.result.seconds = (clock.now() - started).total_seconds()
    if not dry_run and record is not None:
        _finish(session, record, source, result)
    return result.result


def check_export(
    path: Path, *, progress: Tell | None = None, unpacked_limit: int = DEFAULT_UNPACKED_LIMIT
) -> ImportResult:
    """Look at the export at `path` as an import into an empty source would, and say what is wrong with it.

    Needs no database of the app and no keys: it fills a store of its own in a temporary folder and throws it away.
    """
    started = clock.now()
    log = ProblemLog()
    ring = KeyRing.generate()
    with tempfile.TemporaryDirectory(prefix="adminops-check-") as folder, sealing.using(ring):
        engine = create_engine(f"sqlite:///{Path(folder) / 'check.sqlite'}")
        prepare_engine(engine)
        tables = [table for table in Model.metadata.sorted_tables if table.name.startswith("hmis_")]
        Model.metadata.create_all(engine, tables=tables)
        with engine.begin() as connection:
            target = _throwaway_target(connection, started)
            taken = _take(connection, path, target, log, progress or tell_nobody, unpacked_limit)
        engine.dispose()
    taken.result.dry_run = True
    taken.result.seconds = (clock.now() - started).total_seconds()
    return taken.result


class _TakenBack(Exception):
    """What was done was a trial, or not to be kept: the savepoint around it goes."""


@dataclass
class _Taken:
    """A result with what the log of imports wants to know besides."""

    result: ImportResult
    facts: dict[str, Any] = field(default_factory=dict)


def _take(
    connection: Connection, path: Path, target: Target, log: ProblemLog, tell: Tell, unpacked_limit: int
) -> _Taken:
    facts: dict[str, Any] = {}
    result = ImportResult(ImportStatus.REFUSED.value, "", False, problems=log)
    try:
        with open_package(path, unpacked_limit=unpacked_limit) as package:
            facts["content_hash"] = package.content_hash
            intake = Intake(connection, package, target, log, tell)
            facts.update(_facts(intake))
            result.csv_version = intake.header.csv_version or intake.spec.csv_version
            intake.run()
            result.files, result.not_read = intake.counts, intake.not_read
    except Refused as refused:
        log.add(Problem(refused.rule, ERROR, refused.file or path.name[:60], refused.sentence))
        result.sentence = refused.sentence
        return _Taken(result, facts)
    changes = sum(counts.changes for name, counts in result.files.items() if name != "Export.csv")
    result.status = (ImportStatus.APPLIED if changes else ImportStatus.UNCHANGED).value
    result.sentence = _sentence(result, changes)
    return _Taken(result, facts)


def _sentence(result: ImportResult, changes: int) -> str:
    left_out = f"Not read: {', '.join(result.not_read)}; see the errors. " if result.not_read else ""
    if not changes:
        return left_out + (
            "Nothing else has changed." if left_out else "Nothing has changed: the store has all of it already."
        )
    words = (f"{result.total(name):,} {name}" for name in ("added", "updated", "removed", "restored", "rejected"))
    return f"{left_out}{result.total('read'):,} rows read: " + ", ".join(words) + "."


def _facts(intake: Intake) -> dict[str, Any]:
    header = intake.header
    return {
        "csv_version": header.csv_version[:50],
        "export_id": header.export_id,
        "hud_source_id": header.hud_source_id,
        "export_date": header.export_date,
        "period_start": header.first,
        "period_end": header.last,
    }


def _lock(session: Session, source: HmisSource) -> None:
    """Hold the source until the end of the transaction, or say that somebody else does."""
    session.flush()
    locked = session.scalar(select(HmisSource.id).where(HmisSource.id == source.id).with_for_update(skip_locked=True))
    if locked is None:
        raise Conflict(f"Another import into {source.name} is running: wait until it is done.")
    session.refresh(source)


def _start(
    session: Session, record: HmisImport | None, source: HmisSource, path: Path, by_id: int | None, at: datetime
) -> HmisImport:
    if record is None:
        record = HmisImport(source_id=source.id, file_name=path.name[:200], by_id=by_id, queued_at=at)
        session.add(record)
    record.status, record.started_at = ImportStatus.RUNNING, at
    session.flush()
    return record


def _target(source: HmisSource, record: HmisImport, at: datetime) -> Target:
    return Target(
        source_id=source.id,
        import_id=record.id,
        at=at,
        known_ids=tuple(source.known_ids),
        names_hashed=source.names_hashed,
        newest_export=source.newest_export,
    )


def _finish(session: Session, record: HmisImport, source: HmisSource, taken: _Taken) -> None:
    result, facts = taken.result, taken.facts
    for name, value in facts.items():
        setattr(record, name, value)
    record.status, record.finished_at = ImportStatus(result.status), clock.now()
    record.counts = {name: counts.as_dict() for name, counts in result.files.items()}
    record.problem_count, record.sentence = len(result.problems), result.sentence
    result.import_id = record.id
    if not result.is_refused:
        _remember_source(source, facts)
    session.flush()
    _keep_problems(session.connection(), record.id, result.problems)


def _remember_source(source: HmisSource, facts: dict[str, Any]) -> None:
    found, made = facts.get("hud_source_id"), facts.get("export_date")
    if found and found not in source.known_ids:
        source.known_ids = [*source.known_ids, found]
    if made and (source.newest_export is None or made > source.newest_export):
        source.newest_export = made


def _keep_problems(connection: Connection, import_id: int, problems: ProblemLog) -> None:
    rows = ({"import_id": import_id, **problem.as_dict()} for problem in problems)
    while some := list(islice(rows, PROBLEMS_AT_ONCE)):
        connection.execute(insert(ImportProblem), some)


def _throwaway_target(connection: Connection, at: datetime) -> Target:
    connection.execute(insert(HmisSource), [{"id": 1, "name": "check", "created_at": at}])
    connection.execute(
        insert(HmisImport), [{"id": 1, "source_id": 1, "file_name": "check", "queued_at": at, "counts": {}}]
    )
    return Target(source_id=1, import_id=1, at=at)
