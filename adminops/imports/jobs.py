"""Running the imports and exports that wait, and looking into the drop folders."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy.exc import OperationalError

from adminops import clock
from adminops.db import transaction
from adminops.errors import Conflict
from adminops.feature import Job
from adminops.hmis import sources
from adminops.hmis.intake.claims import claimed
from adminops.hmis.models import HmisImport, ImportStatus
from adminops.identity.models import SYSTEM, User
from adminops.imports import dropping, exporting, operations, queries, uploads
from adminops.settings import Settings, current_settings

MOST_STARTS = 3
"""An import that was begun so often and never ended kills whoever runs it."""

log = structlog.get_logger("adminops.imports")


def run_waiting() -> None:
    """Run every waiting import, each in a transaction of its own, the oldest first."""
    settings = current_settings()
    settle_interrupted()
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
    except (Conflict, OperationalError):
        # Somebody else holds the source or the database: nothing is wrong with the export, it gets its turn later.
        with transaction() as session:
            record = session.get_one(HmisImport, import_id)
            record.starts, record.status = record.starts - 1, ImportStatus.QUEUED
        return
    except Exception as error:  # whatever it is: the import ends with a sentence, and the next one gets its turn
        log.error("import failed", import_id=import_id, cause=type(error).__name__)
        with transaction() as session:
            operations.give_up(session.get_one(HmisImport, import_id), by=SYSTEM)
    with transaction(writes=False):
        done = queries.finished_imports([import_id])
    uploads.sweep(settings.home, done=done, needed=[import_id])


def watch() -> list[int]:
    """Look into the drop folders: take what has settled, run it, file away what has ended. Return those imports."""
    settings = current_settings()
    with transaction(writes=False):
        watched = [(source.id, str(source.drop_folder)) for source in sources.watched_sources()]
    taken = []
    for source_id, name in watched:
        taken += _guarded(source_id, partial(_take_in, settings.drop / name, source_id, settings))
    if taken:
        run_waiting()
    for source_id, name in watched:
        _guarded(source_id, partial(_file_away, settings.drop / name, source_id))
    return taken


def _guarded(source_id: int, work: Callable[[], list[int]]) -> list[int]:
    """Do `work` on the drop folder of a source; one that can't be read must not keep the others waiting."""
    try:
        return work()
    except OSError as broken:
        log.error("drop folder can't be used", source_id=source_id, cause=type(broken).__name__)
        return []


def _take_in(folder: Path, source_id: int, settings: Settings) -> list[int]:
    dropping.make_folders(folder)
    taken = []
    for entry in dropping.settled(folder, seconds=settings.drop_settle_seconds):
        with transaction(writes=False):
            is_known = queries.find_dropped(source_id, entry.name, entry.mark) is not None
        if is_known:
            continue
        with suppress(Conflict):  # it grew: the next look finds it
            with transaction():
                source = sources.get_source(source_id)
                record = operations.take_in(entry, source=source, home=settings.home, by=SYSTEM)
            taken.append(record.id)
    return taken


def _file_away(folder: Path, source_id: int) -> list[int]:
    filed = []
    with transaction(writes=False):
        waiting = queries.unfiled_imports(source_id)
    for import_id in waiting:
        with transaction() as session:
            record = session.get_one(HmisImport, import_id)
            dropping.file_away(record, folder, queries.report_of(record))
            record.filed_at = clock.now()
            filed.append(import_id)
    return filed


def look_into_drop_folders() -> None:
    """Look into the drop folders."""
    watch()


def forget_what_is_old() -> None:
    """Forget what can no longer be undone, and what was held for too long."""
    operations.forget_what_is_old(home=current_settings().home, by=SYSTEM)


JOBS = (
    Job(
        name="run-imports",
        title="Take waiting HMIS exports into the store",
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
