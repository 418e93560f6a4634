"""The looks into the drop folders: take what has settled, file away what has ended. One process looks at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from shutil import rmtree

import structlog

from adminops import clock
from adminops.db import transaction
from adminops.errors import Conflict
from adminops.hmis import sources
from adminops.hmis.intake.claims import alone
from adminops.hmis.intake.drops import Entry, make_folders
from adminops.hmis.models import HmisImport
from adminops.identity.models import SYSTEM
from adminops.imports import dropping, operations, queries, uploads
from adminops.settings import Settings

LOOKED_INTO = "Somebody else is looking into this drop folder."

log = structlog.get_logger("adminops.imports")


def take_in_all(settings: Settings) -> None:
    """Take what has settled in the drop folders of all sources that are watched, each as an import that waits."""
    with transaction(writes=False):
        watched = [(source.id, str(source.drop_folder)) for source in sources.watched_sources()]
    for source_id, name in watched:
        _look(settings, source_id, partial(_take_in, settings.drop / name, source_id, settings))


def file_away_all(settings: Settings) -> list[int]:
    """File away what has ended, of sources that are no longer watched, too; return those imports."""
    with transaction(writes=False):
        folders = [(source.id, str(source.drop_folder)) for source in sources.sources_with_folder()]
    filed: list[int] = []
    for source_id, name in folders:
        _look(settings, source_id, partial(_file_away, settings.drop / name, source_id, filed))
    return filed


def _look(settings: Settings, source_id: int, work: Callable[[], None]) -> None:
    """Do `work` as the only one in a drop folder; one that somebody else looks into, or that is broken, has to wait.

    A copy that is there before it was left by a process that was killed: it holds names and SSNs in clear, and goes.
    """
    claim = alone(settings.home / "imports" / f"drop-{source_id}.lock", otherwise=LOOKED_INTO)
    with suppress(Conflict), _going_on(source_id), claim:
        rmtree(uploads.taking_of(settings.home, source_id), ignore_errors=True)
        work()


@contextmanager
def _going_on(source_id: int) -> Iterator[None]:
    """Let what can't be read or moved keep nothing else waiting; the doctor names what stays where it is."""
    try:
        yield
    except OSError as broken:
        log.error("drop folder can't be used", source_id=source_id, cause=type(broken).__name__)


def _take_in(folder: Path, source_id: int, settings: Settings) -> None:
    make_folders(folder)
    for entry in dropping.settled(folder, seconds=settings.drop_settle_seconds):
        with transaction(writes=False):
            is_known = queries.find_dropped(source_id, entry.name, entry.mark) is not None
        if not is_known:
            with _going_on(source_id):
                _take(entry, source_id, settings)


def _take(entry: Entry, source_id: int, settings: Settings) -> None:
    """Copy an export, which may take minutes, and then put it on the log, which keeps no writer waiting."""
    copy = uploads.taking_of(settings.home, source_id)
    try:
        uploads.keep_copy(entry.path, copy)
        if not entry.is_as_it_was():
            return  # it grew: the next look finds it
        with transaction():
            operations.take_in(entry, copy, source=sources.get_source(source_id), home=settings.home, by=SYSTEM)
    finally:
        rmtree(copy, ignore_errors=True)


def _file_away(folder: Path, source_id: int, filed: list[int]) -> None:
    with transaction(writes=False):
        waiting = queries.unfiled_imports(source_id)
    for import_id in waiting:
        with _going_on(source_id):
            with transaction() as session:
                record = session.get_one(HmisImport, import_id)
                dropping.file_away(record, folder, queries.report_of(record))
                record.filed_at = clock.now()
            filed.append(import_id)
