"""Reading merges that wait for a second person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from adminops.db import db
from adminops.identity.models import RoleGrant, User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission
from adminops.web.listing import Page, fetch_page
from dedupe.models import Pair, PairState
from dedupe.seconds.models import Answer, Proposal

_WAITS: tuple[ColumnElement[bool], ...] = (Proposal.answer == Answer.WAITING, Pair.state == PairState.SECOND)


@dataclass(frozen=True)
class WaitingRow:
    """One merge that waits."""

    id: int
    pair_id: int
    score: int
    why: Sequence[str]
    by: str
    by_id: int
    made_at: datetime


def list_waiting(*, after: str | None = None) -> Page[WaitingRow]:
    """Return a page of the merges that wait, the longest first."""
    chosen = (
        select(Proposal.id, Pair.id, Pair.score, Proposal.why, User.name, Proposal.by_id, Proposal.made_at)
        .join(Pair, Pair.id == Proposal.pair_id)
        .join(User, User.id == Proposal.by_id)
        .where(*_WAITS)
    )
    return fetch_page(chosen, (Proposal.id,), after=after, descending=False, shape=_row)


def _row(row: Sequence[Any]) -> WaitingRow:
    return WaitingRow(*row)


def count_waiting() -> int:
    """Return how many merges wait."""
    counted = select(func.count(Proposal.id)).join(Pair, Pair.id == Proposal.pair_id).where(*_WAITS)
    return db.session.scalar(counted) or 0


def reviewers() -> list[User]:
    """Return everybody who may answer one."""
    roles = [role for role, held in ROLE_PERMISSIONS.items() if Permission.REVIEW_DUPLICATES in held]
    granted = select(RoleGrant.user_id).where(RoleGrant.agency_id.is_(None), RoleGrant.role.in_(roles))
    return list(db.session.scalars(select(User).where(User.may_sign_in, User.id.in_(granted)).order_by(User.id)))
