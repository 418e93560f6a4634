"""The verbs of projects: make a ticket one, change it, add parts, make it a plain ticket again."""

from collections.abc import Sequence
from datetime import date, timedelta

from adminops.db import db
from adminops.errors import Invalid, InvalidState
from adminops.facts import TicketDemoted, TicketProjectChanged, TicketPromoted, publish
from adminops.feature import RequestType
from adminops.identity.models import User
from adminops.web.navigation import registry
from tickets import merging, operations, policies, sharing
from tickets.approvals import asked_now
from tickets.catalogue import SOMETHING_ELSE, find_type
from tickets.goals import keeping
from tickets.models import OPEN_STATES, Happening, Resolution, Ticket, WaitingOn
from tickets.projects.models import TicketProject
from tickets.projects.queries import find_project, get_project, office_day, untouched_parts
from tickets.relations import Kind

MOST_PARTS = 30
LONGEST_PART = 200
LONGEST = timedelta(days=3 * 366)


def promote(
    ticket: Ticket,
    *,
    owner: User,
    due_on: date,
    parts: Sequence[str] = (),
    confirmed_clean: bool = False,
    by: User,
) -> TicketProject:
    """Make `ticket` a project of `owner` that is due on a day, with a ticket for each of `parts`.

    It waits on its parts from then on, and its clock rests: the day counts. It is given to its owner. Rules in the
    order checked: `by` works on it (`NotAllowed`, `InvalidState`); it is open, no project yet, waits for no word, and
    nothing was promised that never rests (`InvalidState`); an owner of the team, a day to come, some short parts with
    nothing personal in them (`Invalid`). Publishes `TicketPromoted`, and of each part `TicketFiled` and
    `TicketsRelated`.
    """
    operations.lock(ticket)
    policies.check_may_work(ticket, by=by)
    _check_may_become_one(ticket)
    _check_owner(ticket, owner)
    _check_day(due_on)
    words = _checked(ticket, parts, 0, confirmed_clean, by)
    project = TicketProject(ticket_id=ticket.id, owner_id=owner.id, due_on=due_on, promoted_by_id=by.id)
    db.session.add(project)
    db.session.flush()
    publish(
        TicketPromoted(ticket_id=ticket.id, agency_id=ticket.agency_id, owner_id=owner.id, due_on=due_on.isoformat()),
        by=by,
    )
    _file_all(ticket, project, words, by)
    operations.assign(ticket, owner, by=by)
    operations.wait_on(ticket, WaitingOn.PROJECT, by=by)
    return project


def add_parts(ticket: Ticket, parts: Sequence[str], *, confirmed_clean: bool = False, by: User) -> list[Ticket]:
    """File a ticket for each of `parts` and return them; they wait until somebody takes them up.

    They are asked for by the project's owner, about its agency and as private as it is; nobody gets a receipt, and
    what the team asks of itself counts as answered. Raises as `promote`, `NotFound` where `ticket` is no project.
    """
    operations.lock(ticket)
    policies.check_may_work(ticket, by=by)
    project = get_project(ticket)
    return _file_all(ticket, project, _checked(ticket, parts, len(project.made), confirmed_clean, by), by)


def change_project(ticket: Ticket, *, owner: User, due_on: date, by: User) -> None:
    """Give a project another owner or another day. Raises as `promote`. Publishes `TicketProjectChanged`."""
    operations.lock(ticket)
    policies.check_may_work(ticket, by=by)
    project = get_project(ticket)
    if (project.owner_id, project.due_on) == (owner.id, due_on):
        return
    if project.owner_id != owner.id:
        _check_owner(ticket, owner)
    if project.due_on != due_on:
        _check_day(due_on)
        project.due_on, project.told = due_on, False
    project.owner = owner
    db.session.flush()
    publish(
        TicketProjectChanged(
            ticket_id=ticket.id, agency_id=ticket.agency_id, owner_id=owner.id, due_on=due_on.isoformat()
        ),
        by=by,
    )


