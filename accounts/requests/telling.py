"""Who is told of a request by mail, and what the facts of one share."""

from typing import Any

from accounts.requests.kinds import GateKind, RequestKind
from accounts.requests.models import AccountRequest, GateState
from accounts.reviewing.queries import leads_of
from adminops.db import db
from adminops.identity.models import User
from adminops.outbox.messages import enqueue_mail

K, G = RequestKind, GateKind
OF_HELP = (K.RESET, K.STEP)
"""Anybody may name anybody there: what becomes of it is no news for who asked."""
TOLD_THE_PERSON = (K.RAISE, K.LOWER, K.FURTHER, K.TRANSFER, K.REACTIVATE, K.PARTICULARS, K.OFFICE)


def of(request: AccountRequest) -> dict[str, Any]:
    """Return what the facts of a request share. On a ticket about signing in they would say who has an account."""
    ticket = None if request.kind in OF_HELP else request.ticket
    return {"account_id": request.account_id, "agency_id": request.agency_id, "request": ticket}


def stamp(request: AccountRequest) -> int:
    """Tell one round of a request from the next, so that each is told about once."""
    return int(request.moved_at.timestamp())


def ask_for_words(request: AccountRequest) -> None:
    """Ask the supervisor and the leads of the other agency for their words, where these are missing."""
    if is_open(request, G.SUPERVISOR):
        supervisor = db.session.get_one(User, request.supervisor_id)
        enqueue_mail("accounts.supervisor", to=supervisor, account_request=request.id, at=stamp(request))
    if is_open(request, G.OTHER_AGENCY) and request.other_agency_id is not None:
        for lead in leads_of(request.other_agency_id):
            enqueue_mail("accounts.other_agency", to=lead, account_request=request.id, at=stamp(request))


def is_open(request: AccountRequest, kind: GateKind) -> bool:
    """Say whether a request still waits for one thing."""
    gate = request.gate(kind)
    return gate is not None and gate.state is GateState.OPEN


def remind_of(request: AccountRequest, *, days: int) -> None:
    """Tell who asked that nothing happens, and those whose word is missing."""
    told = {request.requester_id: request.requester}
    if is_open(request, G.SUPERVISOR):
        told[request.supervisor_id] = db.session.get_one(User, request.supervisor_id)
    if is_open(request, G.OTHER_AGENCY) and request.other_agency_id is not None:
        told |= {lead.id: lead for lead in leads_of(request.other_agency_id)}
    for person in told.values():
        enqueue_mail("accounts.request_waits", to=person, account_request=request.id, days=days, at=stamp(request))


def tell_done(request: AccountRequest) -> None:
    """Tell the person that their access is another one now."""
    if request.kind in TOLD_THE_PERSON:
        enqueue_mail("accounts.access_changed", to=request.account.user, account_request=request.id)
