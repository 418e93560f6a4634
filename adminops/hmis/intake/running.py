"""The two front doors: take an export into a source, or only look at one."""

import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, delete, insert
from sqlalchemy.orm import Session

from adminops import clock
from adminops.crypto import KeyRing
from adminops.db import Model, db, prepare_engine
from adminops.errors import Conflict
from adminops.hmis import sealing
from adminops.hmis.intake.apart import reader_of
from adminops.hmis.intake.applying import Intake, Target
from adminops.hmis.intake.brakes import LOOKED_BACK, Brakes, brakes_hit, first_hashes, in_words, several_exports
from adminops.hmis.intake.bulk import Bulk
from adminops.hmis.intake.claims import hold_source
from adminops.hmis.intake.copying import Marks
from adminops.hmis.intake.difference import difference
from adminops.hmis.intake.header import Header
from adminops.hmis.intake.history import History
from adminops.hmis.intake.indexes import KeysRepeat
from adminops.hmis.intake.packages import DEFAULT_UNPACKED_LIMIT, open_package
from adminops.hmis.intake.problems import ERROR, Problem, ProblemLog, Refused
from adminops.hmis.intake.progress import Tell, tell_nobody
from adminops.hmis.intake.results import ImportResult
from adminops.hmis.intake.undoing import last_turn, next_turn, whole_imports_in_force
from adminops.hmis.models import HmisImport, HmisSource, ImportProblem, ImportStatus
from adminops.hmis.repairs import recalculate

PROBLEMS_AT_ONCE = 5_000
CHANGED_SINCE = "The store has changed since it was held."


