"""Reading requests for accounts, within the viewer's sight."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import joinedload, lazyload

from accounts.models import Account
from accounts.requests.kinds import GateKind, Mover, RequestKind
from accounts.requests.models import AccountGate, AccountRequest, GateState, RequestState
from adminops.db import db
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.refs import Ref
from adminops.web.listing import Page, fetch_page


@dataclass(frozen=True)
class RequestRow:
    """One line of the list."""

    asked_at: datetime
    id: int
    kind: RequestKind
    name: str
    title: str
    agency: str
    state: RequestState
    over_at: datetime | None
    """When it is over unless something happens, or when it ended."""
    gates: int
    missing: Sequence[GateKind]
    movers: Sequence[Mover]
    trouble: str


def visible_to(viewer: User) -> Select[AccountRequest]:
    """Return the requests the viewer may see: of the agencies whose accounts they see, asked by them, or for them.

    "For them" is a supervisor's: who is named as one is asked for a word; so is the lead of another agency that has to
    agree. What somebody asks about signing in names anybody: of these they see their own. Who works for the agency no
    longer has asked there, and sees it no longer.
    """
    reach = viewer.reach(Permission.READ_ACCOUNTS)
    if reach.everywhere:
        return select(AccountRequest)
    theirs = select(Account.id).where(Account.user_id == viewer.id)
    at_work = {viewer.agency_id, *(grant.agency_id for grant in viewer.grants)} - {None}
    still_theirs = or_(AccountRequest.agency_id.in_(at_work), AccountRequest.account_id.in_(theirs))
    own = or_(AccountRequest.requester_id == viewer.id, AccountRequest.supervisor_id == viewer.id) & still_theirs
    helped = AccountRequest.kind.in_((RequestKind.RESET, RequestKind.STEP))
    people = select(Account.id).where(Account.agency_id.in_(reach.agency_ids))
    agencies = or_(
        AccountRequest.agency_id.in_(reach.agency_ids) & ~helped,
        AccountRequest.other_agency_id.in_(reach.agency_ids),
        helped & AccountRequest.account_id.in_(people),
    )
    return select(AccountRequest).where(or_(agencies, own & (~helped | AccountRequest.account_id.in_(theirs))))


def find_request(request_id: int, viewer: User) -> AccountRequest | None:
    """Return one request, or None when there is none that the viewer may see."""
    chosen = visible_to(viewer).where(AccountRequest.id == request_id)
    people = (joinedload(AccountRequest.agency), joinedload(AccountRequest.requester))
    return db.session.scalar(chosen.options(*people, joinedload(AccountRequest.supervisor)))


def list_requests(
    viewer: User, *, state: RequestState | None, agency_id: int | None = None, after: str | None = None
) -> Page[RequestRow]:
    """Return a page of requests with what is missing and whose move it is, the latest first."""
    chosen = _narrowed(visible_to(viewer), agency_id).with_only_columns(AccountRequest.asked_at, AccountRequest.id)
    if state is not None:
        chosen = chosen.where(AccountRequest.state == state)
    keys = (AccountRequest.asked_at, AccountRequest.id)
    page: Page[int] = fetch_page(chosen, keys, after=after, shape=lambda row: int(row.id))
    return Page(rows=_rows(page.rows), after=page.after, first=page.first)


def _narrowed(chosen: Select[Any], agency_id: int | None) -> Select[Any]:
    if agency_id is None:
        return chosen
    return chosen.where(or_(AccountRequest.agency_id == agency_id, AccountRequest.other_agency_id == agency_id))


def _rows(ids: Sequence[int]) -> list[RequestRow]:
    """Return the lines of these requests in their order, in two reads."""
    if not ids:
        return []
    chosen = select(AccountRequest).where(AccountRequest.id.in_(ids)).options(joinedload(AccountRequest.agency))
    person = joinedload(AccountRequest.account).joinedload(Account.user).options(lazyload(User.grants))
    found = {each.id: each for each in db.session.scalars(chosen.options(person))}
    return [_row(found[id_]) for id_ in ids]


def _row(request: AccountRequest) -> RequestRow:
    waits, user = request.state is RequestState.WAITING, request.account.user
    return RequestRow(
        asked_at=request.asked_at,
        id=request.id,
        kind=request.kind,
        name=user.name,
        title=user.title,
        agency=request.agency.name,
        state=request.state,
        over_at=request.expires_at if waits else request.ended_at,
        gates=len(request.gates),
        missing=[gate.kind for gate in request.open_gates],
        movers=request.movers,
        trouble=request.trouble if waits else "",
    )


def count_requests(viewer: User, *, agency_id: int | None = None) -> dict[RequestState, int]:
    """Return how many requests there are in each state."""
    chosen = _narrowed(visible_to(viewer), agency_id)
    counted = chosen.with_only_columns(AccountRequest.state, func.count(AccountRequest.id))
    return {state: count for state, count in db.session.execute(counted.group_by(AccountRequest.state))}  # noqa: C416


def count_waiting(agency_id: int) -> int:
    """Return how many requests of an agency wait, or for its word."""
    chosen = _narrowed(select(func.count(AccountRequest.id)), agency_id)
    return db.session.scalar(chosen.where(AccountRequest.state == RequestState.WAITING)) or 0


def of_ticket(ticket: Ref) -> AccountRequest | None:
    """Return the request that a ticket made."""
    named = (AccountRequest.ticket_kind == ticket.kind, AccountRequest.ticket_id == ticket.id)
    return db.session.scalar(select(AccountRequest).where(*named))


def number_of(ticket: Ref) -> int | None:
    """Return the number of the request that a ticket made."""
    named = (AccountRequest.ticket_kind == ticket.kind, AccountRequest.ticket_id == ticket.id)
    return db.session.scalar(select(AccountRequest.id).where(*named))


def last_word_of(ticket: Ref) -> tuple[int, GateKind | None] | None:
    """Return the number of the request that a ticket made, and the one thing that is missing, if it is only one."""
    is_open = (AccountGate.request_id == AccountRequest.id) & (AccountGate.state == GateState.OPEN)
    found = db.session.execute(
        select(AccountRequest.id, func.count(AccountGate.id), func.min(AccountGate.kind))
        .outerjoin(AccountGate, is_open & (AccountRequest.state == RequestState.WAITING))
        .where(AccountRequest.ticket_kind == ticket.kind, AccountRequest.ticket_id == ticket.id)
        .group_by(AccountRequest.id)
    ).first()
    return (found[0], GateKind(found[2]) if found[1] == 1 else None) if found else None


def of_account(account: Account) -> AccountRequest | None:
    """Return the newest request for a new account: the one that waits, if one does."""
    own = select(AccountRequest).where(AccountRequest.account_id == account.id, AccountRequest.kind == RequestKind.NEW)
    waits = case((AccountRequest.state == RequestState.WAITING, 0), else_=1)
    return db.session.scalar(own.order_by(waits, AccountRequest.id.desc()).limit(1))


def waiting_of(account: Account) -> Sequence[AccountGate]:
    """Return the gates of the newest request that waits for a signature of an account's owner; none where none does."""
    requests = waiting(AccountRequest.account_id == account.id)
    return next((each.gates for each in reversed(requests) if each.gate(GateKind.AGREEMENT)), ())


def waiting_for(account: Account, kind: RequestKind) -> AccountRequest | None:
    """Return the request of that kind about an account that waits, or None."""
    found = waiting(AccountRequest.account_id == account.id, AccountRequest.kind == kind)
    return found[0] if found else None


def waiting(*narrowed: Any) -> Sequence[AccountRequest]:
    """Return the requests that wait, the oldest first."""
    chosen = select(AccountRequest).where(AccountRequest.state == RequestState.WAITING, *narrowed)
    return db.session.scalars(chosen.order_by(AccountRequest.id)).all()
