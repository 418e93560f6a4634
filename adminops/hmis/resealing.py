"""The store under new keys, some rows at a time: sealed values, look-ups, hashes of rows.

How far a rotation is stands in the rows themselves: a sealed value names its key, and an index is current when it is
what the current key makes of its SSN. So a rotation that was killed goes on where it was, and one that is done finds
nothing to do. Each step is for a transaction of its own; rows that somebody else is writing are passed over, so that
a rotation never waits for an import and an import never for more than a step.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Select, bindparam, func, literal, select, text, union_all, update

from adminops import clock
from adminops.crypto import HEAD_BYTES, CannotDecrypt, KeyRing, Kind, head_of
from adminops.db import db
from adminops.hmis import sealing
from adminops.hmis.intake.history import forget_hashes_in_images
from adminops.hmis.intake.undoing import UNDO_FOR
from adminops.hmis.models import FILE_MODELS, Client, HmisImport, ImportBefore, Unreadable
from adminops.hmis.sealing import NO_SSN, SealedSsn
from adminops.hmis.spec import current

AT_ONCE = 1_000
FORGOTTEN = bytes(32)
"""Stands where the hash of a row was: it is that of no row. Without any hash are rows that no file has had so far."""


@dataclass(frozen=True)
class SealedColumn:
    """A column of sealed values: the columns that say which cell a value is bound to, and how."""

    model: type[Any]
    name: str
    cell: tuple[str, ...]
    bound_to: Callable[..., str]

    @property
    def title(self) -> str:
        """Where it is: "hmis_client.ssn_sealed"."""
        return f"{self.model.__tablename__}.{self.name}"

    @property
    def values(self) -> Any:
        """The column itself."""
        return getattr(self.model, self.name)

    @property
    def head(self) -> Any:
        """The beginning of its values, which names the key."""
        return func.substr(self.values, text("1"), text(str(HEAD_BYTES)), type_=LargeBinary)

    def cells(self) -> list[Any]:
        """Return the columns that `bound_to` takes."""
        return [getattr(self.model, name) for name in self.cell]


SEALED = [
    SealedColumn(Client, "ssn_sealed", ("source_id", "personal_id"), sealing.cell),
    SealedColumn(Unreadable, "raw_sealed", ("source_id", "file", "hud_key", "column"), sealing.cell_aside),
]
"""Every column of sealed values there is. A test fails for one that is not here: a rotation would leave it behind."""

INDEXED = (("hmis_client", "ssn_index"), ("hmis_client", "ssn_last4_index"))
"""Every column of blind indexes there is: `reindex_some` writes them."""


def also_sealed(column: SealedColumn) -> None:
    """Name a column of sealed values of a feature, which this module can't know of, when the app is put together."""
    if column not in SEALED:
        SEALED.append(column)


@dataclass(frozen=True)
class Step:
    """What one step did. `last` is the id it came to, None when there were no more rows."""

    last: int | None
    seen: int = 0
    written: int = 0
    closed: int = 0
    """Values that do not open: they stay as they are."""


def count_by_key(column: SealedColumn) -> dict[int, int]:
    """Return how many values of `column` are sealed under each key."""
    counted = select(column.head, func.count()).where(column.values.is_not(None)).group_by(column.head)
    return {int.from_bytes(bytes(head)[1:], "big"): number for head, number in db.session.execute(counted)}


def count_waiting(column: SealedColumn) -> int:
    """Return how many values of `column` are not sealed under the current key."""
    newest = sealing.key_ring(anew=True).current
    return sum(number for key, number in count_by_key(column).items() if key != newest)


