"""Reading who leaves, within the viewer's sight."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import joinedload

from accounts.leaving.models import CLOCK, Departure
from accounts.models import Account, DisabledReason
from adminops import clock
from adminops.db import db
from adminops.identity.models import Agency, RoleGrant, User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission
from adminops.refs import Ref
from adminops.web.listing import Page, fetch_page


@dataclass(frozen=True)
class LeaverRow:
    """One line of the list."""

    leaves_at: datetime
    id: int
    name: str
    agency: str | None
    reason: DisabledReason
    reported_at: datetime

    @property
    def hours_left(self) -> int:
        """Whole hours until the HMIS has to be closed to the person; below none once that is past."""
        left = max(self.leaves_at, self.reported_at) + CLOCK - clock.now()
        return int(left // timedelta(hours=1))

    @property
    def has_left(self) -> bool:
        """Whether access has ended here."""
        return self.leaves_at <= clock.now()


def visible_to(viewer: User) -> Select[Departure]:
    """Return the departures the viewer may see: of the agencies whose accounts they see."""
    reach = viewer.reach(Permission.READ_ACCOUNTS)
    return select(Departure) if reach.everywhere else select(Departure).where(Departure.agency_id.in_(reach.agency_ids))


def find_leaver(departure_id: int, viewer: User) -> Departure | None:
    """Return one departure, or None when there is none that the viewer may see."""
    people = (joinedload(Departure.agency), joinedload(Departure.reported_by), joinedload(Departure.ended_by))
    return db.session.scalar(visible_to(viewer).where(Departure.id == departure_id).options(*people))


def list_leavers(viewer: User, *, over: bool, after: str | None = None) -> Page[LeaverRow]:
    """Return a page of those whose access ends, the earliest first; or of those who are gone, the last first."""
    chosen = (
        visible_to(viewer)
        .join(Account, Account.id == Departure.account_id)
        .join(User, User.id == Account.user_id)
        .outerjoin(Agency, Agency.id == Departure.agency_id)
        .with_only_columns(
            Departure.leaves_at,
            Departure.id,
            User.name,
            Agency.name,
            Departure.reason,
            Departure.reported_at,
        )
        .where(_is_over(over))
    )
    keys = (Departure.leaves_at, Departure.id)
    return fetch_page(chosen, keys, after=after, descending=over, shape=lambda row: LeaverRow(*row))


def count_leavers(viewer: User) -> tuple[int, int]:
    """Return how many are on their way or open, and how many are over."""
    going, over = _is_over(False), _is_over(True)
    counts = visible_to(viewer).with_only_columns(
        func.count(Departure.id).filter(going), func.count(Departure.id).filter(over)
    )
    row = db.session.execute(counts).one()
    return row[0], row[1]


def _is_over(over: bool) -> ColumnElement[bool]:
    return Departure.ended_at.is_not(None) if over else Departure.ended_at.is_(None)


def of_account(account_id: int) -> Departure | None:
    """Return the departure of an account that is not over."""
    return of_accounts([account_id]).get(account_id)


def of_accounts(account_ids: Sequence[int]) -> dict[int, Departure]:
    """Return the departures of accounts that are not over."""
    chosen = select(Departure).where(Departure.account_id.in_(account_ids), Departure.ended_at.is_(None))
    return {each.account_id: each for each in db.session.scalars(chosen)}


def still_open() -> Sequence[Departure]:
    """Return those who are not closed out of the HMIS, for all we know."""
    chosen = select(Departure).where(Departure.ended_at.is_(None))
    return db.session.scalars(chosen.order_by(Departure.id)).all()


def of_ticket(ticket: Ref) -> Departure | None:
    """Return the departure that a ticket asked for."""
    named = (Departure.ticket_kind == ticket.kind, Departure.ticket_id == ticket.id)
    return db.session.scalar(select(Departure).where(*named).order_by(Departure.id.desc()).limit(1))


def people_to_tell(permission: Permission) -> Sequence[User]:
    """Return who holds a permission everywhere and can sign in."""
    roles = [role for role, held in ROLE_PERMISSIONS.items() if permission in held]
    granted = select(RoleGrant.user_id).where(RoleGrant.agency_id.is_(None), RoleGrant.role.in_(roles))
    return db.session.scalars(select(User).where(User.may_sign_in, User.id.in_(granted)).order_by(User.id)).all()
