"""The verbs of exports: order one, write those that wait, hand one out, forget it.

An export holds names and SSNs in clear. It lies below `home/exports`, readable by AdminOps alone, is handed to nobody
but the person who asked for it, and is removed an hour after it was written.
"""

import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from adminops import clock
from adminops.db import after_commit, db, is_busy, transaction
from adminops.errors import Conflict, DomainError, InvalidState, NotAllowed, NotFound
from adminops.facts import ExportFetched, ExportOrdered, ExportWritten, publish
from adminops.hmis import sources
from adminops.hmis.export import WrittenExport, check_selection, write_export
from adminops.hmis.intake.claims import alone
from adminops.hmis.intake.progress import ProgressFile, Tell, tell_nobody
from adminops.hmis.models import ExportOrder, HmisSource, OrderStatus
from adminops.identity.models import SYSTEM, User
from adminops.identity.permissions import Permission
from adminops.outbox.bell import WORK_WAITS

KEPT = timedelta(hours=1)
PATIENCE = timedelta(minutes=10)
"""How long what was written waits for a writer to be put down: an import may take minutes."""
MOST_STARTS = 3
LISTED = 5
FAILED = "AdminOps failed while it wrote this export. Order it again; if it stays, tell us."
BEING_WRITTEN = "Somebody else is writing this export."

log = structlog.get_logger("adminops.imports")


def folder_of(home: Path, order_id: int) -> Path:
    """Return the folder of one ordered export."""
    return home / "exports" / str(order_id)


def file_of(home: Path, order_id: int) -> Path:
    """Return where the zip of one ordered export lies once it is written."""
    return folder_of(home, order_id) / "export.zip"


def progress_of(home: Path, order_id: int) -> Path:
    """Return the file that tells how far an export is."""
    return folder_of(home, order_id) / "progress.json"


def get_order(order_id: int, *, viewer: User) -> ExportOrder:
    """Return an export that `viewer` ordered. Raises `NotFound`, for those of others, too."""
    found = db.session.get(ExportOrder, order_id)
    if found is None or found.by_id != viewer.id:
        raise NotFound("There is no such export.")
    return found


def last_orders(viewer: User) -> Sequence[ExportOrder]:
    """Return the last exports that `viewer` ordered, the newest first."""
    chosen = select(ExportOrder).where(ExportOrder.by_id == viewer.id).order_by(ExportOrder.id.desc()).limit(LISTED)
    return list(db.session.scalars(chosen))


def order_export(
    source: HmisSource,
    *,
    project_ids: Sequence[str] = (),
    start: date | None = None,
    end: date | None = None,
    hashed: bool = False,
    as_received: bool = False,
    merged: bool = False,
    by: User,
) -> ExportOrder:
    """Ask for an export of `source`: of some projects (none: all), of a period. It is written soon.

    With the repairs that are on then, unless `as_received`; with `merged` as it will be once the vendor merged, too.

    Raises `NotAllowed` (needs store.export), `NotFound` for an unknown project, `Invalid` for a period that ends before
    it begins. Publishes `ExportOrdered`.
    """
    _check_may_export(by)
    check_selection(source, project_ids or None, start, end, merged=merged)
    order = ExportOrder(
        source_id=source.id,
        by_id=by.id,
        project_ids=list(project_ids),
        period_start=start,
        period_end=end,
        hashed=hashed,
        as_received=as_received,
        merged=merged,
        asked_at=clock.now(),
    )
    db.session.add(order)
    db.session.flush()
    after_commit(WORK_WAITS.ring)
    publish(ExportOrdered(order_id=order.id), by=by)
    return order


def fetch_export(order: ExportOrder, *, home: Path, by: User) -> Path:
    """Return the file of an export that is ready, for the person who ordered it. Publishes `ExportFetched`.

    Raises `NotAllowed` and, when it is not ready or gone again, `InvalidState`.
    """
    _check_may_export(by)
    path = file_of(home, order.id)
    if order.status is not OrderStatus.READY or not path.exists():
        raise InvalidState("This export is not there any more: order it again.")
    publish(ExportFetched(order_id=order.id), by=by)
    return path


def write_store(
    target: Path,
    *,
    source_id: int,
    project_ids: Collection[str] | None = None,
    start: date | None = None,
    end: date | None = None,
    hashed: bool = False,
    as_received: bool = False,
    merged: bool = False,
    tell: Tell = tell_nobody,
    by: User,
) -> WrittenExport:
    """Write a HUD CSV export of a source to the zip `target`, as the store is at one moment; nobody waits for it.

    Opens its own transactions. Raises `NotAllowed` (needs store.export), `NotFound` for an unknown project, `Invalid`
    for a period that ends before it begins. Publishes `ExportWritten`; without it no file stays.
    """
    _check_may_export(by)
    with _snapshot():
        source = sources.get_source(source_id)
        written = write_export(
            target,
            source=source,
            project_ids=project_ids,
            start=start,
            end=end,
            hashed=hashed,
            as_received=as_received,
            merged=merged,
            tell=tell,
        )
    try:
        with transaction(patience=PATIENCE):
            clients = written.rows["Client.csv"]
            publish(ExportWritten(source_id=source_id, clients=clients, hashed=hashed), by=by)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return written


