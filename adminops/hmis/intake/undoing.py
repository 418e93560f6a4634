"""Taking imports back: the store is again what it was before, row by row, and the layers above it stay.

Only the last import of a source can be taken back, then the one before it. Client records that an import added can't
go: pairs, decisions and the audit trail name them. They are emptied and count as new when an export brings them again.
"""

# ruff: noqa: S608 - the names in these statements are of our tables, never of the input

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select, text, update

from adminops import clock
from adminops.db import Model, db
from adminops.errors import Conflict, InvalidState
from adminops.hmis.intake.claims import RUNNING, hold_source
from adminops.hmis.intake.history import ABOVE, ASIDE, ASIDE_KEYS, BEFORE, MERGE, TABLES, image_columns, is_bytes
from adminops.hmis.intake.progress import Progress, Tell, tell_nobody
from adminops.hmis.models import Client, HmisImport, HmisSource, ImportBefore, ImportStatus, Merge, Organization
from adminops.hmis.repairs import recalculate

UNDO_FOR = timedelta(days=7)
AT_ONCE = 2_000
TAKEN = (ImportStatus.APPLIED, ImportStatus.UNCHANGED)


def whole_imports_in_force(source_id: int, *, limit: int) -> Sequence[HmisImport]:
    """Return the last whole exports of a source that were taken and not undone, the last first.

    Imports of old have no turn, and it is not known whether they were whole.
    """
    chosen = select(HmisImport).where(
        HmisImport.source_id == source_id, HmisImport.status.in_(TAKEN), HmisImport.is_whole.is_not(False)
    )
    order = (func.coalesce(HmisImport.turn, 0).desc(), HmisImport.id.desc())
    return db.session.scalars(chosen.order_by(*order).limit(limit)).all()


def last_turn(source_id: int) -> int:
    """Return the turn of the last import of a source that is in force; 0 when there is none.

    One that changed no row counts, too: it may have been the newest export, which decides on what may be removed.
    """
    chosen = select(func.max(HmisImport.turn)).where(HmisImport.source_id == source_id, HmisImport.status.in_(TAKEN))
    return db.session.scalar(chosen) or 0


def next_turn(source_id: int) -> int:
    """Return the turn of the next import of a source; the turns of undone ones are not given again."""
    return (db.session.scalar(select(func.max(HmisImport.turn)).where(HmisImport.source_id == source_id)) or 0) + 1


def why_not_undoable(record: HmisImport) -> str | None:
    """Return the sentence that says why an import can't be undone, or None when it can."""
    if record.status is not ImportStatus.APPLIED or record.turn is None or record.finished_at is None:
        return "Only an import that was applied can be undone."
    if clock.now() - record.finished_at > UNDO_FOR:
        return "It was applied more than 7 days ago: what was there before it is no longer kept."
    later = select(HmisImport.id).where(
        HmisImport.source_id == record.source_id,
        HmisImport.turn > record.turn,
        HmisImport.status == ImportStatus.APPLIED,
    )
    found = db.session.scalar(later.order_by(HmisImport.turn.desc()).limit(1))
    if found is not None:
        return f"Import {found} was applied after it: undo that first."
    return _why_not_without_its_clients(record)


def _why_not_without_its_clients(record: HmisImport) -> str | None:
    had_before = select(ImportBefore.row_id).where(ImportBefore.import_id == record.id, ImportBefore.file == "Client")
    added = select(Client.id).where(Client.import_id == record.id, Client.id.not_in(had_before))
    chosen = select(func.count(Merge.id)).where(
        Merge.undone_at.is_(None), or_(Merge.source_client_id.in_(added), Merge.destination_client_id.in_(added))
    )
    merges = db.session.scalar(chosen) or 0
    if not merges:
        return None
    merge, them = ("1 merge involves", "it") if merges == 1 else (f"{merges:,} merges involve", "them")
    return f"{merge} client records that this import brought: undo {them} first."


def undo_import(record: HmisImport, *, by_id: int | None, tell: Tell = tell_nobody) -> Sequence[HmisImport]:
    """Take back the last import of its source, whole; return what was taken back, the last first.

    Imports after it that found nothing to change go with it. Raises `InvalidState` with the reason when it can't be,
    and `Conflict` while another import of the source runs.
    """
    db.session.flush()
    if not hold_source(record.source_id):
        raise Conflict(RUNNING)
    source = db.session.get_one(HmisSource, record.source_id, populate_existing=True)
    db.session.refresh(record, with_for_update=True)
    if reason := why_not_undoable(record):
        raise InvalidState(reason)
    taken_back = _with_later_ones(record)
    connection, now = db.session.connection(), clock.now()
    for each in taken_back:
        _take_back(connection, each, source, now, tell)
        each.status, each.undone_at, each.undone_by_id = ImportStatus.UNDONE, now, by_id
    db.session.flush()
    recalculate(connection, source.id, at=now)
    connection.execute(delete(ImportBefore).where(ImportBefore.import_id.in_([each.id for each in taken_back])))
    db.session.expire_all()
    return taken_back


def _with_later_ones(record: HmisImport) -> Sequence[HmisImport]:
    chosen = select(HmisImport).where(
        HmisImport.source_id == record.source_id, HmisImport.status.in_(TAKEN), HmisImport.turn >= record.turn
    )
    return db.session.scalars(chosen.order_by(HmisImport.turn.desc())).all()


def forget_images(*, until: datetime) -> int:
    """Forget what rows were before imports that ended before `until`; return how many images there were."""
    old = select(HmisImport.id).where(HmisImport.finished_at < until)
    return db.session.connection().execute(delete(ImportBefore).where(ImportBefore.import_id.in_(old))).rowcount


