"""What a request comes to when nothing is missing: the work, by kind, and what is left to do in the HMIS after it."""

from collections.abc import Callable, Mapping
from datetime import datetime

from accounts.lapses.looking import after
from accounts.leaving.operations import report_for_agency
from accounts.models import Account, DisabledReason
from accounts.operations import change_account, lift_holds, start_password_reset, unlock_account
from accounts.queries import account_with
from accounts.requests.admitting import admit
from accounts.requests.kinds import GateKind, RequestKind
from accounts.requests.looking import lifted_by
from accounts.requests.models import AccountRequest
from accounts.requests.telling import tell_done
from accounts.seats.operations import move_account, open_seat, take_role
from accounts.setup.operations import open_sheet
from accounts.setup.steps import Purpose
from adminops import clock
from adminops.db import db
from adminops.errors import InvalidState
from adminops.facts import publish
from adminops.facts.access import AccessGranted, AccessSettled
from adminops.facts.people import AccountLimited
from adminops.identity.models import SYSTEM, Agency, User
from adminops.identity.operations import grant_role
from adminops.identity.permissions import Role

K = RequestKind
SHEETS: Mapping[RequestKind, Purpose] = {
    K.RAISE: Purpose.ACCESS,
    K.LOWER: Purpose.ACCESS,
    K.CHANGE: Purpose.ACCESS,
    K.FURTHER: Purpose.FURTHER,
    K.TRANSFER: Purpose.TRANSFER,
    K.REACTIVATE: Purpose.REACTIVATION,
    K.ASSESSOR: Purpose.ASSESSOR,
    K.LICENSE: Purpose.LICENSE,
    K.PARTICULARS: Purpose.PARTICULARS,
}
"""What is entered in the HMIS afterwards: the ticket is resolved when that sheet is done."""
ELSEWHERE = (K.NEW, K.RESET, K.LEAVE)
"""Kinds whose ticket is resolved by what the person or the team does next: signs in, has a new password, is gone."""


def carry_out(request: AccountRequest, *, by: User) -> None:
    """Do what was asked for. Raises what the verbs behind it raise.

    Publishes what these do, and `AccessGranted`, or `AccessSettled` where nothing comes after it.
    """
    _WORK[request.kind](request, by)
    if request.kind is K.NEW:
        return
    tell_done(request)
    purpose, what = _sheet_for(request), request.kind.title.lower()
    fact = AccessGranted if purpose is not None or request.kind in ELSEWHERE else AccessSettled
    account_id, agency_id, ticket = request.account_id, request.agency_id, request.ticket
    publish(fact(account_id=account_id, agency_id=agency_id, what=what, request=ticket), by=by)
    if purpose is not None:
        open_sheet(request.account, purpose=purpose, ticket=request.ticket, by=SYSTEM)


def _sheet_for(request: AccountRequest) -> Purpose | None:
    """Return what is entered in the HMIS afterwards: a new agency lead has other workgroups there, too."""
    if request.kind is K.OFFICE:
        return Purpose.ACCESS if request.role is Role.AGENCY_LEAD else None
    return SHEETS.get(request.kind)


def _new(request: AccountRequest, by: User) -> None:
    admit(request, by=by)


def _raise(request: AccountRequest, by: User) -> None:
    role, agency = request.role or Role.END_USER, request.agency
    until = _end_of(request)
    if until is None:
        grant_role(request.account.user, role, agency=agency, by=SYSTEM)
    else:
        open_seat(request.account, agency, role, until=until, ticket=request.ticket, by=by)


def _lower(request: AccountRequest, by: User) -> None:
    grant_role(request.account.user, Role.END_USER, agency=request.agency, by=SYSTEM)
    take_role(request.account, Role.AGENCY_LEAD, request.agency_id, by=by)


def _further(request: AccountRequest, by: User) -> None:
    agency, role = db.session.get_one(Agency, request.place_id), request.role or Role.END_USER
    open_seat(request.account, agency, role, until=_end_of(request), ticket=request.ticket, by=by)


def _transfer(request: AccountRequest, by: User) -> None:
    account, role = request.account, request.role or Role.END_USER
    if account.agency_id != request.other_agency_id:
        raise InvalidState("The person does not work for the old agency any more. Ask anew.")
    ended = lifted_by(request)
    move_account(account, request.agency, role, ticket=request.ticket, by=by)
    lift_holds(account, [each for each in ended if each.released_at is None], by=request.requester)


def _reactivate(request: AccountRequest, by: User) -> None:
    account, until = request.account, _end_of(request)
    is_over = account.valid_until is not None and account.valid_until <= clock.now()
    if until is not None or is_over:
        account.valid_until = until
        db.session.flush()
        publish(AccountLimited(account_id=account.id, agency_id=account.agency_id), by=by)
    lift_holds(account, lifted_by(request), by=request.requester)


def _reset(request: AccountRequest, by: User) -> None:
    said = request.gate(GateKind.IDENTITY)
    helper = said.by if said is not None and said.by is not None else by
    if request.wanted.get("screen") == "locked":
        unlock_account(request.account, by=helper)
    start_password_reset(request.account, by=helper, request=request.ticket)


def _leave(request: AccountRequest, by: User) -> None:
    reason = DisabledReason(request.wanted["why"])
    leaves_at = datetime.fromisoformat(request.wanted["at"])
    report_for_agency(
        request.account, reason=reason, leaves_at=leaves_at, reporter=request.requester, ticket=request.ticket, by=by
    )


def _particulars(request: AccountRequest, by: User) -> None:
    del by
    user = request.account.user
    values = {"name": user.name, "email": user.email, "title": user.title, **request.wanted}
    change_account(request.account, **values, by=SYSTEM)


def _office(request: AccountRequest, by: User) -> None:
    role = request.role or Role.END_USER
    grant_role(request.account.user, role, agency=request.agency, by=SYSTEM)
    before: Account | None = account_with(int(request.wanted.get("instead") or 0))
    if before is not None and before.agency_id == request.agency_id:
        grant_role(before.user, Role.END_USER, agency=request.agency, by=SYSTEM)
        take_role(before, role, request.agency_id, by=by)


def _in_the_hmis_only(request: AccountRequest, by: User) -> None:
    del request, by


def _end_of(request: AccountRequest) -> datetime | None:
    return after(request.until) if request.until else None


_WORK: Mapping[RequestKind, Callable[[AccountRequest, User], None]] = {
    K.NEW: _new,
    K.RAISE: _raise,
    K.LOWER: _lower,
    K.CHANGE: _in_the_hmis_only,
    K.FURTHER: _further,
    K.TRANSFER: _transfer,
    K.RESET: _reset,
    K.STEP: _in_the_hmis_only,
    K.REACTIVATE: _reactivate,
    K.LEAVE: _leave,
    K.ASSESSOR: _in_the_hmis_only,
    K.LICENSE: _in_the_hmis_only,
    K.PARTICULARS: _particulars,
    K.OFFICE: _office,
}