@contextmanager
def _snapshot() -> Iterator[None]:
    """Read everything as it is at one moment: an import that is stored meanwhile is in it wholly or not at all."""
    with transaction(writes=False) as session:
        if db.engine.dialect.name == "postgresql":
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield


def write_waiting(home: Path) -> None:
    """Write every ordered export that waits, the oldest first, and remove those that were kept long enough."""
    with transaction(writes=False) as session:
        chosen = select(ExportOrder.id).where(ExportOrder.status == OrderStatus.WAITING).order_by(ExportOrder.id)
        waiting = list(session.scalars(chosen))
    for order_id in waiting:
        with suppress(Conflict), alone(folder_of(home, order_id) / "claim", otherwise=BEING_WRITTEN):
            _write_in_turn(order_id, home)
    _forget_old(home)


def _write_in_turn(order_id: int, home: Path) -> None:
    """Write an order. Trouble with the database says nothing against it: it waits, and is tried again."""
    is_begun = False
    try:
        if is_begun := _begin(order_id):
            _write(order_id, home)
    except OperationalError as trouble:
        log.warning("export waits again", order_id=order_id, cause=type(trouble.orig).__name__)
        if is_begun and is_busy(trouble):  # somebody else's lock: the start does not count
            with transaction(patience=PATIENCE) as session:
                session.get_one(ExportOrder, order_id).starts -= 1


def _begin(order_id: int) -> bool:
    """Count the start before anything is done: an export that kills its process must not do so for ever."""
    with transaction(patience=PATIENCE) as session:
        order = session.get_one(ExportOrder, order_id, with_for_update=True)
        if order.status is not OrderStatus.WAITING:
            return False
        if order.starts >= MOST_STARTS:
            _end(order, OrderStatus.FAILED, FAILED)
            return False
        order.starts += 1
    return True


def _write(order_id: int, home: Path) -> None:
    with transaction(writes=False) as session:
        order = session.get_one(ExportOrder, order_id)
        by = session.get(User, order.by_id) or SYSTEM
    target = file_of(home, order_id)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        written = write_store(
            target,
            source_id=order.source_id,
            project_ids=order.project_ids or None,
            start=order.period_start,
            end=order.period_end,
            hashed=order.hashed,
            as_received=order.as_received,
            merged=order.merged,
            tell=ProgressFile(progress_of(home, order_id)),
            by=by,
        )
    except OperationalError:
        raise
    except Exception as error:  # whatever else it is: the order ends with a sentence, and the next one gets its turn
        log.error("export failed", order_id=order_id, cause=type(error).__name__)
        sentence = error.sentence if isinstance(error, DomainError) else FAILED
        with transaction(patience=PATIENCE) as session:
            _end(session.get_one(ExportOrder, order_id), OrderStatus.FAILED, sentence)
        return
    with transaction(patience=PATIENCE) as session:
        order = session.get_one(ExportOrder, order_id)
        order.rows = sum(written.rows.values())
        _end(order, OrderStatus.READY)


def _end(order: ExportOrder, status: OrderStatus, sentence: str | None = None) -> None:
    order.status, order.finished_at, order.sentence = status, clock.now(), sentence
    db.session.flush()


def _forget_old(home: Path) -> None:
    """Remove what was kept long enough, and folders that no order knows (of a restored database, say)."""
    folders = list((home / "exports").glob("*"))  # before the orders: one that comes meanwhile is let be
    with transaction(writes=False) as session:
        kept = select(ExportOrder.id).where(
            ExportOrder.status.in_((OrderStatus.WAITING, OrderStatus.READY)),
            (ExportOrder.finished_at.is_(None)) | (ExportOrder.finished_at > clock.now() - KEPT),
        )
        known = {str(order_id) for order_id in session.scalars(kept)}
        gone = select(ExportOrder.id).where(
            ExportOrder.status == OrderStatus.READY, ExportOrder.finished_at <= clock.now() - KEPT
        )
        over = list(session.scalars(gone))
    for folder in folders:
        if folder.name not in known:
            shutil.rmtree(folder, ignore_errors=True)
    if over:
        with transaction() as session:
            for order_id in over:
                session.get_one(ExportOrder, order_id).status = OrderStatus.GONE


def _check_may_export(by: User) -> None:
    if not by.may(Permission.EXPORT_STORE):
        raise NotAllowed("Your role does not include writing exports.")
