"""Reading the log of imports."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from adminops.db import db
from adminops.errors import NotFound
from adminops.hmis.models import HmisImport, HmisSource, ImportProblem, ImportStatus
from adminops.identity.models import User
from adminops.web.listing import Page, fetch_page

WAITING = (ImportStatus.QUEUED, ImportStatus.RUNNING)


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


def list_imports(*, after: str | None = None) -> Page[ImportRow]:
    """Return a page of the log, the newest first."""
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
        )
        .join(HmisSource, HmisSource.id == HmisImport.source_id)
        .outerjoin(User, User.id == HmisImport.by_id)
    )
    return fetch_page(
        chosen,
        (HmisImport.id,),
        after=after,
        shape=_row,
    )


def _row(row: Sequence[Any]) -> ImportRow:
    id_, source, file_name, status, queued_at, sentence, problem_count, by = row
    return ImportRow(id_, source, file_name, status, queued_at, sentence or "", problem_count, by or "Command line")


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
        .order_by(ImportProblem.severity, number.desc())
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
    """Return those of the imports that have ended."""
    chosen = select(HmisImport.id).where(HmisImport.id.in_(import_ids), HmisImport.status.not_in(WAITING))
    return set(db.session.scalars(chosen))


def waiting_imports() -> list[int]:
    """Return the imports that are to be run, the oldest first."""
    chosen = select(HmisImport.id).where(HmisImport.status.in_(WAITING), HmisImport.by_id.is_not(None))
    return list(db.session.scalars(chosen.order_by(HmisImport.id)))
