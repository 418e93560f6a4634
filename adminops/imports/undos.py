"""Running the undos that were asked for on a page, each in a transaction of its own."""

from contextlib import suppress
from pathlib import Path

import structlog
from sqlalchemy.exc import OperationalError

from adminops.db import is_busy, transaction
from adminops.errors import Conflict, DomainError
from adminops.hmis.intake.claims import claimed
from adminops.hmis.intake.progress import ProgressFile
from adminops.hmis.models import HmisImport
from adminops.identity.models import SYSTEM, User
from adminops.imports import operations, queries, uploads

MOST_STARTS = 3
"""An undo that was begun so often and never ended kills whoever runs it."""
FAILED = "AdminOps failed while it undid this import. Nothing was changed. Try again; if it stays, tell us."

log = structlog.get_logger("adminops.imports")


def run_asked(home: Path) -> None:
    """Run every undo that was asked for. One whose source somebody else is importing into waits for its turn."""
    with transaction(writes=False):
        asked = queries.undos_asked()
    for import_id, source_id in asked:
        with suppress(Conflict), claimed(home, source_id):
            if _begin(import_id):
                _run(import_id, home)


def _begin(import_id: int) -> bool:
    """Count the start before anything is done: an undo that kills its process must not do so for ever."""
    with transaction() as session:
        record = session.get_one(HmisImport, import_id, with_for_update=True)
        if record.undo_asked_at is None:
            return False
        if record.starts >= MOST_STARTS:
            operations.give_undo_up(record, sentence=FAILED, by=SYSTEM)
            return False
        record.starts += 1
    return True


def _run(import_id: int, home: Path) -> None:
    progress = uploads.undo_progress_of(home, import_id)
    try:
        with transaction() as session:
            record = session.get_one(HmisImport, import_id)
            by = session.get(User, record.undo_asked_by_id or 0) or SYSTEM
            operations.undo_import(record, tell=ProgressFile(progress), by=by)
    except Conflict:
        _give_start_back(import_id)
    except OperationalError as trouble:
        log.warning("undo waits again", import_id=import_id, cause=type(trouble.orig).__name__)
        if is_busy(trouble):
            _give_start_back(import_id)
    except Exception as error:  # whatever it is: the undo ends with a sentence, and the next one gets its turn
        log.error("undo failed", import_id=import_id, cause=type(error).__name__)
        with transaction() as session:
            sentence = error.sentence if isinstance(error, DomainError) else FAILED
            operations.give_undo_up(session.get_one(HmisImport, import_id), sentence=sentence, by=SYSTEM)
    finally:
        progress.unlink(missing_ok=True)


def _give_start_back(import_id: int) -> None:
    with transaction() as session:
        session.get_one(HmisImport, import_id).starts -= 1