def import_export(
    path: Path,
    *,
    source: HmisSource,
    by_id: int | None,
    dry_run: bool = False,
    approve: bool = False,
    progress: Tell | None = None,
    record: HmisImport | None = None,
    unpacked_limit: int = DEFAULT_UNPACKED_LIMIT,
) -> ImportResult:
    """Take the HUD CSV export at `path` (a zip or a folder) into `source`, inside the open transaction.

    New rows are added, known ones updated when their hash differs (and, where the export is not the newest, when their
    DateUpdated is not older), absent ones removed inside the export's scope. An export that can't be taken as a whole
    changes nothing; the result and the log say why. One that hits a brake of the source is held and changes nothing
    either, unless it is approved: by `approve`, or on its `record` and no other import was taken since.
    `record` is the import's row of the log if there is one already.
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
        taken = _take(
            session.connection(), path, _target(source, kept, started), log, progress or tell_nobody, unpacked_limit
        )
        if taken.header is not None and not (approve or _is_approved(kept, source, taken)):
            _hold_back(session.connection(), taken, taken.header, source, kept)
        if dry_run or taken.result.is_refused or taken.result.is_held:
            raise _TakenBack
    session.expire_all()
    taken.result.source, taken.result.dry_run = source.name, dry_run
    taken.result.seconds = (clock.now() - started).total_seconds()
    if not dry_run and record is not None:
        _finish(session, record, source, taken)
    return taken.result


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
    if taken.header is not None:
        _hit_brakes(taken, taken.header, Brakes(), [])
    taken.result.dry_run = True
    taken.result.seconds = (clock.now() - started).total_seconds()
    return taken.result


class _TakenBack(Exception):
    """What was done was a trial, or not to be kept: the savepoint around it goes."""


@dataclass
class _Taken:
    """A result with what the log of imports wants to know besides; without a header when it was refused."""

    result: ImportResult
    header: Header | None = None
    brings_hashes: bool = False
    facts: dict[str, Any] = field(default_factory=dict)


def _take(
    connection: Connection, path: Path, target: Target, log: ProblemLog, tell: Tell, unpacked_limit: int
) -> _Taken:
    if not Bulk(connection).is_served:
        return _take_once(connection, path, target, log, tell, unpacked_limit)
    try:
        with connection.begin_nested():
            return _take_once(connection, path, target, log, tell, unpacked_limit, leaves_indexes_out=True)
    except KeysRepeat:
        log.clear()
        return _take_once(connection, path, target, log, tell, unpacked_limit)


def _take_once(
    connection: Connection,
    path: Path,
    target: Target,
    log: ProblemLog,
    tell: Tell,
    unpacked_limit: int,
    *,
    leaves_indexes_out: bool = False,
) -> _Taken:
    taken = _Taken(ImportResult(ImportStatus.REFUSED.value, "", False, problems=log))
    result, bulk = taken.result, Bulk(connection)
    is_first = not bulk.has_rows("hmis_enrollment", target.source_id)
    marks = Marks(target.source_id, target.import_id) if is_first and bulk.takes_lines else None
    try:
        with (
            reader_of(path, unpacked_limit=unpacked_limit, hashes=is_first, marks=marks) as reader,
            open_package(path, unpacked_limit=unpacked_limit) as package,
        ):
            taken.facts["content_hash"] = package.content_hash
            intake = Intake(
                connection, package, target, log, tell, reader=reader, leaves_indexes_out=leaves_indexes_out
            )
            taken.facts.update(_facts(intake.header))
            result.csv_version = intake.header.csv_version or intake.spec.csv_version
            intake.run()
            recalculate(connection, target.source_id, at=target.at, import_id=target.import_id)
            result.files, result.not_read, taken.header = intake.counts, intake.not_read, intake.header
            taken.brings_hashes = intake.brings_hashes
    except Refused as refused:
        log.add(
            Problem(
                refused.rule,
                ERROR,
                refused.file or (target.file_name or path.name)[:60],
                refused.sentence,
                refused.line,
            )
        )
        result.sentence = refused.sentence
        return taken
    changes = sum(counts.changes for name, counts in result.files.items() if name != "Export.csv")
    result.status = (ImportStatus.APPLIED if changes else ImportStatus.UNCHANGED).value
    result.sentence = _sentence(result, changes)
    return taken


def _sentence(result: ImportResult, changes: int) -> str:
    left_out = f"Not read: {', '.join(result.not_read)}; see the errors. " if result.not_read else ""
    if not changes:
        return left_out + (
            "Nothing else has changed." if left_out else "Nothing has changed: the store has all of it already."
        )
    words = (f"{result.total(name):,} {name}" for name in ("added", "updated", "removed", "restored", "rejected"))
    return f"{left_out}{result.total('read'):,} rows read: " + ", ".join(words) + "."


def _facts(header: Header) -> dict[str, Any]:
    return {
        "csv_version": header.csv_version[:50],
        "export_id": header.export_id,
        "hud_source_id": ", ".join(header.source_ids)[:350],
        "export_date": header.export_date,
        "period_start": header.first,
        "period_end": header.last,
        "is_whole": header.is_whole,
    }


def _is_approved(record: HmisImport, source: HmisSource, taken: _Taken) -> bool:
    """Tell whether just this was approved: the same files, onto the state of the store that was looked at."""
    return (
        record.approved_at is not None
        and record.held_after == last_turn(source.id)
        and record.content_hash == taken.facts["content_hash"]
    )


def _hold_back(connection: Connection, taken: _Taken, header: Header, source: HmisSource, record: HmisImport) -> None:
    """Hold an import that hits a brake, and keep what it would have changed."""
    before = [each.counts for each in whole_imports_in_force(source.id, limit=LOOKED_BACK)]
    _hit_brakes(taken, header, Brakes.of(source.brakes), before)
    if taken.result.is_held:
        taken.result.difference = difference(connection, record.id)
    if taken.result.is_held and record.approved_at is not None:
        taken.result.sentence = f"{CHANGED_SINCE} {taken.result.sentence}"


def _hit_brakes(taken: _Taken, header: Header, brakes: Brakes, before: list[dict[str, Any]]) -> None:
    result = taken.result
    hit = [several_exports(header.rows)] if header.rows > 1 else []
    hit += [first_hashes()] if taken.brings_hashes else []
    hit += brakes_hit(brakes, result.files, result.problems.error_lines, before if header.is_whole else [])
    if hit:
        result.status, result.brakes, result.sentence = ImportStatus.HELD.value, hit, in_words(hit)


def _lock(session: Session, source: HmisSource) -> None:
    """Hold the source until the end of the transaction, or say that somebody else does."""
    session.flush()
    if not hold_source(source.id):
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
        file_name=record.file_name,
    )


def _finish(session: Session, record: HmisImport, source: HmisSource, taken: _Taken) -> None:
    result = taken.result
    for name, value in taken.facts.items():
        setattr(record, name, value)
    record.status, record.finished_at = ImportStatus(result.status), clock.now()
    record.counts = {name: counts.as_dict() for name, counts in result.files.items()}
    record.problem_count, record.sentence = len(result.problems), result.sentence
    result.import_id = record.id
    if result.is_held:
        record.held = {"brakes": [brake.as_dict() for brake in result.brakes], **result.difference}
        record.held_after, record.approved_at, record.approved_by_id = last_turn(source.id), None, None
    elif not result.is_refused:
        record.turn = next_turn(source.id)
        _remember_source(session, record, source, taken)
    session.flush()
    session.execute(delete(ImportProblem).where(ImportProblem.import_id == record.id))  # of the time it was held
    _keep_problems(session.connection(), record.id, result.problems)


def _remember_source(session: Session, record: HmisImport, source: HmisSource, taken: _Taken) -> None:
    header = taken.header
    if header is None:
        return
    source.is_known = True
    newest = source.newest_export
    learnt = [each for each in header.source_ids if each not in source.known_ids]
    History(session.connection(), record.id).keep_source(
        source.id, newest_export=newest, learnt=learnt, hashes=taken.brings_hashes
    )
    if taken.brings_hashes:
        source.names_hashed = True
    if learnt:
        source.known_ids = [*source.known_ids, *learnt]
    if header.made and (newest is None or header.made > newest):
        source.newest_export = header.made


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
