"""Running the imports that wait."""

from pathlib import Path

import structlog
from flask import current_app

from adminops.db import db, transaction
from adminops.hmis.models import HmisImport
from adminops.identity.models import SYSTEM, User
from adminops.imports import operations, uploads
from adminops.imports.queries import waiting_imports
from adminops.settings import Settings

log = structlog.get_logger("adminops.imports")


def run_waiting() -> None:
    """Run every waiting import, each in a transaction of its own, the oldest first."""
    settings: Settings = current_app.extensions["settings"]
    with transaction(writes=False):
        waiting = waiting_imports()
    for import_id in waiting:
        _run(import_id, settings.home, settings.unpacked_limit_mb * 1024 * 1024)


def _run(import_id: int, home: Path, unpacked_limit: int) -> None:
    try:
        with transaction() as session:
            record = session.get_one(HmisImport, import_id)
            by = db.session.get(User, record.by_id) or SYSTEM
            operations.run_import(record, home=home, unpacked_limit=unpacked_limit, by=by)
    except Exception as error:  # whatever it is: the import ends with a sentence, and the next one gets its turn
        log.error("import failed", import_id=import_id, cause=type(error).__name__)
        with transaction() as session:
            operations.give_up(session.get_one(HmisImport, import_id))
    uploads.forget(home, import_id)
