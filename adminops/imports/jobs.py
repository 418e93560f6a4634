"""Running the imports that wait."""

from pathlib import Path

import structlog
from flask import current_app
from sqlalchemy.exc import OperationalError

from adminops.db import transaction
from adminops.errors import Conflict
from adminops.hmis.models import HmisImport
from adminops.identity.models import SYSTEM, User
from adminops.imports import operations, uploads
from adminops.imports.queries import finished_imports, waiting_imports
from adminops.settings import Settings

MOST_STARTS = 3
"""An import that was begun so often and never ended kills whoever runs it."""

log = structlog.get_logger("adminops.imports")


def run_waiting() -> None:
    """Run every waiting import, each in a transaction of its own, the oldest first."""
    settings: Settings = current_app.extensions["settings"]
    with transaction(writes=False):
        waiting, done = waiting_imports(), finished_imports(uploads.kept(settings.home))
    uploads.sweep(settings.home, done=done)
    for import_id in waiting:
        if _begin(import_id):
            _run(import_id, settings.home, settings.unpacked_limit_mb * 1024 * 1024)


def _begin(import_id: int) -> bool:
    """Count the start before anything is done: an import that kills its process must not do so for ever."""
    with transaction() as session:
        record = session.get_one(HmisImport, import_id)
        if record.starts >= MOST_STARTS:
            operations.give_up(record)
            return False
        record.starts += 1
    return True


def _run(import_id: int, home: Path, unpacked_limit: int) -> None:
    try:
        with transaction() as session:
            record = session.get_one(HmisImport, import_id)
            by = session.get(User, record.by_id) or SYSTEM
            operations.run_import(record, home=home, unpacked_limit=unpacked_limit, by=by)
    except (Conflict, OperationalError):
        # Somebody else holds the source or the database: nothing is wrong with the export, it gets its turn later.
        with transaction() as session:
            session.get_one(HmisImport, import_id).starts -= 1
        return
    except Exception as error:  # whatever it is: the import ends with a sentence, and the next one gets its turn
        log.error("import failed", import_id=import_id, cause=type(error).__name__)
        with transaction() as session:
            operations.give_up(session.get_one(HmisImport, import_id))
    with transaction(writes=False):
        done = finished_imports([import_id])
    uploads.sweep(home, done=done)
