"""The verbs of requests about accounts: begun by a ticket, carried on by words and proofs, ended by what they ask for.

`gates.py` is the engine behind them; `words.py` has what people say on the page of a request.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from accounts.agreements.operations import end_signing_links
from accounts.models import Account, AccountState
from accounts.operations.links import hold
from accounts.requests import gates
from accounts.requests.beginning import open_again
from accounts.requests.gates import begin, meet, note_asked_back, review, take
from accounts.requests.kinds import GateKind, RequestKind
from accounts.requests.leavers import end_hold_of_policy
from accounts.requests.models import EXPIRES, REMINDED, AccountGate, AccountRequest, RequestState
from accounts.requests.policies import check_is_not_about
from accounts.requests.queries import waiting, waiting_for
from accounts.requests.telling import OF_HELP, of, remind_of
from accounts.requests.wishes import Asked, Wish, read_wish
from adminops import clock
from adminops.db import db
from adminops.errors import Conflict
from adminops.facts import publish
from adminops.facts.access import AccessRequested
from adminops.facts.opening import (
    AccountRequested,
    AccountRequestEnded,
    AccountRequestExpired,
    AccountRequestResumed,
)
from adminops.identity.models import SYSTEM, User
from adminops.identity.operations import find_user, revoke_role
from adminops.proofs import TRAINING, proofs_of
from adminops.refs import Ref

R, K, G = RequestState, RequestKind, GateKind


def open_request(
    ticket: Ref,
    *,
    request_type: str,
    requester: User,
    agency_id: int,
    answers: Mapping[str, Any],
    is_authorized: bool,
    by: User,
) -> AccountRequest | None:
    """Begin a request: what is asked for, whose account it is, and a list of what is missing.

    `answers` are those of the ticket's form; where they don't do, None: somebody works the ticket by hand.
    `is_authorized` says whether who asked may ask; else the agency's lead has to send it on, and nobody is mailed
    before. Raises `Invalid` and `Conflict` at the fields of the form. Publishes `AccountRequested` or
    `AccessRequested`, and what follows from how the gates stand.
    """
    asked = Asked(answers, requester, agency_id, is_authorized)
    wish = read_wish(request_type, asked)
    if wish is None:
        return None
    hold(wish.account)  # two who ask for the same at once take turns
    if not _is_new(wish):
        return None
    request = _write(ticket, wish, asked)
    take(request)
    publish(_began(request), by=by)
    if is_authorized:
        meet(request, G.AUTHORITY, by=requester)
        if request.supervisor_id == requester.id:
            meet(request, G.SUPERVISOR, by=requester)
        _note_answers(request, answers, by=requester)
        begin(request)
    review(request, by=SYSTEM)
    return request


def _is_new(wish: Wish) -> bool:
    """Say whether nobody has asked for the same. Raises `Conflict` where it helps to know."""
    if waiting_for(wish.account, wish.kind) is None:
        return True
    if wish.kind in (*OF_HELP, K.LEAVE):
        return False
    raise Conflict("The same is asked for already. Look at the requests of your agency.", field="username")


def _write(ticket: Ref, wish: Wish, asked: Asked) -> AccountRequest:
    named = find_user(asked.text("supervisor")) if wish.kind is K.NEW else None
    supervisor = named if named is not None and named.agency_id == asked.agency_id else asked.requester
    request = AccountRequest(
        kind=wish.kind,
        account=wish.account,
        agency_id=asked.agency_id,
        ticket_kind=ticket.kind,
        ticket_id=ticket.id,
        requester_id=asked.requester.id,
        supervisor_id=supervisor.id,
        role=wish.role,
        other_agency_id=wish.other.id if wish.other else None,
        acts_on=wish.acts_on,
        wanted=dict(wish.wanted),
    )
    request.gates = [AccountGate(kind=kind) for kind in gates.gates_for(wish, last_login=asked.day("last_login"))]
    db.session.add(request)
    db.session.flush()
    return request


def _began(request: AccountRequest) -> AccountRequested | AccessRequested:
    if request.kind is K.NEW:
        return AccountRequested(**of(request))
    return AccessRequested(**of(request), what=request.kind.title.lower())


def _note_answers(request: AccountRequest, answers: Mapping[str, Any], *, by: User) -> None:
    """Take what the lead has ticked on the form as their word."""
    if answers.get("background_check"):
        meet(request, G.BACKGROUND, by=by)
    if answers.get("fee_accepted"):
        meet(request, G.FEE, by=by)


def note_lead(request: AccountRequest, *, by: User) -> None:
    """Note that the agency's lead sent the request on: with it they agree as supervisor, unless another one is named.

    Raises `NotAllowed` for one's own account. Publishes `AccountGateMet`.
    """
    take(request)
    check_is_not_about(request, by)
    meet(request, G.AUTHORITY, by=by)
    meet(request, G.FEE, by=by)
    if request.supervisor_id in (by.id, request.requester_id):
        meet(request, G.SUPERVISOR, by=by)
    begin(request)
    review(request, by=by)


def note_approval(request: AccountRequest, *, by: User) -> None:
    """Note that the HMIS lead approves. Raises `NotAllowed` for one's own account. Publishes `AccountGateMet`."""
    take(request)
    check_is_not_about(request, by)
    meet(request, G.APPROVAL, by=by)
    review(request, by=by)


