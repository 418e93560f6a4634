"""Deciding on imports: approve or cancel what is held, undo what was applied."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from adminops import clock
from adminops.db import after_commit, db
from adminops.errors import InvalidState
from adminops.facts import (
    ImportApproved,
    ImportCancelled,
    ImportUndoAsked,
    ImportUndoGivenUp,
    ImportUndone,
    publish,
)
from adminops.hmis.intake import undoing
from adminops.hmis.intake.progress import Tell, tell_nobody
from adminops.hmis.models import HmisImport, ImportStatus
from adminops.identity.models import SYSTEM, User
from adminops.imports import uploads
from adminops.imports.operations.handing_in import check_may_import
from adminops.outbox.bell import WORK_WAITS

HELD_FOR = timedelta(days=30)
"""A held export holds names and SSNs in clear on the disk: not for ever."""
WAITED_FOR = 5_000
"""Rows of an export, and rows it removed, whose undo a page waits for: some seconds. More are left to the jobs."""
CANCELLED = "It was held and then cancelled. Nothing was changed."
TAKEN_AS = "It was held. The same export was then taken as import {}."
TOO_OLD = "It was held, and nobody approved it within 30 days. Nothing was changed."


def approve_import(record: HmisImport, *, home: Path, by: User) -> None:
    """Let a held import be taken as it was shown; it waits for its turn.

    It is taken only onto the state of the store that it was compared with: after another import it is held again, with
    what it would change then. Raises `NotAllowed` (needs store.import), `InvalidState`. Publishes `ImportApproved`.
    """
    check_may_import(by)
    db.session.refresh(record, with_for_update=True)
    if record.status is not ImportStatus.HELD:
        raise InvalidState("Only an import that is held can be approved.")
    if not uploads.upload_of(home, record.id).exists():
        raise InvalidState("The export is no longer kept here: import it again.")
    record.status, record.starts = ImportStatus.QUEUED, 0
    record.approved_at, record.approved_by_id, record.filed_at = clock.now(), _number_of(by), None
    db.session.flush()
    after_commit(WORK_WAITS.ring)
    publish(ImportApproved(import_id=record.id), by=by)


def cancel_import(record: HmisImport, *, home: Path, sentence: str = CANCELLED, by: User) -> None:
    """Let a held import be; its upload is forgotten.

    Raises `NotAllowed` (needs store.import), `InvalidState` when it is not held. Publishes `ImportCancelled`.
    """
    check_may_import(by)
    db.session.refresh(record, with_for_update=True)
    if record.status is not ImportStatus.HELD:
        raise InvalidState("Only an import that is held can be cancelled.")
    record.status, record.sentence, record.filed_at = ImportStatus.CANCELLED, sentence, None
    db.session.flush()
    after_commit(lambda: uploads.forget(home, record.id))
    publish(ImportCancelled(import_id=record.id), by=by)


def settle_twins(record: HmisImport, *, home: Path, by: User) -> None:
    """Let other imports of the very same export be that are still held: with `record` it was taken.

    One that somebody decides on just now is left to them. Publishes `ImportCancelled`.
    """
    if record.status not in undoing.TAKEN:
        return
    twins = select(HmisImport).where(
        HmisImport.source_id == record.source_id,
        HmisImport.content_hash == record.content_hash,
        HmisImport.status == ImportStatus.HELD,
        HmisImport.id != record.id,
    )
    for twin in db.session.scalars(twins.order_by(HmisImport.id).with_for_update(skip_locked=True)).all():
        cancel_import(twin, home=home, sentence=TAKEN_AS.format(record.id), by=by)


def is_large(record: HmisImport) -> bool:
    """Tell whether an import has so many rows that a page can't wait for its undo: those that it lacked count, too."""
    rows: int = sum(counts.get("read", 0) + counts.get("removed", 0) for counts in record.counts.values())
    return rows > WAITED_FOR


def ask_for_undo(record: HmisImport, *, by: User) -> None:
    """Have an import undone soon, as `undo_import` does it.

    Raises `NotAllowed` (needs store.import), `InvalidState` with the reason when it can't be. Publishes
    `ImportUndoAsked`.
    """
    check_may_import(by)
    db.session.refresh(record, with_for_update=True)
    if record.undo_asked_at is not None:
        raise InvalidState("It is being undone already.")
    if reason := undoing.why_not_undoable(record):
        raise InvalidState(reason)
    record.undo_asked_at, record.undo_asked_by_id, record.undo_refused = clock.now(), _number_of(by), None
    record.starts = 0
    db.session.flush()
    after_commit(WORK_WAITS.ring)
    publish(ImportUndoAsked(import_id=record.id), by=by)


def give_undo_up(record: HmisImport, *, sentence: str, by: User = SYSTEM) -> None:
    """Record that an undo that was asked for can't be done, unless it was. Publishes `ImportUndoGivenUp`."""
    db.session.refresh(record, with_for_update=True)
    if record.undo_asked_at is None:
        return
    record.undo_asked_at, record.undo_asked_by_id, record.undo_refused = None, None, sentence
    db.session.flush()
    publish(ImportUndoGivenUp(import_id=record.id), by=by)


def undo_import(record: HmisImport, *, tell: Tell = tell_nobody, by: User) -> None:
    """Take back the last import of its source: the store is as it was before it.

    Raises `NotAllowed` (needs store.import), `InvalidState` with the reason when it can't be, `Conflict` while another
    import of the source runs. Publishes `ImportUndone`.
    """
    check_may_import(by)
    for undone in undoing.undo_import(record, by_id=_number_of(by), tell=tell):
        undone.undo_asked_at = undone.undo_asked_by_id = undone.undo_refused = None
        publish(ImportUndone(import_id=undone.id), by=by)


def _number_of(by: User) -> int | None:
    return None if by is SYSTEM else by.id


def forget_what_is_old(*, home: Path, by: User = SYSTEM) -> None:
    """Forget what can no longer be undone, and cancel what was held for too long. Publishes `ImportCancelled`."""
    now = clock.now()
    undoing.forget_images(until=now - undoing.UNDO_FOR)
    old = select(HmisImport).where(HmisImport.status == ImportStatus.HELD, HmisImport.finished_at < now - HELD_FOR)
    for record in db.session.scalars(old).all():
        cancel_import(record, home=home, sentence=TOO_OLD, by=by)
