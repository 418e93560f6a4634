"""Running imports: what waits, what a command brought, and what was left by a process that is gone."""

from pathlib import Path

import structlog

from adminops import clock
from adminops.db import db
from adminops.facts import ExportImported, ImportInterrupted, publish
from adminops.hmis import sources
from adminops.hmis.intake import ImportResult, import_export
from adminops.hmis.intake.claims import hold_source
from adminops.hmis.intake.progress import ProgressFile, Tell
from adminops.hmis.models import HmisImport, ImportStatus, ImportWay
from adminops.identity.models import SYSTEM, User
from adminops.imports import uploads
from adminops.imports.operations.deciding import settle_twins
from adminops.imports.queries import WAITING

FAILED = "AdminOps failed while it took this export. Nothing was changed. Try again; if it stays, tell us."
DISCARDED = "The command that took this export was stopped before it was done. Nothing was changed: import it again."
RESUMED, DROPPED = "resumed", "discarded"

log = structlog.get_logger("adminops.imports")


def run_import(record: HmisImport, *, home: Path, unpacked_limit: int, by: User) -> ImportResult | None:
    """Take a waiting export into its source; None when another process was faster. Publishes `ExportImported`.

    Runs in the caller's transaction: a process that dies leaves the store as it was and the import waiting.
    """
    db.session.refresh(record, with_for_update=True)
    if record.status not in WAITING:
        return None
    result = import_export(
        uploads.upload_of(home, record.id),
        source=sources.get_source(record.source_id),
        by_id=record.by_id,
        progress=ProgressFile(uploads.progress_of(home, record.id)),
        record=record,
        unpacked_limit=unpacked_limit,
    )
    publish(ExportImported(import_id=record.id, outcome=result.status), by=by)
    settle_twins(record, home=home, by=by)
    return result


def finish_here(
    record: HmisImport,
    path: Path,
    *,
    home: Path,
    approve: bool,
    progress: Tell | None,
    unpacked_limit: int,
    by: User,
) -> ImportResult:
    """Take the export at `path`, which a command began to import. Held, it is kept for approval.

    Publishes `ExportImported`.
    """
    result = import_export(
        path,
        source=sources.get_source(record.source_id),
        by_id=record.by_id,
        approve=approve,
        progress=progress,
        record=record,
        unpacked_limit=unpacked_limit,
    )
    if result.is_held:
        uploads.keep_copy(path, uploads.folder_of(home, record.id))
    publish(ExportImported(import_id=record.id, outcome=result.status), by=by)
    settle_twins(record, home=home, by=by)
    return result


def settle_interrupted(record: HmisImport, *, home: Path, by: User = SYSTEM) -> None:
    """Resume or discard an import whose process has ended; the caller holds the claim on its source.

    One whose export is kept here waits for its turn again, else it ends. Publishes `ImportInterrupted`.
    """
    if not hold_source(record.source_id):
        return  # another machine is at work on it
    db.session.refresh(record)
    if record.status is not ImportStatus.RUNNING:
        return
    record.interrupted_at = clock.now()
    is_kept = record.way is not ImportWay.COMMAND or record.approved_at is not None
    if is_kept and uploads.upload_of(home, record.id).exists():
        record.status, outcome = ImportStatus.QUEUED, RESUMED
    else:
        record.status, record.finished_at, record.sentence = ImportStatus.FAILED, clock.now(), DISCARDED
        outcome = DROPPED
    db.session.flush()
    log.warning("import was interrupted", import_id=record.id, outcome=outcome)
    publish(ImportInterrupted(import_id=record.id, outcome=outcome), by=by)


def give_up(record: HmisImport, *, sentence: str = FAILED, by: User = SYSTEM) -> None:
    """Record that an import failed on our side, unless it ended otherwise meanwhile. Publishes `ExportImported`."""
    db.session.refresh(record, with_for_update=True)
    if record.status not in WAITING:
        return
    record.status, record.finished_at, record.sentence = ImportStatus.FAILED, clock.now(), sentence
    db.session.flush()
    publish(ExportImported(import_id=record.id, outcome=ImportStatus.FAILED.value), by=by)
