"""What exports say about merges: whether the vendor has retired the record that was folded in here.

A merge here changes nothing at the vendor's, where somebody makes it again by hand. A newer whole export that has the
kept record and no longer the other one confirms it; one that has the other one again takes that back. Both stay in the
row of the merge with their imports, and the later of the two counts. What stood there before an import is kept with it,
so that undoing the import undoes what it said.

The absence of a record says nothing when all that we know of its stays lies outside the export: the export of one
agency, or of one month, lacks most clients. Merges across sources are never confirmed: no vendor can make them.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Select, and_, select, update
from sqlalchemy.orm import aliased

from adminops.hmis.models import Client, Enrollment, Exit, Merge, VendorState

PORTION = 500
Period = tuple[date, date]


class Seen(Protocol):
    """Which rows an export had, as far as it was read."""

    def seen(self, file: str, keys: Sequence[str]) -> set[str]:
        """Return those of `keys` that `file` had."""
        ...


class Kept(Protocol):
    """What rows were before an import, for undoing it."""

    def keep_merges(self, ids: Sequence[int]) -> None:
        """Keep what exports had said so far about the merges `ids`."""
        ...


def note_merges(
    connection: Connection,
    rows: Seen,
    before: Kept,
    *,
    source_id: int,
    import_id: int,
    at: datetime,
    period: Period | None,
) -> tuple[int, int]:
    """Note which merges of the source an export confirms and which retired records are back; how many of each.

    To be called for the newest export of a source when its Project.csv and Client.csv were read and its Enrollment.csv
    was not yet. `period` is that of a whole export; None for one whose silence says nothing.
    """
    merges = connection.execute(_merges_of(source_id)).all()
    confirmed = returned = 0
    for begin in range(0, len(merges), PORTION):
        portion = merges[begin : begin + PORTION]
        there = rows.seen("Client", [key for row in portion for key in (row.kept, row.retired)])
        back = [row for row in portion if row.retired in there and not row.is_deleted and _is_confirmed(row)]
        open_ = [row for row in portion if row.kept in there and not _is_confirmed(row)]
        absent = [row for row in open_ if not row.is_deleted and row.retired not in there]
        known = _would_be_there(connection, rows, source_id, period, {row.retired for row in absent})
        sure = [row for row in open_ if row.is_deleted or (row in absent and row.retired in known)]
        before.keep_merges([row.id for row in (*sure, *back)])
        _mark(connection, sure, confirmed_at=at, confirmed_import_id=import_id)
        _mark(connection, back, came_back_at=at, came_back_import_id=import_id)
        confirmed, returned = confirmed + len(sure), returned + len(back)
    return confirmed, returned


def _merges_of(source_id: int) -> Select[*tuple[Any, ...]]:
    kept, retired = aliased(Client), aliased(Client)
    return (
        select(
            Merge.id,
            Merge.at_vendor.label("at_vendor"),
            kept.personal_id.label("kept"),
            retired.personal_id.label("retired"),
            retired.removed_at.is_not(None).label("is_deleted"),
        )
        .join(kept, and_(kept.id == Merge.destination_client_id, kept.removed_at.is_(None)))
        .join(retired, retired.id == Merge.source_client_id)
        .where(Merge.undone_at.is_(None), kept.source_id == source_id, retired.source_id == source_id)
        .order_by(Merge.id)
    )


def _is_confirmed(row: Any) -> bool:
    return bool(row.at_vendor == VendorState.CONFIRMED.value)


def _would_be_there(
    connection: Connection, rows: Seen, source_id: int, period: Period | None, keys: Collection[str]
) -> set[str]:
    """Return those of the clients `keys` that the export would have if the vendor still had them."""
    if period is None or not keys:
        return set()
    stays = connection.execute(_stays_of(source_id, keys)).all()
    projects = rows.seen("Project", sorted({stay.project_id or "" for stay in stays}))
    first, last = period
    inside = {
        stay.personal_id
        for stay in stays
        if stay.project_id in projects
        and (stay.entry_date is None or stay.entry_date <= last)
        and (stay.exit_date is None or stay.exit_date >= first)
    }
    without_stays = set(keys) - {stay.personal_id for stay in stays}
    return inside | without_stays


def _stays_of(source_id: int, keys: Collection[str]) -> Select[*tuple[Any, ...]]:
    leaves = and_(
        Exit.source_id == Enrollment.source_id,
        Exit.enrollment_id == Enrollment.enrollment_id,
        Exit.removed_at.is_(None),
    )
    return (
        select(Enrollment.personal_id, Enrollment.project_id, Enrollment.entry_date, Exit.exit_date)
        .outerjoin(Exit, leaves)
        .where(
            Enrollment.source_id == source_id,
            Enrollment.personal_id.in_(sorted(keys)),
            Enrollment.removed_at.is_(None),
        )
    )


def _mark(connection: Connection, merges: Sequence[Any], **values: Any) -> None:
    if merges:
        connection.execute(update(Merge).where(Merge.id.in_([row.id for row in merges])).values(**values))