def note_course(account: Account, *, by: User) -> None:
    """Note for requests that wait for a refresher that one was taken, if nothing that is required is missing now.

    Publishes `AccountGateMet`.
    """
    if not proofs_of(TRAINING, [account.user_id])[account.user_id].holds:
        return
    for request in waiting(AccountRequest.account_id == account.id):
        meet(request, G.REFRESHER, by=by)


def end_request(request: AccountRequest, to: RequestState, *, by: User) -> None:
    """End a request that was refused or taken back: an account that was asked for is put away, its roles are gone.

    A request that is over stays as it is. Publishes `AccountRequestEnded`.
    """
    if request.state is not R.WAITING or not take(request):
        return
    _put_away(request, to, by=by)
    publish(AccountRequestEnded(**of(request), how=to.value), by=by)


def expire_due(*, by: User) -> int:
    """End the requests in which nothing happened for 15 days; return how many.

    Publishes `AccountRequestExpired` for each, which ends its ticket.
    """
    due = select(AccountRequest).where(AccountRequest.state == R.WAITING).order_by(AccountRequest.id)
    late = [request for request in db.session.scalars(due) if request.expires_at <= clock.now()]
    over = [request for request in late if take(request)]
    for request in over:
        _put_away(request, R.EXPIRED, by=by)
        publish(AccountRequestExpired(**{**of(request), "request": request.ticket}), by=by)
    return len(over)


def remind(*, by: User) -> int:
    """Remind of requests in which nothing happens; return how many. Each step is told once."""
    del by
    told = 0
    for request in db.session.scalars(select(AccountRequest).where(AccountRequest.state == R.WAITING)):
        still = (clock.now() - request.expires_at + EXPIRES).days
        steps = [days for days in REMINDED if still >= days]
        if steps and request.kind not in OF_HELP:
            remind_of(request, days=steps[-1])
            told += 1
    return told


def resume_request(request: AccountRequest, *, by: User) -> None:
    """Take a request up again that was taken back or had run out: what was proven counts again.

    Publishes `AccountRequestResumed`.
    """
    take(request)
    if request.state not in (R.WITHDRAWN, R.EXPIRED):
        return
    is_new = request.kind is K.NEW
    if is_new is not (request.account.state is AccountState.ARCHIVED) and request.kind is not K.TRANSFER:
        return  # somebody has taken the account back, or put it away meanwhile
    if waiting_for(request.account, request.kind) is not None:
        return
    if is_new:
        open_again(request.account, request.agency)
    request.move(R.WAITING)
    request.moved_at = clock.now()
    request.ended_by_id = None
    db.session.flush()
    publish(AccountRequestResumed(**of(request)), by=by)
    begin(request)
    review(request, by=by)


def _put_away(request: AccountRequest, to: RequestState, *, by: User) -> None:
    account = request.account
    request.move(to)
    request.ended_by_id = by.id
    note_asked_back(request)
    end_signing_links(account, by=by)
    if request.kind is K.LEAVE and to is not R.EXPIRED:  # nobody has said that they stay: what was held stays so
        end_hold_of_policy(account)
    if request.kind is K.NEW:
        account.move(AccountState.ARCHIVED)
        account.archived_at = clock.now()
        for grant in list(account.user.grants):
            revoke_role(grant, by=SYSTEM)
    db.session.flush()