def _take_back(connection: Connection, record: HmisImport, source: HmisSource, now: datetime, tell: Tell) -> None:
    """Put the rows back that have an image; what then still bears the import's number was added by it.

    Raises `InvalidState` when a client record that it added was merged meanwhile.
    """
    _keep_organizations_in_use(connection, record)
    rows = 0
    for number, (name, table) in enumerate(TABLES.items()):
        if name in ASIDE:
            connection.execute(text(f"DELETE FROM {table} WHERE import_id = :id"), {"id": record.id})
        for images in _images(connection, record.id, name):
            tell(Progress("undoing", name, number, len(TABLES), rows, number, len(TABLES)))
            _restore(connection, name, images)
            rows += len(images)
        if name == "Client":
            _empty_added_clients(connection, record, now)
            if reason := _why_not_without_its_clients(record):  # no merge can follow: the records are ours, and gone
                raise InvalidState(reason)
        elif name not in ASIDE:
            connection.execute(text(f"DELETE FROM {table} WHERE import_id = :id"), {"id": record.id})
    for images in _images(connection, record.id, MERGE):
        _restore(connection, MERGE, images)
    _restore_source(record, source)


def _images(connection: Connection, import_id: int, name: str) -> Iterator[list[tuple[int, dict[str, Any]]]]:
    """Yield the images of a table some at a time, in the order of the rows."""
    after = 0
    chosen = text(
        f"SELECT row_id, CAST(before AS text) FROM {BEFORE}"
        " WHERE import_id = :id AND file = :file AND row_id > :after ORDER BY row_id LIMIT :many"
    )
    while True:
        values = {"id": import_id, "file": name, "after": after, "many": AT_ONCE}
        found = [(row_id, json.loads(before)) for row_id, before in connection.execute(chosen, values)]
        if not found:
            return
        after = found[-1][0]
        yield found


def _restore(connection: Connection, name: str, images: Sequence[tuple[int, dict[str, Any]]]) -> None:
    table = Merge.__tablename__ if name == MERGE else TABLES[name]
    is_sqlite = connection.dialect.name == "sqlite"
    mark = "?" if is_sqlite else "%s"
    packed = {column.name for column in image_columns(table) if is_bytes(column)} if is_sqlite else set()
    shapes: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for row_id, image in images:
        values = (_bytes(value) if column in packed else value for column, value in image.items())
        shapes[tuple(image)].append((*values, row_id))
    for columns, rows in shapes.items():
        if name in ASIDE:
            _put_back_aside(connection, name, columns, [row[:-1] for row in rows], mark)
        else:
            assigned = ", ".join(f'"{column}" = {mark}' for column in columns)
            connection.exec_driver_sql(f"UPDATE {table} SET {assigned} WHERE id = {mark}", rows)


def _put_back_aside(
    connection: Connection, name: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]], mark: str
) -> None:
    """Put rows of a table of `ASIDE` back by their keys: the ids that they had may be those of other rows by now."""
    keys = ASIDE_KEYS[name]
    pick = itemgetter(*(columns.index(key) for key in keys))
    chosen = " AND ".join(f'"{key}" = {mark}' for key in keys)
    connection.exec_driver_sql(f"DELETE FROM {TABLES[name]} WHERE {chosen}", [pick(row) for row in rows])
    names, marks = ", ".join(f'"{column}"' for column in columns), ", ".join([mark] * len(columns))
    connection.exec_driver_sql(f"INSERT INTO {TABLES[name]} ({names}) VALUES ({marks})", list(rows))


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else bytes.fromhex(value)


def _empty_added_clients(connection: Connection, record: HmisImport, now: datetime) -> None:
    """Empty the client records that the import added: no data of a wrong import stays, only what others point to."""
    stays = {"id", "source_id", "import_id", "personal_id", *ABOVE}
    emptied: Mapping[str, Any] = {
        column.name: None
        for column in Model.metadata.tables[Client.__tablename__].columns
        if column.name not in stays and column.nullable
    }
    values = {**emptied, "removed_at": now, "first_key": "", "last_key": ""}
    connection.execute(update(Client).where(Client.import_id == record.id).values(**values))


def _keep_organizations_in_use(connection: Connection, record: HmisImport) -> None:
    """Let organizations that the import added, and in which programs were set up here since, be ours from now on.

    They are held first: a set-up that was begun is waited for, and none begins in an organization that is about to go.
    """
    had_before = select(ImportBefore.row_id).where(
        ImportBefore.import_id == record.id, ImportBefore.file == "Organization"
    )
    added = (Organization.import_id == record.id, Organization.id.not_in(had_before))
    connection.execute(select(Organization.id).where(*added).order_by(Organization.id).with_for_update()).all()
    ours = text(
        "EXISTS (SELECT 1 FROM hmis_project p WHERE p.source_id = hmis_organization.source_id"
        " AND p.organization_id = hmis_organization.organization_id AND p.import_id IS NULL)"
    )
    connection.execute(update(Organization).where(*added, ours).values(import_id=None, row_hash=None))


def _restore_source(record: HmisImport, source: HmisSource) -> None:
    image = db.session.get(ImportBefore, (record.id, "HmisSource", source.id))
    if image is None:
        return
    newest = image.before["newest_export"]
    source.newest_export = datetime.fromisoformat(newest) if newest else None
    source.known_ids = [each for each in source.known_ids if each not in image.before["learnt"]]
    if image.before.get("learnt_hashes"):  # images of old have none
        source.names_hashed = False
