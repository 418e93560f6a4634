"""The register of who was kept apart: by whom, when, why, and whether their rows are new since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, null, or_, select
from sqlalchemy.orm import aliased

from adminops.db import db
from adminops.errors import NotFound
from adminops.hmis.models import Client
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.web.listing import Page, fetch_page
from dedupe.gathering import is_protected
from dedupe.models import UNDECIDED, Pair, PairState

CHANGED = {"yes": "Changed since", "no": "As it was"}
_Low, _High = aliased(Client), aliased(Client)
_IS_APART = or_(Pair.state == PairState.APART, and_(Pair.state.in_(UNDECIDED), Pair.rows_seen.is_not(null())))
"""That two are kept apart holds also while they are asked about again."""
_HAS_NEW_ROWS = and_(
    Pair.rows_seen.is_not(null()),
    or_(
        Pair.rows_seen[0].as_integer().is_distinct_from(_Low.import_id),
        Pair.rows_seen[1].as_integer().is_distinct_from(_High.import_id),
    ),
)
_WHEN = func.coalesce(Pair.decided_at, Pair.proposed_at)


@dataclass(frozen=True)
class ApartFilter:
    """What is left of the register. 0 and "" leave everything."""

    by_id: int = 0
    changed: str = ""

    @classmethod
    def read(cls, args: Mapping[str, str]) -> "ApartFilter":
        """Return what an address says; what it says wrongly is left out."""
        by, changed = args.get("by", ""), args.get("changed", "")
        by_id = int(by) if by.isascii() and by.isdecimal() and len(by) < 10 else 0
        return cls(by_id, changed if changed in CHANGED else "")

    @property
    def args(self) -> dict[str, Any]:
        """The end of an address that says the same."""
        return {name: value for name, value in (("by", self.by_id), ("changed", self.changed)) if value}

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the conditions on `Pair` and its two records."""
        found = [Pair.decided_by_id == self.by_id] if self.by_id else []
        if self.changed:
            found.append(_HAS_NEW_ROWS if self.changed == "yes" else ~_HAS_NEW_ROWS)
        return found


@dataclass(frozen=True)
class ApartRow:
    """Two records that were kept apart. The reason is the reviewer's own."""

    pair_id: int
    when: datetime
    one: str
    other: str
    by: str
    reason: str
    changes: Sequence[str]
    """What compares otherwise, while they are asked about again."""
    has_new_rows: bool


def list_apart(wanted: ApartFilter, viewer: User, *, after: str | None = None) -> Page[ApartRow]:
    """Return a page of the register, the last decision first. Raises `NotFound` for who may not review.

    A pair with a client of victim services alone is not on it.
    """
    _check(viewer)
    told = (_Low.personal_id, _High.personal_id, User.name, Pair.reason, Pair.changes, _HAS_NEW_ROWS)
    chosen = _among(select(_WHEN, Pair.id, *told), wanted).outerjoin(User, User.id == Pair.decided_by_id)
    return fetch_page(chosen, (_WHEN, Pair.id), after=after, shape=_row)


def count_apart(wanted: ApartFilter, viewer: User) -> int:
    """Return how many pairs the register holds. Raises `NotFound` for who may not review."""
    _check(viewer)
    return db.session.scalar(_among(select(func.count(Pair.id)), wanted)) or 0


def people_to_choose() -> list[tuple[int, str]]:
    """Return who kept somebody apart."""
    theirs = select(Pair.decided_by_id).where(_IS_APART, Pair.decided_by_id.is_not(None))
    chosen = select(User.id, User.name).where(User.id.in_(theirs)).order_by(User.name, User.id)
    return [(id_, name) for id_, name in db.session.execute(chosen)]


def _check(viewer: User) -> None:
    if not viewer.may(Permission.REVIEW_DUPLICATES):
        raise NotFound("There is no such list.")


def _among(chosen: Select[*tuple[Any, ...]], wanted: ApartFilter) -> Select[*tuple[Any, ...]]:
    return (
        chosen.select_from(Pair)
        .join(_Low, _Low.id == Pair.low_client_id)
        .join(_High, _High.id == Pair.high_client_id)
        .where(_IS_APART, ~is_protected(_Low), ~is_protected(_High), *wanted.conditions())
    )


def _row(row: Sequence[Any]) -> ApartRow:
    when, pair_id, one, other, by, reason, changes, has_new_rows = row
    return ApartRow(pair_id, when, one, other, by or "AdminOps", reason, changes, bool(has_new_rows))
