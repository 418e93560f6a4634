"""The verbs of imports and exports: hand an export in, run what waits, write an export."""

from collections.abc import Collection, Sequence
from pathlib import Path

from adminops import clock
from adminops.db import after_commit, db
from adminops.errors import NotAllowed
from adminops.facts import ExportImported, ExportUploaded, ExportWritten, publish
from adminops.hmis import sources
from adminops.hmis.export import WrittenExport, write_export
from adminops.hmis.intake import ImportResult, import_export
from adminops.hmis.intake.progress import ProgressFile
from adminops.hmis.models import HmisImport, HmisSource, ImportStatus
from adminops.identity.models import SYSTEM, User
from adminops.identity.permissions import Permission
from adminops.imports import uploads
from adminops.imports.queries import WAITING
from adminops.outbox.bell import WORK_WAITS

FAILED = "AdminOps failed while it took this export. Nothing was changed. Try again; if it stays, tell us."


def source_for(name: str, *, by: User) -> HmisSource:
    """Return the source called `name`, adding it when there is none. Raises `NotAllowed`, `Invalid`."""
    _check_may_import(by)
    return sources.find_source(name) or sources.add_source(name)


def upload_export(
    files: Sequence[uploads.Upload], *, source: HmisSource, home: Path, limit: int, by: User
) -> HmisImport:
    """Keep an uploaded export (a zip, or its CSV files) until its turn comes. `limit` is in bytes.

    Raises `NotAllowed` (needs store.import) and `Invalid` for what is no export. Publishes `ExportUploaded`.
    """
    _check_may_import(by)
    name = files[0].name if len(files) == 1 else f"{len(files)} CSV files"
    record = HmisImport(source_id=source.id, file_name=name[:200], by_id=by.id, queued_at=clock.now())
    db.session.add(record)
    db.session.flush()
    try:
        uploads.keep_upload(files, uploads.folder_of(home, record.id), limit=limit)
    except Exception:
        uploads.forget(home, record.id)
        raise
    after_commit(WORK_WAITS.ring)
    publish(ExportUploaded(import_id=record.id), by=by)
    return record


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
    return result


def give_up(record: HmisImport, *, by: User = SYSTEM) -> None:
    """Record that an import failed on our side, unless it ended otherwise meanwhile. Publishes `ExportImported`."""
    db.session.refresh(record, with_for_update=True)
    if record.status not in WAITING:
        return
    record.status, record.finished_at, record.sentence = ImportStatus.FAILED, clock.now(), FAILED
    db.session.flush()
    publish(ExportImported(import_id=record.id, outcome=ImportStatus.FAILED.value), by=by)


def export_store(
    target: Path, *, source: HmisSource, project_ids: Collection[str] | None = None, hashed: bool = False, by: User
) -> WrittenExport:
    """Write a HUD CSV export of `source` to the zip `target`.

    Raises `NotAllowed` (needs store.export), `NotFound` for an unknown project. Publishes `ExportWritten`.
    """
    if not by.may(Permission.EXPORT_STORE):
        raise NotAllowed("Your role does not include writing exports.")
    written = write_export(target, source=source, project_ids=project_ids, hashed=hashed)
    publish(ExportWritten(source_id=source.id, clients=written.rows["Client.csv"], hashed=hashed), by=by)
    return written


def _check_may_import(by: User) -> None:
    if not by.may(Permission.IMPORT_EXPORTS):
        raise NotAllowed("Your role does not include importing exports.")
