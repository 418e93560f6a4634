"""The verbs of program requests: ask, answer, decide, set up."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid
from adminops.facts import (
    ProgramApproved,
    ProgramDrafted,
    ProgramFact,
    ProgramQuestioned,
    ProgramRefused,
    ProgramRequested,
    ProgramSetUp,
    ProgramWithdrawn,
    publish,
)
from adminops.hmis.codes import HMISParticipationType
from adminops.hmis.models import HmisSource
from adminops.hmis.provisioning import link_organization, set_up_project
from adminops.identity.models import Agency, AgencyOrganization, User
from adminops.identity.permissions import Permission
from adminops.outbox.messages import enqueue_mail
from adminops.programs import policies
from adminops.programs.models import ProgramRemark, ProgramRequest, RequestState
from adminops.programs.plans import check_plan, plan_of, to_json


def save_draft(
    agency: Agency,
    wanted: Mapping[str, Any],
    *,
    request: ProgramRequest | None = None,
    ticket_id: int | None = None,
    by: User,
) -> ProgramRequest:
    """Keep the answers so far, complete or not; starts the request when there is none yet.

    Raises `NotAllowed` (needs programs.request at the agency), `InvalidState`. Publishes `ProgramDrafted`.
    """
    policies.check_may_request(agency.id, by)
    if request is None:
        request = ProgramRequest(agency=agency, requester_id=by.id, name="", wanted={}, ticket_id=ticket_id)
        db.session.add(request)
    else:
        policies.check_may_edit(request, by)
    request.wanted = to_json(wanted)
    request.name = (wanted.get("name") or "").strip() or "Unnamed program"
    request.changed_at = clock.now()
    db.session.flush()
    _announce(ProgramDrafted, request, by)
    return request


def request_program(request: ProgramRequest, *, by: User) -> None:
    """Send a draft, or the answers to a question, to the team.

    Rules in the order checked: programs.request at the agency; draft or questioned; HUD's rules for a project, its
    CoC, funding source and beds (HMIS Data Standards FY2026, 2.02 to 2.07). Raises `NotAllowed`, `InvalidState`,
    `Invalid` naming the field. Publishes `ProgramRequested`.
    """
    policies.check_may_edit(request, by)
    check_plan(request.wanted, known_cocs=())
    request.move(RequestState.SUBMITTED)
    db.session.flush()
    for user in deciders():
        enqueue_mail("programs.requested", to=user, program_request_id=request.id, at=_stamp(request))
    _announce(ProgramRequested, request, by)


def ask_back(request: ProgramRequest, question: str, *, by: User) -> None:
    """Send a request back with a question.

    Raises `NotAllowed`, `InvalidState`, `Invalid`. Publishes `ProgramQuestioned`.
    """
    policies.check_may_approve(request, by)
    _remark(request, question, "Write your question.", by)
    request.move(RequestState.QUESTIONED)
    _tell_requester("programs.questioned", request)
    _announce(ProgramQuestioned, request, by)


def approve_request(request: ProgramRequest, *, by: User) -> None:
    """Approve a request; nobody approves their own.

    Raises `NotAllowed`, `InvalidState`. Publishes `ProgramApproved`.
    """
    policies.check_may_approve(request, by)
    request.move(RequestState.APPROVED)
    request.decided_by_id = by.id
    db.session.flush()
    _announce(ProgramApproved, request, by)


def refuse_request(request: ProgramRequest, reason: str, *, by: User) -> None:
    """Refuse a request with its reason. Raises `NotAllowed`, `InvalidState`, `Invalid`. Publishes `ProgramRefused`."""
    policies.check_may_refuse(request, by)
    _remark(request, reason, "Say why, so that the agency can do better.", by)
    request.move(RequestState.REFUSED)
    request.decided_by_id = by.id
    _tell_requester("programs.refused", request)
    _announce(ProgramRefused, request, by)


def withdraw_request(request: ProgramRequest, *, by: User) -> None:
    """Take a request back. Raises `NotAllowed`, `InvalidState`. Publishes `ProgramWithdrawn`."""
    policies.check_may_withdraw(request, by)
    request.move(RequestState.WITHDRAWN)
    db.session.flush()
    _announce(ProgramWithdrawn, request, by)


def set_up_program(request: ProgramRequest, source: HmisSource, *, by: User) -> str:
    """Make the program's rows in `source` and return its ProjectID.

    One transaction makes Project, ProjectCoC, Funder, Inventory and HMISParticipation, and the Organization when the
    agency has none in this source. Rules in the order checked: programs.set_up; approved; HUD's rules.
    Raises `NotAllowed`, `InvalidState`, `Invalid`, `Conflict`. Publishes `ProgramSetUp`.
    """
    db.session.refresh(request, with_for_update=True)  # a second click waits here, and then finds it set up
    policies.check_may_set_up(request, by)
    organization_id = _organization_of(request.agency, source, by)
    plan = plan_of(request.wanted, organization_id=organization_id)
    is_vsp = request.agency.is_victim_service_provider
    participation = HMISParticipationType.COMPARABLE_DATABASE if is_vsp else HMISParticipationType.HMIS
    made = set_up_project(
        source,
        plan.project,
        locations=[plan.location],
        funders=[plan.funder],
        inventories=[plan.inventory] if plan.inventory else [],
        hmis_participation=participation.value,
        by_id=by.id,
    )
    request.move(RequestState.SET_UP)
    request.source_id, request.project_id = source.id, made.project.project_id
    _tell_requester("programs.set_up", request)
    fact = ProgramSetUp(
        program_request_id=request.id,
        agency_id=request.agency_id,
        request=request.ticket,
        project_id=made.project.project_id,
    )
    publish(fact, by=by)
    return made.project.project_id


def deciders() -> list[User]:
    """Return who decides on program requests and can sign in."""
    people = db.session.scalars(select(User).where(User.may_sign_in, User.agency_id.is_(None)).order_by(User.id))
    return [user for user in people if user.may(Permission.APPROVE_PROGRAMS)]


def _organization_of(agency: Agency, source: HmisSource, by: User) -> str:
    linked = next((link for link in agency.organizations if link.source_id == source.id), None)
    if linked is not None:
        return linked.organization_id
    organization = link_organization(
        source, name=agency.name, is_victim_service_provider=agency.is_victim_service_provider, by_id=by.id
    )
    taken = select(AgencyOrganization.id).where(
        AgencyOrganization.source_id == source.id,
        AgencyOrganization.organization_id == organization.organization_id,
    )
    if db.session.scalar(taken) is not None:
        raise Conflict("The organization of that name belongs to another agency here. Link the agency first.")
    agency.organizations.append(AgencyOrganization(source_id=source.id, organization_id=organization.organization_id))
    return organization.organization_id


def _announce(kind: type[ProgramFact], request: ProgramRequest, by: User) -> None:
    publish(kind(program_request_id=request.id, agency_id=request.agency_id, request=request.ticket), by=by)


def _remark(request: ProgramRequest, text: str, sentence: str, by: User) -> None:
    if not text.strip():
        raise Invalid(sentence, field="text")
    request.remarks.append(ProgramRemark(by_id=by.id, text=text.strip()))


def _tell_requester(kind: str, request: ProgramRequest) -> None:
    db.session.flush()
    enqueue_mail(kind, to=request.requester, program_request_id=request.id, at=_stamp(request))


def _stamp(request: ProgramRequest) -> str:
    """Tell one round of a request from the next, so that each is told about once."""
    return request.changed_at.isoformat(timespec="seconds")
