"""The work list for the vendor's desk: merges made here that somebody has to make again in the vendor's HMIS.

Merges of two sources are not on it: no vendor can make them. Nor are undone ones, and those of a client who stays with
victim service providers alone: they are to be undone.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import aliased

from adminops.db import db
from adminops.hmis.models import Client, HmisSource, Merge, MergeChoice, VendorState
from adminops.identity.models import User
from adminops.web.csv_files import harmless_cell
from adminops.web.listing import PAGE, Page, fetch_page
from dedupe.gathering import stands_for_protected
from dedupe.units import UNITS

LABELS = {
    VendorState.TO_DO: "To do",
    VendorState.DONE: "Done at the vendor’s",
    VendorState.CONFIRMED: "Confirmed in export",
    VendorState.CAME_BACK: "Came back",
}
COLUMNS = (
    "merge",
    "source",
    "kept_client_id",
    "retired_client_id",
    "field_choices",
    "merged_by",
    "merged_at",
    "state",
    "done_by",
    "done_at",
    "confirmed_at",
)


@dataclass(frozen=True)
class WorkRow:
    """One merge to make at the vendor's."""

    id: int
    source: str
    kept: str
    retired: str
    choices: tuple[str, ...]
    """From which record a field is taken ("name from 51907"), never what stands in it."""
    by: str
    merged_at: datetime
    state: VendorState
    done_by: str
    done_at: datetime | None
    confirmed_at: datetime | None


def read_state(text: str | None) -> VendorState | None:
    """Return the state that an address names, or None for all."""
    return next((state for state in VendorState if state.value == text), None)


def list_work(
    *, state: VendorState | None = None, source_id: int | None = None, after: str | None = None
) -> Page[WorkRow]:
    """Return a page of the list, the oldest merge first: a chain of merges has to be made in its order."""
    chosen = _narrowed(_rows(), state, source_id)
    page: Page[Sequence[Any]] = fetch_page(chosen, (Merge.id,), after=after, descending=False)
    return Page(_with_choices(page.rows), page.after, page.first)


def all_work(*, state: VendorState | None = None, source_id: int | None = None) -> list[WorkRow]:
    """Return the whole list, for a file."""
    return _with_choices(db.session.execute(_narrowed(_rows(), state, source_id).order_by(Merge.id)).all())


def count_work(*, source_id: int | None = None) -> dict[VendorState, int]:
    """Return how many merges stand in each state."""
    listed = _narrowed(_joined(select(Merge.at_vendor.label("state"))), None, source_id).subquery()
    counted = select(listed.c.state, func.count()).group_by(listed.c.state)
    found = {VendorState(state): count for state, count in db.session.execute(counted)}
    return {state: found.get(state, 0) for state in VendorState}


def write_work(rows: Iterable[WorkRow]) -> str:
    """Return the list as CSV; no cell of it is a formula to a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([harmless_cell(cell) for cell in _cells(row)] for row in rows)
    return text.getvalue()


def _cells(row: WorkRow) -> Sequence[str]:
    moments = [moment.isoformat(timespec="minutes") if moment else "" for moment in (row.done_at, row.confirmed_at)]
    made = row.merged_at.isoformat(timespec="minutes")
    choices = "; ".join(f"take {choice}" for choice in row.choices)
    named = (str(row.id), row.source, row.kept, row.retired, choices)
    return (*named, row.by, made, row.state.value, row.done_by, *moments)


_KEPT, _RETIRED, _BY, _DONE_BY = aliased(Client), aliased(Client), aliased(User), aliased(User)


def _rows() -> Select[*tuple[Any, ...]]:
    return _joined(
        select(
            Merge.id,
            HmisSource.name,
            _KEPT.personal_id,
            _RETIRED.personal_id,
            _BY.name,
            Merge.merged_at,
            Merge.at_vendor,
            _DONE_BY.name,
            Merge.done_at,
            Merge.confirmed_at,
        )
    )


def _joined(chosen: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        chosen.select_from(Merge)
        .join(_KEPT, _KEPT.id == Merge.destination_client_id)
        .join(_RETIRED, and_(_RETIRED.id == Merge.source_client_id, _RETIRED.source_id == _KEPT.source_id))
        .join(HmisSource, HmisSource.id == _KEPT.source_id)
        .outerjoin(_BY, _BY.id == Merge.by_id)
        .outerjoin(_DONE_BY, _DONE_BY.id == Merge.done_by_id)
        .where(Merge.undone_at.is_(None), ~stands_for_protected(_KEPT), ~stands_for_protected(_RETIRED))
    )


def _narrowed(
    chosen: Select[*tuple[Any, ...]], state: VendorState | None, source_id: int | None
) -> Select[*tuple[Any, ...]]:
    if state is not None:
        chosen = chosen.where(Merge.at_vendor == state.value)
    return chosen if source_id is None else chosen.where(_KEPT.source_id == source_id)


def _with_choices(rows: Sequence[Sequence[Any]]) -> list[WorkRow]:
    choices = _choices_of([row[0] for row in rows])
    return [
        WorkRow(
            id=id_,
            source=source,
            kept=kept,
            retired=retired,
            choices=tuple(choices.get(id_, ())),
            by=by or "AdminOps",
            merged_at=merged_at,
            state=VendorState(state),
            done_by=done_by or "",
            done_at=done_at,
            confirmed_at=confirmed_at,
        )
        for id_, source, kept, retired, by, merged_at, state, done_by, done_at, confirmed_at in rows
    ]


def _choices_of(merge_ids: Sequence[int]) -> dict[int, list[str]]:
    if not merge_ids:
        return {}
    reading = (
        select(MergeChoice.merge_id, MergeChoice.unit, Client.personal_id)
        .join(Client, Client.id == MergeChoice.client_id)
        .where(_among(merge_ids))
    )
    said: dict[int, dict[str, str]] = {}
    for merge_id, unit, personal_id in db.session.execute(reading):
        said.setdefault(merge_id, {})[unit] = personal_id
    return {
        merge_id: [f"{_in_a_sentence(unit.label)} from {units[unit.key]}" for unit in UNITS if unit.key in units]
        for merge_id, units in said.items()
    }


def _among(merge_ids: Sequence[int]) -> ColumnElement[bool]:
    """Return the condition for the choices of some merges, in order; of a whole list their range, for it is long."""
    if len(merge_ids) <= PAGE:
        return MergeChoice.merge_id.in_(merge_ids)
    return and_(MergeChoice.merge_id >= merge_ids[0], MergeChoice.merge_id <= merge_ids[-1])


def _in_a_sentence(label: str) -> str:
    return label if label.isupper() else label.lower()