def demote(ticket: Ticket, *, by: User) -> tuple[int, int]:
    """Make a project a plain ticket again, and return how many parts were called off and how many stay.

    Parts that nobody has begun are resolved as no longer needed; others stay what they are: parts of this ticket. Its
    clock goes on. Raises as `promote`, `NotFound` where it is no project. Publishes `TicketDemoted`.
    """
    operations.lock(ticket)
    policies.check_may_work(ticket, by=by)
    project = get_project(ticket)
    made, unbegun = len(project.made), untouched_parts(project)
    for part in unbegun:
        operations.resolve(part, resolution=Resolution.NOT_NEEDED, by=by)
    db.session.delete(project)
    db.session.flush()
    publish(TicketDemoted(ticket_id=ticket.id, agency_id=ticket.agency_id), by=by)
    if ticket.waiting_on is WaitingOn.PROJECT:
        operations.set_open(ticket, by=by)
    return len(unbegun), made - len(unbegun)


def _file_all(ticket: Ticket, project: TicketProject, words: Sequence[str], by: User) -> list[Ticket]:
    filed = [_file(ticket, project, part, by) for part in words]
    project.made = [*project.made, *(str(part.id) for part in filed)]
    db.session.flush()
    return filed


def _file(ticket: Ticket, project: TicketProject, words: str, by: User) -> Ticket:
    part = operations.file_ticket(
        kind=_part_type(),
        subject=words,
        body=f"{words}\n\nPart of the project #{ticket.id}.",
        requester=project.owner,
        agency=ticket.agency,
        confirmed_clean=True,  # looked at above; the number of a project is no client's
        give=False,
        quiet=True,
        by=by,
    )
    if ticket.is_private and not part.is_private:
        sharing.close_off(part, by=by)
    merging.relate(part, ticket, Kind.CHILD_OF, by=by)
    keeping.happened(part, Happening.ANSWERED)
    operations.wait_on(part, WaitingOn.PROJECT, by=by)
    return part


def _part_type() -> RequestType:
    """Return what parts are filed as: what is always there."""
    kind = find_type(SOMETHING_ELSE, registry().features)
    if kind is None:
        raise RuntimeError("The catalogue lacks what it always has.")
    return kind


def _check_may_become_one(ticket: Ticket) -> None:
    if ticket.state not in OPEN_STATES:
        raise InvalidState("This ticket is resolved. Reopen it first.")
    if ticket.merged_into_id is not None:
        raise InvalidState(f"This is part of #{ticket.merged_into_id} now. Make that one a project.")
    if find_project(ticket) is not None:
        raise InvalidState("This is a project already.")
    if asked_now(ticket) is not None:
        raise InvalidState("This waits for an approval. It can become a project when that is given.")
    if ticket.policy_version is not None and not ticket.policy_version.pauses:
        raise InvalidState("What was promised for this never rests, so it has to be done as a ticket.")


def _check_owner(ticket: Ticket, owner: User) -> None:
    if not (owner.may_sign_in and policies.is_team(owner, ticket)):
        raise Invalid("Choose an active member of the Systems Team who sees this ticket.", field="owner")


def _check_day(due_on: date) -> None:
    today = office_day()
    if not today <= due_on <= today + LONGEST:
        raise Invalid("Choose a day to come, within three years.", field="due_on")


def _checked(ticket: Ticket, parts: Sequence[str], had: int, confirmed: bool, by: User) -> list[str]:
    words = list(dict.fromkeys(" ".join(part.split()) for part in parts if part.strip()))
    if had + len(words) > MOST_PARTS:
        raise Invalid(f"A project has at most {MOST_PARTS} parts. Put some together.", field="parts")
    if any(len(part) > LONGEST_PART for part in words):
        raise Invalid(f"Say each part in at most {LONGEST_PART} letters.", field="parts")
    policies.check_text("\n".join(words), field="parts", agency_id=ticket.agency_id, confirmed=confirmed, by=by)
    return words