def reseal_some(column: SealedColumn, *, after: int, limit: int = AT_ONCE) -> Step:
    """Seal the next values of `column` that are not under the current key anew, in the order of their ids."""
    ring = sealing.key_ring(anew=True)
    waiting = (
        select(column.model.id, column.values, *column.cells())
        .where(column.values.is_not(None), column.model.id > after, column.head != head_of(ring.current))
        .order_by(column.model.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = db.session.execute(waiting).all()
    sealed = []
    for row_id, value, *cell in rows:
        bound_to = column.bound_to(*cell)
        try:
            opened = sealing.open_cell(value, bound_to=bound_to)
        except CannotDecrypt:
            continue
        sealed.append({"row_id": row_id, column.name: ring.encrypt(opened, bound_to=bound_to)})
    _write(column.model, sealed)
    return Step(rows[-1][0] if rows else None, len(rows), len(sealed), len(rows) - len(sealed))


def count_indexed() -> int:
    """Return how many clients have an SSN, and so indexes of it."""
    return db.session.scalar(select(func.count()).where(Client.ssn_sealed.is_not(None))) or 0


def reindex_some(*, after: int, limit: int = AT_ONCE) -> Step:
    """Look at the next clients with an SSN, and write the indexes that are not the current key's anew."""
    reading = (
        select(
            Client.id, Client.source_id, Client.personal_id, Client.ssn_sealed, Client.ssn_index, Client.ssn_last4_index
        )
        .where(Client.ssn_sealed.is_not(None), Client.id > after)
        .order_by(Client.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = db.session.execute(reading).all()
    changed, closed = [], 0
    for row in rows:
        made = _indexes(row.source_id, row.personal_id, row.ssn_sealed)
        if made is None:
            closed += 1
        elif (made.number_index, made.last4_index) != (row.ssn_index, row.ssn_last4_index):
            changed.append({"row_id": row.id, "ssn_index": made.number_index, "ssn_last4_index": made.last4_index})
    _write(Client, changed)
    return Step(rows[-1].id if rows else None, len(rows), len(changed), closed)


def count_outdated() -> int:
    """Return how many clients have indexes that are not the current key's: a look at every SSN."""
    reading = select(
        Client.source_id, Client.personal_id, Client.ssn_sealed, Client.ssn_index, Client.ssn_last4_index
    ).where(Client.ssn_sealed.is_not(None))
    outdated = 0
    for source_id, personal_id, sealed, *indexes in db.session.execute(reading.execution_options(yield_per=AT_ONCE)):
        made = _indexes(source_id, personal_id, sealed)
        outdated += made is None or [made.number_index, made.last4_index] != indexes
    return outdated


def count_to_be_undone(kind: Kind, number: int) -> int:
    """Return how many values an undo would still bring back that are under key `number`.

    Of indexes nobody sees the key: those that are not the current one's.
    """
    columns = {column.model.__name__: column.name for column in SEALED}
    reading = (
        select(ImportBefore.file, ImportBefore.before)
        .join(HmisImport, HmisImport.id == ImportBefore.import_id)
        .where(ImportBefore.file.in_(columns), HmisImport.finished_at >= clock.now() - UNDO_FOR)
    )
    found = 0
    for file, before in db.session.execute(reading.execution_options(yield_per=AT_ONCE)):
        sealed = _bytes(before.get(columns[file]))
        if kind == "index":
            found += file == Client.__name__ and sealed is not None and _is_outdated(before, sealed)
        else:
            found += sealed is not None and sealed.startswith(head_of(number))
    return found


def _is_outdated(before: Mapping[str, Any], sealed: bytes) -> bool:
    made = _indexes(before["source_id"], before["personal_id"], sealed)
    stored = (_bytes(before["ssn_index"]), _bytes(before["ssn_last4_index"]))
    return made is None or (made.number_index, made.last4_index) != stored


def _bytes(image: str | None) -> bytes | None:
    """Return the bytes of an image: SQLite writes them in hexadecimal, PostgreSQL with two letters before."""
    return None if image is None else bytes.fromhex(image.removeprefix("\\x"))


def _indexes(source_id: int, personal_id: str, sealed: bytes | None) -> SealedSsn | None:
    """Return the indexes that a sealed SSN should have; None when it does not open."""
    try:
        ssn = sealing.open_ssn(source_id, personal_id, sealed)
    except CannotDecrypt:
        return None
    last4 = sealing.last4_index(sealing.last4_of(ssn))
    return NO_SSN._replace(number_index=sealing.ssn_index(ssn), last4_index=last4)


def forget_row_hashes() -> int:
    """Forget the hashes of all rows that hold a secret: the next import writes each of these anew. Return how many.

    The images that imports left of rows lose theirs, too: undoing one must bring none back.
    """
    forgotten = _forget_hashes(Client, Client.ssn_sealed.is_not(None))
    for file in current().files:
        model: Any = FILE_MODELS[file.name]
        aside = select(Unreadable.id).where(
            Unreadable.source_id == model.source_id,
            Unreadable.file == file.name,
            Unreadable.hud_key == getattr(model, file.key_column.attribute),
        )
        forgotten += _forget_hashes(model, aside.exists())
    forget_hashes_in_images(db.session.connection(), FORGOTTEN)
    return forgotten


def _forget_hashes(model: Any, which: ColumnElement[bool]) -> int:
    hidden = update(model).where(which, model.row_hash != FORGOTTEN).values(row_hash=FORGOTTEN)
    done: Any = db.session.execute(hidden.execution_options(synchronize_session=False))
    return int(done.rowcount)


def _write(model: type[Any], rows: list[dict[str, Any]]) -> None:
    """Set the columns that `rows` name, in the row of each `row_id`."""
    if rows:
        table = model.__table__
        db.session.connection().execute(update(table).where(table.c.id == bindparam("row_id")), rows)


@dataclass(frozen=True)
class Proof:
    """What was seen of the values of one column under one key. `opened` is None when the ring lacks the key."""

    title: str
    key: int
    number: int
    opened: bool | None
    is_found: bool = True
    """Whether the records looked at are found by their own SSN."""


def prove(columns: Sequence[SealedColumn], ring: KeyRing) -> list[Proof]:
    """Open the oldest and the newest value of each column under each key, and look their records up by the index.

    One read for what there is, and one for each column in which something is sealed.
    """
    groups: list[list[Sequence[Any]]] = [[] for _ in columns]
    for place, *group in db.session.execute(union_all(*map(_ends, range(len(columns)), columns))):
        groups[place].append(group)
    return [proof for column, found in zip(columns, groups, strict=True) for proof in _prove(column, found, ring)]


def _ends(place: int, column: SealedColumn) -> Select[*tuple[Any, ...]]:
    """Return for each key that values of `column` are sealed under: how many, and the ids of the first and last."""
    what = (literal(place).label("place"), column.head.label("head"), func.count(), func.min(column.model.id))
    ends = select(*what, func.max(column.model.id)).where(column.values.is_not(None))
    return ends.group_by(column.head)


def _prove(column: SealedColumn, groups: Sequence[Sequence[Any]], ring: KeyRing) -> list[Proof]:
    wanted = {row_id for _, _, first, last in groups for row_id in (first, last)}
    indexes = [column.model.ssn_index] if column.model is Client else []
    reading = select(column.model.id, column.values, *indexes, *column.cells()).where(column.model.id.in_(wanted))
    rows = {row_id: rest for row_id, *rest in db.session.execute(reading)} if wanted else {}
    proofs = []
    for head, number, *ids in groups:
        key = ring.key_of(bytes(head))
        seen = [_look(column, rows[row_id], ring) for row_id in dict.fromkeys(ids)]
        opened = all(did_open for did_open, _ in seen) if key in ring.keys else None
        proofs.append(Proof(column.title, key, number, opened, all(found for _, found in seen)))
    return proofs


def _look(column: SealedColumn, row: list[Any], ring: KeyRing) -> tuple[bool, bool]:
    """Return whether the value of a row opens, and whether its index is one that a look-up would ask for."""
    value, *rest = row
    index, cell = (rest[0], rest[1:]) if column.model is Client else (None, rest)
    try:
        opened = ring.decrypt(value, bound_to=column.bound_to(*cell))
    except CannotDecrypt:
        return False, True
    if column.model is not Client:
        return True, True
    with sealing.using(ring):
        asked = sealing.ssn_indexes(opened)
    return True, index in asked if asked else index is None
