"""Running the imports and exports that wait, and looking into the drop folders."""

from contextlib import suppress
from datetime import timedelta

import structlog
from sqlalchemy.exc import OperationalError

from adminops.db import is_busy, transaction
from adminops.errors import Conflict
from adminops.feature import Job
from adminops.hmis.intake.claims import claimed
from adminops.hmis.models import HmisImport, ImportStatus
from adminops.identity.models import SYSTEM, User
from adminops.imports import exporting, operations, queries, undos, uploads, watching
from adminops.settings import Settings, current_settings

MOST_STARTS = 3
"""An import that was begun so often and never ended kills whoever runs it."""

log = structlog.get_logger("adminops.imports")


def run_waiting() -> None:
    """Run every waiting import, each in a transaction of its own, the oldest first; before them what is to be undone.

    After another import of its source an undo would be refused.
    """
    settings = current_settings()
    settle_interrupted()
    undos.run_asked(settings.home)
    with transaction(writes=False):
        waiting, needed = queries.waiting_imports(), queries.needed_imports()
        done = queries.finished_imports(uploads.kept(settings.home))
    uploads.sweep(settings.home, done=done, needed=needed)
    for import_id, source_id in waiting:
        with suppress(Conflict), claimed(settings.home, source_id):
            if _begin(import_id):
                _run(import_id, settings)


def settle_interrupted() -> None:
    """Find the imports whose process has ended in the midst of them; resume or discard each, and say so."""
    home = current_settings().home
    with transaction(writes=False):
        begun = queries.begun_imports()
    for import_id, source_id in begun:
        with suppress(Conflict, OperationalError), claimed(home, source_id), transaction() as session:
            operations.settle_interrupted(session.get_one(HmisImport, import_id), home=home, by=SYSTEM)


def write_exports() -> None:
    """Write every ordered export, each as the store is at one moment; remove those that were kept long enough."""
    exporting.write_waiting(current_settings().home)


def _begin(import_id: int) -> bool:
    """Count the start before anything is done: an import that kills its process must not do so for ever."""
    with transaction() as session:
        record = session.get_one(HmisImport, import_id, with_for_update=True)
        if record.status is not ImportStatus.QUEUED:
            return False
        if record.starts >= MOST_STARTS:
            operations.give_up(record, by=SYSTEM)
            return False
        record.starts += 1
        record.status = ImportStatus.RUNNING
    return True


def _run(import_id: int, settings: Settings) -> None:
    try:
        with transaction() as session:
            record = session.get_one(HmisImport, import_id)
            by = session.get(User, record.approved_by_id or record.by_id or 0) or SYSTEM
            limit = settings.unpacked_limit_mb * 1024 * 1024
            operations.run_import(record, home=settings.home, unpacked_limit=limit, by=by)
    except Conflict:
        _wait_again(import_id, is_counted=False)
        return
    except OperationalError as error:
        _wait_again(import_id, is_counted=not is_busy(error))
        return
    except Exception as error:  # whatever it is: the import ends with a sentence, and the next one gets its turn
        log.error("import failed", import_id=import_id, cause=type(error).__name__)
        with transaction() as session:
            operations.give_up(session.get_one(HmisImport, import_id), by=SYSTEM)
    with transaction(writes=False):
        is_over = import_id in queries.finished_imports([import_id])
    if is_over:
        uploads.forget(settings.home, import_id)


def _wait_again(import_id: int, *, is_counted: bool) -> None:
    """Let an import have another turn. A start that somebody else's lock ended says nothing against the export.

    Any other trouble of the database (a full disk, say) counts as a start: it must not be tried for ever.
    """
    log.warning("import waits again", import_id=import_id, is_counted=is_counted)
    with transaction() as session:
        record = session.get_one(HmisImport, import_id, with_for_update=True)
        if record.status in queries.WAITING:
            record.starts, record.status = record.starts - (not is_counted), ImportStatus.QUEUED


def watch() -> list[int]:
    """Take what has settled in the drop folders, run what waits, file away what has ended. Return what was filed."""
    settings = current_settings()
    watching.take_in_all(settings)
    run_waiting()
    return watching.file_away_all(settings)


def look_into_drop_folders() -> None:
    """Take what has settled in the drop folders, and file away what has ended: running it is the work of another job.

    Else an import of an hour, begun here, would keep all other drop folders waiting.
    """
    settings = current_settings()
    watching.take_in_all(settings)
    watching.file_away_all(settings)


def forget_what_is_old() -> None:
    """Forget what can no longer be undone, and what was held for too long."""
    operations.forget_what_is_old(home=current_settings().home, by=SYSTEM)


JOBS = (
    Job(
        name="run-imports",
        title="Take waiting HMIS exports into the store, and undo what shall be undone",
        run=run_waiting,
        every=timedelta(seconds=5),
        own_transactions=True,
    ),
    Job(
        name="watch-drop-folders",
        title="Take HMIS exports out of the drop folders",
        run=look_into_drop_folders,
        every=timedelta(seconds=15),
        own_transactions=True,
    ),
    Job(
        name="write-exports",
        title="Write ordered HMIS exports, and remove them after an hour",
        run=write_exports,
        every=timedelta(seconds=5),
        own_transactions=True,
    ),
    Job(
        name="forget-imports",
        title="Forget what can no longer be undone, and what was held for too long",
        run=forget_what_is_old,
        every=timedelta(days=1),
    ),
)
