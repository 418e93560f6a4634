"""Handing an export in: by the page, by a command, through a drop folder."""

from collections.abc import Sequence
from pathlib import Path

from adminops import clock
from adminops.db import after_commit, db
from adminops.errors import NotAllowed
from adminops.facts import ExportUploaded, SourceChanged, publish
from adminops.hmis import sources
from adminops.hmis.intake.drops import Entry
from adminops.hmis.models import HmisImport, HmisSource, ImportStatus, ImportWay
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.imports import uploads
from adminops.outbox.bell import WORK_WAITS


def check_may_import(by: User) -> None:
    """Raise `NotAllowed` for those who may not import."""
    if not by.may(Permission.IMPORT_EXPORTS):
        raise NotAllowed("Your role does not include importing exports.")


def source_for(name: str, *, by: User) -> HmisSource:
    """Return the source called `name`, adding it when there is none: the log knows it, and all others once it is used.

    Raises `NotAllowed`, `Invalid`. Publishes `SourceChanged` for one that it added.
    """
    check_may_import(by)
    is_new = sources.find_source(name) is None
    source = sources.name_source(name)
    if is_new:
        publish(SourceChanged(source_id=source.id), by=by)
    return source


def upload_export(
    files: Sequence[uploads.Upload], *, source: HmisSource, home: Path, limit: int, by: User
) -> HmisImport:
    """Keep an uploaded export (a zip, or its CSV files) until its turn comes. `limit` is in bytes.

    Raises `NotAllowed` (needs store.import) and `Invalid` for what is no export. Publishes `ExportUploaded`.
    """
    check_may_import(by)
    name = files[0].name if len(files) == 1 else f"{len(files)} CSV files"
    record = HmisImport(source_id=source.id, file_name=uploads.name_of(name), by_id=by.id, queued_at=clock.now())
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


def begin_import(path: Path, *, source: HmisSource, by: User) -> HmisImport:
    """Put the import of a command on the log before it runs, so that one that is killed leaves a trace.

    Publishes `ExportUploaded`.
    """
    check_may_import(by)
    now = clock.now()
    record = HmisImport(
        source_id=source.id,
        status=ImportStatus.RUNNING,
        way=ImportWay.COMMAND,
        file_name=uploads.name_of(path.name),
        queued_at=now,
        started_at=now,
    )
    db.session.add(record)
    db.session.flush()
    publish(ExportUploaded(import_id=record.id), by=by)
    return record


def take_in(entry: Entry, copy: Path, *, source: HmisSource, home: Path, by: User) -> HmisImport:
    """Put what lies in the drop folder of `source` on the log, to wait for its turn as the copy that was made of it.

    What it came as stays where it is until the import has ended. Publishes `ExportUploaded`.
    """
    check_may_import(by)
    record = HmisImport(
        source_id=source.id,
        way=ImportWay.FOLDER,
        file_name=entry.name,
        dropped=entry.name,
        drop_mark=entry.mark,
        queued_at=clock.now(),
    )
    db.session.add(record)
    db.session.flush()
    uploads.adopt(copy, home, record.id)
    publish(ExportUploaded(import_id=record.id), by=by)
    return record
