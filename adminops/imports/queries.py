"""Reading the log of imports."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select

from adminops.db import db
from adminops.errors import NotFound
from adminops.hmis import sources
from adminops.hmis.models import HmisImport, HmisSource, ImportProblem, ImportStatus, ImportWay, Project
from adminops.identity.models import User
from adminops.settings import current_settings
from adminops.web.listing import Page, fetch_page

WAITING = (ImportStatus.QUEUED, ImportStatus.RUNNING)
EXPORT_NEEDED = (*WAITING, ImportStatus.HELD)
"""States in which the export itself is still needed."""


WAYS = {ImportWay.PAGE: "Upload", ImportWay.COMMAND: "Command line", ImportWay.FOLDER: "Drop folder"}


@dataclass(frozen=True)
class ImportRow:
    """One line of the log."""

    id: int
    source: str
    file_name: str
    status: ImportStatus
    queued_at: datetime
    sentence: str
    problem_count: int
    by: str


def list_imports(*, source_id: int | None = None, after: str | None = None, limit: int = 50) -> Page[ImportRow]:
    """Return a page of the log, of one source or of all, the newest first."""
    chosen = (
        select(
            HmisImport.id,
            HmisSource.name,
            HmisImport.file_name,
            HmisImport.status,
            HmisImport.queued_at,
            HmisImport.sentence,
            HmisImport.problem_count,
            User.name,
            HmisImport.way,
        )
        .join(HmisSource, HmisSource.id == HmisImport.source_id)
        .outerjoin(User, User.id == HmisImport.by_id)
    )
    if source_id is not None:
        chosen = chosen.where(HmisImport.source_id == source_id)
    return fetch_page(chosen, (HmisImport.id,), after=after, limit=limit, shape=_row)


def _row(row: Sequence[Any]) -> ImportRow:
    id_, source, file_name, status, queued_at, sentence, problem_count, by, way = row
    return ImportRow(id_, source, file_name, status, queued_at, sentence or "", problem_count, by or WAYS[way])


def get_import(import_id: int) -> HmisImport:
    """Return one import. Raises `NotFound`."""
    found = db.session.get(HmisImport, import_id)
    if found is None:
        raise NotFound("There is no such import.")
    return found


def problems_by_rule(record: HmisImport) -> Sequence[tuple[str, str, int]]:
    """Return severity, rule and count of the problems of an import, errors first."""
    number = func.count(ImportProblem.id)
    chosen = (
        select(ImportProblem.severity, ImportProblem.rule, number)
        .where(ImportProblem.import_id == record.id)
        .group_by(ImportProblem.severity, ImportProblem.rule)
        .order_by(ImportProblem.severity, number.desc(), ImportProblem.rule)
    )
    return [(severity, rule, count) for severity, rule, count in db.session.execute(chosen)]


def problems_page(record: HmisImport, *, rule: str = "", after: str | None = None) -> Page[ImportProblem]:
    """Return a page of the problems of an import in the order in which they were found."""
    chosen = select(ImportProblem.id, ImportProblem).where(ImportProblem.import_id == record.id)
    if rule:
        chosen = chosen.where(ImportProblem.rule == rule)
    return fetch_page(
        chosen, (ImportProblem.id,), after=after, descending=False, limit=50, shape=lambda row: row.ImportProblem
    )


def all_problems(record: HmisImport) -> Iterator[ImportProblem]:
    """Stream every problem of an import."""
    chosen = select(ImportProblem).where(ImportProblem.import_id == record.id).order_by(ImportProblem.id)
    return iter(db.session.scalars(chosen.execution_options(yield_per=1000)))


def finished_imports(import_ids: Sequence[int]) -> set[int]:
    """Return those of the imports whose export is no longer needed."""
    chosen = select(HmisImport.id).where(HmisImport.id.in_(import_ids), HmisImport.status.not_in(EXPORT_NEEDED))
    return set(db.session.scalars(chosen))


def needed_imports() -> set[int]:
    """Return the imports whose export is still needed."""
    return set(db.session.scalars(select(HmisImport.id).where(HmisImport.status.in_(EXPORT_NEEDED))))


def waiting_imports() -> Sequence[tuple[int, int]]:
    """Return number and source of the imports that are to be run, the oldest first."""
    return _numbers(ImportStatus.QUEUED)


def begun_imports() -> Sequence[tuple[int, int]]:
    """Return number and source of the imports that run, or whose process ended in the midst of it."""
    return _numbers(ImportStatus.RUNNING)


def _numbers(status: ImportStatus) -> Sequence[tuple[int, int]]:
    chosen = select(HmisImport.id, HmisImport.source_id).where(HmisImport.status == status)
    return [(import_id, source_id) for import_id, source_id in db.session.execute(chosen.order_by(HmisImport.id))]


def undos_asked() -> Sequence[tuple[int, int]]:
    """Return number and source of the imports that are to be undone, the last of all first."""
    chosen = select(HmisImport.id, HmisImport.source_id).where(HmisImport.undo_asked_at.is_not(None))
    return [
        (import_id, source_id) for import_id, source_id in db.session.execute(chosen.order_by(HmisImport.id.desc()))
    ]


def find_dropped(source_id: int, name: str, mark: str) -> HmisImport | None:
    """Return the import of what lies in a drop folder, if it was taken already and has not been moved yet."""
    chosen = select(HmisImport).where(
        HmisImport.source_id == source_id,
        HmisImport.dropped == name,
        HmisImport.drop_mark == mark,
        HmisImport.filed_at.is_(None),
    )
    return db.session.scalar(chosen.limit(1))


def unfiled_imports(source_id: int) -> Sequence[int]:
    """Return the imports through the drop folder that have ended or are held, and are still to be moved."""
    chosen = select(HmisImport.id).where(
        HmisImport.source_id == source_id,
        HmisImport.dropped.is_not(None),
        HmisImport.filed_at.is_(None),
        HmisImport.status.not_in(WAITING),
    )
    return db.session.scalars(chosen.order_by(HmisImport.id)).all()


def report_of(record: HmisImport) -> dict[str, Any]:
    """Return what became of an import, for a file beside the export: counts and rules, nothing of any person."""
    return {
        "import_id": record.id,
        "source": record.source.name,
        "file": record.file_name,
        "content_hash": record.content_hash,
        "status": record.status.value,
        "sentence": record.sentence or "",
        "csv_version": record.csv_version,
        "files": record.counts,
        "brakes": record.held.get("brakes", []),
        "problem_count": record.problem_count,
        "problems_by_rule": [list(each) for each in problems_by_rule(record)],
        "finished_at": record.finished_at.isoformat(timespec="seconds") if record.finished_at else None,
        "more": f"Every problem with its line: {current_settings().base_url}/imports/{record.id}",
    }


def held_imports() -> Sequence[int]:
    """Return the imports that wait for approval, the oldest first."""
    chosen = select(HmisImport.id).where(HmisImport.status == ImportStatus.HELD)
    return db.session.scalars(chosen.order_by(HmisImport.id)).all()


def project_names(record: HmisImport) -> Mapping[str, str]:
    """Return the names of the projects that a held import moves, by ProjectID, as far as the store has them."""
    ids = [each["project_id"] for each in record.held.get("projects", [])]
    chosen = select(Project.project_id, Project.project_name).where(
        Project.source_id == record.source_id, Project.project_id.in_(ids)
    )
    return {project_id: name or project_id for project_id, name in db.session.execute(chosen)}


@dataclass(frozen=True)
class SourceRow:
    """One line of the list of sources: its last import and how many wait for approval."""

    source: HmisSource
    imports: int
    last: HmisImport | None
    held: int


def list_sources() -> Sequence[SourceRow]:
    """Return all sources by name, each with its last import."""
    is_held = case((HmisImport.status == ImportStatus.HELD, 1), else_=0)
    summed = select(
        HmisImport.source_id, func.count(HmisImport.id), func.max(HmisImport.id), func.sum(is_held)
    ).group_by(HmisImport.source_id)
    found = {source_id: (count, last, held) for source_id, count, last, held in db.session.execute(summed)}
    chosen = select(HmisImport).where(HmisImport.id.in_([last for _, last, _ in found.values()]))
    last = {record.source_id: record for record in db.session.scalars(chosen)}
    return [
        SourceRow(source, found.get(source.id, (0,))[0], last.get(source.id), found.get(source.id, (0, 0, 0))[2])
        for source in sources.all_sources()
    ]
