"""The verbs of work at further agencies and of the move to another one. The account stays the same, with its audit."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from accounts.leaving.operations import end_without
from accounts.leaving.queries import of_account
from accounts.models import Account, AccountState
from accounts.operations import restore_account
from accounts.operations.links import hold
from accounts.operations.standing import touch
from accounts.seats import policies
from accounts.seats.models import AccountSeat
from accounts.seats.queries import OPEN
from adminops import clock
from adminops.db import db
from adminops.errors import InvalidState
from adminops.facts import publish
from adminops.facts.access import AccountMoved, FurtherSeatEnded, FurtherSeatOpened
from adminops.identity.models import SYSTEM, Agency, AgencyState, User
from adminops.identity.operations import grant_role, revoke_role
from adminops.identity.permissions import Role
from adminops.identity.sessions import end_all_sessions
from adminops.identity.tokens import revoke_all_tokens
from adminops.refs import Ref


def open_seat(
    account: Account, agency: Agency, role: Role, *, until: datetime | None = None, ticket: Ref | None = None, by: User
) -> AccountSeat:
    """Let somebody work at `agency` too, or have a role there until a moment; whether `by` may, the caller has asked.

    One that is open there with that role is gone on with, until the new end. Publishes `RoleGranted`,
    `FurtherSeatOpened`.
    """
    hold(account)
    chosen = select(AccountSeat).where(
        AccountSeat.account_id == account.id, AccountSeat.agency_id == agency.id, AccountSeat.role == role, OPEN
    )
    seat = db.session.scalar(chosen)
    if seat is None:
        seat = AccountSeat(account=account, agency=agency, role=role)
        db.session.add(seat)
    seat.until = until
    if ticket is not None:
        seat.ticket_kind, seat.ticket_id = ticket.kind, ticket.id
    grant_role(account.user, role, agency=agency, by=SYSTEM)
    db.session.flush()
    publish(FurtherSeatOpened(**_of(seat), role=role.value), by=by)
    return seat


def end_seat(seat: AccountSeat, *, by: User) -> None:
    """End somebody's work at a further agency: the role there goes at once, and with it every session.

    Raises `NotAllowed` (accounts.leavers at either agency; oneself; a higher role), `InvalidState`. Publishes
    `RoleRevoked`, `FurtherSeatEnded`.
    """
    hold(seat.account)
    db.session.refresh(seat)
    policies.check_may_end(seat, by=by)
    _end(seat, by=by)


def end_due_seats(*, by: User) -> int:
    """End the seats whose time is over; return how many. Publishes as `end_seat`."""
    due = db.session.scalars(select(AccountSeat).where(OPEN, AccountSeat.until <= clock.now()).order_by(AccountSeat.id))
    ended = 0
    for seat in due.all():
        hold(seat.account)
        db.session.refresh(seat)
        if seat.ended_at is None:
            _end(seat, by=by)
            ended += 1
    return ended


def end_seats_of(account: Account, *, agency_ids: Iterable[int] | None = None, by: User) -> None:
    """End all seats of an account, or those at some agencies. Publishes as `end_seat` for each."""
    chosen = select(AccountSeat).where(AccountSeat.account_id == account.id, OPEN)
    if agency_ids is not None:
        chosen = chosen.where(AccountSeat.agency_id.in_(list(agency_ids)))
    for seat in db.session.scalars(chosen.order_by(AccountSeat.id)).all():
        _end(seat, by=by)


def take_role(account: Account, role: Role, agency_id: int, *, by: User) -> None:
    """Take a role at an agency away for good, also one for a time; every session ends.

    Whether `by` may, the caller has asked. Publishes `RoleRevoked`, `FurtherSeatEnded`.
    """
    hold(account)
    chosen = select(AccountSeat).where(
        AccountSeat.account_id == account.id, AccountSeat.agency_id == agency_id, AccountSeat.role == role, OPEN
    )
    for seat in db.session.scalars(chosen).all():
        _end(seat, by=by)
    _revoke(account, agency_id, role)


def move_account(account: Account, agency: Agency, role: Role, *, ticket: Ref | None = None, by: User) -> None:
    """Move an account to another agency: it is the same one there, and nothing of the old agency is in its reach.

    Roles, seats and tokens of the old agency end in the same transaction, and every session. That the person was
    reported to leave the old agency is over with it. One that was put away is taken back. Whether `by` may, the caller
    has asked. Raises `InvalidState` for a closed agency. Publishes `RoleRevoked`, `RoleGranted`, `AccountMoved`, and
    `LeaverTakenBack` or `AccountRestored`.
    """
    hold(account)
    if agency.state is AgencyState.CLOSED:
        raise InvalidState("That agency is closed: nobody new begins there.")
    old = account.agency_id
    end_seats_of(account, agency_ids=[agency.id, *([old] if old else [])], by=by)
    if old is not None:
        _revoke(account, old)
    account.agency_id = account.user.agency_id = agency.id
    db.session.flush()
    db.session.refresh(account, ["agency"])
    db.session.refresh(account.user, ["agency"])
    revoke_all_tokens(account.user, by=by)
    grant_role(account.user, role, agency=agency, by=SYSTEM)
    end_all_sessions(account.user, reason="moved to another agency")
    if (leaves := of_account(account.id)) is not None:
        end_without(leaves, by=by)
    touch(account)
    publish(
        AccountMoved(
            account_id=account.id,
            agency_id=agency.id,
            user_id=account.user_id,
            from_agency_id=old,
            request=ticket,
        ),
        by=by,
    )
    if account.state is AccountState.ARCHIVED:
        restore_account(account, by=SYSTEM)


def _revoke(account: Account, agency_id: int, role: Role | None = None) -> None:
    for grant in list(account.user.grants):
        if grant.agency_id == agency_id and role in (None, grant.role):
            revoke_role(grant, by=SYSTEM)


def _end(seat: AccountSeat, *, by: User) -> None:
    seat.ended_at, seat.ended_by_id = clock.now(), by.id
    db.session.flush()
    _revoke(seat.account, seat.agency_id, seat.role)
    publish(FurtherSeatEnded(**_of(seat), role=seat.role.value), by=by)


def _of(seat: AccountSeat) -> dict[str, Any]:
    return {"account_id": seat.account_id, "agency_id": seat.agency_id, "request": seat.ticket}
