"""Reading who works where besides the own agency."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select

from accounts.models import Account
from accounts.seats.models import AccountSeat
from adminops.db import db
from adminops.identity.models import User
from adminops.identity.permissions import Permission

OPEN = AccountSeat.ended_at.is_(None)


def at_agencies(agency_ids: Iterable[int]) -> Select[Any]:
    """Return the numbers of the accounts with an open seat at one of these agencies, for a condition."""
    return select(AccountSeat.account_id).where(AccountSeat.agency_id.in_(list(agency_ids)), OPEN)


def works_at(account_id: int, agency_id: int) -> bool:
    """Say whether an account has an open seat at that agency."""
    chosen = select(AccountSeat.id).where(
        AccountSeat.account_id == account_id, AccountSeat.agency_id == agency_id, OPEN
    )
    return db.session.scalar(chosen.limit(1)) is not None


def agencies_of(account_id: int) -> Sequence[int]:
    """Return the further agencies for which somebody works."""
    chosen = select(AccountSeat.agency_id).join(Account, Account.id == AccountSeat.account_id).distinct()
    return db.session.scalars(
        chosen.where(AccountSeat.account_id == account_id, OPEN, Account.agency_id != AccountSeat.agency_id)
    ).all()


def further_at(agency_id: Any) -> ColumnElement[bool]:
    """Say that a seat is one of this agency for somebody of another one: it takes up a license seat."""
    return and_(AccountSeat.agency_id == agency_id, OPEN, Account.agency_id != AccountSeat.agency_id)


def find_seat(seat_id: int, viewer: User) -> AccountSeat | None:
    """Return one open seat that the viewer may see: of their agencies' people, or at their agencies."""
    reach = viewer.reach(Permission.READ_ACCOUNTS)
    seat = db.session.scalar(select(AccountSeat).where(AccountSeat.id == seat_id, OPEN))
    if seat is None or not (reach.covers(seat.agency_id) or reach.covers(seat.account.agency_id)):
        return None
    return seat
