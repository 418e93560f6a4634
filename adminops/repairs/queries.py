"""Reading what repairs change: value by value, with what the source sent."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import String, cast, func, literal, select, union_all

from adminops.db import db
from adminops.errors import NotFound
from adminops.hmis.codes import label
from adminops.hmis.models import FILE_MODELS, LEFT_OUT, HmisSource, Repair, RepairException
from adminops.hmis.repairs import RULES, Rule
from adminops.hmis.spec import ColumnSpec, current
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.listing import Page, fetch_page

AT_ONCE = 500
HIDDEN = "hidden"


@dataclass(frozen=True)
class RuleRow:
    """A rule with its switch at one source, and how many values it changes there."""

    rule: Rule
    is_on: bool
    values: int


@dataclass(frozen=True)
class RepairRow:
    """One value that is read otherwise than it came."""

    id: int
    file: str
    hud_key: str
    column: str
    received: str
    value: str
    follows: str
    made_at: datetime
    rule: str

    @property
    def is_left_out(self) -> bool:
        """Whether the whole row is left out."""
        return self.column == LEFT_OUT


@dataclass(frozen=True)
class ExceptionRow:
    """A row that a rule was taken back from."""

    id: int
    file: str
    hud_key: str
    reason: str
    by: str
    made_at: datetime


def rules_of(source: HmisSource) -> list[RuleRow]:
    """Return all rules in their order, as they are at `source`."""
    return [
        RuleRow(rule, rule.key in source.repairs, sum(source.repair_counts.get(rule.key, {}).values()))
        for rule in RULES
    ]


def list_repairs(
    source: HmisSource, rule: str, *, viewer: User, key: str = "", file: str = "", after: str | None = None
) -> Page[RepairRow]:
    """Return a page of what a rule changes at a source, narrowed to rows whose key begins with `key`, to a `file`."""
    page = fetch_page(_chosen(source, rule, key, file), (Repair.id,), after=after, descending=False, shape=_repair)
    return Page(_rows(page.rows, viewer), page.after, page.first)


def all_repairs(source: HmisSource, rule: str, *, viewer: User) -> Iterator[RepairRow]:
    """Yield all that a rule changes at a source, some at a time."""
    after: str | None = None
    while True:
        chosen = _chosen(source, rule, "", "")
        page = fetch_page(chosen, (Repair.id,), after=after, descending=False, limit=AT_ONCE, shape=_repair)
        yield from _rows(page.rows, viewer)
        after = page.after
        if after is None:
            return


def get_repair(source: HmisSource, rule: str, repair_id: int) -> Repair:
    """Return a repair of a rule at a source. Raises `NotFound`."""
    found = db.session.get(Repair, repair_id)
    if found is None or (found.source_id, found.rule) != (source.id, rule):
        raise NotFound("There is no such repair: the last import may have made it needless.")
    return found


def row_of(repair: Repair, *, viewer: User) -> RepairRow:
    """Return a repair as pages show it."""
    return _rows([repair], viewer)[0]


def get_exception(exception_id: int) -> RepairException:
    """Return an exception. Raises `NotFound`."""
    found = db.session.get(RepairException, exception_id)
    if found is None:
        raise NotFound("There is no such exception.")
    return found


def exceptions_to(source: HmisSource, rule: str, *, after: str | None = None) -> Page[ExceptionRow]:
    """Return a page of the rows that a rule must leave alone at a source, the last decision first."""
    reading = (
        select(RepairException.id, RepairException, User.name)
        .outerjoin(User, User.id == RepairException.by_id)
        .where(RepairException.source_id == source.id, RepairException.rule == rule)
        .where(RepairException.withdrawn_at.is_(None))
    )
    return fetch_page(reading, (RepairException.id,), after=after, shape=_exception)


def _exception(row: Sequence[Any]) -> ExceptionRow:
    id_, found, name = row
    return ExceptionRow(id_, found.file, found.hud_key, found.reason, name or "Command line", found.made_at)


def _chosen(source: HmisSource, rule: str, key: str, file: str) -> Any:
    chosen = select(Repair.id, Repair).where(Repair.source_id == source.id, Repair.rule == rule)
    if key:
        chosen = chosen.where(func.substr(Repair.hud_key, 1, len(key)) == key)
    return chosen.where(Repair.file == file) if file else chosen


def _repair(row: Sequence[Any]) -> Repair:
    found: Repair = row[1]
    return found


def _rows(repairs: Sequence[Repair], viewer: User) -> list[RepairRow]:
    received, may_see = _received(repairs), viewer.may(Permission.READ_CLIENTS)
    return [_row(repair, received.get((repair.file, repair.row_id, repair.column)), may_see) for repair in repairs]


def _row(repair: Repair, received: str | None, may_see: bool) -> RepairRow:
    file = current().by_name[repair.file]
    column = file.by_name.get(repair.column)
    shown = may_see or file.kind != "client"
    return RepairRow(
        id=repair.id,
        file=repair.file,
        hud_key=repair.hud_key,
        column=repair.column,
        received=_said(column, received or "") if shown else HIDDEN,
        value=_said(column, repair.value) if shown else HIDDEN,
        follows=repair.follows or "",
        made_at=repair.made_at,
        rule=repair.rule,
    )


def _said(column: ColumnSpec | None, value: str) -> str:
    """Return a value with its label where it is a code."""
    if column is None or not column.list_id or not value.lstrip("-").isdecimal():
        return value
    return f"{value} {label(column.list_id, int(value))}".strip()


def _received(repairs: Sequence[Repair]) -> dict[tuple[str, int, str], str]:
    """Return what the source sent in these cells, by file, row and column: one read for all of them."""
    cells: dict[tuple[str, str], list[int]] = defaultdict(list)
    for repair in repairs:
        if repair.column != LEFT_OUT:
            cells[(repair.file, repair.column)].append(repair.row_id)
    readings = [_reading(file, column, row_ids) for (file, column), row_ids in cells.items()]
    if not readings:
        return {}
    return {
        (file, row_id, column): _as_hud_writes(file, column, text)
        for file, row_id, column, text in db.session.execute(union_all(*readings))
    }


def _reading(file: str, column: str, row_ids: Sequence[int]) -> Any:
    model: Any = FILE_MODELS[file]
    own = getattr(model, current().by_name[file].by_name[column].attribute)
    return select(literal(file), model.id, literal(column), cast(own, String)).where(model.id.in_(row_ids))


def _as_hud_writes(file: str, column: str, text: str | None) -> str:
    if text is None:
        return ""
    is_money = current().by_name[file].by_name[column].type == "money"
    return f"{Decimal(text) / 100:.2f}" if is_money else text
