"""Reading requests for accounts, within the viewer's sight."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import joinedload

from accounts.models import Account
from accounts.requests.models import AccountGate, AccountRequest, GateState, RequestState
from adminops.db import db
from adminops.identity.models import Agency, User
from adminops.identity.permissions import Permission
from adminops.refs import Ref
from adminops.web.listing import Page, fetch_page


@dataclass(frozen=True)
class RequestRow:
    """One line of the list."""

    asked_at: datetime
    id: int
    name: str
    title: str
    agency: str
    state: RequestState
    gates: int
    missing: int


def visible_to(viewer: User) -> Select[AccountRequest]:
    """Return the requests the viewer may see: of the agencies whose accounts they see, asked by them, or for them.

    "For them" is a supervisor's: who is named as one is asked for a word.
    """
    reach = viewer.reach(Permission.READ_ACCOUNTS)
    if reach.everywhere:
        return select(AccountRequest)
    own = (AccountRequest.requester_id == viewer.id, AccountRequest.supervisor_id == viewer.id)
    return select(AccountRequest).where(or_(AccountRequest.agency_id.in_(reach.agency_ids), *own))


def find_request(request_id: int, viewer: User) -> AccountRequest | None:
    """Return one request, or None when there is none that the viewer may see."""
    chosen = visible_to(viewer).where(AccountRequest.id == request_id)
    people = (joinedload(AccountRequest.agency), joinedload(AccountRequest.requester))
    return db.session.scalar(chosen.options(*people, joinedload(AccountRequest.supervisor)))


def list_requests(viewer: User, *, state: RequestState | None, after: str | None = None) -> Page[RequestRow]:
    """Return a page of requests, the latest first."""
    gates = select(func.count(AccountGate.id)).where(AccountGate.request_id == AccountRequest.id)
    chosen = (
        visible_to(viewer)
        .join(Account, Account.id == AccountRequest.account_id)
        .join(User, User.id == Account.user_id)
        .join(Agency, Agency.id == AccountRequest.agency_id)
        .with_only_columns(
            AccountRequest.asked_at,
            AccountRequest.id,
            User.name,
            User.title,
            Agency.name,
            AccountRequest.state,
            gates.scalar_subquery(),
            gates.where(AccountGate.state == GateState.OPEN).scalar_subquery(),
        )
    )
    if state is not None:
        chosen = chosen.where(AccountRequest.state == state)
    keys = (AccountRequest.asked_at, AccountRequest.id)
    return fetch_page(chosen, keys, after=after, shape=lambda row: RequestRow(*row))


def count_requests(viewer: User) -> dict[RequestState, int]:
    """Return how many requests there are in each state."""
    chosen = visible_to(viewer).with_only_columns(AccountRequest.state, func.count(AccountRequest.id))
    return {state: count for state, count in db.session.execute(chosen.group_by(AccountRequest.state))}  # noqa: C416


def of_ticket(ticket: Ref) -> AccountRequest | None:
    """Return the request that a ticket made."""
    named = (AccountRequest.ticket_kind == ticket.kind, AccountRequest.ticket_id == ticket.id)
    return db.session.scalar(select(AccountRequest).where(*named))


def of_account(account: Account) -> AccountRequest | None:
    """Return the newest request for an account: the one that waits, if one does."""
    own = select(AccountRequest).where(AccountRequest.account_id == account.id)
    waits = case((AccountRequest.state == RequestState.WAITING, 0), else_=1)
    return db.session.scalar(own.order_by(waits, AccountRequest.id.desc()).limit(1))


def waiting_of(account: Account) -> Sequence[AccountGate]:
    """Return the gates of the request that waits for an account; none where none does."""
    request = of_account(account)
    return request.gates if request is not None and request.state is RequestState.WAITING else ()


def waiting(*narrowed: Any) -> Sequence[AccountRequest]:
    """Return the requests that wait, the oldest first."""
    chosen = select(AccountRequest).where(AccountRequest.state == RequestState.WAITING, *narrowed)
    return db.session.scalars(chosen.order_by(AccountRequest.id)).all()
